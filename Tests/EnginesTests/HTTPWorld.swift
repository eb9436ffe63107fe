import Engines
import HTTP
import Handshake
import Testing
import Timebase
import Wire

/// A web server in virtual time, segment by segment, as simple as can be.
struct PageServer {
  /// What each request is answered by, in their order; nil for one that is never answered.
  var responses: [String?]
  /// How long a packet takes each way, and the server thinks.
  var delay = Interval.milliseconds(1)
  var thinks = Interval.zero
  /// The most octets in a segment.
  var segmentSize = 1_000
  /// Whether it closes after its last response, or resets.
  var closesAfterLast = false
  var resetsAfterLast = false
  /// Whether it never closes, and whether it goes on sending as long as it is listened to.
  var staysOpen = false
  var isEndless = false
  /// Whether it is there at all.
  var refuses = false

  /// The requests that came, as they came.
  private(set) var requests: [String] = []
  /// How many requests lay before it unanswered at once, at most.
  private(set) var mostAtOnce = 0
  private var pending = ""
  private var next = SequenceNumber(7_001)
  private var hasClosed = false

  init(_ responses: [String?]) { self.responses = responses }

  /// What it answers a packet by: each segment with its text, after its time.
  mutating func answer(_ transmission: Transmission) -> [(after: Interval, segment: Segment, text: [UInt8])] {
    let segment = transmission.segment
    let there = delay + delay
    if segment.flags.contains(.rst) { return [] }
    if segment.flags.contains(.syn) {
      // Every connection begins anew.
      (pending, next, hasClosed) = ("", SequenceNumber(7_001), false)
      if refuses { return [(there, Segment(seq: SequenceNumber(0), ack: segment.end, flags: .rst), [])] }
      return [(there, Segment(seq: SequenceNumber(7_000), ack: segment.end, flags: .syn, wnd: 65_535), [])]
    }
    if isEndless, segment.len == 0, segment.ack == next, !requests.isEmpty {
      return say([UInt8](repeating: 0x78, count: segmentSize), acknowledging: segment.seq, after: there)
    }
    guard segment.len > 0 else { return [] }
    pending += String(decoding: transmission.data[transmission.text], as: UTF8.self)
    var out = [(there, Segment(seq: next, ack: segment.end, wnd: 65_535), [UInt8]())]
    mostAtOnce = max(mostAtOnce, pending.split(separator: "\r\n\r\n").count)
    while let end = pending.firstRange(of: "\r\n\r\n") {
      requests.append(String(pending[..<end.lowerBound]))
      pending.removeSubrange(..<end.upperBound)
      guard !responses.isEmpty, let response = responses.removeFirst() else { continue }
      out += say(Array(response.utf8), acknowledging: segment.end, after: there + thinks)
    }
    let isOver = segment.flags.contains(.fin) || responses.isEmpty && (closesAfterLast || resetsAfterLast)
    if isOver, !hasClosed, !staysOpen {
      hasClosed = true
      let flags: TCPFlags = resetsAfterLast && !segment.flags.contains(.fin) ? .rst : .fin
      out.append((there + thinks, Segment(seq: next, ack: segment.end, flags: flags, wnd: 65_535), []))
      next = next + 1
    }
    return out
  }

  private mutating func say(
    _ octets: [UInt8], acknowledging ack: SequenceNumber, after: Interval
  ) -> [(Interval, Segment, [UInt8])] {
    stride(from: 0, to: octets.count, by: segmentSize).map { start in
      let text = Array(octets[start..<min(start + segmentSize, octets.count)])
      defer { next = next + UInt32(text.count) }
      return (after, Segment(seq: next, ack: ack, wnd: 65_535, textLength: text.count), text)
    }
  }
}

/// The event loop in virtual time around `HTTPEngine` and a server.
struct HTTPWorld {
  var engine: HTTPEngine
  var server: PageServer

  private(set) var findings: [HTTPEngine.Finding] = []
  private(set) var content: [UInt8] = []
  private(set) var sent: [Segment] = []
  private(set) var isDone = false
  private(set) var now = World.start
  private var queue: [(at: Instant, order: Int, octets: [UInt8])] = []
  private var order = 0

  init(
    _ server: PageServer, visits: [Int] = [1], url: String = "http://192.0.2.2/",
    wait: Interval = .seconds(1), change: (inout HTTPEngine.Job) -> Void = { _ in }
  ) throws {
    var job = HTTPEngine.Job(HTTPRequest(try HTTPURL(parsing: url), agent: "test"), visits: visits)
    change(&job)
    engine = HTTPEngine(target: World.target(2, port: 80) { $0.wait = wait }, job: job)
    self.server = server
  }

  var elapsed: Interval { now - World.start }
  private var stamp: Stamp { Stamp(instant: now, wall: World.wall + elapsed) }

  mutating func run(until end: Interval = .seconds(1_000)) throws {
    if elapsed == .zero { perform(engine.start(at: stamp)) }
    var idle = 0
    while !isDone {
      let next = [engine.nextDeadline, queue.first?.at].compactMap(\.self).min()
      guard let next, next - World.start <= end else { break }
      idle = next <= now ? idle + 1 : 0
      try #require(idle < 10_000, "a busy loop at \(elapsed)")
      now = max(now, next)
      if let first = queue.first, first.at <= now {
        queue.removeFirst()
        var stamp = stamp
        stamp.kernel = World.wall + elapsed
        perform(
          engine.receive(ReceivedPacket(first.octets.span.raw, framing: .inBand, mayBeUnfinished: false), at: stamp))
      } else {
        perform(engine.expire(at: stamp))
      }
    }
  }

  mutating func interrupt() { engine.interrupt(at: stamp) }

  private mutating func perform(_ action: Action<HTTPEngine.News>) {
    switch action {
    case .none: break
    case .done: isDone = true
    case .open(let slot, _, _):
      perform(engine.note(.opened(slot: slot, port: 50_000, seed: Seed(iss: 1_000, timestamp: 0), at: stamp)))
    case .report(.content(let octets), _): content += octets
    case .report(.visit(let finding), _): findings.append(finding)
    case .send(let transmission):
      sent.append(transmission.segment)
      engine.note(.departed(transmission.token, at: stamp))
      engine.note(.transmitted(transmission.token, kernel: stamp.wall))
      for (after, segment, text) in server.answer(transmission) {
        order += 1
        queue.append((now + after, order, HTTPWorld.packet(segment, text, of: transmission.flow)))
      }
      queue.sort { ($0.at, $0.order) < ($1.at, $1.order) }
    }
  }

  private static func packet(_ segment: Segment, _ text: [UInt8], of flow: Flow) -> [UInt8] {
    var buffer = FrameBuffer()
    let back = Flow(local: flow.remote, remote: flow.local)
    let count = try? buffer.build { out throws(WireError) in
      try PacketAssembly.write(segment, flow: back, text: text.span.raw, ipFields: IPFields(), into: &out)
    }
    let octets = buffer.view(first: count ?? 0)
    return (0..<octets.byteCount).map { octets.octet(at: $0) }
  }
}
