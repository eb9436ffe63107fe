import Handshake
import Timebase
import Wire

/// A connection that is driven by segment literals on a virtual clock, until there is an outcome to report.
struct Scene {
  static let local = Endpoint(.v4(IPv4Address(10, 0, 0, 1)), 49_512)
  static let remote = Endpoint(.v4(IPv4Address(10, 0, 0, 2)), 80)
  static let iss: UInt32 = 3_626_544_836
  static let irs: UInt32 = 1_739_326_486
  /// 2026-01-02T03:04:05.123456789Z.
  static let epoch: Int64 = 1_767_323_045_123_456_789

  var conversation: TracedConnection
  /// Nanoseconds since the beginning.
  var now: Int64 = 0
  /// Whether the kernel stamps our packets.
  var kernelStamps = true

  init(
    _ plan: Plan = Plan(), local: Endpoint = Scene.local, remote: Endpoint = Scene.remote, kernelStamps: Bool = true
  ) {
    conversation = TracedConnection(
      plan, flow: Flow(local: local, remote: remote), seed: Seed(iss: Scene.iss, timestamp: 1_000))
    self.kernelStamps = kernelStamps
  }

  var stamp: Stamp { stamp(kernel: false) }

  func stamp(kernel: Bool) -> Stamp {
    let wall = WallTime(nanoseconds: Scene.epoch + now)
    return Stamp(instant: Instant(nanoseconds: 5_000_000_000 + now), wall: wall, kernel: kernel ? wall : nil)
  }

  mutating func start() {
    sent(conversation.start(at: stamp))
    settle()
  }

  /// Lets microseconds go by, with everything that becomes due on the way.
  mutating func pass(_ micros: Int64) {
    let end = now + micros * 1_000
    for _ in 0..<100 {
      guard let deadline = conversation.connection.nextDeadline else { break }
      let due = deadline.nanoseconds - 5_000_000_000
      guard due <= end else { break }
      now = max(now, due)
      sent(conversation.expire(at: stamp))
    }
    now = end
  }

  /// After microseconds, a segment of the peer's comes.
  mutating func receive(_ segment: Segment, after micros: Int64, ttl: UInt8 = 64) {
    pass(micros)
    sent(conversation.receive(segment, hopLimit: ttl, at: stamp(kernel: kernelStamps)))
    settle()
  }

  mutating func receive(_ notice: ICMPNotice, after micros: Int64) {
    pass(micros)
    sent(conversation.receive(notice, hopLimit: 63, at: stamp(kernel: kernelStamps)))
  }

  /// What is due at once, a few microseconds later: sending takes time.
  private mutating func settle() {
    for _ in 0..<4 {
      guard let deadline = conversation.connection.nextDeadline, deadline <= stamp.instant else { return }
      now += 9_000
      sent(conversation.expire(at: stamp))
    }
  }

  private mutating func sent(_ outgoing: Outgoing?) {
    guard let outgoing else { return }
    now += 1_000
    conversation.departed(outgoing.number, at: stamp)
    if kernelStamps { conversation.transmitted(outgoing.number, kernel: stamp.wall) }
  }

  func outcome() throws -> Outcome {
    struct Undecided: Error {}
    guard let outcome = Outcome(conversation) else { throw Undecided() }
    return outcome
  }
}

/// The peer's segments, their numbers counted from both initial ones as a ladder counts them.
extension Segment {
  static func peer(
    _ flags: TCPFlags, seq: UInt32, ack: UInt32?, wnd: UInt16 = 509, text: Int = 0,
    options: TCPOptionList = TCPOptionList()
  ) -> Segment {
    Segment(
      seq: SequenceNumber(Scene.irs &+ seq), ack: ack.map { SequenceNumber(Scene.iss &+ $0) }, flags: flags, wnd: wnd,
      options: options, textLength: text)
  }

  /// A Linux peer's SYN-ACK; `echo` is the time stamp of the SYN that it answers.
  static func synAck(ack: UInt32 = 1, echo: UInt32? = 1_000) -> Segment {
    .peer(.syn, seq: 0, ack: ack, wnd: 65_160, options: Scene.options(echo: echo))
  }

  static let reset = Segment(
    seq: SequenceNumber(0), ack: SequenceNumber(Scene.iss &+ 1), flags: .rst)
}

extension Scene {
  static func options(echo: UInt32?) -> TCPOptionList {
    SynOptions(timestamps: echo != nil).list(value: 2_814_749_767, echoReply: echo ?? 0)
  }

  /// The whole of an ordinary connection: our close is answered by FIN and ACK in two segments.
  static func fullClose(_ plan: Plan = Plan(), kernelStamps: Bool = true) -> Scene {
    var scene = Scene(plan, kernelStamps: kernelStamps)
    scene.start()
    scene.receive(.synAck(), after: 212)
    scene.receive(.peer([], seq: 1, ack: 2), after: 189)
    scene.receive(.peer(.fin, seq: 1, ack: 2), after: 204)
    scene.pass(10)
    return scene
  }
}
