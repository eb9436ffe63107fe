/// pcapng: whole, in pieces and cut short it is the same; options are walked within their block; memory stays bounded.
@c(LLVMFuzzerTestOneInput)
public func fuzzPCAPNG(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let octets = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  // The first octet says how the file is cut, and in which byte order a section begins it.
  guard let manner = octets.first else { return 0 }
  let section: [UInt8] =
    manner & 1 == 0
    ? [10, 13, 13, 10, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0] + [UInt8](repeating: 255, count: 8) + [
      28, 0, 0, 0,
    ]
    : [10, 13, 13, 10, 0, 0, 0, 28, 0x1a, 0x2b, 0x3c, 0x4d, 0, 1, 0, 0] + [UInt8](repeating: 255, count: 8) + [
      0, 0, 0, 28,
    ]
  checkCapture(section + octets.dropFirst(), manner: manner)
  checkOptions(octets, bigEndian: manner & 1 == 1)
  return 0
}

private func checkOptions(_ octets: [UInt8], bigEndian: Bool) {
  var cursor = PCAPNGOptionCursor(octets.span.raw, bigEndian: bigEndian)
  var end = 0
  while let option = cursor.next() {
    check(option.range.lowerBound >= end + 4 && option.range.upperBound <= octets.count, "an option outside")
    check(cursor.value(of: option).byteCount == option.range.count, "another value")
    end = option.range.upperBound
  }
}
