import Testing
import Timebase
import Wire

@testable import Handshake

/// Plays a trace against one conversation on a virtual clock; what the trace does not say must not happen.
///
/// A packet that comes at the very moment of a timer is taken first, as the event loop does it.
struct Trace {
  /// What the kernel says of the packets that left.
  enum KernelStamps {
    /// Nothing: user space must do.
    case none
    /// At once.
    case prompt
    /// Where the trace says `late`.
    case late
  }

  private(set) var conversation: TracedConnection
  private(set) var now: Instant
  /// How late user space sees what the kernel stamped.
  var lag = Interval.zero

  private let start: Instant
  private let stamps: KernelStamps
  private let bases: TraceLine.Bases
  private var pending: Outgoing?
  private var unstamped: [(number: UInt32, kernel: WallTime)] = []
  private var location: SourceLocation
  /// Where the text begins that the owner has not taken yet, relative to the peer's ISS.
  private var taken: UInt32 = 1

  static let flow = Flow(
    local: Endpoint(.v4(IPv4Address(192, 0, 2, 1)), 49_512), remote: Endpoint(.v4(IPv4Address(192, 0, 2, 2)), 80))
  static let theirs = SequenceNumber(5_000)

  init(
    _ plan: Plan = .plain, iss: UInt32 = 1_000_000, timestamp: UInt32 = 1_000, stamps: KernelStamps = .prompt,
    peerISS: UInt32 = 5_000, location: SourceLocation = #_sourceLocation
  ) {
    start = Instant(nanoseconds: 77_000_000_000)
    now = start
    self.stamps = stamps
    self.location = location
    bases = TraceLine.Bases(ours: SequenceNumber(iss), theirs: SequenceNumber(peerISS))
    conversation = TracedConnection(plan, flow: Trace.flow, seed: Seed(iss: iss, timestamp: timestamp))
    pending = conversation.start(at: stamp)
  }

  var connection: Connection { conversation.connection }
  /// The steps with their times, without the packets that they lie between.
  var steps: [Step] { connection.steps.map { Step($0.kind, $0.measurement, isAmbiguous: $0.isAmbiguous) } }
  var outcome: Outcome? { Outcome(conversation) }

  /// Plays further lines, and fails the test at the first that does not come true.
  @discardableResult
  mutating func play(_ script: String, location: SourceLocation = #_sourceLocation) throws -> Connection {
    self.location = location
    for text in script.split(separator: "\n") {
      guard let line = try TraceLine(text, bases) else { continue }
      guard try play(line) else { break }
    }
    return connection
  }

  /// Closes our side, as the owner of the connection does.
  mutating func shutdown() { conversation.shutdown() }

  private var stamp: Stamp { stamp(kernel: stamps != .none) }

  private func stamp(kernel: Bool) -> Stamp {
    let wall = WallTime(nanoseconds: now.nanoseconds + 1_700_000_000_000_000_000)
    return Stamp(instant: now + lag, wall: wall + lag, kernel: kernel ? wall : nil)
  }

  /// What it is to fail: the line, and what came instead.
  private func fail(_ line: TraceLine, _ what: String) -> Bool {
    let at = Double((now - start).nanoseconds) / 1e9
    Issue.record("\(line.text)\n  at \(at): \(what)", sourceLocation: location)
    return false
  }
}

extension Trace {
  /// The peer's text: every octet tells its sequence number.
  static func text(_ count: Int, at relative: UInt32) -> [UInt8] {
    (0..<UInt32(count)).map { UInt8(truncatingIfNeeded: (relative &+ $0) &* 2_654_435_761 >> 24) }
  }
}

// MARK: Playing one line

extension Trace {
  private mutating func play(_ line: TraceLine) throws -> Bool {
    let time = start + line.time
    if case .sends(let expected) = line.event { return playSends(expected, at: time, line) }
    if case .states = line.event, now == time { return try playEvent(line) }
    if let pending { return fail(line, "was sent: \(describe(pending))") }
    // What stands at one moment comes in the trace's order; a timer of that moment waits.
    var until = time
    if case .silence = line.event { until = time + .nanoseconds(1) }
    while now < time || until > time, let due = connection.nextDeadline, due < until {
      advance(to: due)
      guard expire() else { return fail(line, "the timer makes no progress") }
      if let pending { return fail(line, "was sent: \(describe(pending))") }
    }
    advance(to: time)
    return try playEvent(line)
  }

  private mutating func playEvent(_ line: TraceLine) throws -> Bool {
    switch line.event {
    case .sends, .silence: return true
    case .receives(let segment, let refusal):
      let text = Trace.text(segment.textLength, at: segment.seq.distance(from: bases.theirs))
      pending = conversation.receive(segment, text: text.span.raw, ip: IPMarks(hopLimit: 55), at: stamp)
      return playRefusal(refusal, line)
    case .icmp(let reason, let quoted, let refusal):
      let verdict = ICMPVerdict(reason)
      let notice = ICMPNotice(type: 3, code: 1, verdict: verdict, quotedSequence: quoted)
      pending = conversation.receive(notice, hopLimit: 54, at: stamp)
      return playRefusal(refusal, line)
    case .refuse(let refusal):
      conversation.refuse(refusal, at: stamp)
      return true
    case .states(let ours, let theirs):
      guard connection.state == ours, connection.peer == theirs else {
        return fail(line, "\(connection.state.rawValue) \(connection.peer.rawValue)")
      }
      return true
    case .write(let count): conversation.write([UInt8](repeating: 0x61, count: count))
    case .shutdown: conversation.shutdown()
    case .take(let count):
      let expected = Trace.text(count, at: taken)
      let octets = conversation.takeReceived()
      guard octets == expected else { return fail(line, "took \(octets.count): \(octets.prefix(16))") }
      taken += UInt32(count)
    case .abort: pending = conversation.abort(at: stamp)
    case .noRoute: conversation.failedToSend()
    case .stamps:
      for (number, kernel) in unstamped { conversation.transmitted(number, kernel: kernel) }
      unstamped = []
    case .end(let verdict, let reason, let ending):
      let c = connection
      guard c.isFinished, c.nextDeadline == nil, c.verdict == verdict, c.reason == reason, c.ending == ending else {
        let words = [c.verdict?.rawValue, c.reason?.rawValue, c.ending?.rawValue].map { $0 ?? "undecided" }
        return fail(line, "\(words), \(c.isFinished ? "" : "not ") finished, due \(String(describing: c.nextDeadline))")
      }
    }
    return true
  }

  private mutating func playSends(_ expected: TraceLine.Expected, at time: Instant, _ line: TraceLine) -> Bool {
    while pending == nil {
      guard let due = connection.nextDeadline, due <= time else { return fail(line, "nothing was sent") }
      advance(to: due)
      guard expire() else { return fail(line, "the timer makes no progress") }
    }
    guard let sent = pending else { return false }
    guard now == time else { return fail(line, "was sent: \(describe(sent))") }
    pending = nil
    let (want, got) = (expected.segment, sent.segment)
    let isSame =
      want.flags == got.flags && want.seq == got.seq && want.ack == got.ack && want.textLength == got.textLength
      && sent.text.count == got.textLength
      && (!expected.comparesWindow || want.wnd == got.wnd)
      && (!expected.comparesOptions || want.options == got.options)
    guard isSame else { return fail(line, "was sent: \(describe(sent))") }
    depart(sent)
    return true
  }

  private mutating func depart(_ sent: Outgoing) {
    let wall = WallTime(nanoseconds: now.nanoseconds + 1_700_000_000_000_000_000)
    conversation.departed(sent.number, at: Stamp(instant: now, wall: wall))
    let kernel = wall + lag
    switch stamps {
    case .none: break
    case .prompt: conversation.transmitted(sent.number, kernel: kernel)
    case .late: unstamped.append((sent.number, kernel))
    }
  }

  private mutating func playRefusal(_ refusal: Refusal?, _ line: TraceLine) -> Bool {
    let entries = conversation.log.entries
    let told = entries.last { $0.direction == .received }?.refusal
    return told == refusal ? true : fail(line, "refused as \(told?.rawValue ?? "nothing")")
  }

  private mutating func advance(to time: Instant) { now = max(now, time) }

  /// Lets the timer run out; false where that changes nothing, which a loop would repeat forever.
  private mutating func expire() -> Bool {
    let before = (connection.nextDeadline, connection.stage, connection.transmitPending, connection.ackPending)
    pending = conversation.expire(at: stamp(kernel: false))
    return pending != nil
      || before != (connection.nextDeadline, connection.stage, connection.transmitPending, connection.ackPending)
  }

  private func describe(_ sent: Outgoing) -> String {
    let s = sent.segment
    let seq = Int32(truncatingIfNeeded: s.seq.distance(from: bases.ours))
    let ack = s.ack.map { " ack \(Int32(truncatingIfNeeded: $0.distance(from: bases.theirs)))" } ?? ""
    let options = s.options.isEmpty ? "" : " \(s.options.options)"
    let end = Int(seq) + s.textLength
    return "> \(s.flags.packetdrillLetters) \(seq):\(end)(\(s.textLength))\(ack) win \(s.wnd)\(options)"
  }
}

extension ICMPVerdict {
  /// The verdict of a reason, as an ICMPv4 error of its own gives it.
  init?(_ reason: Reason) {
    let codes: [(UInt8, UInt8)] = (0...15).map { (3, $0) } + [(11, 0)]
    for (type, code) in codes {
      guard let verdict = ICMPVerdict(v4: type, code: code), verdict.reason == reason else { continue }
      self = verdict
      return
    }
    return nil
  }
}

extension Plan {
  /// A plan whose segments carry no option but the MSS, so that a trace stays short.
  static var plain: Plan {
    var plan = Plan()
    plan.offer = SynOptions(maximumSegmentSize: 1460, windowScale: nil, sack: false, timestamps: false)
    return plan
  }

  /// The same plan, changed.
  func with(_ change: (inout Plan) -> Void) -> Plan {
    var plan = self
    change(&plan)
    return plan
  }

  /// A plain plan, changed.
  static func plain(_ change: (inout Plan) -> Void) -> Plan { Plan.plain.with(change) }

  /// A plain plan that waits for the peer's SYN, and whose owner closes.
  static var passive: Plan {
    .plain {
      $0.isPassive = true
      $0.isInteractive = true
      $0.retries = 5
    }
  }
}
