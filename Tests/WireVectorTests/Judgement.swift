import Vectors

@testable import Wire

extension Vector {
  /// Whether the packet is TCP or ICMP that parses.
  var parses: Bool { !outcome.hasPrefix("malformed") && outcome != "foreign" }

  /// tcpdump's line, with the ninth flag that tcpdump shows from version 5 on; these lines are 4.99.3's.
  var tcpdumpLine: String {
    guard name.contains("accurate-ecn") || name.contains("twelve-bits") else { return tcpdump }
    return tcpdump.replacing("EW]", with: "EWe]")
  }

  /// What surrounds the transport; nil where the packet does not parse.
  var envelope: Envelope? { WireVectorTests.envelope(of: octets.span.raw) }

  /// Octets of an IPv4 header.
  var headerLength: Int { Int(octets[0] & 15) * 4 }

  /// Octets of the packet, by its own header: frames may be padded.
  var announcedLength: Int {
    octets[0] >> 4 == 4 ? Int(octets[2]) << 8 | Int(octets[3]) : 40 + (Int(octets[4]) << 8 | Int(octets[5]))
  }

  /// Where in the packet its transport lies.
  var transportRange: Range<Int> {
    guard let envelope else { return 0..<0 }
    return announcedLength - envelope.transportLength..<announcedLength
  }
}

/// What surrounds the transport, where the packet parses.
func envelope(of packet: RawSpan) -> Envelope? {
  switch Dissection.ofIP(packet) {
  case .tcp(let envelope, _), .icmpv4(let envelope, _), .icmpv6(let envelope, _): envelope
  case .malformed, .foreign: nil
  }
}

/// Our answer in the words of the vector files.
func outcome(of packet: RawSpan) -> String {
  let dissection = Dissection.ofIP(packet)
  let checksum = dissection.checksum.map { "\($0)" } ?? ""
  switch dissection {
  case .tcp: return "tcp \(checksum)"
  case .icmpv4: return "icmpv4 \(checksum)"
  case .icmpv6: return "icmpv6 \(checksum)"
  case .malformed(.truncated(let layer, _, _)), .malformed(.malformed(let layer, _)): return "malformed \(layer)"
  case .malformed(let error): return "\(error)"
  case .foreign: return "foreign"
  }
}

/// The packet written again from what was read: headers by their values, the rest as it was.
func rewritten(_ packet: RawSpan) throws(WireError) -> [UInt8] {
  guard let envelope = envelope(of: packet) else { return [] }
  var copy = [UInt8](repeating: 0xa5, count: packet.byteCount)
  var span = copy.mutableSpan
  var out = unsafe span.mutableBytes
  let (header, end) = try rewriteIPHeader(of: packet, into: &out)
  let start = end - envelope.transportLength
  out.copy(packet.extracting(header..<start), at: header)  // extension headers
  let transport = packet.extracting(start..<end)
  let written: Int
  switch Dissection.ofIP(packet) {
  case .tcp: written = try TCPHeader(parsing: transport).serialize(into: &out, at: start)
  case .icmpv4: written = try ICMPv4Message(parsing: transport).serialize(into: &out, at: start)
  case .icmpv6: written = try ICMPv6Message(parsing: transport).serialize(into: &out, at: start)
  case .malformed(let error): throw error
  case .foreign: written = 0
  }
  out.copy(packet.extracting((start + written)...), at: start + written)
  return copy
}

/// Writes the IP header again and answers its length and where the packet ends.
@_lifetime(out: copy out)
private func rewriteIPHeader(
  of packet: RawSpan, into out: inout MutableRawSpan
) throws(WireError) -> (length: Int, end: Int) {
  guard packet.octet(at: 0) >> 4 == 4 else {
    let header = try IPv6Header(parsing: packet)
    return (try header.serialize(into: &out), IPv6Header.length + Int(header.payloadLength))
  }
  let header = try IPv4Header(parsing: packet)
  return (try header.serialize(into: &out, keepingChecksum: true), Int(header.totalLength))
}
