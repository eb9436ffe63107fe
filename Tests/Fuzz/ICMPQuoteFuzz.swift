/// ICMP: what is quoted agrees with the strict parsers wherever those succeed, and claims nothing that is not there.
@c(LLVMFuzzerTestOneInput)
public func fuzzICMPQuote(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = unsafe UnsafeBufferPointer(start: start, count: count).span.raw
  checkMessages(bytes)
  checkExtensions(bytes)
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

/// The same octets as an extension structure: the walk ends, and what is kept is bounded and has words.
private func checkExtensions(_ bytes: RawSpan) {
  let list = ICMPExtension.list(parsing: bytes)
  check(list.count <= ICMPExtension.limit && list.count * 4 <= bytes.byteCount, "more objects than there is room for")
  for object in list {
    check(!object.description.isEmpty, "no words")
    switch object {
    case .labels(let entries): check(!entries.isEmpty && entries.count <= MPLSLabelStackEntry.limit, "labels")
    case .interface(let information): check((information.name ?? "").utf8.count <= 3 * 63, "name")
    case .other(_, _, let payload): check(payload.count <= ICMPExtension.payloadLimit, "payload")
    }
  }
  guard let view = try? ICMPExtensionsView(checking: bytes) else {
    return check(list.isEmpty, "a structure that is none")
  }
  var cursor = ICMPExtensionCursor(view.objects)
  var (steps, end) = (0, 0)
  while let object = try? cursor.next() {
    check(object.payload.lowerBound == end + ICMPExtensionCursor.headerLength, "a gap between objects")
    end = object.payload.upperBound
    steps += 1
  }
  check(end <= view.objects.byteCount && list.count == min(steps, ICMPExtension.limit), "consumed and rest")
}

/// The same octets as a message of either family: eight octets come out again, the body is the rest, the quote within.
private func checkMessages(_ bytes: RawSpan) {
  guard let view = try? ICMPv4MessageView(checking: bytes), let message = try? ICMPv4Message(parsing: bytes) else {
    return
  }
  check(view.body.byteCount + 8 == bytes.byteCount, "body")
  check(
    view.quote.byteCount + view.extensionStructure.byteCount == view.body.byteCount || !view.type.quotesPacket, "quote")
  check(
    rewritten(bytes, first: 8) { (out) throws(WireError) in try message.serialize(into: &out, at: 0) }, "round trip")
  guard let view6 = try? ICMPv6MessageView(checking: bytes), let message6 = try? ICMPv6Message(parsing: bytes) else {
    fatalError("ICMP but not ICMPv6")
  }
  check(view6.body.byteCount + 8 == bytes.byteCount, "body")
  check(
    view6.quote.byteCount + view6.extensionStructure.byteCount == view6.body.byteCount || !view6.type.quotesPacket,
    "quote")
  check(
    rewritten(bytes, first: 8) { (out) throws(WireError) in try message6.serialize(into: &out, at: 0) }, "round trip")
  _ = PacketNotation.tcpdump(view, source: .v4(IPv4Address(1)), destination: .v4(IPv4Address(2)))
  _ = PacketNotation.tcpdump(view6, source: .v6(IPv6Address(1)), destination: .v6(IPv6Address(2)))
}
