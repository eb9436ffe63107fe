/// IPv4: what parses comes out again; the lax view agrees with the strict one; header and payload are the whole.
@c(LLVMFuzzerTestOneInput)
public func fuzzIPv4(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let packet = unsafe UnsafeBufferPointer(start: start, count: count).span.raw
  _ = PacketNotation.tcpdump(packet: packet)
  checkTransport(Dissection.ofIPv4(packet), of: count)
  guard let header = try? IPv4Header(parsing: packet), let view = try? IPv4HeaderView(checking: packet) else {
    return 0
  }
  guard let lax = try? IPv4HeaderView(lax: packet), let same = try? IPv4Header(lax), same == header else {
    fatalError("lax differs from strict")
  }
  check(view.headerLength + view.payload.byteCount == Int(view.totalLength), "consumed and rest are not the whole")
  check(
    rewritten(packet, first: header.headerLength) { (out) throws(WireError) in
      try header.serialize(into: &out, keepingChecksum: true)
    }, "round trip")
  check(header.headerLength == view.headerLength, "header length")
  return 0
}
