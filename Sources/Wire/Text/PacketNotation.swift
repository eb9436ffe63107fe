/// Packets as one line of text, for traces, messages and tests.
///
/// Builds strings, so it is not for the per-packet path.
public enum PacketNotation {
  /// The initial sequence numbers that relative numbers count from.
  public struct Bases: Hashable, Sendable {
    /// The initial sequence number of the packet's sender.
    public var sender: SequenceNumber
    /// The initial sequence number of the packet's receiver.
    public var receiver: SequenceNumber

    /// Bases for packets that go one way.
    @inlinable public init(sender: SequenceNumber, receiver: SequenceNumber) {
      self.sender = sender
      self.receiver = receiver
    }

    /// The bases for packets that go the other way.
    @inlinable public var reversed: Bases { Bases(sender: receiver, receiver: sender) }
  }

  /// The line that `tcpdump -nn -S -t` prints for a segment, up to its length: what a payload means is not told.
  ///
  /// With bases all numbers are relative, those of a SYN too, which tcpdump leaves absolute. AE is shown as tcpdump shows
  /// it from version 5 on.
  public static func tcpdump(
    _ header: TCPHeader, payloadLength: Int, source: IPAddress, destination: IPAddress, relativeTo bases: Bases? = nil
  ) -> String {
    let ends = "\(source).\(header.sourcePort) > \(destination).\(header.destinationPort)"
    return "\(name(of: source.family)) \(ends): \(segment(header, payloadLength: payloadLength, relativeTo: bases))"
  }

  /// What tcpdump prints after the ports: flags, numbers, options and length.
  static func segment(_ header: TCPHeader, payloadLength: Int, relativeTo bases: Bases?) -> String {
    var text = "Flags [\(header.flags.tcpdumpLetters)]"
    if payloadLength > 0 || !header.flags.isDisjoint(with: [.syn, .fin, .rst]) {
      let first = relative(header.sequence, to: bases?.sender)
      text += ", seq \(first)"
      if payloadLength > 0 { text += ":\(first &+ UInt32(truncatingIfNeeded: payloadLength))" }
    }
    if header.flags.contains(.ack) { text += ", ack \(relative(header.acknowledgment, to: bases?.receiver))" }
    text += ", win \(header.window)"
    if header.flags.contains(.urg) { text += ", urg \(header.urgentPointer)" }
    if !header.options.isEmpty {
      var options = TCPOptionNotation(flags: header.flags, sackBase: bases?.receiver)
      options.write(header.options.paddedBytes, isPayloadBehind: payloadLength > 0)
      text += ", options [\(options.text)"
      guard options.isWhole else { return text }  // tcpdump gives up here, and so the length is missing
      text += "]"
    }
    return text + ", length \(payloadLength)"
  }

  /// tcpdump's name for a version of IP.
  static func name(of family: AddressFamily) -> String { family == .v4 ? "IP" : "IP6" }

  /// A sequence number counted from a base, or as it is.
  static func relative(_ number: SequenceNumber, to base: SequenceNumber?) -> UInt32 {
    base.map(number.distance(from:)) ?? number.value
  }

  /// Octets in hexadecimal, two digits each.
  static func hexadecimal(_ octets: RawSpan) -> String {
    var text = ""
    for offset in octets.byteOffsets {
      let octet = octets.octet(at: offset)
      text += octet < 16 ? "0" + String(octet, radix: 16) : String(octet, radix: 16)
    }
    return text
  }
}
