// RFC 791, RFC 8200, RFC 9293, RFC 792 and RFC 4443 in one walk: whose packet is this?

/// What surrounds a transport in a packet: enough to answer it and to classify its checksum.
public struct Envelope: Hashable, Sendable {
  /// Where the packet comes from.
  public var source: IPAddress
  /// Where the packet goes.
  public var destination: IPAddress
  /// The transport's number.
  public var protocolNumber: UInt8
  /// The hops left: Time to Live or Hop Limit.
  public var timeToLive: UInt8
  /// DSCP and ECN.
  public var trafficClass: UInt8
  /// IPv4's identification; nil for IPv6.
  public var identification: UInt16?
  /// Whether IPv4's routers must not fragment the packet; IPv6's never do.
  public var dontFragment: Bool
  /// Whether IPv4's header checksum is right; true for IPv6, which has none.
  public var hasGoodHeaderChecksum: Bool
  /// Octets of the transport: its header and its payload.
  public var transportLength: Int
  /// Where a routing header still sends the packet; nil where that is `destination`.
  public var finalDestination: IPAddress?

  /// An envelope of these values, such as the kernel tells beside a packet whose IP header it keeps to itself.
  @inlinable public init(
    source: IPAddress, destination: IPAddress, protocolNumber: UInt8, timeToLive: UInt8, transportLength: Int,
    trafficClass: UInt8 = 0, identification: UInt16? = nil, dontFragment: Bool = true,
    hasGoodHeaderChecksum: Bool = true, finalDestination: IPAddress? = nil
  ) {
    self.source = source
    self.destination = destination
    self.protocolNumber = protocolNumber
    self.timeToLive = timeToLive
    self.trafficClass = trafficClass
    self.identification = identification
    self.dontFragment = dontFragment
    self.hasGoodHeaderChecksum = hasGoodHeaderChecksum
    self.transportLength = transportLength
    self.finalDestination = finalDestination
  }

  /// What the transport's checksum covers beside the segment.
  @inlinable public var pseudoHeader: PseudoHeader {
    PseudoHeader(
      source: source, destination: finalDestination ?? destination, protocolNumber: protocolNumber,
      length: transportLength)
  }
}

/// What became of a packet: it parsed, it is malformed, or it is not for a TCP prober.
///
/// Nothing is classified that a prober may want to see: wrong checksums, flags that contradict each other and malformed
/// options all parse.
public enum Dissection: ~Escapable {
  /// A TCP segment.
  case tcp(Envelope, TCPHeaderView)
  /// An ICMP message.
  case icmpv4(Envelope, ICMPv4MessageView)
  /// An ICMPv6 message.
  case icmpv6(Envelope, ICMPv6MessageView)
  /// Refused: cut short, or a length in it lies.
  case malformed(WireError)
  /// Well formed as far as was looked, and none of ours.
  case foreign(Foreign)

  /// Why a packet is not for a TCP prober.
  public enum Foreign: Hashable, Sendable {
    /// Another transport, by its number; or ICMP of the other family.
    case transport(UInt8)
    /// A piece of a packet; a raw socket gets it whole again, a capture may not.
    case fragment
  }

  /// Takes an IPv4 packet apart; octets after its total length are ignored.
  @_lifetime(copy packet)
  public static func ofIPv4(_ packet: RawSpan) -> Dissection {
    do throws(WireError) {
      let header = try IPv4HeaderView(checking: packet)
      guard !header.isFragment else { return .foreign(.fragment) }
      let payload = header.payload
      let envelope = Envelope(
        source: .v4(header.source), destination: .v4(header.destination), protocolNumber: header.protocolNumber,
        timeToLive: header.timeToLive, transportLength: payload.byteCount, trafficClass: header.typeOfService,
        identification: header.identification, dontFragment: header.dontFragment,
        hasGoodHeaderChecksum: header.hasGoodChecksum)
      return ofTransport(payload, in: envelope)
    } catch {
      return .malformed(error)
    }
  }

  /// Takes an IPv6 packet apart; octets after its payload length are ignored, and extension headers stepped over.
  @_lifetime(copy packet)
  public static func ofIPv6(_ packet: RawSpan) -> Dissection {
    do throws(WireError) {
      let header = try IPv6HeaderView(checking: packet)
      let chain = try IPv6ExtensionChain(nextHeader: header.nextHeader, payload: header.payload)
      if let fragment = chain.fragment, !fragment.isAtomic { return .foreign(.fragment) }
      let transport = header.payload.extracting(chain.offset...)
      let envelope = Envelope(
        source: .v6(header.source), destination: .v6(header.destination), protocolNumber: chain.protocolNumber,
        timeToLive: header.hopLimit, transportLength: transport.byteCount, trafficClass: header.trafficClass,
        finalDestination: chain.finalDestination.map(IPAddress.v6))
      return ofTransport(transport, in: envelope)
    } catch {
      return .malformed(error)
    }
  }

  /// Takes a packet of either version apart.
  @_lifetime(copy packet)
  public static func ofIP(_ packet: RawSpan) -> Dissection {
    packet.byteCount > 0 && packet.octet(at: 0) >> 4 == 6 ? ofIPv6(packet) : ofIPv4(packet)
  }

  /// Takes a transport apart whose IP header others have read, as the kernel does on a raw IPv6 socket.
  ///
  /// The octets are the whole transport, and the envelope's `transportLength` is their count.
  @_lifetime(copy transport)
  public static func ofTransport(_ transport: RawSpan, in envelope: Envelope) -> Dissection {
    do throws(WireError) {
      switch (envelope.protocolNumber, envelope.source.family) {
      case (IPProtocol.tcp, _): return .tcp(envelope, try TCPHeaderView(checking: transport))
      case (IPProtocol.icmpv4, .v4): return .icmpv4(envelope, try ICMPv4MessageView(checking: transport))
      case (IPProtocol.icmpv6, .v6): return .icmpv6(envelope, try ICMPv6MessageView(checking: transport))
      default: return .foreign(.transport(envelope.protocolNumber))
      }
    } catch {
      return .malformed(error)
    }
  }
}

extension Dissection {
  /// What the transport's checksum says; nil for what is malformed or not ours.
  ///
  /// Reads the whole transport, so ask once.
  public var checksum: TransportChecksum? {
    switch self {
    case .tcp(let envelope, let header):
      TransportChecksum.judge(segment: header.segment, pseudoHeader: envelope.pseudoHeader)
    case .icmpv4(_, let message): message.hasGoodChecksum ? .good : .bad
    case .icmpv6(let envelope, let message):
      TransportChecksum.judge(segment: message.bytes, pseudoHeader: envelope.pseudoHeader)
    case .malformed, .foreign: nil
    }
  }
}
