import Capture
import Handshake
import Timebase
import Wire

/// Packets between two hosts in virtual time, handed to a tracker one by one.
struct FlowScene {
  /// The steps that a capture can show.
  static let steps = StepKind.allCases.filter { $0 != .resolve && $0 != .confirm }

  static let v4 = Flow(
    local: Endpoint(.v4(IPv4Address(10, 0, 0, 1)), 49_512), remote: Endpoint(.v4(IPv4Address(10, 0, 0, 2)), 80))
  static let v6 = Flow(
    local: Endpoint(IPAddress(parsing: "2001:db8::2").unsafelyKnown, 49_512),
    remote: Endpoint(IPAddress(parsing: "2001:db8::1").unsafelyKnown, 443))

  var tracker: FlowTracker
  var flow: Flow
  /// What was answered for each packet.
  private(set) var sightings: [Sighting?] = []
  /// The flows that have ended.
  var ended: [TrackedFlow] = []
  private(set) var frame = 0
  /// Which way the client's packets go, and the server's, as the capture says it.
  var directions: (client: FrameDirection?, server: FrameDirection?)

  init(_ policy: FlowTracker.Policy = .init(), flow: Flow = FlowScene.v4) {
    tracker = FlowTracker(policy, seed: 7)
    self.flow = flow
  }

  /// The client's first number, and the server's.
  static let iss = SequenceNumber(1_000)
  static let irs = SequenceNumber(0xffff_fff0)

  /// A packet of the client's: numbers relative to the initial ones, time in microseconds.
  mutating func client(
    _ flags: TCPFlags, seq: UInt32 = 1, ack: UInt32? = nil, text: Int = 0, wnd: UInt16 = 64_240,
    options: TCPOptionList = TCPOptionList(), at time: Int64
  ) {
    pass(
      Segment(
        seq: FlowScene.iss + seq, ack: ack.map { FlowScene.irs + $0 }, flags: flags, wnd: wnd, options: options,
        textLength: text),
      flow, at: time)
  }

  /// A packet of the server's.
  mutating func server(
    _ flags: TCPFlags, seq: UInt32 = 1, ack: UInt32? = nil, text: Int = 0, wnd: UInt16 = 65_160,
    options: TCPOptionList = TCPOptionList(), at time: Int64
  ) {
    pass(
      Segment(
        seq: FlowScene.irs + seq, ack: ack.map { FlowScene.iss + $0 }, flags: flags, wnd: wnd, options: options,
        textLength: text),
      Flow(local: flow.remote, remote: flow.local), at: time)
  }

  /// SYN at `time`, SYN-ACK 1,000 µs later, ACK 200 µs after that.
  mutating func handshake(at time: Int64 = 0) {
    client(.syn, seq: 0, at: time)
    server(.syn, seq: 0, ack: 1, at: time + 1_000)
    client([], ack: 1, at: time + 1_200)
  }

  /// Both FINs and their acknowledgments, the client's first, from numbers `seq` and `ack` on.
  mutating func close(seq: UInt32 = 1, ack: UInt32 = 1, at time: Int64) {
    client(.fin, seq: seq, ack: ack, at: time)
    server([], seq: ack, ack: seq + 1, at: time + 300)
    server(.fin, seq: ack, ack: seq + 1, at: time + 400)
    client([], seq: seq + 1, ack: ack + 1, at: time + 500)
  }

  /// A packet of any flow; `change` may damage its octets, and `captured` cut it.
  mutating func pass(
    _ segment: Segment, _ flow: Flow, at time: Int64?, captured: Int? = nil, change: (inout [UInt8]) -> Void = { _ in }
  ) {
    var octets = FlowScene.packet(segment, flow)
    change(&octets)
    pass(
      octets, at: time, captured: captured,
      direction: flow.local == self.flow.local ? directions.client : directions.server)
  }

  /// Any packet, octet for octet.
  mutating func pass(_ octets: [UInt8], at time: Int64?, captured: Int? = nil, direction: FrameDirection? = nil) {
    frame += 1
    let kept = Array(octets.prefix(captured ?? .max))
    let stamp = time.map { WallTime(nanoseconds: 1_700_000_000_000_000_000 + $0 * 1_000) }
    let packet = CapturedPacket(
      number: frame, stamp: stamp, octets: kept.span.raw, originalLength: octets.count, direction: direction)
    sightings.append(tracker.receive(packet) { ended.append($0) })
  }

  static func packet(_ segment: Segment, _ flow: Flow) -> [UInt8] {
    var octets = [UInt8](repeating: 0, count: 128 + segment.textLength)
    let text = [UInt8](repeating: UInt8(ascii: "x"), count: segment.textLength)
    let count = octets.withMutable { out in
      (try? PacketAssembly.write(segment, flow: flow, text: text.span.raw, ipFields: IPFields(), into: &out)) ?? 0
    }
    return Array(octets[..<count])
  }

  /// All flows that were not taken from `ended`, those that ended before the capture did first.
  mutating func finish() -> [TrackedFlow] {
    tracker.finish { ended.append($0) }
    defer { ended = [] }
    return ended
  }
}

extension IPAddress? {
  /// An address that a test has written down itself.
  var unsafelyKnown: IPAddress { self ?? .v4(IPv4Address(0)) }
}

extension [UInt8] {
  mutating func withMutable<Result>(_ body: (inout MutableRawSpan) -> Result) -> Result {
    var list = mutableSpan
    var bytes = unsafe list.mutableBytes
    return body(&bytes)
  }
}

extension TCPOptionList {
  static func timestamps(_ value: UInt32, echo: UInt32 = 0) -> TCPOptionList {
    var list = TCPOptionList()
    list.appendTimestamps(value: value, echoReply: echo)
    return list
  }
}
