// RFC 792 and RFC 4443 in a capture: an ICMP error, used as far as it was captured, and the TCP segment that it quotes.

import Handshake
import Wire

/// An ICMP error that quotes a TCP segment, ports and all.
///
/// Its checksum is not classified: whoever changes the addresses of a capture leaves those of quotes as they were.
struct QuotingError {
  /// ICMP type and code.
  let type: UInt8
  let code: UInt8
  /// What it means for TCP; nil where it means nothing.
  let verdict: ICMPVerdict?
  /// Who says so: a router on the way, or an end.
  let source: IPAddress
  /// Who sent the segment that it quotes, and to whom.
  let sender: Endpoint
  let receiver: Endpoint
  /// SEG.SEQ of that segment; nil where the quote is too short to say.
  let sequence: SequenceNumber?
  /// Whether that segment asks for a connection: SYN without ACK.
  let isOpening: Bool
  /// Whether tshark counts a stream for that segment: it takes the quote apart where that has as much of TCP as this,
  /// and never that of a redirect.
  let countsAsSeen: Bool

  /// Looks for one in an IP packet that may be cut short; nil where it is anything else.
  init?(_ packet: RawSpan) {
    guard packet.byteCount > 0 else { return nil }
    if packet.octet(at: 0) &>> 4 == 6 { self.init(ofIPv6: packet) } else { self.init(ofIPv4: packet) }
  }

  private init?(ofIPv4 packet: RawSpan) {
    guard let header = try? IPv4HeaderView(lax: packet), header.protocolNumber == IPProtocol.icmpv4,
      !header.isFragment, let message = try? ICMPv4MessageView(checking: header.payload), message.isError,
      let quoted = try? QuotedPacket(lax: message.quote)
    else { return nil }
    let (type, code) = (message.type.rawValue, message.code)
    self.init(type, code, ICMPVerdict(v4: type, code: code), from: .v4(header.source), quoted)
  }

  private init?(ofIPv6 packet: RawSpan) {
    guard let header = try? IPv6HeaderView(lax: packet),
      let chain = try? IPv6ExtensionChain(nextHeader: header.nextHeader, payload: header.payload),
      chain.protocolNumber == IPProtocol.icmpv6, chain.fragment?.isAtomic ?? true,
      let message = try? ICMPv6MessageView(checking: header.payload.extracting(chain.offset...)), message.isError,
      let quoted = try? QuotedPacket(lax: message.quote)
    else { return nil }
    let (type, code) = (message.type.rawValue, message.code)
    self.init(type, code, ICMPVerdict(v6: type, code: code), from: .v6(header.source), quoted)
  }

  private init?(_ type: UInt8, _ code: UInt8, _ verdict: ICMPVerdict?, from source: IPAddress, _ quoted: QuotedPacket) {
    guard quoted.protocolNumber == IPProtocol.tcp, let from = quoted.sourcePort, let to = quoted.destinationPort
    else { return nil }
    self.type = type
    self.code = code
    self.verdict = verdict
    self.source = source
    sender = Endpoint(quoted.source, from)
    receiver = Endpoint(quoted.destination, to)
    sequence = quoted.sequence
    isOpening = quoted.flags.map { $0.intersection([.syn, .ack]) == .syn } ?? false
    countsAsSeen =
      quoted.transportLength >= 16 && !(quoted.source.family == .v4 && type == ICMPv4Type.redirect.rawValue)
  }
}
