import Engines
import Handshake
import Testing
import Timebase
import Wire

/// One request and its response inside each connection of a benchmark.
@Suite struct BenchHTTPTests {
  private static let ms = Interval.milliseconds(1)

  private func run(_ response: [String], closes: Bool, _ close: BenchPlan.Close = .fin) throws -> BenchWorld {
    var plan = BenchPlan()
    plan.mode = .http
    plan.count = 1
    plan.duration = nil
    plan.close = close
    let server = BenchWorld.server()
    var world = try BenchWorld(plan) { sent in
      guard sent.text.count > 0 else {
        // Whoever has closed does not close again.
        guard closes, sent.flags.contains(.fin) else { return server(sent) }
        return [(Self.ms, Segment(seq: sent.segment.acknowledgment, ack: sent.segment.end, wnd: 9), [])]
      }
      var seq = sent.segment.acknowledgment
      var answers: [(after: Interval, segment: Segment, text: [UInt8])] = []
      for (index, piece) in response.enumerated() {
        let isLast = closes && index == response.count - 1
        let segment = Segment(seq: seq, ack: sent.segment.end, flags: isLast ? [.psh, .fin] : .psh, wnd: 9)
        answers.append((.milliseconds(Int64(index + 1) * 2), segment, Array(piece.utf8)))
        seq += UInt32(piece.utf8.count)
      }
      return answers
    }
    try world.run()
    return world
  }

  @Test(arguments: [BenchPlan.Close.fin, .rst]) func aWholeResponse(_ close: BenchPlan.Close) throws {
    let world = try run(["HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab", "cd"], closes: false, close)
    let result = try #require(world.results.first)
    #expect(result.end == .completed)
    #expect(result.status == 200)
    #expect(result.response?.interval == .milliseconds(2))
    #expect(result.transfer?.interval == .milliseconds(2))
    #expect(result.request?.interval == .milliseconds(2))
    #expect(String(decoding: world.sent[2].text, as: UTF8.self).hasPrefix("GET / "))
    #expect((result.fin != nil) == (close == .fin))
  }

  /// The server closes first, as after `Connection: close`.
  @Test func untilTheConnectionEnds() throws {
    let world = try run(["HTTP/1.0 404 Not Found\r\n\r\nab", "cd"], closes: true)
    let result = try #require(world.results.first)
    #expect(result.end == .completed)
    #expect(result.status == 404)
    #expect(result.fin?.interval == Self.ms)
    #expect(result.peerFin?.interval == Self.ms)
  }

  @Test(arguments: [
    (["SSH-2.0-OpenSSH\r\n"], false), (["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"], true),
  ])
  func whatIsNoResponse(_ response: [String], _ closes: Bool) throws {
    let world = try run(response, closes: closes)
    #expect(world.results.map(\.end) == [.garbled])
    #expect(world.sent.last?.flags == [.rst, .ack])
  }

  @Test("A response that comes an octet at a time keeps no run from its end", arguments: [nil, Interval.seconds(5)])
  func aServerThatDrips(_ lifetime: Interval?) throws {
    var plan = BenchPlan()
    if let lifetime { plan.lifetime = lifetime }
    plan.mode = .http
    plan.count = 1
    plan.duration = nil
    var world = try BenchWorld(plan) { sent in
      if sent.flags == .syn { return [(Self.ms, BenchWorld.synAck(sent), [])] }
      let isHandshake = sent.text.isEmpty && sent.segment.acknowledgment == SequenceNumber(7_001)
      guard !isHandshake, sent.flags.isDisjoint(with: .rst) else { return [] }
      // Each octet waits for the acknowledgment of the one before.
      let text = sent.text.isEmpty ? Array("x".utf8) : Array("HTTP/1.1 200 OK\r\nX-Slow: ".utf8)
      return [
        (.seconds(1), Segment(seq: sent.segment.acknowledgment, ack: sent.segment.end, flags: .psh, wnd: 9), text)
      ]
    }
    try world.run(until: .seconds(200))
    #expect(world.results.map(\.end) == [.abandoned])
    let longest = lifetime ?? .seconds(60)
    #expect(world.elapsed >= longest && world.elapsed < longest + .seconds(1))
    #expect(world.sent.last?.flags.contains(.rst) == true)
  }

  @Test("A silent server has no longer than --max-time, whether or not it has the request", arguments: [true, false])
  func aSilentServer(_ acknowledges: Bool) throws {
    var plan = BenchPlan()
    plan.lifetime = .milliseconds(500)
    plan.mode = .http
    plan.count = 1
    plan.duration = nil
    var world = try BenchWorld(plan) { sent in
      if sent.flags == .syn { return [(Self.ms, BenchWorld.synAck(sent), [])] }
      guard sent.text.count > 0, acknowledges else { return [] }
      return [(Self.ms, Segment(seq: sent.segment.acknowledgment, ack: sent.segment.end, wnd: 9), [])]
    }
    try world.run(until: .seconds(60))
    #expect(world.results.map(\.end) == [.abandoned])
    #expect(world.elapsed >= .milliseconds(500) && world.elapsed < .milliseconds(600))
    #expect(world.sent.last?.flags.contains(.rst) == true)
  }

  @Test("A SYN that nothing answers is lost when --max-time is over") func lostWithinTheLimit() throws {
    var plan = BenchPlan()
    plan.lifetime = .milliseconds(500)
    plan.mode = .http
    plan.count = 1
    plan.duration = nil
    var world = try BenchWorld(plan) { _ in [] }
    try world.run(until: .seconds(60))
    #expect(world.results.map(\.end) == [.lost] && world.elapsed < .milliseconds(600))
  }

  @Test func aServerThatSaysNothing() throws {
    var plan = BenchPlan()
    plan.mode = .http
    plan.count = 1
    plan.duration = nil
    var world = try BenchWorld(plan) { sent in
      if sent.flags == .syn { return [(Self.ms, BenchWorld.synAck(sent), [])] }
      guard sent.text.count > 0 else { return [] }
      return [(Self.ms, Segment(seq: sent.segment.acknowledgment, ack: sent.segment.end, wnd: 9), [])]
    }
    try world.run()
    #expect(world.results.map(\.end) == [.abandoned])
    #expect(world.results.first?.request?.interval == Self.ms)
    #expect(world.sent.last?.flags == [.rst, .ack])
  }
}
