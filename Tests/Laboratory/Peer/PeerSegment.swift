/// A TCP segment as the peer reads it from its device, or as it is about to send it.
public struct PeerSegment: Hashable, Sendable {
  /// The addresses, 4 or 16 octets each.
  public var source: [UInt8], destination: [UInt8]
  /// The ports.
  public var sourcePort: UInt16, destinationPort: UInt16
  /// SEG.SEQ and SEG.ACK.
  public var seq: UInt32, ack: UInt32
  /// The flags octet.
  public var flags: Flags
  /// SEG.WND as it stands in the header.
  public var window: UInt16 = 65000
  /// The options, octet by octet.
  public var options: [UInt8] = []
  /// The text.
  public var payload: [UInt8] = []
  /// Time to live or hop limit.
  public var timeToLive: UInt8 = 64
  /// The four bits between data offset and flags.
  public var reserved: UInt8 = 0
  /// The urgent pointer.
  public var urgentPointer: UInt16 = 0
  /// The octet of the type of service or traffic class.
  public var typeOfService: UInt8 = 0

  /// The flags of a segment, as bits of their octet.
  public struct Flags: OptionSet, Hashable, Sendable {
    /// The octet.
    public let rawValue: UInt8
    /// The flags of an octet.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// No more text from the sender.
    public static let fin = Flags(rawValue: 1)
    /// Synchronize sequence numbers.
    public static let syn = Flags(rawValue: 2)
    /// Reset the connection.
    public static let rst = Flags(rawValue: 4)
    /// Push.
    public static let psh = Flags(rawValue: 8)
    /// The acknowledgment field is significant.
    public static let ack = Flags(rawValue: 16)
    /// The urgent pointer is significant.
    public static let urg = Flags(rawValue: 32)
    /// Congestion was experienced (RFC 3168).
    public static let ece = Flags(rawValue: 64)
    /// The congestion window was reduced (RFC 3168).
    public static let cwr = Flags(rawValue: 128)
  }

  /// Octets of sequence space that it takes.
  public var length: UInt32 {
    UInt32(payload.count) + (flags.contains(.syn) ? 1 : 0) + (flags.contains(.fin) ? 1 : 0)
  }

  /// The octets of an option of this kind, without kind and length; nil where it is not there.
  public func option(_ kind: UInt8) -> [UInt8]? {
    var at = 0
    while at < options.count, options[at] != 0 {
      if options[at] == 1 {
        at += 1
        continue
      }
      guard at + 1 < options.count, options[at + 1] >= 2, at + Int(options[at + 1]) <= options.count else { return nil }
      if options[at] == kind { return Array(options[(at + 2)..<(at + Int(options[at + 1]))]) }
      at += Int(options[at + 1])
    }
    return nil
  }
  /// The value of its timestamps option.
  public var timestamp: UInt32? { option(8).flatMap { $0.count == 8 ? $0.word32(0) : nil } }
}

extension PeerSegment {
  /// Reads an IP packet; nil where it is not a whole TCP segment.
  init?(packet: [UInt8]) {
    guard let version = packet.first.map({ $0 >> 4 }), version == 4 || version == 6 else { return nil }
    let header = version == 4 ? Int(packet[0] & 15) * 4 : 40
    guard packet.count >= header + 20, packet[version == 4 ? 9 : 6] == 6 else { return nil }
    let total = version == 4 ? Int(packet.word16(2)) : 40 + Int(packet.word16(4))
    guard total >= header + 20, total <= packet.count else { return nil }
    self.init(
      Array(packet[header..<total]), source: Array(version == 4 ? packet[12..<16] : packet[8..<24]),
      destination: Array(version == 4 ? packet[16..<20] : packet[24..<40]))
    timeToLive = packet[version == 4 ? 8 : 7]
    typeOfService = version == 4 ? packet[1] : UInt8(packet.word16(0) >> 4 & 255)
  }

  /// Reads the octets behind the IP header; nil where they are not a whole TCP segment.
  ///
  /// With `ignoringOffset` an impossible data offset is taken for one without options.
  init?(_ segment: [UInt8], source: [UInt8], destination: [UInt8], ignoringOffset: Bool = false) {
    guard segment.count >= 20 else { return nil }
    var offset = Int(segment[12] >> 4) * 4
    if ignoringOffset, offset < 20 || offset > segment.count { offset = 20 }
    guard offset >= 20, offset <= segment.count else { return nil }
    (self.source, self.destination) = (source, destination)
    (sourcePort, destinationPort) = (segment.word16(0), segment.word16(2))
    (seq, ack) = (segment.word32(4), segment.word32(8))
    flags = Flags(rawValue: segment[13])
    reserved = segment[12] & 15
    window = segment.word16(14)
    urgentPointer = segment.word16(18)
    options = Array(segment[20..<offset])
    payload = Array(segment[offset...])
  }

  /// A segment the other way, between the same ends.
  public func answer(
    _ flags: Flags, seq: UInt32, ack: UInt32 = 0, window: UInt16 = 65000, options: [UInt8] = [], payload: [UInt8] = []
  ) -> PeerSegment {
    var answer = self
    (answer.source, answer.destination) = (destination, source)
    (answer.sourcePort, answer.destinationPort) = (destinationPort, sourcePort)
    (answer.seq, answer.ack, answer.flags, answer.window) = (seq, ack, flags, window)
    (answer.options, answer.payload, answer.timeToLive, answer.reserved) = (options, payload, 64, 0)
    (answer.urgentPointer, answer.typeOfService) = (0, 0)
    return answer
  }

  /// What a sender does to the checksum.
  public enum Checksum: Sendable { case right, corrupted, unfinished }

  /// The IP packet, with the checksum as told; options are padded with end-of-list.
  public func packet(checksum: Checksum = .right, dataOffset: UInt8? = nil) -> [UInt8] {
    let padded = options + [UInt8](repeating: 0, count: (4 - options.count % 4) % 4)
    var segment: [UInt8] = []
    segment.append16(sourcePort)
    segment.append16(destinationPort)
    segment.append32(seq)
    segment.append32(ack)
    segment += [(dataOffset ?? UInt8(5 + padded.count / 4)) << 4 | reserved, flags.rawValue]
    segment.append16(window)
    segment.append16(0)
    segment.append16(urgentPointer)
    segment += padded + payload
    let sum = upperLayerChecksum(segment, from: source, to: destination, protocolNumber: 6)
    switch checksum {
    case .right: segment.put16(sum, at: 16)
    case .corrupted: segment.put16(sum ^ 0x5a5a, at: 16)
    case .unfinished:
      var pseudo = source + destination
      pseudo.append32(UInt32(segment.count))
      pseudo.append32(6)
      segment.put16(~pseudo.internetChecksum, at: 16)
    }
    return ipPacket(
      segment, from: source, to: destination, protocolNumber: 6, timeToLive: timeToLive, typeOfService: typeOfService)
  }
}

/// An IP packet of either family around an upper layer.
func ipPacket(
  _ content: [UInt8], from: [UInt8], to: [UInt8], protocolNumber: UInt8, timeToLive: UInt8 = 64,
  typeOfService: UInt8 = 0
) -> [UInt8] {
  var header: [UInt8] = []
  if from.count == 16 {
    header.append32(0x6000_0000 | UInt32(typeOfService) << 20)
    header.append16(UInt16(content.count))
    header += [protocolNumber, timeToLive] + from + to
    return header + content
  }
  header += [0x45, typeOfService]
  header.append16(UInt16(20 + content.count))
  header.append32(0x4000)
  header += [timeToLive, protocolNumber, 0, 0] + from + to
  header.put16(header.internetChecksum, at: 10)
  return header + content
}
