import Handshake
import Path
import Script
import Timebase
import Wire

/// Plays the silent connections of a search, one after the other, and then perhaps one that is kept alive.
public struct IdleDirector: PlayDirector {
  /// What has come of a connection.
  public enum Report: Sendable {
    /// A trial, its number from 1 among all of the search.
    case trial(IdleTrial, number: Int)
    /// What keep-alive segments came to.
    case hold(KeepAliveProof)
  }

  /// The search, as far as it has come.
  public private(set) var search: IdleSearch
  /// Why no connection could be made; nil where one could.
  public private(set) var trouble: String?
  private let remote: Endpoint
  private let wish: Wish
  /// This host's hop limit; nil where the peer is this host.
  private let ownHopLimit: UInt8?
  /// A trial that found silence, until a new connection is answered.
  private var pending: IdleTrial?
  /// How often the present trial, or the new connection, was begun without an answer.
  private var failures = 0
  private var hasHeld = false
  private var isOver = false

  /// What is asked of the connections.
  public struct Wish: Hashable, Sendable {
    /// How long an answer may take.
    public var wait = Interval.seconds(1)
    /// How often a keep-alive segment is sent that nothing answers.
    public var asks = 3
    /// The period of keep-alive segments that is to be verified; nil: none is.
    public var keepAlive: Interval?
    /// How long the connection is held with them; nil: half as long again as the limit that was found.
    public var hold: Interval?
    /// Whether there is a search.
    public var searches = true

    /// A search, and nothing else.
    public init() {}
  }

  /// A search with an end; `source` is this host's address.
  public init(_ search: IdleSearch, with remote: Endpoint, from source: IPAddress, _ wish: Wish) {
    (self.search, self.remote, self.wish) = (search, remote, wish)
    ownHopLimit = source == remote.address || source.isLoopback ? nil : IPFields().hopLimit
  }

  /// The next connection, once the one before has ended.
  public mutating func next(running: Int) -> PlayOrder {
    guard running == 0 else { return .wait }
    guard !isOver else { return .over }
    let conversation: Conversation?
    if pending != nil {
      conversation = .knock(after: pause, wait: wish.wait)
    } else if wish.searches, let silence = search.next {
      conversation = .idle(silence, after: pause, wait: wish.wait, asks: wish.asks)
    } else if let period = wish.keepAlive, !hasHeld, isWorthHolding {
      conversation = .kept(alive: period, for: holdTime, wait: wish.wait, asks: wish.asks, after: pause)
    } else {
      return .over
    }
    guard let conversation else { return .over }
    return .play(PlayJob(id: search.trials.count, conversation: conversation, remote: remote))
  }

  /// How long to wait before another try, since what failed may take its time to come back.
  private var pause: Interval { [.zero, .seconds(1), .seconds(5), .seconds(30)][min(failures, 3)] }
  /// The most connections in a row that are tried in vain: fewer where none was ever answered.
  private var failureLimit: Int {
    if pending != nil || search.trials.contains(where: { $0.answer != .unclear }) { return 4 }
    return trouble?.hasPrefix(IdleDirector.closed) == true ? 1 : 3
  }

  /// What the conversation says of a port that answers with an RST.
  private static let closed = "the port is closed"

  private var isWorthHolding: Bool { !wish.searches || search.end == .found || search.end == .longest }

  private var holdTime: Interval {
    let period = wish.keepAlive ?? .seconds(1)
    return max(wish.hold ?? (search.dead ?? search.alive) * 3 / 2, period * 3)
  }

  /// Takes a connection that has ended.
  public mutating func take(_ played: PlayedJob) -> Report? {
    if played.result.isInterruption {
      isOver = true
      return nil
    }
    if let trial = pending { return takeKnock(trial, played) }
    if wish.searches, let silence = search.next { return takeTrial(IdleReading(played, ownHopLimit), silence) }
    return takeHold(played)
  }

  private mutating func takeTrial(_ reading: IdleReading, _ silence: Interval) -> Report? {
    guard reading.hasConnected else {
      failures += 1
      trouble = reading.words
      guard failures >= failureLimit else { return nil }
      failures = 0
      // Where no connection was ever made there is nothing to search.
      isOver = !search.trials.contains { $0.answer != .unclear }
      return isOver ? nil : report(IdleTrial(silence, .unclear, evidence: reading.words))
    }
    trouble = nil
    failures = 0
    let trial = reading.trial(of: silence, asks: wish.asks)
    guard trial.answer == .silent || trial.answer == .icmp else { return report(trial) }
    pending = trial
    return nil
  }

  /// Whether the target still answers decides what its silence means.
  private mutating func takeKnock(_ trial: IdleTrial, _ played: PlayedJob) -> Report? {
    if played.result.verdict == .pass {
      pending = nil
      failures = 0
      var trial = trial
      trial.evidence += "; a new connection is answered"
      return report(trial)
    }
    failures += 1
    guard failures >= failureLimit else { return nil }
    pending = nil
    failures = 0
    return report(
      IdleTrial(
        trial.silence, .unclear, evidence: "\(trial.evidence); a new connection is not answered either: target gone"))
  }

  private mutating func report(_ trial: IdleTrial) -> Report {
    search.take(trial)
    return .trial(trial, number: search.trials.count)
  }

  private mutating func takeHold(_ played: PlayedJob) -> Report? {
    let reading = IdleReading(played, ownHopLimit)
    if !reading.hasConnected {
      failures += 1
      trouble = reading.words
      if failures < failureLimit { return nil }
      // Of a connection that was never made there is nothing to tell.
      if !wish.searches {
        isOver = true
        return nil
      }
    }
    hasHeld = true
    let period = wish.keepAlive ?? .seconds(1)
    let trial = reading.trial(of: period, asks: wish.asks)
    let holds = played.result.verdict == .pass
    return .hold(
      KeepAliveProof(
        period: period, time: holds ? holdTime : played.play?.elapsed ?? .zero,
        answer: reading.hasConnected ? trial.answer : .unclear, sender: trial.sender, evidence: trial.evidence))
  }
}

extension PlayResult {
  /// Whether the run was interrupted.
  fileprivate var isInterruption: Bool { verdict == .inconclusive && words == "interrupted" }
}

/// What the packets of a silent connection say.
private struct IdleReading {
  let played: PlayedJob
  let ownHopLimit: UInt8?
  private let exchange: [Play.Exchanged]

  init(_ played: PlayedJob, _ ownHopLimit: UInt8?) {
    (self.played, self.ownHopLimit) = (played, ownHopLimit)
    exchange = played.play?.exchange ?? []
  }

  var words: String { played.result.words }

  /// Whether the handshake was made: the connection's end is about what came after it.
  var hasConnected: Bool { exchange.count { $0.isSent } > 1 }

  /// The number of the first packet behind the silence; nil where none was sent.
  private var question: Int? { exchange.indices.first { exchange[$0].isSent && $0 > 1 && exchange[$0].isKeepAlive } }

  func trial(of silence: Interval, asks: Int) -> IdleTrial {
    switch played.result.verdict {
    case .pass: return IdleTrial(silence, .alive, evidence: words)
    case .error: return IdleTrial(silence, .refused, sender: .host, evidence: words)
    default: break
    }
    let (kind, evidence) = parts
    switch kind {
    case "rst", "fin":
      let origin = exchange.endOrigin(ownHopLimit: ownHopLimit)
      var text = evidence
      if let origin { text += "; " + origin.idleWords }
      return IdleTrial(
        silence, kind == "rst" ? .rst : .fin, announced: question == nil ? announced : nil,
        sender: origin.flatMap { IdleTrial.Sender(rawValue: $0.sender.rawValue) }, evidence: text)
    case "busy": return IdleTrial(silence, .busy, evidence: busyWords)
    default: break
    }
    let text = "no answer to \(asks) keep-alive segments"
    guard let question, let error = exchange[question...].first(where: { $0.segment == nil && !$0.isSent }) else {
      return IdleTrial(silence, .silent, evidence: text)
    }
    return IdleTrial(silence, .icmp, sender: .path, evidence: "\(text) but \(error.text)")
  }

  /// `rst: R 1:1(0) win 0`: a word and the packet.
  private var parts: (String, String) {
    guard let colon = words.firstIndex(of: ":") else { return (words, "") }
    return (String(words[..<colon]), String(words[colon...].dropFirst(2)))
  }

  /// After how much silence the packet came that ended the connection.
  private var announced: Interval? {
    guard let end = exchange.lastIndex(where: { !$0.isSent && $0.segment?.isEnd == true }), end > 0 else { return nil }
    return exchange[end].after - exchange[end - 1].after
  }

  private var busyWords: String {
    let times = exchange.filter { !$0.isSent }.map(\.after)
    guard times.count > 1 else { return "the peer sends packets by itself" }
    let longest = zip(times.dropFirst(), times).map { $0 - $1 }.max() ?? .zero
    return "the peer sends packets by itself, at least every \(longest.wholeSeconds) s"
  }
}

extension Play.Exchanged {
  /// Whether it has neither data nor flags but ACK, and is no answer: one octet before what the peer expects.
  fileprivate var isKeepAlive: Bool { text.hasPrefix(". 0:0(0) ") }
}

extension PlaySegment {
  fileprivate var isEnd: Bool { !segment.flags.isDisjoint(with: [.rst, .fin]) }
}

extension Interval {
  /// In seconds, rounded up.
  fileprivate var wholeSeconds: Int64 { (nanoseconds + 999_999_999) / 1_000_000_000 }
}

extension ResetOrigin {
  /// Who sent it and by what that shows, in a few words.
  fileprivate var idleWords: String {
    let kind = isReset ? "RST" : "FIN"
    let words =
      evidence.contains(.otherHopLimit)
      ? "the \(kind) has TTL \(hopLimit), other packets \(peerHopLimit ?? 0)"
      : evidence.list.isEmpty ? "nothing to compare with" : evidence.list.joined(separator: ", ")
    switch sender {
    case .peer: return words + ": from the peer"
    case .path: return words + ": from a middlebox"
    case .host: return words + ": from this host or its next hop"
    case .unknown: return words + ": the sender of the \(kind) is not known"
    }
  }
}

extension Conversation {
  private static func handshake(_ wait: Interval, after pause: Interval) -> String {
    """
    \(pause > .zero ? "+\(pause.scriptSeconds) " : "")> S 0:0(0) win 65535 <mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7>
    until S.+ ack=1 within \(wait.scriptSeconds)
    | R.+ ack=1 inconclusive: the port is closed
    | * ignore
    | silence inconclusive: no answer to a SYN
    > . 1(0) ack 1

    """
  }

  private static let ends = """
    | R+ fail: rst
    | F+ fail: fin
    | * ignore

    """

  /// A connection that is silent for a time, and is then asked whether it is still there.
  static func idle(_ silence: Interval, after pause: Interval, wait: Interval, asks: Int) -> Conversation? {
    let lines =
      handshake(wait, after: pause)
      + "idle \(silence.scriptSeconds) within \((silence * 3 + .seconds(60)).scriptSeconds)\n" + ends
      + "| silence fail: busy\nkeepalive \(asks) within \(wait.scriptSeconds)\n" + ends + "| silence fail: silent\n"
    return conversation(lines)
  }

  /// A connection that keep-alive segments keep, for so long.
  static func kept(
    alive period: Interval, for time: Interval, wait: Interval, asks: Int, after pause: Interval
  ) -> Conversation? {
    let silence = "idle \(period.scriptSeconds) within \((period * 3 + .seconds(60)).scriptSeconds)\n" + ends
    let question =
      "| silence fail: busy\nkeepalive \(asks) within \(wait.scriptSeconds)\n" + ends + "| silence fail: silent\n"
    let count = min((time.nanoseconds + period.nanoseconds - 1) / max(period.nanoseconds, 1), KeepAliveProof.limit)
    guard var conversation = conversation(handshake(wait, after: pause) + silence + question) else { return nil }
    let period = conversation.steps.suffix(2)
    for _ in 1..<max(count, 1) { conversation.steps += period }
    return conversation
  }

  /// A connection that only shows whether the port still answers.
  static func knock(after pause: Interval, wait: Interval) -> Conversation? {
    conversation(handshake(wait, after: pause))
  }

  private static func conversation(_ lines: String) -> Conversation? {
    // The family has no part in these lines.
    var conversation = try? ConversationReader.script(lines, file: "idle", family: .v4).first
    // The service may say what it will.
    conversation?.isStrict = false
    return conversation
  }
}

extension Interval {
  /// Seconds with six decimals, as scripts have them.
  fileprivate var scriptSeconds: String {
    let micros = max(nanoseconds, 0) / 1_000
    let digits = String(micros % 1_000_000)
    return "\(micros / 1_000_000)." + String(repeating: "0", count: 6 - digits.utf8.count) + digits
  }
}
