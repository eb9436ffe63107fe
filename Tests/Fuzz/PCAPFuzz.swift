/// pcap: whole, in pieces and cut short it is the same; memory stays bounded.
@c(LLVMFuzzerTestOneInput)
public func fuzzPCAP(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let octets = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  // The first octet says how the file is cut and, in one of eight, which magic number it begins with.
  guard let manner = octets.first else { return 0 }
  let magics: [[UInt8]] = [
    [0xd4, 0xc3, 0xb2, 0xa1], [0xa1, 0xb2, 0xc3, 0xd4], [0x4d, 0x3c, 0xb2, 0xa1], [0xa1, 0xb2, 0x3c, 0x4d],
    [0x34, 0xcd, 0xb2, 0xa1], [0xa1, 0xb2, 0xcd, 0x34], [], [],
  ]
  checkCapture(magics[Int(manner & 7)] + octets.dropFirst(), manner: manner)
  return 0
}
