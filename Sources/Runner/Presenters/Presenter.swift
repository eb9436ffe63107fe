import Engines
import Handshake
import Judging
import Kernel
import Report
import Timebase
import Wire

/// Reports a run's results as they come.
final class Presenter: ConnectionPresenter {
  private var targets: [ResolvedTarget]
  /// What was said last of a name: many ports of one host have one trouble.
  private var lastCause: String?
  private let mode: Outcome.Mode
  private let plan: Plan
  /// Whether the ladder is drawn: one target, one probe; of more there is a line each, as ping has it.
  private let isSingle: Bool
  private var teller: Teller
  private let count: Int?
  private(set) var summaries: [TargetSummary]
  private let startedAt = SystemClock.monotonic()
  private(set) var tallies: [Tally]
  private var trace: PacketTrace
  private let drawings: Drawings?
  var unsent = SendErrors()

  /// A presenter for a run over targets.
  init(_ settings: RunSettings, targets: [ResolvedTarget], drawings: Drawings? = nil) {
    self.drawings = drawings
    self.targets = targets
    plan = settings.plan
    mode = settings.usesKernel ? .connect : Outcome.Mode(settings.plan)
    awaited = settings.awaited
    missing = targets.count
    findings = awaited == nil ? [] : targets.map { _ in "" }
    isSingle = targets.count == 1 && settings.schedule.count == 1 && awaited == nil
    hasSummary = settings.schedule.count != 1 && awaited == nil
    tellsAll = settings.presentation.isVerbose || settings.presentation.format.listsAllResults
    count = settings.schedule.count
    teller = Teller(settings.presentation)
    // Of many targets that are probed once each, none is summed up: 65,535 summaries would be much memory for nothing.
    let summedUp = hasSummary ? targets : []
    summaries = summedUp.map { [mode] in TargetSummary(target: $0.name, remote: $0.remote, mode: mode) }
    tallies = targets.map { _ in Tally() }
    trace = PacketTrace(settings.presentation.timeFormat)
  }

  /// The state that is waited for: what is not in it yet is told only where every detail is wanted.
  private let awaited: Verdict?
  private let tellsAll: Bool

  /// How many targets have not been seen in it.
  private var missing: Int
  /// What was found of each of them last, in words.
  private var findings: [String]

  /// Every target has been seen in the state that is waited for.
  var isSatisfied: Bool { awaited != nil && missing == 0 }

  /// What is to be said of each target that was never seen in the state that was waited for.
  var unseen: [String] {
    guard let awaited else { return [] }
    return targets.indices.filter { tallies[$0].verdicts[awaited] == 0 }.map { index in
      "\(targets[index].name) is not \(awaited.rawValue)" + (findings[index].isEmpty ? "" : ": \(findings[index])")
    }
  }

  /// Whether anything is summed up: only where a target is probed more than once.
  private let hasSummary: Bool

  func name(of index: Int) -> String { targets[index].name }

  /// Says what is about to be probed, so that a long wait is not a silent one.
  func begin() throws(Errno) {
    try teller.tell(.connectionsBegin(targets: targets.map(\.name), count: count))
    if targets.count == 1, awaited == nil { try introduce(targets[0]) }
  }

  private func introduce(_ target: ResolvedTarget) throws(Errno) {
    guard let source = target.source else { return }
    try teller.tell(.target(target.name, remote: target.remote, share: target.share, source: source, words: words))
  }

  func resolved(_ index: Int, _ target: ResolvedTarget) throws(Errno) {
    targets[index] = target
    if hasSummary { summaries[index].move(to: target.remote) }
    if targets.count == 1, awaited == nil { try introduce(target) }
  }

  /// A result of that target alone, for whoever reads lines; a person is told why.
  func unresolved(_ index: Int, _ cause: String) throws(Errno) {
    tallies[index].addUnresolved()
    if awaited != nil { findings[index] = cause }
    if cause != lastCause, awaited == nil || tellsAll { Output.complain(cause) }
    lastCause = cause
    let record = Record(
      target: targets[index].name, sequence: 1, outcome: .unresolved(targets[index], mode: mode))
    try teller.tell(.unresolved(record, target: index))
  }

  /// What is done to the target, for a person.
  private var words: String {
    plan.opensConnection ? mode.words : "one crafted segment, \(plan.flags)"
  }

  /// Tells of one probe.
  func show(_ index: Int, sequence: Int, _ outcome: Outcome?) throws(Errno) {
    guard let outcome else {
      if hasSummary { summaries[index].addUndecided(sequence: sequence) }
      return
    }
    if outcome.reason != .notSent { unsent.clear(index) }
    let target = targets[index]
    let record = Record(
      target: target.name, sequence: sequence, resolve: sequence == 1 ? target.resolve : nil,
      share: sequence == 1 && targets.count > 1 ? target.share : nil, outcome: outcome)
    if hasSummary { summaries[index].add(record) }
    drawings?.take(record)
    let isNews = isNews(index, outcome)
    tallies[index].add(outcome.verdict, outcome.reason)
    if isNews { try teller.tell(.connection(record, target: index, isSingle ? .whole : .among)) }
  }

  /// Whether it is to be told: where a state is waited for, the first time that it is seen.
  private func isNews(_ index: Int, _ outcome: Outcome) -> Bool {
    guard let awaited else { return true }
    findings[index] = "\(outcome.verdict.rawValue) (\(outcome.reason.rawValue))"
    let isFirst = outcome.verdict == awaited && tallies[index].verdicts[awaited] == 0
    if isFirst { missing -= 1 }
    return isFirst || tellsAll
  }

  func putOff(_ rounds: Int, from sequence: Int) throws(Errno) {
    for index in summaries.indices { summaries[index].putOff(rounds) }
  }

  func leaveOut(_ index: Int, sequence: Int) throws(Errno) {
    if hasSummary { summaries[index].leaveOut(sequence: sequence) }
  }

  /// Shows a packet that passed, at once and tcpdump's way, where the format does not have it with its record.
  func show(_ arrival: borrowing ReceivedPacket, at stamp: Stamp) throws(Errno) {
    if teller.showsPassingPackets { try teller.write(trace.line(arrival, at: stamp)) }
  }

  /// Writes the closing lines of a run of more than one probe.
  func conclude() throws(Errno) { try summarize(isFinal: true) }

  /// Writes the summary so far.
  func summarize() throws(Errno) { try summarize(isFinal: false) }

  private func summarize(isFinal: Bool) throws(Errno) {
    let elapsed = SystemClock.monotonic() - startedAt
    for index in summaries.indices { summaries[index].elapsed = elapsed }
    try teller.tell(.summaries(summaries, isFinal: isFinal))
  }
}

extension TextReport {
  /// The text that a run was asked for, as the output can show it.
  init(_ presentation: Presentation, on output: borrowing Output) {
    let style = Style(output, allowsColor: presentation.allowsColor)
    self.init(
      style: style, isVerbose: presentation.isVerbose, timeFormat: presentation.timeFormat,
      isExplained: presentation.explains)
  }
}

extension Style {
  /// The style that an output allows; a terminal that is called dumb would show colours as letters.
  public init(_ output: borrowing Output, allowsColor: Bool) {
    let isWanted = allowsColor && Environment.value(of: "NO_COLOR")?.isEmpty ?? true
    let mayColor = isWanted && Environment.value(of: "TERM") != "dumb"
    self.init(
      isColoured: output.isTerminal && mayColor, isUnicode: Environment.isUTF8,
      width: Environment.columns ?? output.width ?? 100)
  }
}

/// One line of text a packet, as `tcpdump -nn -S` prints it.
struct PacketTrace {
  private var time: LineTime

  /// Lines that begin with seconds since the epoch (`-D`), or with the local time of day.
  init(_ format: TimeFormat?) { time = LineTime(format) }

  /// The line, line feed included.
  mutating func line(_ arrival: borrowing ReceivedPacket, at stamp: Stamp) -> String {
    let words =
      switch arrival.framing {
      case .inBand: PacketNotation.tcpdump(packet: arrival.octets)
      case .outOfBand(let envelope): PacketNotation.tcpdump(transport: arrival.octets, in: envelope)
      }
    return "\(time.words(stamp.bestWall)) \(words)\n"
  }
}
