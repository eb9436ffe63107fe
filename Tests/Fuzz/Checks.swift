// What the fuzz targets share; compiled into one module with Wire, so that nothing is imported.

/// Stops the fuzzer with a word about what does not hold.
func check(_ holds: Bool, _ words: StaticString) {
  if !holds { fatalError("\(words)") }
}

/// Whether two spans hold the same octets.
func equal(_ a: RawSpan, _ b: RawSpan) -> Bool { a.octets == b.octets }

/// Whether writing over 0xa5 gives back the first octets of the packet, and touches none behind them.
func rewritten(
  _ packet: RawSpan, first count: Int, by write: (inout MutableRawSpan) throws(WireError) -> Int
) -> Bool {
  var copy = [UInt8](repeating: 0xa5, count: count + 8)
  var span = copy.mutableSpan
  var out = unsafe span.mutableBytes
  guard let written = try? write(&out), written == count else { return false }
  return Array(copy[..<count]) == packet.extracting(first: count).octets && copy[count...].allSatisfy { $0 == 0xa5 }
}

/// Whether a dissection stays within its packet, and its checksums can be judged and sealed.
func checkTransport(_ dissection: borrowing Dissection, of count: Int) {
  check(dissection.checksum == nil || count >= 28, "a checksum of nothing")
  switch dissection {
  case .tcp(let envelope, let view):
    check(view.headerLength + view.payload.byteCount == envelope.transportLength, "TCP consumed and rest")
    check(envelope.transportLength <= count, "more transport than packet")
  case .icmpv4(let envelope, let message): check(message.length == envelope.transportLength, "ICMP length")
  case .icmpv6(let envelope, let message): check(message.length == envelope.transportLength, "ICMPv6 length")
  case .malformed(.truncated(_, let need, let have)): check(need > have, "truncated, and yet enough")
  case .malformed, .foreign: break
  }
}
