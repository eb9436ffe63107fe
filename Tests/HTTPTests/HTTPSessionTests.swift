import Testing

@testable import HTTP

/// Requests on a connection and what is known of each, without any connection.
@Suite struct HTTPSessionTests {
  private func session(_ count: Int, isPipelined: Bool = false) throws -> HTTPSession {
    let request = HTTPRequest(try HTTPURL(parsing: "http://web.test/"), agent: "probe/0")
    return HTTPSession(request, count: count, isPipelined: isPipelined)
  }

  private func octets(_ text: String) -> [UInt8] { Array(text.utf8) }

  private static let whole = "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\n\r\nok"

  @Test("the fields of the first response alone are kept") func fields() throws {
    var session = try session(2)
    for _ in 0..<2 {
      _ = session.nextRequest()
      session.take(octets(Self.whole), with: 1)
    }
    #expect(session.isOver && session.transactions.map { $0.head?.fields.count } == [2, 0])
  }

  @Test("octets that nobody asked for are a fault where the connection was to be kept") func unasked() throws {
    for (field, fault) in [("A: b", HTTPFault.unasked), ("Connection: close", nil)] as [(String, HTTPFault?)] {
      var session = try session(1)
      _ = session.nextRequest()
      session.take(octets("HTTP/1.1 200 OK\r\n\(field)\r\nContent-Length: 2\r\n\r\nokmore"), with: 1)
      #expect(session.transactions.map(\.fault) == [fault])
    }
  }

  @Test("a connection that is lost cuts a response, or leaves none") func lost() throws {
    for (text, fault) in [("", HTTPFault.noResponse), ("HTTP/1.1 200 O", .truncated)] {
      var session = try session(1)
      _ = session.nextRequest()
      session.take(octets(text), with: 1)
      session.lost()
      #expect(session.transactions.map(\.fault) == [fault])
    }
  }

  @Test("a request is timed by the segment with its first octet, and acknowledged with its last")
  func segments() throws {
    var session = try session(2, isPipelined: true)
    let request = session.nextRequest()
    let first = try #require(request).count
    _ = session.nextRequest()
    session.sent(10..<first, number: 2, isRetransmission: false)
    #expect(session.transactions.map(\.sent) == [nil, nil])
    session.sent(0..<10, number: 1, isRetransmission: false)
    session.sent(5..<(first + 1), number: 3, isRetransmission: false)
    #expect(session.transactions.map(\.sent) == [1, 3])
    session.acknowledged(before: first - 1, by: 8)
    #expect(session.transactions.allSatisfy { $0.acknowledged == nil })
    session.acknowledged(before: first, by: 9)
    #expect(session.transactions.map(\.acknowledged) == [9, nil])
    session.sent(0..<1, number: 4, isRetransmission: true)
    #expect(session.transactions.map(\.isAmbiguous) == [true, false])
  }
}
