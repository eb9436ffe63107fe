import Handshake
import Timebase
import Wire

/// One conversation as it is played: packets of the peer's and moments go in, and what is to be sent comes out.
///
/// It keeps no more of TCP than its numbers: what is sent is what the script says, whatever the peer did.
public struct Play: Sendable {
  /// What is played.
  public let conversation: Conversation
  /// The ends.
  public let flow: Flow
  let setting: Setting
  /// Both ends' variables, and what was captured.
  public internal(set) var numbers: PlayNumbers
  /// What was sent and received, in order, to the limit of `exchangeLimit`.
  public internal(set) var exchange: [Exchanged] = []
  /// What it came to; nil while it is played.
  public internal(set) var result: PlayResult?

  /// The step that is played.
  var position = 0
  /// When the step before was done.
  var since: Instant
  /// Until when the step waits; nil where it has not begun to.
  var deadline: Instant?
  /// When the packets came that a step counts.
  var counted: [Instant] = []
  /// Octets that `fill` may still send.
  var unfilled = 0
  /// When the latest packet passed, while an idle connection is watched.
  var quietSince = Instant(nanoseconds: 0)
  /// How often the peer was asked for a sign of life by the step that waits.
  var asked = 0
  /// Packets that came before a line was about them.
  var unread: [PlayPacket] = []
  /// What is to be sent.
  var outbox: [PlaySend] = []
  /// Whether text that comes is acknowledged.
  var acknowledges: Bool
  /// The latest packet of the peer's that was no ICMP error.
  var latest: PlaySegment?
  /// The peer's text in its order, as far as `Setting.keeps` has it kept.
  public internal(set) var received: [UInt8] = []
  /// The first thing that was worth a note.
  var remark: PlayResult?
  /// What answered the latest question.
  var evidence = ""
  /// What is known of the connection, so that it can be ended.
  var course = Course()
  /// When it began.
  let began: Instant
  /// The end of all that was sent and may be taken, from our ISS: ahead of SND.NXT where there is a hole.
  var farthest: UInt32 = 0
  /// The window that we said last.
  var window: UInt16 = 65_535
  /// TSval of our SYN; nil where it offered none.
  var offered: UInt32?

  /// What every conversation of a run has in common.
  public struct Setting: Hashable, Sendable {
    /// What makes the service answer.
    public var request: [UInt8]
    /// The octet that text consists of where a script does not say it.
    public var filler: UInt8
    /// The IP fields that are ours to choose.
    public var ipFields: IPFields
    /// How many octets of the peer's text are kept.
    public var keeps = 0

    /// The setting of a run; `filler` is a letter that no service takes for the end of a request.
    public init(request: [UInt8] = [], filler: UInt8 = UInt8(ascii: "A"), ipFields: IPFields = IPFields()) {
      self.request = request
      self.filler = filler
      self.ipFields = ipFields
    }
  }

  /// How far the connection has come.
  struct Course: Hashable, Sendable {
    var hasSynAck = false
    var wasReset = false
    var (finSent, finReceived, finAcknowledged) = (false, false, false)
  }

  /// A packet that was sent or received.
  public struct Exchanged: Hashable, Sendable {
    /// Whether it is ours.
    public var isSent: Bool
    /// How long after the first.
    public var after: Interval
    /// The packet in one-line notation.
    public var text: String
    /// The line of the script that it was sent by, or that it fits; nil where there is none.
    public var line: Int?
    /// The segment without its text; nil for an ICMP error.
    public var segment: PlaySegment?

    /// `> S 0:0(0) win 65535`.
    public var marked: String { (isSent ? "> " : "< ") + text }
  }

  /// The most packets whose times are told one by one.
  static let countedLimit = 10

  /// The most packets that are kept in words, and that wait for their line.
  static let (exchangeLimit, unreadLimit) = (256, 64)

  /// Begins a conversation; `iss` is ours where the script does not say it.
  public init(_ conversation: Conversation, flow: Flow, iss: UInt32, setting: Setting, at now: Instant) {
    self.conversation = conversation
    self.flow = flow
    self.setting = setting
    numbers = PlayNumbers(iss: conversation.iss ?? iss)
    numbers.request = UInt32(truncatingIfNeeded: setting.request.count)
    acknowledges = !conversation.isStrict
    since = now
    began = now
    advance(at: now)
  }

  /// When `expire(at:)` wants to be called; nil where it is over or something is to be sent first.
  public var nextDeadline: Instant? { result == nil ? deadline : nil }

  /// What is to be sent next; nil: nothing now.
  public mutating func nextSend() -> PlaySend? { outbox.isEmpty ? nil : outbox.removeFirst() }

  /// How long it was played when its present line began.
  public var elapsed: Interval { since - began }

  /// Whether something is to be sent.
  public var hasSends: Bool { !outbox.isEmpty }

  /// Does what is due.
  public mutating func expire(at now: Instant) {
    guard result == nil, let due = deadline, due <= now else { return }
    switch step.action {
    case .send, .request: deadline = nil
    case .expect(_, _, _, let list): missed(list, otherwise: "no answer", at: now)
    case .silence(let time, _): passed("nothing for \(time.seconds) s", at: now)
    case .collect(_, _, let least, let list): conclude(counting: least, list, at: now)
    case .fill(_, _, let list): missed(list, otherwise: "its window does not close", at: now)
    case .idle(let time, _, let list):
      if now - quietSince >= time {
        passed("nothing for \(time.seconds) s", at: now)
      } else {
        missed(list, otherwise: "the peer sends packets by itself", at: now)
      }
    case .keepAlive(let count, let within, let list):
      if asked < count {
        sendKeepAlive(within: within, at: now)
      } else {
        missed(list, otherwise: "no answer to \(count) keep-alive segments", at: now)
      }
    case .require, .acknowledge, .end: break
    }
    advance(at: now)
  }

  /// Takes a packet of the peer's.
  public mutating func receive(_ packet: PlayPacket, at now: Instant) {
    var packet = packet
    let isRepeated = track(packet, at: now)
    if isRepeated, case .segment(var arrived) = packet {
      arrived.isAgain = true
      packet = .segment(arrived)
    }
    guard result == nil else { return }
    acknowledgeText(packet, at: now)
    guard isWaiting else {
      if unread.count < Play.unreadLimit { unread.append(packet) }
      return
    }
    consider(packet, at: now)
    advance(at: now)
  }

  /// Ends it from outside.
  public mutating func end(_ verdict: PlayVerdict, _ words: String) {
    if result == nil { result = PlayResult(verdict, words, line: nil) }
  }

  /// What frees the peer of the connection, if there still is one: an RST at SND.NXT.
  public var closing: PlaySend? {
    guard course.hasSynAck, !course.wasReset, !(course.finReceived && course.finAcknowledged) else { return nil }
    var segment = Segment(seq: SequenceNumber(numbers.iss &+ max(numbers.sndNxt, 1)), flags: .rst)
    if let irs = numbers.irs {
      segment.flags.insert(.ack)
      segment.acknowledgment = SequenceNumber(irs &+ numbers.rcvNxt)
    }
    return PlaySend(segment: segment, ipFields: setting.ipFields, words: "end of the connection")
  }

  // MARK: Steps

  var step: Conversation.Step { conversation.steps[position] }

  private var isWaiting: Bool {
    guard position < conversation.steps.count, deadline != nil else { return false }
    switch step.action {
    case .expect, .silence, .collect, .fill, .idle, .keepAlive: return true
    case .send, .request, .require, .acknowledge, .end: return false
    }
  }

  /// Plays lines until one waits for a moment or a packet.
  private mutating func advance(at now: Instant) {
    while result == nil {
      guard position < conversation.steps.count else {
        result = remark ?? PlayResult(.pass, evidence + capturedWords, line: nil)
        return
      }
      guard deadline == nil else { return }
      switch step.action {
      case .send(let packet, let after):
        guard isDue(after, at: now) else { return }
        send(packet, at: now)
      case .request(let after, let window):
        guard isDue(after, at: now) else { return }
        ask(window: window, at: now)
      case .expect(_, let within, _, _): wait(within, at: now)
      case .silence(let time, _): wait(time, at: now)
      case .collect(_, let time, _, _):
        counted = []
        wait(time, at: now)
      case .fill(let limit, let within, _):
        unfilled = limit
        wait(within, at: now)
        if deadline != nil { fill(at: now) }
      case .idle(let time, let limit, _):
        quietSince = now
        wait(min(time, limit), at: now)
      case .keepAlive(_, let within, _):
        asked = 0
        unread = []
        sendKeepAlive(within: within, at: now)
      case .require(let a, let relation, let b, let list): require(a, relation, b, list, at: now)
      case .end(let verdict, let words): result = PlayResult(verdict, words, line: step.line)
      case .acknowledge(let isOn):
        acknowledges = isOn
        done(at: now)
      }
    }
  }

  /// ` (ttl 64, df 1)`: what a check captured, where it is a check.
  private var capturedWords: String {
    guard conversation.rule != nil, !numbers.captured.isEmpty else { return "" }
    return " (" + numbers.captured.map { "\($0.name) \($0.value)" }.joined(separator: ", ") + ")"
  }

  private mutating func isDue(_ after: Interval, at now: Instant) -> Bool {
    guard after > .zero, now < since + after else { return true }
    deadline = since + after
    return false
  }

  private mutating func wait(_ time: Interval, at now: Instant) {
    deadline = now + time
    let early = unread
    unread = []
    for packet in early where result == nil {
      if isWaiting { consider(packet, at: now) } else { unread.append(packet) }
    }
  }

  mutating func done(at now: Instant) {
    position += 1
    since = now
    deadline = nil
  }

  /// A step has found what it was for.
  mutating func passed(_ words: String, at now: Instant) {
    if !step.isControl { evidence = words }
    done(at: now)
  }

  /// A verdict that an alternative gives; the conversation goes on after what passes and what is only noted.
  mutating func decide(_ verdict: PlayVerdict, _ words: String, bySilence: Bool = false, at now: Instant) {
    switch verdict {
    case .pass: passed(words, at: now)
    case .note:
      if remark == nil { remark = PlayResult(.note, words, line: step.line) }
      passed(words, at: now)
    case .fail, .inconclusive, .notApplicable, .error:
      result = PlayResult(verdict, words, line: step.line, bySilence: bySilence)
    }
  }
}

/// What a conversation came to, and by which line.
public struct PlayResult: Hashable, Sendable {
  /// The verdict.
  public var verdict: PlayVerdict
  /// What decided it, in words.
  public var words: String
  /// The line that decided; nil where all were played.
  public var line: Int?
  /// Whether it was that nothing came.
  public var isBySilence: Bool

  /// A verdict from outside has no line.
  public init(_ verdict: PlayVerdict, _ words: String, line: Int? = nil, bySilence: Bool = false) {
    self.verdict = verdict
    self.words = words
    self.line = line
    isBySilence = bySilence
  }
}

/// A packet that a conversation wants sent.
public struct PlaySend: Hashable, Sendable {
  /// What it says.
  public var segment: Segment
  /// Its text.
  public var text: [UInt8] = []
  /// What its IP header says.
  public var ipFields: IPFields
  /// What is done to it beyond its fields; nil for an ordinary packet.
  public var crafting: Crafting?
  /// The ICMP error that is sent instead: whole packets.
  public var packets: [[UInt8]] = []
  /// How often it is sent.
  public var copies = 1
  /// The line that it is sent by; what the player sends by itself, in a word.
  public var words = "acknowledgment"
}

extension Interval {
  /// Seconds, to the hundredth, without zeros behind.
  var seconds: String {
    let hundredths = (nanoseconds + 5_000_000) / 10_000_000
    let (whole, rest) = (hundredths / 100, hundredths % 100)
    if rest == 0 { return "\(whole)" }
    return rest % 10 == 0 ? "\(whole).\(rest / 10)" : "\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }
}
