import Timebase

/// The requests of one connection and their responses, one after the other (RFC 9112 §9.3).
///
/// It knows nothing of segments: it says what to write, and is told which octets came and when.
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
    transactions.append(HTTPTransaction(range: written..<(written + octets.count)))
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
  /// Takes octets of the server's.
  public mutating func take(_ octets: [UInt8], at now: Stamp) {
    var offset = 0
    do throws(HTTPFault) {
      while offset < octets.count, awaitNext() {
        if transactions[answered].firstOctet == nil { transactions[answered].firstOctet = now }
        while let event = try reader.next(octets.span, from: &offset) {
          note(event, octets, at: now)
          if reader.isIdle { break }
        }
      }
      if offset < octets.count { refuseUnasked() }
    } catch {
      fail(error, at: now)
    }
  }

  /// The server's FIN came: it will say nothing more.
  public mutating func peerClosed(at now: Stamp) {
    guard !isOver else { return }
    do throws(HTTPFault) {
      if awaitNext(), let event = try reader.finish() { note(event, [], at: now) }
    } catch {
      fail(error, at: now)
    }
    // Whatever else was asked will not be answered.
    failTheRest(.noResponse)
    isStopped = true
  }

  /// The connection ended in another way than by the server's FIN, or its time is over: what is under way is not whole.
  public mutating func lost(at now: Stamp, _ fault: HTTPFault? = nil) {
    guard !isOver else { return }
    if answered < transactions.count { fail(fault ?? (reader.hasBegun ? .truncated : .noResponse), at: now) }
    isStopped = true
  }

  /// Lets the reader await the response to the oldest request that has none; false where there is none.
  private mutating func awaitNext() -> Bool {
    guard !isStopped, answered < transactions.count else { return false }
    if reader.isIdle { reader.await(request.method) }
    return true
  }

  private mutating func note(_ event: HTTPResponseReader.Event, _ octets: [UInt8], at now: Stamp) {
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
      transactions[answered].lastOctet = now
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

  private mutating func fail(_ fault: HTTPFault, at now: Stamp) {
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
      if transactions[index].number == nil, octets.contains(transactions[index].range.lowerBound) {
        transactions[index].number = number
      }
    }
  }

  /// A segment of ours left, as user space saw it.
  public mutating func departed(_ number: UInt32, at stamp: Stamp) {
    for index in recent where transactions[index].number == number { transactions[index].left = stamp }
  }

  /// A segment of ours left, as the kernel says.
  public mutating func transmitted(_ number: UInt32, kernel: WallTime) {
    for index in recent where transactions[index].number == number { transactions[index].left?.kernel = kernel }
  }

  /// All octets of our stream before this one are acknowledged.
  public mutating func acknowledged(before end: Int, at now: Stamp) {
    for index in recent where transactions[index].acknowledged == nil && transactions[index].range.upperBound <= end {
      transactions[index].acknowledged = now
    }
  }

  /// The requests that news of a segment may be about: those without a response, and as many before them.
  private var recent: Range<Int> { max(0, answered - HTTPSession.depthLimit)..<transactions.count }

  /// Whether the kernel has yet to say when a request left.
  public var awaitsStamps: Bool {
    recent.contains { transactions[$0].left.map { $0.kernel == nil } ?? false }
  }
}
