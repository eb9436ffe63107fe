import Engines
import HTTP
import Handshake
import Testing
import Timebase
import Wire

@Suite struct HTTPEngineTests {
  static let short = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
  static let long = "HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + String(repeating: "x", count: 20_000)

  @Test func onePage() throws {
    var server = PageServer([Self.short])
    server.thinks = .milliseconds(5)
    var world = try HTTPWorld(server, url: "http://192.0.2.2/a?b")
    try world.run()
    #expect(world.isDone)
    #expect(world.server.requests == ["GET /a?b HTTP/1.1\r\nHost: 192.0.2.2\r\nUser-Agent: test\r\nAccept: */*"])
    let finding = try #require(world.findings.first)
    #expect(finding.outcome?.verdict == .open)
    #expect(finding.outcome?.ending == .fin)
    let transaction = try #require(finding.session.transactions.first)
    #expect(transaction.isGood)
    #expect(transaction.head?.status == 200)
    #expect(transaction.contentLength == 5)
    #expect(transaction.request == Measurement(.milliseconds(2), clock: .kernel))
    #expect(transaction.response == Measurement(.milliseconds(7), clock: .kernel))
    #expect(transaction.transfer == Measurement(.zero, clock: .kernel))
    #expect(transaction.total == Measurement(.milliseconds(7), clock: .kernel))
    #expect(!world.sent.contains { $0.flags.contains(.rst) })
  }

  /// A server that is not there, one that never ends its head, and one that never ends its content.
  @Test(arguments: ["SYN", "head", "content"]) func aConnectionHasItsTime(_ stage: String) throws {
    var server = PageServer([stage == "head" ? "HTTP/1.1 200 OK\r\nX: " : "HTTP/1.1 200 OK\r\n\r\n"])
    server.isEndless = true
    server.segmentSize = 1
    server.delay = .milliseconds(500)
    if stage == "SYN" { server.delay = .seconds(2_000) }
    var world = try HTTPWorld(server, wait: .seconds(30)) { $0.lifetime = .seconds(20) }
    try world.run(until: .seconds(100))
    #expect(world.isDone && world.findings.count == 1)
    #expect(world.elapsed <= .seconds(20) + .milliseconds(2) && world.elapsed >= .seconds(20))
    let finding = try #require(world.findings.first)
    #expect(finding.outcome?.verdict == (stage == "SYN" ? .filtered : .open))
    #expect(finding.session.transactions.first?.fault == (stage == "SYN" ? nil : .timeout))
    #expect(finding.session.transactions.first?.head?.status == (stage == "SYN" ? nil : 200))
  }

  @Test func keptAlive() throws {
    var world = try HTTPWorld(PageServer(Array(repeating: Self.short, count: 20)), visits: [20])
    try world.run()
    let finding = try #require(world.findings.first)
    #expect(world.findings.count == 1)
    #expect(finding.session.transactions.count == 20)
    #expect(finding.session.transactions.allSatisfy { $0.isGood })
    #expect(world.server.mostAtOnce == 1)
    #expect(finding.outcome?.steps.map(\.kind) == [.syn, .fin, .peerFin, .close], "each request has its own")
    #expect(world.sent.filter { $0.flags.contains(.syn) }.count == 1)
    #expect(finding.traffic.roundTrips == 22, "SYN, 20 requests, FIN")
    #expect(finding.session.transactions[7].total == Measurement(.milliseconds(2), clock: .kernel))
  }

  @Test func pipelined() throws {
    var world = try HTTPWorld(PageServer(Array(repeating: Self.short, count: 40)), visits: [40]) {
      $0.isPipelined = true
    }
    try world.run()
    let finding = try #require(world.findings.first)
    #expect(finding.session.transactions.count == 40)
    #expect(finding.session.transactions.allSatisfy { $0.isGood })
    #expect(finding.traffic.roundTrips < 12, "most of the waits overlap: \(finding.traffic.roundTrips)")
  }

  @Test("every request has its times, although the log has no room for all packets", arguments: [false, true])
  func manyRequests(isPipelined: Bool) throws {
    var world = try HTTPWorld(PageServer(Array(repeating: Self.short, count: 1_500)), visits: [1_500]) {
      $0.isPipelined = isPipelined
    }
    try world.run()
    let finding = try #require(world.findings.first)
    #expect(finding.session.transactions.count == 1_500)
    for transaction in finding.session.transactions {
      #expect(transaction.isGood && transaction.total == Measurement(.milliseconds(2), clock: .kernel))
      for step in transaction.steps {
        let expected: Interval = step.kind == .transfer ? .zero : .milliseconds(2)
        #expect(step.measurement == Measurement(expected, clock: .kernel))
        #expect(step.begin != nil && step.end != nil)
      }
    }
    let log = try #require(finding.outcome).log
    #expect(log.omitted > 0 && log.entries.count < PacketLog.capacity + 300)
  }

  @Test func compared() throws {
    var world = try HTTPWorld(PageServer(Array(repeating: Self.short, count: 10)), visits: [1, 1, 1, 1, 1, 5])
    try world.run()
    #expect(world.findings.map(\.sequence) == [1, 2, 3, 4, 5, 6])
    #expect(world.findings.map(\.traffic.roundTrips) == [3, 3, 3, 3, 3, 7])
    let (each, kept) = (world.findings.dropLast().map(\.traffic), world.findings[5].traffic)
    #expect(each.map(\.packetsSent).reduce(0, +) > kept.packetsSent)
    let sum = each.dropFirst().reduce(each[0]) { $0 + $1 }
    #expect((sum.connections, sum.requests, kept.connections, kept.requests) == (5, 5, 1, 5))
    #expect(try sum.elapsed == each.reduce(.zero) { try $0 + #require($1.elapsed) })
    #expect(each.allSatisfy { $0.packetsSent > 0 && $0.octetsSent > $0.packetsSent * 40 - 1 })
  }

  @Test func contentIsReportedInOrder() throws {
    var world = try HTTPWorld(PageServer([Self.long])) { $0.keepsContent = true }
    try world.run()
    #expect(world.content == [UInt8](repeating: 0x78, count: 20_000))
    #expect(world.findings.first?.session.transactions.first?.contentLength == 20_000)
  }

  @Test func untilClose() throws {
    var server = PageServer(["HTTP/1.0 200 OK\r\n\r\nall of it"])
    server.closesAfterLast = true
    var world = try HTTPWorld(server) { $0.request.version = .v10 }
    try world.run()
    let transaction = try #require(world.findings.first?.session.transactions.first)
    #expect(transaction.isGood)
    #expect(transaction.contentLength == 9)
    #expect(world.findings.first?.outcome?.state == .closed, "LAST-ACK, then CLOSED")
  }

  @Test func resetIsNoEnd() throws {
    var server = PageServer(["HTTP/1.0 200 OK\r\n\r\nall of it"])
    server.resetsAfterLast = true
    var world = try HTTPWorld(server)
    try world.run()
    #expect(world.findings.first?.session.transactions.first?.fault == .truncated)
    #expect(world.findings.first?.outcome?.ending == .peerRst)
  }

  @Test func serverClosesEarly() throws {
    var server = PageServer([Self.short, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"])
    server.closesAfterLast = true
    var world = try HTTPWorld(server, visits: [5])
    try world.run()
    let session = try #require(world.findings.first?.session)
    #expect(session.transactions.map(\.isGood) == [true, true])
    #expect(session.unsent == 3)
  }

  @Test func silence() throws {
    var world = try HTTPWorld(PageServer([nil])) { _ in }
    try world.run()
    let transaction = try #require(world.findings.first?.session.transactions.first)
    #expect(transaction.fault == .timeout)
    #expect(world.findings.first?.outcome?.ending == .fin)
    #expect(world.elapsed > .seconds(7) && world.elapsed < .seconds(8), "the plan's patience: \(world.elapsed)")
  }

  /// A server that acknowledges our FIN and then keeps its end open, or sends for ever: the probe ends all the same.
  @Test(arguments: [false, true], [short, "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"])
  func serverThatNeverCloses(_ isEndless: Bool, _ response: String) throws {
    var server = PageServer([response])
    server.staysOpen = true
    server.isEndless = isEndless
    var world = try HTTPWorld(server)
    try world.run()
    #expect(world.isDone)
    #expect(world.elapsed > .seconds(7) && world.elapsed < .seconds(8), "the plan's patience: \(world.elapsed)")
    #expect(world.findings.first?.session.transactions.count == 1)
    #expect(world.findings.first?.outcome?.ending == .rst)
    #expect(world.sent.last?.flags.contains(.rst) == true)
  }

  @Test func deadline() throws {
    var world = try HTTPWorld(PageServer([nil])) { $0.deadline = .seconds(2) }
    try world.run()
    #expect(world.isDone)
    #expect(world.findings.first?.outcome?.ending == .rst)
    #expect(world.findings.first?.session.transactions.first?.isGood == false)
    #expect(world.elapsed < .seconds(3))
  }

  @Test func refused() throws {
    var server = PageServer([])
    server.refuses = true
    var world = try HTTPWorld(server, visits: [3])
    try world.run()
    #expect(world.findings.first?.outcome?.verdict == .refused)
    #expect(world.findings.first?.session.unsent == 3)
  }

  @Test(arguments: [
    ("SSH-2.0-x\r\n", HTTPFault.notHTTP), (short + "more", .unasked),
    ("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", .badLength),
  ]) func faults(_ response: String, _ fault: HTTPFault) throws {
    var world = try HTTPWorld(PageServer([response, Self.short]), visits: [2])
    try world.run()
    let session = try #require(world.findings.first?.session)
    #expect(session.transactions.map(\.fault) == [fault])
    #expect(session.unsent == 1)
    #expect(world.isDone)
  }
}
