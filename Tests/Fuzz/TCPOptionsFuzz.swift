/// TCP: header and options come out again, in order, as values too; the walk covers the list or says where it broke.
@c(LLVMFuzzerTestOneInput)
public func fuzzTCPOptions(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let list = unsafe UnsafeBufferPointer(start: start, count: count).span.raw
  guard let options = try? TCPOptionList(raw: list) else {
    check(count > 40, "a list refused that has room")
    return 0
  }
  var cursor = TCPOptionCursor(list)
  var built = TCPOptionList()
  var walked = 0
  while let option = try? cursor.next() {
    check(option.payload.upperBound <= count && option.payload.upperBound > walked, "the walk left the list")
    walked = option.payload.upperBound
    let value = TCPOption(kind: option.kind, payload: list.extracting(option.payload))
    check(built.append(value), "no room for what came from there")
  }
  check(equal(built.bytes, list.extracting(first: walked)), "values differ from octets")
  check(options.options == built.options, "options differ")
  let header = TCPHeader(sourcePort: 1, destinationPort: 2, flags: .syn, options: options)
  let source = IPAddress.v4(IPv4Address(1))
  let destination = IPAddress.v4(IPv4Address(2))
  _ = PacketNotation.tcpdump(header, payloadLength: count & 1, source: source, destination: destination)
  var frame = FrameBuffer()
  let written = frame.build { out in try? header.serialize(into: &out) }
  guard let written, let again = try? TCPHeader(parsing: frame.view(first: written)) else {
    fatalError("no round trip")
  }
  check(
    again.options.bytes.byteCount == options.paddedCount && equal(again.options.bytes.extracting(first: count), list),
    "raw")
  return 0
}
