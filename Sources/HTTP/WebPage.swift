/// A web server of one page (RFC 9110, RFC 9112), in bounded memory: any request that is in order gets the page.
public struct WebPage: Sendable {
  /// Whether the connection is to be closed: the client asked for it, or its request is refused.
  public private(set) var isOver = false
  /// How many requests were answered.
  public private(set) var answered = 0
  private var reader = HTTPRequestReader()

  /// A server to which nothing has come.
  public init() {}

  /// The page.
  public static let text = "This page was served by probe: every segment was built in user space.\n"

  /// Whether a request has begun to come and is not whole yet.
  public var isWithinRequest: Bool { reader.isWithinRequest }

  /// The answers to all requests that are complete with these octets.
  public mutating func answer(to octets: [UInt8]) -> [UInt8] {
    var answers = ""
    for octet in octets {
      if isOver { break }
      do throws(HTTPRequestFault) {
        switch try reader.take(octet) {
        case .expectation: answers += "HTTP/1.1 100 Continue\r\n\r\n"
        case .request(let request): answers += answer(request)
        case nil: break
        }
      } catch {
        isOver = true
        answers += head("\(error.rawValue) \(error.reason)", length: 0)
      }
    }
    return Array(answers.utf8)
  }

  private mutating func answer(_ request: HTTPRequestSummary) -> String {
    isOver = !request.keepsConnection
    answered += 1
    let page = head("200 OK\r\nContent-Type: text/plain", length: WebPage.text.utf8.count)
    return request.isHead ? page : page + WebPage.text
  }

  private func head(_ status: String, length: Int) -> String {
    "HTTP/1.1 \(status)\r\nContent-Length: \(length)\r\nConnection: \(isOver ? "close" : "keep-alive")\r\n\r\n"
  }
}
