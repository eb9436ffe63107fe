/// An ICMP error about a packet that the peer got, right or with a lie in its quote.
public struct ICMPError: Sendable {
  /// Type and code.
  public var type: UInt8, code: UInt8
  /// The second word of the header: the MTU of "fragmentation needed" and "packet too big", the new gateway.
  public var word: UInt32 = 0
  /// What is added to the sequence number in the quote.
  public var sequenceShift: UInt32 = 0
  /// What is added to the source port in the quote.
  public var portShift: UInt16 = 0
  /// Octets quoted behind the IP header; nil quotes all.
  public var quoted: Int?
  /// What is quoted in place of the segment.
  public var quote: [UInt8]?
  /// Who sends it; nil is the destination itself.
  public var sender: [UInt8]?
  /// The ICMP checksum is wrong.
  public var isCorrupted = false

  /// An error of a type and a code.
  public init(_ type: UInt8, _ code: UInt8) { (self.type, self.code) = (type, code) }

  /// The IP packet that carries it back to the sender of a segment.
  public func packet(about segment: PeerSegment) -> [UInt8] {
    var copy = segment
    copy.seq = segment.seq &+ sequenceShift
    copy.sourcePort = segment.sourcePort &+ portShift
    let whole = copy.packet()
    let header = segment.source.count == 4 ? 20 : 40
    let quote = quote ?? Array(whole.prefix(header + (quoted ?? whole.count)))
    var message = [type, code, 0, 0]
    message.append32(word)
    message += quote
    let from = sender ?? segment.destination
    let isV4 = from.count == 4
    let sum =
      isV4
      ? message.internetChecksum
      : upperLayerChecksum(message, from: from, to: segment.source, protocolNumber: 58)
    message.put16(isCorrupted ? sum ^ 0x5a5a : sum, at: 2)
    return ipPacket(message, from: from, to: segment.source, protocolNumber: isV4 ? 1 : 58)
  }
}
