// The two notations for a packet in one line: tcpdump's, which all know, and packetdrill's, in which tests are written.

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

  /// The line with which packetdrill says a segment: `S. 0:0(0) ack 1 win 65160 <mss 1460,nop,wscale 7>`.
  ///
  /// Options that packetdrill has no words for are told in tcpdump's. With bases all numbers are relative.
  public static func packetdrill(_ header: TCPHeader, payloadLength: Int, relativeTo bases: Bases? = nil) -> String {
    let first = relative(header.sequence, to: bases?.sender)
    let last = first &+ UInt32(truncatingIfNeeded: payloadLength)
    var text = "\(header.flags.packetdrillLetters) \(first):\(last)(\(payloadLength))"
    if header.flags.contains(.ack) { text += " ack \(relative(header.acknowledgment, to: bases?.receiver))" }
    text += " win \(header.window)"
    if !header.options.isEmpty { text += " <\(packetdrillOptions(header, relativeTo: bases))>" }
    return text
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

extension PacketNotation {
  private static func packetdrillOptions(_ header: TCPHeader, relativeTo bases: Bases?) -> String {
    var words: [String] = []
    let list = header.options.bytes
    var cursor = TCPOptionCursor(list)
    do throws(WireError) {
      while let (kind, payload) = try cursor.next() {
        let octets = list.extracting(payload)
        words.append(
          packetdrillWord(TCPOption(kind: kind, payload: octets), octets, bases)
            ?? tcpdumpWord(kind, octets, flags: header.flags))
      }
    } catch {
      words.append("malformed")
    }
    return words.joined(separator: ",")
  }

  /// The words of packetdrill's `tcp_options_to_string.c`; nil where it has none.
  private static func packetdrillWord(_ option: TCPOption, _ payload: RawSpan, _ bases: Bases?) -> String? {
    switch option {
    case .endOfList: return "eol"
    case .noOperation: return "nop"
    case .maximumSegmentSize(let size): return "mss \(size)"
    case .windowScale(let shift): return "wscale \(shift)"
    case .sackPermitted: return "sackOK"
    case .timestamps(let value, let echoReply): return "TS val \(value) ecr \(echoReply)"
    case .sack(let blocks):
      let ranges = blocks.map { block in
        "\(relative(block.left, to: bases?.receiver)):\(relative(block.right, to: bases?.receiver))"
      }
      return (["sack"] + ranges).joined(separator: " ")
    case .fastOpen: return payload.isEmpty ? "FO" : "FO \(hexadecimal(payload))"
    case .md5: return payload.isEmpty ? "md5" : "md5 \(hexadecimal(payload))"
    case .other(TCPOption.Kind.experiment254, _) where payload.byteCount >= 2:
      guard payload.load(bigEndian: 0) == TCPOption.fastOpenExperiment else { return nil }
      return payload.byteCount == 2 ? "FOEXP" : "FOEXP \(hexadecimal(payload.extracting(2...)))"
    default: return nil
    }
  }

  /// One option alone in tcpdump's words.
  private static func tcpdumpWord(_ kind: UInt8, _ payload: RawSpan, flags: TCPFlags) -> String {
    var option = TCPOptionList()
    guard option.append(kind: kind, payload: payload) else { return "malformed" }
    var notation = TCPOptionNotation(flags: flags, sackBase: nil)
    notation.write(option.bytes, isPayloadBehind: true)
    return notation.text
  }
}
