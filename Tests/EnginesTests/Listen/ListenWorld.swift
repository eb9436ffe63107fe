import Handshake
import Testing
import Timebase
import Wire

@testable import Engines

/// A network in virtual time around a listener: what it sends is noted, and every packet is stamped at once.
struct ListenWorld {
  static let local = Endpoint(.v4(IPv4Address(192, 0, 2, 1)), 80)
  static let client = Endpoint(.v4(IPv4Address(192, 0, 2, 2)), 40_000)
  static let start = Instant(nanoseconds: 1_000_000_000_000)
  static let irs = SequenceNumber(5_000)

  var engine: ListenEngine
  /// Whether the kernel's transmit stamps come.
  var isStamped = true
  private(set) var sent: [Transmission] = []
  private(set) var findings: [ListenEngine.Finding] = []
  private(set) var isDone = false
  private var now = ListenWorld.start

  init(
    _ service: Service = .accept, address: IPAddress = ListenWorld.local.address, local: Set<IPAddress> = [],
    plan change: (inout Plan) -> Void = { _ in }, limits: (inout ListenEngine.Limits) -> Void = { _ in }
  ) {
    var plan = Plan()
    plan.retries = 5
    change(&plan)
    var bounds = ListenEngine.Limits()
    limits(&bounds)
    engine = ListenEngine(
      port: ListenEngine.Port(address: address, number: 80, local: local), service: service, limits: bounds,
      plan: plan, key: SipHash.Key(k0: 1, k1: 2))
    guard case .open(let slot, _, let port) = engine.start(at: stamp) else { return }
    perform(engine.note(.opened(slot: slot, port: port, seed: Seed(iss: 0, timestamp: 0), at: stamp)))
  }

  var elapsed: Interval { now - ListenWorld.start }

  private var stamp: Stamp {
    let wall = WallTime(nanoseconds: now.nanoseconds + 1_700_000_000_000_000_000)
    return Stamp(instant: now, wall: wall, kernel: wall)
  }

  /// A segment from a client; returns what it was answered by at once.
  @discardableResult
  mutating func receive(
    _ segment: Segment, text: [UInt8] = [], from client: Endpoint = ListenWorld.client,
    to local: Endpoint = ListenWorld.local
  ) -> [Transmission] {
    let before = sent.count
    let octets = ListenWorld.packet(segment, text: text, flow: Flow(local: client, remote: local))
    perform(engine.receive(ReceivedPacket(octets.span.raw, framing: .inBand, mayBeUnfinished: false), at: stamp))
    settle()
    return Array(sent[before...])
  }

  /// Lets time pass, and does what becomes due.
  mutating func pass(_ time: Interval) {
    let end = now + time
    while !isDone, let due = engine.nextDeadline, due <= end {
      now = max(now, due)
      settle()
    }
    now = end
  }

  mutating func interrupt() {
    engine.interrupt(at: stamp)
    settle()
  }

  /// Forgets what was sent.
  mutating func forget() { sent = [] }

  /// Does all that is due now; a loop that never ends is cut.
  private mutating func settle() {
    for _ in 0..<10_000 {
      guard !isDone, let due = engine.nextDeadline, due <= now else { return }
      perform(engine.expire(at: stamp))
    }
  }

  private mutating func perform(_ action: Action<ListenEngine.Finding>) {
    switch action {
    case .none, .open: break
    case .done: isDone = true
    case .report(let finding, _): findings.append(finding)
    case .send(let transmission):
      sent.append(transmission)
      engine.note(.departed(transmission.token, at: Stamp(instant: stamp.instant, wall: stamp.wall)))
      if isStamped { engine.note(.transmitted(transmission.token, kernel: stamp.wall)) }
    }
  }

  static func packet(_ segment: Segment, text: [UInt8], flow: Flow) -> [UInt8] {
    var buffer = FrameBuffer()
    let count = try? buffer.build { out throws(WireError) in
      try PacketAssembly.write(segment, flow: flow, text: text.span.raw, ipFields: IPFields(), into: &out)
    }
    let octets = buffer.view(first: count ?? 0)
    return (0..<octets.byteCount).map { octets.octet(at: $0) }
  }
}

// MARK: A client

extension ListenWorld {
  static func syn(_ seq: SequenceNumber = irs) -> Segment {
    var options = TCPOptionList()
    options.appendMaximumSegmentSize(1_460)
    return Segment(seq: seq, flags: .syn, wnd: 65_535, options: options)
  }

  /// Shakes hands; returns the listener's initial sequence number.
  @discardableResult
  mutating func connect(from client: Endpoint = ListenWorld.client) -> SequenceNumber? {
    guard let synAck = receive(ListenWorld.syn(), from: client).first?.segment, synAck.flags == [.syn, .ack] else {
      return nil
    }
    receive(Segment(seq: ListenWorld.irs + 1, ack: synAck.seq + 1, wnd: 65_535), from: client)
    return synAck.seq
  }

  /// Shakes hands where that must succeed.
  @discardableResult
  mutating func open(from client: Endpoint = ListenWorld.client) throws -> SequenceNumber {
    let iss = connect(from: client)
    return try #require(iss)
  }

  /// The initial sequence number that a SYN is answered by.
  mutating func answerToSyn() throws -> SequenceNumber {
    let answers = receive(ListenWorld.syn())
    return try #require(answers.first).segment.seq
  }

  /// Sends a text and acknowledges whatever comes back; returns the octets that came, each once.
  mutating func exchange(_ text: [UInt8], iss: SequenceNumber, from client: Endpoint = ListenWorld.client) -> [UInt8] {
    var (received, next) = ([UInt8](), iss + 1)
    var seq = ListenWorld.irs + 1
    for start in stride(from: 0, to: max(text.count, 1), by: 1_000) {
      let piece = Array(text[start..<min(start + 1_000, text.count)])
      var segment = Segment(seq: seq, ack: next, wnd: 65_535, textLength: piece.count)
      segment.flags.insert(.psh)
      var answers = receive(segment, text: piece, from: client)
      seq = segment.end
      while !answers.isEmpty {
        let before = next
        for answer in answers where answer.segment.seq == next && !answer.text.isEmpty {
          received += answer.data[answer.text]
          next = next + UInt32(answer.text.count)
        }
        guard next != before else { break }
        answers = receive(Segment(seq: seq, ack: next, wnd: 65_535), from: client)
      }
    }
    return received
  }
}
