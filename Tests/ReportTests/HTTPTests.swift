import Foundation
import Judging
import Testing
import Timebase
import Wire

@testable import HTTP
@testable import Handshake
@testable import Report

@Suite("Pages") struct HTTPTests {
  private static let cost = cost(connections: 1, packetsSent: 8)

  private static func cost(connections: Int, packetsSent: Int) -> Traffic {
    var cost = Traffic(requests: 2)
    (cost.connections, cost.packetsSent, cost.packetsReceived, cost.roundTrips) = (connections, packetsSent, 6, 4)
    (cost.octetsSent, cost.octetsReceived, cost.elapsed) = (700, 1_500, .microseconds(1_234))
    return cost
  }

  /// A request for a path, and the head of its response.
  static func request(_ number: Int, _ target: String, _ head: HTTPHead? = nil) -> HTTPTransaction {
    var asked = HTTPRequest(agent: "probe")
    asked.target = target
    var request = HTTPTransaction(number: number, of: asked, range: 0..<1)
    request.head = head
    return request
  }

  private static func page() throws -> HTTPRecord {
    var good = request(
      1, "/a?b",
      HTTPHead(
        minorVersion: 1, status: 200, reason: "OK\u{1b}[31m", fields: [HTTPField(unchecked: "Server", "x\u{7f}y")],
        length: 87))
    good.contentLength = 612
    good.request = Measurement(.microseconds(210), clock: .kernel)
    good.response = Measurement(.microseconds(311), clock: .kernel)
    good.transfer = Measurement(.microseconds(91), clock: .user)
    good.total = Measurement(.microseconds(402), clock: .user)
    var bad = request(2, "/a?b")
    bad.fault = .truncated
    bad.isAmbiguous = true
    let record = Record(target: "http://web.test/a?b", sequence: 1, outcome: try Scene.fullClose().outcome())
    return HTTPRecord(record: record, requests: [good, bad], unsent: 3, cost: cost)
  }

  @Test("each request has a line, and nothing of a server's reaches the terminal as it is") func text() throws {
    let text = TextReport(isVerbose: true).page(try Self.page())
    #expect(
      text.hasSuffix(
        """
        request 1: GET /a?b 200 OK\\u{1b}[31m HTTP/1.1 body=612 bytes ttfb=0.311 ms total=0.402 ms clock=user
          Server: x\\u{7f}y
        request 2: GET /a?b truncated ttfb=ambiguous
        3 requests were not sent: the connection ended first

        """))
    #expect(!text.unicodeScalars.contains { $0.isUnprintable && $0 != "\n" })
    var page = try Self.page()
    page.unsent = 1
    #expect(TextReport().page(page).hasSuffix("\n1 request was not sent: the connection ended first\n"))
  }

  @Test("JSON: the requests and the cost follow the connection's members, what is absent is null") func json() throws {
    let line = JSONLines.page(try Self.page())
    let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    #expect(object["type"] as? String == "connection")
    #expect(object["requests_unsent"] as? Int == 3)
    let requests = try #require(object["requests"] as? [[String: Any]])
    #expect(requests.map { $0["fault"] as? String } == [nil, "truncated"])
    #expect(requests[0]["total_ns"] as? Int == 402_000)
    for name in ["status", "version", "reason", "head_bytes", "body_bytes", "total_ns", "clock"] {
      #expect(requests[1][name] is NSNull, "\(name)")
    }
    #expect((object["cost"] as? [String: Any])?["elapsed_ns"] as? Int == 1_234_000)
  }

  @Test("the comparison stands side by side") func comparison() {
    let each = Self.cost(connections: 2, packetsSent: 12)
    #expect(
      TextReport().comparison(each, Self.cost) == """

        2 requests on     2 connections  1 connection
        packets sent                 12             8
        packets received              6             6
        round trips                   4             4
        bytes sent                  700           700
        bytes received             1500          1500
        time                   1.234 ms      1.234 ms

        """)
    let line = JSONLines.comparison(target: "http://web.test/", each, Self.cost)
    #expect(line.hasPrefix(#"{"schema":1,"type":"comparison","target":"http://web.test/","each":{"connections":2,"#))
  }
}
