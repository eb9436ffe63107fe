/// ICMP: what is quoted agrees with the strict parsers wherever those succeed, and claims nothing that is not there.
@c(LLVMFuzzerTestOneInput)
public func fuzzICMPQuote(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = unsafe UnsafeBufferPointer(start: start, count: count).span.raw
  checkMessages(bytes)
  guard let quote = try? QuotedPacket(lax: bytes) else {
    check(
      (try? IPv4HeaderView(checking: bytes)) == nil && (try? IPv6HeaderView(checking: bytes)) == nil, "strict reads it")
    return 0
  }
  check(quote.quotedLength <= count, "more quoted than is there")
  check(quote.sequence == nil || quote.sourcePort != nil && quote.destinationPort != nil, "sequence without ports")
  check(quote.flags == nil || quote.sequence != nil, "flags without sequence")
  guard case .tcp(let envelope, let header) = Dissection.ofIP(bytes) else { return 0 }
  check(quote.isComplete && quote.protocolNumber == IPProtocol.tcp, "strict and lax differ")
  check(quote.source == envelope.source && quote.destination == envelope.destination, "addresses")
  check(quote.timeToLive == envelope.timeToLive && quote.trafficClass == envelope.trafficClass, "hops")
  check(quote.sourcePort == header.sourcePort && quote.destinationPort == header.destinationPort, "ports")
  check(quote.sequence == header.sequence && quote.flags == header.flags, "sequence and flags")
  return 0
}

/// The same octets as a message of either family: eight octets come out again, the body is the rest, the quote within.
private func checkMessages(_ bytes: RawSpan) {
  guard let view = try? ICMPv4MessageView(checking: bytes), let message = try? ICMPv4Message(parsing: bytes) else {
    return
  }
  check(view.body.byteCount + 8 == bytes.byteCount && view.quote.byteCount <= view.body.byteCount, "body")
  check(
    rewritten(bytes, first: 8) { (out) throws(WireError) in try message.serialize(into: &out, at: 0) }, "round trip")
  guard let view6 = try? ICMPv6MessageView(checking: bytes), let message6 = try? ICMPv6Message(parsing: bytes) else {
    fatalError("ICMP but not ICMPv6")
  }
  check(view6.body.byteCount + 8 == bytes.byteCount && view6.quote.byteCount <= view6.body.byteCount, "body")
  check(
    rewritten(bytes, first: 8) { (out) throws(WireError) in try message6.serialize(into: &out, at: 0) }, "round trip")
  _ = PacketNotation.tcpdump(view, source: .v4(IPv4Address(1)), destination: .v4(IPv4Address(2)))
  _ = PacketNotation.tcpdump(view6, source: .v6(IPv6Address(1)), destination: .v6(IPv6Address(2)))
}
