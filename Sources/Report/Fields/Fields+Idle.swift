import Handshake
import Judging
import Path
import Timebase

/// `probe idle`.
enum IdleFields {
  /// A trial, its number, and where.
  typealias Trial = (trial: IdleTrial, number: Int, target: IdleTarget)

  private static let answers = IdleTrial.Answer.allCases.map(\.rawValue)
  private static let senders = IdleTrial.Sender.allCases.map(\.rawValue)

  /// A line for each silent connection, as soon as it has ended.
  static let trials = RecordTable<Trial>(
    "trial",
    [
      .text("target", "the target, as given") { $0.target.name },
      .text("address", "its address") { "\($0.target.remote.address)" },
      .number("port", "its port") { $0.target.remote.port },
      .number("number", "the trial's number, from 1") { $0.number },
    ] + trial.fields.map { field in Field(field, of: { $0.trial }) })

  private static let trial = FieldTable<IdleTrial>([
    .time("silence_ns", "how long the connection was to be silent") { $0.silence },
    .word(
      "answer", among: answers,
      """
      what came: `alive` an acknowledgment, `silent` nothing, `rst`, `fin`, `icmp` an ICMP error alone, `refused` this \
      host did not send, `busy` the peer sends packets by itself, `unclear` no connection could be made
      """
    ) { $0.answer.rawValue },
    .time(
      orNull: "announced_ns", "after how much silence an RST or a FIN came by itself; null if it answered, or none came"
    ) { $0.announced },
    .word(orNull: "sender", among: senders, "who sent it: see Resets; null without one") { $0.sender?.rawValue },
    .text("evidence", "the packet that decided, or what was missing") { $0.evidence },
  ])

  private static let hint = FieldTable<KnownIdleLimit>([
    .time("time_ns", "the time") { $0.time },
    .text("name", "what forgets then") { $0.name },
    .text("source", "where that is written") { $0.source },
  ])

  private static let proof = FieldTable<KeepAliveProof>([
    .time("period_ns", "the time between two keep-alive segments") { $0.period },
    .truth("holds", "whether all of them were answered") { $0.holds },
    .time("time_ns", "how long the connection lived") { $0.time },
    .word("answer", among: answers, "what the last one came to, as in `trial`") { $0.answer.rawValue },
    .word(orNull: "sender", among: senders, "who sent the RST or the FIN; null without one") { $0.sender?.rawValue },
    .text("evidence", "the packet that decided, or what was missing") { $0.evidence },
  ])

  /// The last line.
  static let findings = RecordTable<IdleRecord>(
    "idle",
    [
      .text("target", "the target, as given") { $0.target.name },
      .text("address", "its address") { "\($0.target.remote.address)" },
      .number("port", "its port") { $0.target.remote.port },
      .word(
        orNull: "forgotten_by", among: IdleFinding.Forgetter.allCases.map(\.rawValue),
        """
        who forgets the silent connection: `path` something on the way, `peer`, `host` this host's connection tracking, \
        or no one up to `max_ns` (nobody); null if that is not known
        """
      ) { $0.finding.forgottenBy?.rawValue },
      .time(orNull: "alive_ns", "the longest silence after which the peer answered; null if there was none") {
        $0.finding.alive
      },
      .time(orNull: "dead_ns", "the shortest silence after which it was forgotten; null if there was none") {
        $0.finding.dead
      },
      .word(
        orNull: "manner", among: IdleFinding.Manner.allCases.map(\.rawValue),
        "how that shows: `silent` nothing answers, `rst`, `fin`, `icmp`; null if nothing was forgotten"
      ) { $0.finding.manner?.rawValue },
      .text("evidence", "what decided") { $0.finding.evidence },
      .word(
        orNull: "ended", among: IdleSearch.End.allCases.map(\.rawValue),
        """
        how the search ended: `found`, `max` the longest silence was answered, `busy` the peer sends packets by itself \
        too often, `unclear` trials showed nothing; null if it was interrupted, or there was none
        """
      ) { $0.finding.end?.rawValue },
      .list("hints", "documented limits near the bounds: no evidence", hint) { $0.finding.hints },
      .time("max_ns", "the longest silence to be tried") { $0.plan.longest },
      .time("resolution_ns", "how near the bounds were to come") { $0.plan.resolution },
      .number("trials", "silent connections tried") { $0.trials.count },
      .object(orNull: "keepalive", "what keep-alive segments came to; null if there were none", proof) { $0.proof },
      .time("elapsed_ns", "the time from the start of the run") { $0.elapsed },
    ])

  /// The first line of a file of `--resume`.
  static let journals = RecordTable<IdleJournal>(
    "idle-resume",
    [
      .text("target", "the target, as given") { $0.target.name },
      .text("address", "its address") { "\($0.target.remote.address)" },
      .number("port", "its port") { $0.target.remote.port },
      .time("max_ns", "the longest silence to be tried") { $0.plan.longest },
      .time("resolution_ns", "how near the bounds are to come") { $0.plan.resolution },
      .time("first_ns", "the first silence") { $0.plan.start },
      .time("patience_ns", "how long it takes to find out that nothing answers") { $0.plan.patience },
    ])
}

extension IdleJournal {
  /// The file of `--resume`, as it is read again.
  public var text: String {
    var text = IdleFields.journals.line(self)
    for (index, trial) in trials.enumerated() { text += IdleFields.trials.line((trial, index + 1, target)) }
    return text
  }
}

extension CSV {
  /// A row for each silent connection.
  public static let trials = CSVTable<(trial: IdleTrial, number: Int, target: IdleTarget)>(
    IdleFields.trials.table.leaves)
}
