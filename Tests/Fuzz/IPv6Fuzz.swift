/// IPv6: what parses comes out again; every step of the cursor moves on and stays inside; the chain agrees with it.
@c(LLVMFuzzerTestOneInput)
public func fuzzIPv6(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let packet = unsafe UnsafeBufferPointer(start: start, count: count).span.raw
  _ = PacketNotation.tcpdump(packet: packet)
  checkTransport(Dissection.ofIPv6(packet), of: count)
  guard let header = try? IPv6Header(parsing: packet), let view = try? IPv6HeaderView(checking: packet) else {
    return 0
  }
  guard let lax = try? IPv6HeaderView(lax: packet), IPv6Header(lax) == header else {
    fatalError("lax differs from strict")
  }
  let stated = view.statedPayloadLength ?? view.payload.byteCount
  check(view.payload.byteCount == stated, "consumed and rest are not the whole")
  check(rewritten(packet, first: 40) { (out) throws(WireError) in try header.serialize(into: &out) }, "round trip")
  var cursor = IPv6ExtensionCursor(nextHeader: view.nextHeader, payload: view.payload)
  var end = 0
  while let step = try? cursor.next() {
    check(
      step.range.lowerBound == end && step.range.count >= 8 && step.range.upperBound <= view.payload.byteCount, "step")
    end = step.range.upperBound
  }
  check(cursor.offset == end, "the cursor is elsewhere")
  guard let chain = try? IPv6ExtensionChain(nextHeader: view.nextHeader, payload: view.payload) else { return 0 }
  check(chain.offset <= end && (chain.fragment.map { $0.offset > 0 } ?? false || chain.offset == end), "chain")
  return 0
}
