import Handshake
import Timebase
import Wire

/// The packets that the paths work on: those of one connection to 10.9.0.2 port 80.
enum Sample {
  static let flow = Flow(
    local: Endpoint(.v4(IPv4Address(10, 9, 0, 1)), 50_000), remote: Endpoint(.v4(IPv4Address(10, 9, 0, 2)), 80))
  static let seed = Seed(iss: 1_000, timestamp: 7)
  static let begin = Stamp(
    instant: Instant(nanoseconds: 1_000_000_000), wall: WallTime(nanoseconds: 1_700_000_000_000_000_000))

  /// A millisecond after the begin, with the kernel's word for it.
  static var answerStamp: Stamp {
    var stamp = Stamp(instant: begin.instant + .milliseconds(1), wall: begin.wall + .milliseconds(1))
    stamp.kernel = stamp.wall
    return stamp
  }

  static var halfOpen: Plan {
    var plan = Plan()
    plan.mode = .halfOpen
    return plan
  }

  /// What the peer answers: to a SYN a SYN-ACK, to a FIN its own; nil to anything else.
  static func answer(to segment: Segment) -> Segment? {
    if segment.flags == .syn { return synAck(to: segment) }
    guard segment.flags.contains(.fin) else { return nil }
    return Segment(seq: SequenceNumber(5_001), ack: segment.end, flags: [.fin, .ack], wnd: 65_160)
  }

  /// What Linux answers to a SYN of ours: its options, and our time stamp's echo.
  static func synAck(to syn: Segment) -> Segment {
    var options = TCPOptionList()
    _ = options.appendMaximumSegmentSize(1_460)
    _ = options.appendSACKPermitted()
    _ = options.appendTimestamps(value: 99, echoReply: syn.options.timestamps?.value ?? 0)
    _ = options.appendNoOperation()
    _ = options.appendWindowScale(7)
    return Segment(
      seq: SequenceNumber(5_000), ack: syn.end, flags: [.syn, .ack], wnd: 65_160, options: options)
  }

  /// A segment from the peer as a packet.
  static func packet(_ segment: Segment) -> [UInt8] {
    packet(segment, flow: Flow(local: flow.remote, remote: flow.local))
  }

  /// A segment from a flow's local end as a packet.
  static func packet(_ segment: Segment, flow: Flow) -> [UInt8] {
    var frame = FrameBuffer()
    let count = try? frame.build { (out) throws(WireError) in
      try PacketAssembly.write(segment, flow: flow, text: RawSpan(), ipFields: IPFields(), into: &out)
    }
    guard let count else { fatalError("the sample does not serialise") }
    let view = frame.view(first: count)
    return (0..<count).map { view.octet(at: $0) }
  }

  /// A connection that has sent its SYN, and the SYN.
  static func opened(_ plan: Plan) -> (TracedConnection, Segment) {
    var conversation = TracedConnection(plan, flow: flow, seed: seed)
    guard let outgoing = conversation.start(at: begin) else { fatalError("a connection begins with a segment") }
    conversation.departed(outgoing.number, at: begin)
    conversation.transmitted(outgoing.number, kernel: begin.wall)
    return (conversation, outgoing.segment)
  }
}
