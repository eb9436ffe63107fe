import Foundation
import Judging
import Testing
import Timebase
import Wire

@testable import Handshake
@testable import Report

@Suite("Pages") struct HTTPTests {
  private static let cost = CostRecord(
    connections: 1, requests: 2, packetsSent: 8, packetsReceived: 6, roundTrips: 4, octetsSent: 700,
    octetsReceived: 1_500, elapsed: .microseconds(1_234))

  private static func page() throws -> HTTPRecord {
    var good = RequestRecord(number: 1, method: "GET", target: "/a?b")
    good.version = "1.1"
    good.status = 200
    good.reason = "OK\u{1b}[31m"
    good.fields = [("Server", "x\u{7f}y")]
    good.headLength = 87
    good.contentLength = 612
    good.request = Measurement(.microseconds(210), clock: .kernel)
    good.response = Measurement(.microseconds(311), clock: .kernel)
    good.transfer = Measurement(.microseconds(91), clock: .user)
    good.total = Measurement(.microseconds(402), clock: .user)
    var bad = RequestRecord(number: 2, method: "GET", target: "/a?b")
    bad.fault = "truncated"
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
    var each = Self.cost
    each.connections = 2
    each.packetsSent = 12
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
