/// HTTP responses: however the stream is cut, the same comes of it; content lies within its piece; memory stays bounded.
@c(LLVMFuzzerTestOneInput)
public func fuzzHTTP(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let octets = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  // The first octet says how the rest is cut, and whether only heads are asked for.
  guard let manner = octets.first else { return 0 }
  let method = manner & 1 == 0 ? HTTPMethod.get : .head
  let stream = Array(octets.dropFirst())
  let whole = Reading(stream, pieces: stream.count, method)
  check(Reading(stream, pieces: 1, method) == whole, "octet by octet it is another")
  check(Reading(stream, pieces: Int(manner >> 1) + 2, method) == whole, "cut it is another")
  check(whole.content <= stream.count, "more content than octets")
  let text = String(decoding: stream, as: UTF8.self)
  if let url = try? HTTPURL(parsing: text) {
    check(url.target.hasPrefix("/") && url.port > 0 && !url.host.isEmpty, "half a URL")
    let request = HTTPRequest(url, agent: "x").octets
    check(request.count(where: { $0 == 0x0a }) == 5, "another line in the request")
  }
  if let field = try? HTTPField(parsing: text) {
    check(!field.value.utf8.contains { $0 == 0x0d || $0 == 0x0a || $0 == 0 }, "a line end in a value")
  }
  return 0
}

/// What comes of a stream that is read in pieces.
struct Reading: Equatable {
  var heads: [HTTPHead] = []
  var content = 0
  var sum: UInt64 = 0
  var ends = 0
  var fault: HTTPFault?

  init(_ stream: [UInt8], pieces length: Int, _ method: HTTPMethod) {
    var reader = HTTPResponseReader()
    reader.await(method)
    do throws(HTTPFault) {
      var at = 0
      while at < stream.count {
        let piece = Array(stream[at..<min(at + length, stream.count)])
        at += piece.count
        var offset = 0
        while let event = try reader.next(piece.span, from: &offset) { take(event, piece, &reader, method) }
        check(offset == piece.count, "an octet was left")
      }
      if let event = try reader.finish() { take(event, [], &reader, method) }
    } catch {
      fault = error
    }
  }

  private mutating func take(
    _ event: HTTPResponseReader.Event, _ piece: [UInt8], _ reader: inout HTTPResponseReader, _ method: HTTPMethod
  ) {
    switch event {
    case .interim(let head), .head(let head):
      check(head.fields.count < HTTPResponseReader.lineLimit, "too many fields")
      check(head.length <= HTTPResponseReader.headLimit, "too long a head")
      heads.append(head)
    case .content(let range):
      check(range.lowerBound >= 0 && range.upperBound <= piece.count && !range.isEmpty, "content beyond its piece")
      content += range.count
      for octet in piece[range] { sum = sum &* 31 &+ UInt64(octet) }
    case .end:
      ends += 1
      reader.await(method)
    }
  }
}
