import Timebase

/// One request and what came of it.
public struct HTTPTransaction: Sendable {
  /// Which of our stream's octets it took.
  let range: Range<Int>
  /// The segment that carried its first octet, and when it left.
  var number: UInt32?
  var left: Stamp?
  /// Whether any of its octets was sent more than once: which copy was answered cannot be told then (Karn's rule).
  public internal(set) var isAmbiguous = false
  var acknowledged: Stamp?
  var firstOctet: Stamp?
  var lastOctet: Stamp?

  /// The final response's head; of all responses but the first its fields are left out.
  public internal(set) var head: HTTPHead?
  /// How many interim responses came before it.
  public internal(set) var interim = 0
  /// How many octets of content came, without what framed them.
  public internal(set) var contentLength: UInt64 = 0
  /// Whether the response came to its end.
  public internal(set) var isComplete = false
  /// What was wrong with the response, or that there was none.
  public internal(set) var fault: HTTPFault?

  init(range: Range<Int>) { self.range = range }

  /// Whether it is a whole and valid response that reports no error (RFC 9110 §15: below 400).
  public var isGood: Bool { isComplete && fault == nil && (head?.status ?? 999) < 400 }

  /// From the request's first octet to the acknowledgment of its last.
  public var request: Measurement? { measured(from: left, to: acknowledged) }
  /// From the request's first octet to the answer's first: the time to first byte.
  public var response: Measurement? { measured(from: left, to: firstOctet) }
  /// From the answer's first octet to its last.
  public var transfer: Measurement? {
    guard let firstOctet, let lastOctet else { return nil }
    return lastOctet.since(firstOctet, from: .arrival)
  }
  /// From the request's first octet to the answer's last.
  public var total: Measurement? { measured(from: left, to: lastOctet) }

  private func measured(from: Stamp?, to: Stamp?) -> Measurement? {
    guard !isAmbiguous, let from, let to else { return nil }
    return to.since(from)
  }
}
