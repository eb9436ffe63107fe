import Timebase
import Wire

@testable import Handshake

/// One connection under fire, and what it must never do.
struct Flood {
  var conversation: TracedConnection
  var now: Stamp
  /// What it did that it must never do.
  var complaints: [String] = []
  private let began: Instant
  private var received = 0
  private var challenges: [Instant] = []

  init(_ trace: Trace) {
    conversation = trace.conversation
    now = Stamp(instant: trace.now, wall: WallTime(nanoseconds: trace.now.nanoseconds))
    began = trace.now
  }

  /// Lets some time pass, or a segment come that is half plausible.
  mutating func step(_ random: inout some RandomNumberGenerator) {
    let pass = Int64.random(in: 0...100, using: &random)
    if pass < 5 { advance(by: .milliseconds(pass * pass * 40)) }
    runTimers()
    let before = conversation.connection
    let segment = Flood.segment(for: before, &random)
    received += 1
    let text = Flood.zeros.span.raw.extracting(first: segment.textLength)
    let outgoing = conversation.receive(segment, text: text, ip: IPMarks(hopLimit: 64), at: now)
    judge(outgoing, to: segment, before)
    if let outgoing { conversation.departed(outgoing.number, at: now) }
    if pass == 50 {
      let verdict = ICMPVerdict(.icmpFragNeeded)
      let notice = ICMPNotice(type: 3, code: 4, verdict: verdict, quotedSequence: segment.acknowledgment)
      if conversation.receive(notice, hopLimit: 64, at: now) != nil { complaints.append("answers ICMP") }
    }
    if conversation.log.entries.count > PacketLog.capacity { complaints.append("grows") }
    let connection = conversation.connection
    let (reassembly, sender) = (connection.reassembly, connection.sender)
    if reassembly.islands.count > Reassembly.islandLimit { complaints.append("keeps too many islands") }
    if sender.flight.count > sender.inFlight { complaints.append("keeps more segments than it sent") }
    if sender.flight.outstanding < 0 || sender.flight.held < 0 || sender.flight.lost < 0 {
      complaints.append("miscounts what is under way")
    }
    if reassembly.held > reassembly.capacity { complaints.append("keeps more than it offers") }
    if connection.received + Int(connection.tcb.rcv.wnd) > reassembly.capacity, connection.plan.isInteractive {
      complaints.append("offers more than there is")
    }
  }

  /// The owner writes, takes what came, or has nothing more to say.
  mutating func useAsOwner(_ random: inout some RandomNumberGenerator) {
    switch Int.random(in: 0..<40, using: &random) {
    case 0..<4: conversation.write([UInt8](repeating: 7, count: Int.random(in: 0...3_000, using: &random)))
    case 4..<8: _ = conversation.takeReceived()
    case 8: if Int.random(in: 0..<10, using: &random) == 0 { conversation.shutdown() }
    default: break
    }
  }

  /// The text of every segment.
  private static let zeros = [UInt8](repeating: 0, count: 65_535)

  /// Once the flood is over, it ends by itself.
  mutating func finish() {
    for _ in 0..<200 where !conversation.connection.isFinished {
      guard let deadline = conversation.connection.nextDeadline else {
        complaints.append("hangs in \(conversation.connection.state.rawValue)")
        return
      }
      now.instant = max(now.instant, deadline)
      runTimers()
    }
    if !conversation.connection.isFinished { complaints.append("does not end") }
    _ = Outcome(conversation)
  }

  private mutating func advance(by interval: Interval) {
    now.instant = now.instant + interval
    now.wall = now.wall + interval
  }

  /// Does all that is due; a timer that is due again and again is a loop.
  private mutating func runTimers() {
    var idle = 0
    while let deadline = conversation.connection.nextDeadline, deadline <= now.instant {
      let outgoing = conversation.expire(at: now)
      if let outgoing {
        conversation.departed(outgoing.number, at: now)
      } else {
        idle += 1
      }
      guard idle < 4 else { return complaints.append("a timer without progress") }
    }
  }

  private mutating func judge(_ outgoing: Outgoing?, to segment: Segment, _ before: Connection) {
    guard let outgoing else { return }
    let answer = outgoing.segment
    if segment.flags.contains(.rst) {
      let inWindow = before.tcb.accepts(segment) && before.state != .synSent
      if !inWindow || answer.flags != .ack { complaints.append("answers an RST by \(answer.flags)") }
    }
    if before.isFinished { complaints.append("answers once it is over") }
    if answer.textLength > 0 { complaints.append("sends text at once") }
    // What is neither taken nor in the window is answered ten times in five seconds at most.
    guard before.state.isSynchronized || before.state == .synReceived, !before.tcb.accepts(segment) else { return }
    // Text that comes twice is answered each time: the ACK that it waits for may have been lost.
    let isOldText = segment.textLength > 0 && !segment.end.isIn(before.tcb.rcv.nxt + 1, length: 1 << 31)
    if isOldText { return }
    challenges.append(now.instant)
    challenges.removeAll { now.instant - $0 >= .seconds(5) }
    // A window of the throttle may begin within one of ours.
    if challenges.count > 20 { complaints.append("\(challenges.count) challenges in five seconds") }
  }

  /// A segment whose numbers are near the truth as often as not.
  private static func segment(for connection: Connection, _ random: inout some RandomNumberGenerator) -> Segment {
    let (snd, rcv) = (connection.tcb.snd, connection.tcb.rcv)
    func number(_ near: [SequenceNumber]) -> SequenceNumber {
      let offsets: [UInt32] = [0, 0, 0, 1, 2, UInt32.max, 1 << 31, UInt32.random(in: 0...UInt32.max, using: &random)]
      return (near.randomElement(using: &random) ?? near[0]) + (offsets.randomElement(using: &random) ?? 0)
    }
    var segment = Segment(seq: number([rcv.nxt, rcv.nxt, rcv.irs, Trace.theirs]))
    segment.acknowledgment = number([snd.nxt, snd.una, snd.iss + 1])
    segment.flags = TCPFlags(rawValue: UInt16.random(in: 0...0xfff, using: &random))
    // Most segments carry ACK and no more than one other bit.
    if Int.random(in: 0..<4, using: &random) > 0 {
      let others: [TCPFlags] = [[], [], [], .psh, .fin, .syn, .rst]
      segment.flags = TCPFlags.ack.union(others.randomElement(using: &random) ?? [])
    }
    segment.wnd = [0, 0, 1, 9, 1_000, 65_535].randomElement(using: &random) ?? 0
    segment.textLength = [0, 0, 0, 1, 1_460, 65_495].randomElement(using: &random) ?? 0
    let octets = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...10, using: &random) }
    segment.options.append(raw: octets.span.raw)
    if Int.random(in: 0..<4, using: &random) == 0 {
      segment.options = TCPOptionList()
      let ends = (0..<8).map { _ in snd.una + UInt32.random(in: 0...4_000, using: &random) }
      segment.options.append(.sack((0..<4).map { SACKBlock(left: ends[2 * $0], right: ends[2 * $0 + 1]) }))
    }
    return segment
  }
}
