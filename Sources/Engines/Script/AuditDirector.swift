import Handshake
import Script
import Wire

/// Asks a peer about rules of TCP: what is asked when, what is asked again, and when it is enough.
///
/// First the port and two others are tried, and what its service does to connections by itself. Then every check is played in each of its variants; a silence is asked
/// about again on another connection; and after each check a SYN shows whether the peer still answers. Checks that may
/// disturb others are played alone, after the rest.
public struct AuditDirector: PlayDirector {
  /// What a check found.
  public typealias Report = Finding

  /// What is audited.
  public let remote: Endpoint
  /// Why the audit could not begin, or ended early; nil where it did not.
  public private(set) var stopped: Stop?
  /// Every rule that is asked about, in order.
  public let rules: [Conversation.Rule]
  private var checks: [Entry]
  private let probes: [UInt16]
  private var survey = Survey()
  /// Conversations that are to be played next, before the next check begins.
  private var queue: [PlayJob] = []
  private var next = 0
  private var orders: [Int: Order] = [:]
  private var lastOrder = 0

  /// The check of the SYN-ACK as such.
  private static let firstCheck = 1

  /// Why an audit ended before its end.
  public enum Stop: Hashable, Sendable {
    /// The port does not accept connections: what its SYN came to.
    case notOpen(PlayResult)
    /// The peer answered no more after these checks.
    case dead(after: [Int])
  }

  /// A check and what has come of it.
  private struct Entry {
    let rule: Conversation.Rule
    let variants: [Conversation]
    var open = 0
    var plays: [Finding.PlayedCheck] = []
    /// Whether the peer was seen alive after it.
    var isOver = false
    var isAlone: Bool { rule.tier != .standard }
  }

  /// What a conversation was for.
  private enum Order {
    case target
    case other(port: UInt16)
    case habit
    case check(Int, variant: Int, isRepeated: Bool)
    case life(Int, isRepeated: Bool)
  }

  /// What is known before the first check.
  private struct Survey {
    var sent = 0
    var isTargetOpen = false
    var answered = 0
    /// Ports that are closed, and how many are open.
    var closed: [UInt16] = []
    var open = 0
    var habits = ServiceHabits()
    var isDone: Bool { answered == Survey.size }
    static let size = 5
  }

  /// An audit of an end by these conversations; `probes` are two ports that are probably closed.
  public init(_ conversations: [Conversation], of remote: Endpoint, probes: (UInt16, UInt16)) {
    self.remote = remote
    self.probes = [probes.0, probes.1]
    var entries: [Entry] = []
    for conversation in conversations {
      guard let rule = conversation.rule else { continue }
      if let index = entries.firstIndex(where: { $0.rule.number == rule.number }) {
        entries[index] = Entry(rule: entries[index].rule, variants: entries[index].variants + [conversation])
      } else {
        entries.append(Entry(rule: rule, variants: [conversation]))
      }
    }
    checks = entries.filter { !$0.isAlone } + entries.filter(\.isAlone)
    rules = checks.map(\.rule)
  }

  /// The survey first, then what is asked again and the SYNs after checks, then the next check.
  public mutating func next(running: Int) -> PlayOrder {
    if stopped != nil { return .over }
    if survey.sent < Survey.size { return surveyNext() }
    guard survey.isDone else { return .wait }
    if !queue.isEmpty { return .play(queue.removeFirst()) }
    guard next < checks.count else { return running == 0 ? .over : .wait }
    if checks[next].isAlone, running > 0 { return .wait }
    begin(next)
    next += 1
    return queue.isEmpty ? .wait : .play(queue.removeFirst())
  }

  // MARK: Survey

  private mutating func surveyNext() -> PlayOrder {
    let index = survey.sent
    survey.sent += 1
    if index == 0 { return .play(job(Checks.knock, remote, .target)) }
    if index > 2 { return .play(job(index == 3 ? Checks.habits.waiting : Checks.habits.asked, remote, .habit)) }
    let port = probes[index - 1]
    return .play(job(Checks.knock, Endpoint(remote.address, port), .other(port: port)))
  }

  private mutating func job(_ conversation: Conversation, _ remote: Endpoint, _ order: Order) -> PlayJob {
    lastOrder += 1
    orders[lastOrder] = order
    return PlayJob(id: lastOrder, conversation: conversation, remote: remote)
  }

  // MARK: Checks

  private mutating func begin(_ index: Int) {
    for variant in checks[index].variants.indices {
      if let job = job(index, variant, isRepeated: false) {
        checks[index].open += 1
        queue.append(job)
      }
    }
    if checks[index].open == 0 { queue.append(job(Checks.knock, remote, .life(index, isRepeated: false))) }
  }

  /// The conversation of a check; nil where it cannot be asked here, which is noted.
  private mutating func job(_ index: Int, _ variant: Int, isRepeated: Bool) -> PlayJob? {
    let conversation = checks[index].variants[variant]
    if conversation.needsOtherPort {
      let end = Endpoint(remote.address, probes[0])
      return job(conversation, end, .check(index, variant: variant, isRepeated: isRepeated))
    }
    guard conversation.needsClosedPort else {
      return job(conversation, remote, .check(index, variant: variant, isRepeated: isRepeated))
    }
    guard let port = survey.closed.first else {
      let words = survey.open > 0 ? "it accepts connections on every port" : "it answers on no other port"
      checks[index].plays.append(
        Finding.PlayedCheck(
          variant: conversation.variant, result: PlayResult(.notApplicable, words), exchange: [],
          numbers: nil))
      return nil
    }
    let end = Endpoint(remote.address, port)
    return job(conversation, end, .check(index, variant: variant, isRepeated: isRepeated))
  }

  /// A finding once the SYN after its check was answered.
  public mutating func take(_ played: PlayedJob) -> Finding? {
    guard let order = orders.removeValue(forKey: played.job.id) else { return nil }
    let result = played.result
    switch order {
    case .target:
      survey.answered += 1
      survey.isTargetOpen = result.verdict == .pass
      // With a SYN-ACK that no client can believe only the check that says so can be made.
      if result.verdict == .fail { checks.removeAll { $0.rule.number != AuditDirector.firstCheck } }
      if !survey.isTargetOpen, result.verdict != .fail || checks.isEmpty { stopped = .notOpen(result) }
    case .other(let port):
      survey.answered += 1
      if result.verdict == .note { survey.closed.append(port) }
      if result.verdict == .pass { survey.open += 1 }
    case .habit:
      survey.answered += 1
      survey.habits.take(result)
    case .check(let index, let variant, let isRepeated):
      takeCheck(index, variant, isRepeated, played)
    case .life(let index, let isRepeated):
      return takeLife(index, isRepeated, result)
    }
    return nil
  }

  private mutating func takeCheck(_ index: Int, _ variant: Int, _ isRepeated: Bool, _ played: PlayedJob) {
    let verdict = played.result.verdict
    // One silence is never a failure.
    let isWorthAsking = played.result.isBySilence && (verdict == .fail || verdict == .inconclusive)
    if isWorthAsking, !isRepeated, let again = job(index, variant, isRepeated: true) {
      queue.append(again)
      return
    }
    let exchange = played.play?.exchange ?? []
    let isOfService = played.job.remote == remote
    checks[index].plays.append(
      Finding.PlayedCheck(
        variant: checks[index].variants[variant].variant,
        result: isOfService ? survey.habits.judge(played.result, exchange) : played.result,
        exchange: exchange, numbers: played.play?.numbers))
    checks[index].open -= 1
    if checks[index].open == 0 { queue.append(job(Checks.knock, remote, .life(index, isRepeated: false))) }
  }

  /// The silence of a peer that answers nothing any more is no answer to a question.
  private static func withoutBlame(_ played: Finding.PlayedCheck) -> Finding.PlayedCheck {
    guard played.result.verdict == .fail, played.result.isBySilence else { return played }
    var played = played
    played.result = PlayResult(
      .inconclusive, "the target has stopped answering", line: played.result.line, bySilence: true)
    return played
  }

  private mutating func takeLife(_ index: Int, _ isRepeated: Bool, _ result: PlayResult) -> Finding? {
    if result.verdict != .pass, result.verdict != .fail {
      guard isRepeated else {
        queue.append(job(Checks.knock, remote, .life(index, isRepeated: true)))
        return nil
      }
      // Any of those that were played since the peer answered last.
      let suspects = checks.indices.prefix(next).filter { !checks[$0].isOver }
      stopped = .dead(after: suspects.map { checks[$0].rule.number }.sorted())
      checks[index].plays = checks[index].plays.map(AuditDirector.withoutBlame)
      // Where it was played alone nothing else can have been the cause.
      if checks[index].isAlone {
        let death = PlayResult(.fail, "the target has stopped answering")
        checks[index].plays.append(Finding.PlayedCheck(variant: "", result: death, exchange: [], numbers: nil))
      }
    }
    checks[index].isOver = true
    return Finding(checks[index].rule, of: checks[index].plays)
  }
}
