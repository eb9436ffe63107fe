import HTTP

/// What a listener does with its connections.
public enum Service: String, Hashable, Sendable, CaseIterable {
  /// Reads, and closes when the peer closes.
  case accept
  /// Sends back what comes.
  case echo
  /// Answers any HTTP request by one small page.
  case http
}

/// The application behind one connection: takes what came, says what to send.
enum Application: Sendable {
  case accept
  case echo
  case http(WebPage)

  init(_ service: Service) {
    switch service {
    case .accept: self = .accept
    case .echo: self = .echo
    case .http: self = .http(WebPage())
    }
  }

  /// What is sent in answer to what came.
  mutating func answer(to octets: [UInt8]) -> [UInt8] {
    switch self {
    case .accept: return []
    case .echo: return octets
    case .http(var page):
      let answer = page.answer(to: octets)
      self = .http(page)
      return answer
    }
  }

  /// How many requests it has answered.
  var answered: Int { if case .http(let page) = self { page.answered } else { 0 } }

  /// Whether a request is in flight that has not come to its end.
  var isWithinRequest: Bool { if case .http(let page) = self { page.isWithinRequest } else { false } }

  /// Whether it closes although the peer has not.
  var wantsToClose: Bool {
    if case .http(let page) = self { page.isOver } else { false }
  }
}
