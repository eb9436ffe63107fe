// A whole IP packet in tcpdump's words, extension headers and what is not ours included.

extension PacketNotation {
  /// The line that `tcpdump -nn -S -t` prints for an IPv4 or IPv6 packet that carries TCP or ICMP, up to its length.
  ///
  /// What is malformed is told by its error, and what is not ours in few words; tcpdump says other things there.
  public static func tcpdump(packet: RawSpan, relativeTo bases: Bases? = nil) -> String {
    line(Dissection.ofIP(packet), of: packet, relativeTo: bases)
  }

  /// The same line for a transport whose IPv6 header the kernel has distinguished.
  public static func tcpdump(transport: RawSpan, in envelope: Envelope, relativeTo bases: Bases? = nil) -> String {
    line(Dissection.ofTransport(transport, in: envelope), of: RawSpan(), relativeTo: bases)
  }

  private static func line(
    _ dissection: borrowing Dissection, of packet: RawSpan, relativeTo bases: Bases?
  ) -> String {
    switch dissection {
    case .tcp(let envelope, let view):
      guard let header = try? TCPHeader(view) else { return "\(name(of: envelope.source.family)) malformed" }
      let words = segment(header, payloadLength: view.payload.byteCount, relativeTo: bases)
      // tcpdump puts the ports beside the addresses only where TCP follows the IP header at once.
      guard let extensions = extensionWords(of: packet) else {
        let ends = "\(envelope.source).\(header.sourcePort) > \(envelope.destination).\(header.destinationPort)"
        return "\(name(of: envelope.source.family)) \(ends): \(words)"
      }
      return prefix(envelope) + "\(extensions)\(header.sourcePort) > \(header.destinationPort): \(words)"
    case .icmpv4(let envelope, let message): return prefix(envelope) + words(for: message)
    case .icmpv6(let envelope, let message):
      return prefix(envelope) + (extensionWords(of: packet) ?? "") + words(for: message)
    case .malformed(let error): return "malformed packet: \(error)"
    case .foreign(.fragment): return fragment(packet)
    case .foreign(.transport(let number)): return "packet of ip-proto-\(number)"
    }
  }

  /// A fragment, in the words that tcpdump has for those of IPv6: where it belongs in the whole, and its length.
  private static func fragment(_ packet: RawSpan) -> String {
    if let header = try? IPv4HeaderView(checking: packet) {
      return
        "IP \(header.source) > \(header.destination): frag (\(Int(header.fragmentOffset) * 8)|\(header.payload.byteCount))"
    }
    guard let header = try? IPv6HeaderView(checking: packet), let words = extensionWords(of: packet) else {
      return "fragment of a packet"
    }
    return "IP6 \(header.source) > \(header.destination): \(words.dropLast())"
  }

  private static func prefix(_ envelope: Envelope) -> String {
    "\(name(of: envelope.source.family)) \(envelope.source) > \(envelope.destination): "
  }

  /// What tcpdump says of the extension headers before the transport; nil without any.
  private static func extensionWords(of packet: RawSpan) -> String? {
    guard let header = try? IPv6HeaderView(checking: packet) else { return nil }
    let payload = header.payload
    var cursor = IPv6ExtensionCursor(nextHeader: header.nextHeader, payload: payload)
    var text = ""
    while let step = try? cursor.next() {
      let octets = payload.extracting(step.range)
      switch step.kind {
      case IPProtocol.hopByHopOptions: text += "HBH "
      case IPProtocol.destinationOptions: text += "DSTOPT "
      case IPProtocol.fragment:
        let offset = IPv6ExtensionChain.Fragment(parsing: octets).offset
        text += "frag (\(offset)|\(payload.byteCount - cursor.offset)) "
      case IPProtocol.routing: text += routing(octets)
      default: text += authentication(octets)
      }
    }
    return text.isEmpty ? nil : text
  }

  /// A routing header (RFC 8200 §4.4), with the addresses of the kinds whose form is known.
  private static func routing(_ header: RawSpan) -> String {
    let units = header.octet(at: 1)
    let type = header.octet(at: 2)
    var text = "RT6 (len=\(units), type=\(type)\(type == 0 ? " [Deprecated]" : ""), segleft=\(header.octet(at: 3))"
    guard type == 0 || type == 2 || type == 4, units.isMultiple(of: 2) else { return text + ") " }
    if type == 4 {  // RFC 8754 §2
      text += ", last-entry=\(header.octet(at: 4))"
      if header.octet(at: 5) != 0 { text += ", flags=0x\(String(header.octet(at: 5), radix: 16))" }
      text += ", tag=\(String(header.load(bigEndian: 6, as: UInt16.self), radix: 16))"
    } else if header.load(bigEndian: 4, as: UInt32.self) != 0 {
      text += ", rsv=0x\(String(header.load(bigEndian: 4, as: UInt32.self), radix: 16))"
    }
    for (number, offset) in stride(from: 8, to: header.byteCount, by: 16).enumerated() {
      text += ", [\(number)]\(IPv6Address(header.load(bigEndian: offset)))"
    }
    return text + ") "
  }

  /// An Authentication Header (RFC 4302 §2).
  private static func authentication(_ header: RawSpan) -> String {
    let reserved: UInt16 = header.load(bigEndian: 2)
    let index = hexadecimal(header.extracting(4..<8))
    let sequence = String(header.load(bigEndian: 8, as: UInt32.self), radix: 16)
    let flaw = reserved == 0 ? "" : "reserved=0x\(String(reserved, radix: 16))[MustBeZero],"
    return "AH(\(flaw)spi=0x\(index),seq=0x\(sequence),icv=0x\(hexadecimal(header.extracting(12...)))): "
  }
}
