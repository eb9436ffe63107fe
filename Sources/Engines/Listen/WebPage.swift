/// A web server of one page (RFC 9110, RFC 9112), in bounded memory: as much of HTTP as a client needs to be content.
struct WebPage: Sendable {
  /// Whether the connection is to be closed: the client asked for it, or its request cannot be read.
  private(set) var isOver = false

  /// The head of the request that is still coming.
  private var head: [UInt8] = []
  /// How much of the present request's content is still to be passed over.
  private var content = 0

  /// The longest head of a request that is read.
  static let headLimit = 8_192
  /// The page.
  static let text = "This page was served by probe: every segment of it was made by hand.\n"

  /// The answers to all requests that are complete with these octets.
  mutating func answer(to octets: [UInt8]) -> [UInt8] {
    var answers: [UInt8] = []
    for octet in octets {
      if isOver { break }
      if content > 0 {
        content -= 1
        continue
      }
      head.append(octet)
      if octet == UInt8(ascii: "\n"), isHeadComplete {
        answers += answer(String(decoding: head, as: UTF8.self))
        head = []
      } else if head.count >= WebPage.headLimit {
        answers += refusal
      }
    }
    return answers
  }

  /// An empty line ends it, whichever way lines end (RFC 9112 §2.2).
  private var isHeadComplete: Bool {
    head.suffix(2) == [10, 10] || head.suffix(4) == [13, 10, 13, 10]
  }

  private mutating func answer(_ head: String) -> [UInt8] {
    let lines = head.split(whereSeparator: \.isNewline)
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count == 3, words[2].hasPrefix("HTTP/1."), words[2].utf8.count == 8 else { return refusal }
    readFields(lines.dropFirst(), isOld: words[2].hasSuffix("0"))
    let length = "Content-Type: text/plain\r\nContent-Length: \(WebPage.text.utf8.count)\r\n"
    let page = words[0] == "HEAD" ? "" : WebPage.text
    return Array("HTTP/1.1 200 OK\r\n\(length)\(connection)\r\n\(page)".utf8)
  }

  /// What of the request's fields matters: whether the connection lasts (RFC 9112 §9.3), and how much content follows.
  private mutating func readFields(_ lines: ArraySlice<Substring>, isOld: Bool) {
    isOver = isOld
    for line in lines {
      let parts = line.split(separator: ":", maxSplits: 1)
      let value = parts.count > 1 ? parts[1].lowercased().filter { $0 != " " && $0 != "\t" } : ""
      switch parts.first?.lowercased() {
      case "connection" where value.split(separator: ",").contains("close"): isOver = true
      case "connection" where isOld && value.split(separator: ",").contains("keep-alive"): isOver = false
      case "content-length": content = Int(value).map { max($0, 0) } ?? 0
      // Where content of this kind ends only its reader could say.
      case "transfer-encoding": isOver = true
      default: break
      }
    }
  }

  private var refusal: [UInt8] {
    mutating get {
      isOver = true
      return Array("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\(connection)\r\n".utf8)
    }
  }

  private var connection: String { "Connection: \(isOver ? "close" : "keep-alive")\r\n" }
}
