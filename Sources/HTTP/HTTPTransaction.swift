import Handshake
import Timebase

/// One request and what came of it.
public struct HTTPTransaction: Sendable {
  /// Which one it is on its connection, from 1.
  public let number: Int
  /// What is asked.
  public let method: HTTPMethod
  /// Path and query.
  public let target: String
  /// Which of our stream's octets it took.
  let range: Range<Int>
  /// The packet that carried its first octet, by its number in the connection's log.
  var sent: UInt32?
  /// The packet that acknowledged its last octet, likewise.
  var acknowledged: UInt32?
  /// The packets with the answer's first octet and its last.
  var firstOctet: UInt32?
  var lastOctet: UInt32?
  /// Whether any of its octets was sent more than once: which copy was answered cannot be told then (Karn's rule).
  public internal(set) var isAmbiguous = false
  /// From the request's first octet to the acknowledgment of its last.
  public internal(set) var request: Measurement?
  /// From the request's first octet to the answer's first: the time to first byte.
  public internal(set) var response: Measurement?
  /// From the answer's first octet to its last.
  public internal(set) var transfer: Measurement?
  /// From the request's first octet to the answer's last.
  public internal(set) var total: Measurement?

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

  init(number: Int, of asked: HTTPRequest, range: Range<Int>) {
    (self.number, method, target, self.range) = (number, asked.method, asked.target, range)
  }

  /// Whether it is a whole and valid response that reports no error (RFC 9110 §15: below 400).
  public var isGood: Bool { isComplete && fault == nil && (head?.status ?? 999) < 400 }

  /// The packets that its steps lie between.
  var packets: [UInt32] { [sent, acknowledged, firstOctet, lastOctet].compactMap(\.self) }

  /// Its steps, in their order.
  public var steps: [Step] {
    let begin = isAmbiguous ? nil : sent
    return [
      Step(.request, request, isAmbiguous: isAmbiguous, from: begin, to: acknowledged),
      Step(.response, response, isAmbiguous: isAmbiguous, from: begin, to: firstOctet),
      Step(.transfer, transfer, from: firstOctet, to: lastOctet),
    ]
  }

  /// Times the steps by the stamps of their packets.
  mutating func settle(in log: PacketLog) {
    transfer = log.measurement(from: firstOctet, to: lastOctet)
    guard !isAmbiguous else { return }
    request = log.measurement(from: sent, to: acknowledged)
    response = log.measurement(from: sent, to: firstOctet)
    total = log.measurement(from: sent, to: lastOctet)
  }
}
