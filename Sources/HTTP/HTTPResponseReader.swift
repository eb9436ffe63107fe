// RFC 9112: how responses lie one after the other in the stream of a connection.

/// Reads responses from a stream that comes in pieces; how it was cut makes no difference.
///
/// It keeps no content, one line and one head: memory is bounded whatever comes. After a fault it is done for: where
/// the next response would begin cannot be known; what of the head had come stays (`unfinishedHead`).
public struct HTTPResponseReader: Sendable {
  /// What the next octets turned out to be.
  public enum Event: Hashable, Sendable {
    /// An interim response (1xx): the final one is still to come (RFC 9110 §15.2).
    case interim(HTTPHead)
    /// The head of the final response.
    case head(HTTPHead)
    /// Content: which octets of the piece.
    case content(Range<Int>)
    /// The end of the response.
    case end
  }

  /// The most octets of a head, and of the trailers after chunks.
  public static let headLimit = 65_536
  /// The most lines of a head, and of the trailers.
  public static let lineLimit = 128
  /// The most interim responses before the final one.
  public static let interimLimit = 16
  enum Stage: Hashable, Sendable {
    /// No response is awaited.
    case idle
    /// Lines: of a head, of trailers, or of chunks.
    case lines
    case content(left: UInt64)
    case untilClose
    case chunk(left: UInt64)
    /// The content has ended, which is still to be said.
    case ended
    case failed(HTTPFault)
  }

  var stage = Stage.idle
  var method = HTTPMethod.get
  /// The head in flight; nil before its status line has been read.
  var head: HTTPHead?
  /// The line in flight.
  var lines = HTTPLines()
  var interim = 0
  private var hasFailedInHead = false

  /// A reader that awaits nothing yet.
  public init() {}

  /// Whether no response is in flight or awaited.
  public var isIdle: Bool { stage == .idle }

  /// Whether anything of the awaited response has come.
  public var hasBegun: Bool { stage != .idle && !(isInHead && interim == 0 && lines.octets == 0) }

  /// What has come of a head that did not come to its end, or that frames no message: its status line at least.
  public var unfinishedHead: HTTPHead? {
    guard var known = head ?? unfinishedStatusLine else { return nil }
    known.length = lines.octets
    return known
  }

  /// A status line that is cut short behind its status: three digits alone might be the beginning of four.
  private var unfinishedStatusLine: HTTPHead? {
    let line = lines.line
    guard isReadingHead, line.count > 12 else { return nil }
    return HTTPStatusLine(line.last == HTTPGrammar.cr ? line.dropLast() : line).head
  }

  /// Whether the line in flight is one of a head, or was when it turned out to be faulty.
  private var isReadingHead: Bool {
    switch stage {
    case .failed: hasFailedInHead
    default: isInHead
    }
  }

  private var isInHead: Bool { stage == .lines && lines.section == .head }

  /// Awaits the response to a request; the one before must have ended.
  public mutating func await(_ method: HTTPMethod) {
    guard stage == .idle else { return }
    self.method = method
    interim = 0
    begin(.head)
    head = nil
  }

  /// Reads on in a piece of the stream from an offset, which moves on; nil where all of the piece is read.
  ///
  /// While no response is awaited nothing is read: what is left belongs to the next one.
  public mutating func next(_ piece: Span<UInt8>, from offset: inout Int) throws(HTTPFault) -> Event? {
    do throws(HTTPFault) {
      while true {
        let isEnd = offset >= piece.count
        switch stage {
        case .failed(let fault): throw fault
        case .idle: return nil
        case .ended:
          stage = .idle
          return .end
        case .content, .chunk, .untilClose:
          return isEnd ? nil : takeContent(piece, &offset)
        default:
          if isEnd { return nil }
          if let event = try takeLine(piece, &offset) { return event }
        }
      }
    } catch {
      fail(error)
      throw error
    }
  }

  private mutating func fail(_ fault: HTTPFault) {
    hasFailedInHead = isInHead
    stage = .failed(fault)
  }

  /// The stream has ended: `end` where that ends the response, nil where none was in flight.
  public mutating func finish() throws(HTTPFault) -> Event? {
    switch stage {
    case .failed(let fault): throw fault
    case .idle: return nil
    case .ended, .untilClose:
      stage = .idle
      return .end
    default:
      let fault = hasBegun ? HTTPFault.truncated : .noResponse
      fail(fault)
      throw fault
    }
  }

  mutating func begin(_ section: HTTPLines.Section) {
    stage = .lines
    lines.begin(section)
  }

  /// Takes as much content as the piece has.
  private mutating func takeContent(_ piece: Span<UInt8>, _ offset: inout Int) -> Event {
    let start = offset
    let there = piece.count - offset
    switch stage {
    case .content(let left):
      let count = Int(min(left, UInt64(there)))
      offset += count
      stage = left == UInt64(count) ? .ended : .content(left: left - UInt64(count))
    case .chunk(let left):
      let count = Int(min(left, UInt64(there)))
      offset += count
      if left == UInt64(count) { begin(.chunkEnd) } else { stage = .chunk(left: left - UInt64(count)) }
    default: offset = piece.count
    }
    return .content(start..<offset)
  }
}
