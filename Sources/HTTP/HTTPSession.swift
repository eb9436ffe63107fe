import Handshake

/// The requests of one connection and their responses, one after the other (RFC 9112 §9.3).
///
/// It knows nothing of segments: it says what to write, and is told which octets came, and with which packet of the
/// connection's log.
public struct HTTPSession: Sendable {
  /// The most requests that are written ahead of their responses.
  public static let depthLimit = 16

  /// What is asked.
  public let request: HTTPRequest
  /// How often.
  public let count: Int
  /// How many requests may be out without their response; 1 without pipelining (RFC 9112 §9.3.2).
  private let depth: Int
  private let keepsContent: Bool

  /// The requests that were written so far.
  public private(set) var transactions: [HTTPTransaction] = []
  /// How many of them have their response.
  private var answered = 0
  /// How many of them have their times.
  private var settled = 0
  private var reader = HTTPResponseReader()
  private var written = 0
  /// Whether no more is asked: the server will not keep the connection, or something went wrong.
  private var isStopped = false
  /// Whether the server said that it will not keep the connection.
  private var isClosing = false
  /// Content that waits to be taken.
  private var content: [UInt8] = []

  /// A session that has not asked anything yet; `keepsContent` lets content wait for `takeContent()`.
  public init(_ request: HTTPRequest, count: Int, isPipelined: Bool = false, keepsContent: Bool = false) {
    self.request = request
    self.count = max(count, 1)
    depth = isPipelined ? HTTPSession.depthLimit : 1
    self.keepsContent = keepsContent
  }

  /// Whether nothing more is to be written or awaited.
  public var isOver: Bool { isStopped || answered == count }

  /// How many requests were never written.
  public var unsent: Int { count - transactions.count }

  /// The octets of the next request; nil while none may be written.
  public mutating func nextRequest() -> [UInt8]? {
    guard !isOver, transactions.count < count, transactions.count - answered < depth else { return nil }
    var next = request
    next.keepsConnection = transactions.count + 1 < count
    let octets = next.octets
    let range = written..<(written + octets.count)
    transactions.append(HTTPTransaction(number: transactions.count + 1, of: request, range: range))
    written += octets.count
    return octets
  }

  /// Takes the content that came since the last call.
  public mutating func takeContent() -> [UInt8] {
    defer { content = [] }
    return content
  }

  /// Whether content waits.
  public var hasContent: Bool { !content.isEmpty }
}

// MARK: What comes

extension HTTPSession {
  /// Takes octets of the server's, which came with this packet.
  public mutating func take(_ octets: [UInt8], with packet: UInt32) {
    var offset = 0
    do throws(HTTPFault) {
      while offset < octets.count, awaitNext() {
        if transactions[answered].firstOctet == nil { transactions[answered].firstOctet = packet }
        while let event = try reader.next(octets.span, from: &offset) {
          note(event, octets, with: packet)
          if reader.isIdle { break }
        }
      }
      if offset < octets.count { refuseUnasked() }
    } catch {
      fail(error)
    }
  }

  /// The server's FIN came with this packet: it will say nothing more.
  public mutating func peerClosed(with packet: UInt32) {
    guard !isOver else { return }
    do throws(HTTPFault) {
      if awaitNext(), let event = try reader.finish() { note(event, [], with: packet) }
    } catch {
      fail(error)
    }
    // Whatever else was asked will not be answered.
    failTheRest(.noResponse)
    isStopped = true
  }

  /// The connection ended in another way than by the server's FIN, or its time is over: what is in flight is not whole.
  public mutating func lost(_ fault: HTTPFault? = nil) {
    guard !isOver else { return }
    if answered < transactions.count { fail(fault ?? (reader.hasBegun ? .truncated : .noResponse)) }
    isStopped = true
  }

  /// Lets the reader await the response to the oldest request that has none; false where there is none.
  private mutating func awaitNext() -> Bool {
    guard !isStopped, answered < transactions.count else { return false }
    if reader.isIdle { reader.await(request.method) }
    return true
  }

  private mutating func note(_ event: HTTPResponseReader.Event, _ octets: [UInt8], with packet: UInt32) {
    switch event {
    case .interim: transactions[answered].interim += 1
    case .head(let head):
      if !head.keepsConnection { isClosing = true }
      note(head)
    case .content(let range):
      transactions[answered].contentLength += UInt64(range.count)
      guard keepsContent else { return }
      // Mostly it is all content, and nothing waits: nothing is copied then.
      if content.isEmpty, range == octets.indices { content = octets } else { content += octets[range] }
    case .end:
      transactions[answered].isComplete = true
      transactions[answered].lastOctet = packet
      answered += 1
      if isClosing, answered < count {
        failTheRest(.noResponse)
        isStopped = true
      }
    }
  }

  private mutating func note(_ head: HTTPHead) {
    transactions[answered].head = head
    if answered > 0 { transactions[answered].head?.fields = [] }
  }

  /// Octets beyond the last response that was asked for (RFC 9112 §6.3): where a next one would begin is doubtful.
  private mutating func refuseUnasked() {
    guard answered > 0, transactions[answered - 1].isComplete else { return }
    if transactions[answered - 1].fault == nil, !isClosing { transactions[answered - 1].fault = .unasked }
    isStopped = true
  }

  private mutating func fail(_ fault: HTTPFault) {
    guard answered < transactions.count else { return }
    transactions[answered].fault = fault
    // A fault further on does not undo what came before it.
    if transactions[answered].head == nil, let head = reader.unfinishedHead { note(head) }
    answered += 1
    failTheRest(.noResponse)
    isStopped = true
  }

  private mutating func failTheRest(_ fault: HTTPFault) {
    while answered < transactions.count {
      transactions[answered].fault = fault
      answered += 1
    }
  }
}

// MARK: What is told of our own segments

extension HTTPSession {
  /// A segment of ours was made that carries these octets of our stream.
  public mutating func sent(_ octets: Range<Int>, number: UInt32, isRetransmission: Bool) {
    for index in recent where transactions[index].range.overlaps(octets) {
      if isRetransmission { transactions[index].isAmbiguous = true }
      if transactions[index].sent == nil, octets.contains(transactions[index].range.lowerBound) {
        transactions[index].sent = number
      }
    }
  }

  /// All octets of our stream before this one are acknowledged, the last of them by this packet.
  public mutating func acknowledged(before end: Int, by packet: UInt32) {
    for index in recent where transactions[index].acknowledged == nil && transactions[index].range.upperBound <= end {
      transactions[index].acknowledged = packet
    }
  }

  /// The requests that news of a segment may be about: those without a response, and as many before them.
  private var recent: Range<Int> { max(0, answered - HTTPSession.depthLimit)..<transactions.count }
}

// MARK: Times

extension HTTPSession {
  /// Whether a step of a recent request begins or ends with this packet.
  public func needs(_ packet: UInt32) -> Bool { recent.contains { transactions[$0].packets.contains(packet) } }

  /// The first packet that steps without their times need; nil where there is none.
  public var firstNeeded: UInt32? { transactions[settled...].lazy.flatMap(\.packets).min() }

  /// Whether the kernel has yet to say when a request left.
  public func awaitsStamps(in log: PacketLog) -> Bool { recent.contains { log.awaitsKernel(transactions[$0].sent) } }

  /// Times the requests of which nothing more is to be told; once the connection has ended, all.
  public mutating func settle(in log: PacketLog, isEnded: Bool) {
    let end = isEnded ? transactions.count : recent.lowerBound
    while settled < end {
      transactions[settled].settle(in: log)
      settled += 1
    }
  }
}
