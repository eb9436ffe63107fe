import Handshake
import Timebase
import Wire

/// An IP packet of a capture, freed of what the link and tunnels put around it, where it lies.
///
/// Nothing of it has been classified but the version, which is 4 or 6.
public struct CapturedPacket: ~Escapable, BitwiseCopyable {
  /// Which frame of the file brought it, or its last fragment; from 1.
  public let number: Int
  /// When that frame passed; nil where the file does not say.
  public let stamp: WallTime?
  /// Which of the file's interfaces it passed, from 0.
  public let interface: Int
  /// The octets as captured, from the IP header on; what a link pads behind the packet may follow.
  public let octets: RawSpan
  /// How long the packet was on the wire, padding included; more than there are octets where the capture cut it short.
  public let originalLength: Int
  /// Out of how many tunnels it was taken.
  public let depth: Int
  /// Whether it was put together from fragments.
  public let isReassembled: Bool
  /// Which way it went; nil where the file does not say.
  public let direction: FrameDirection?

  /// A packet of these values.
  @inlinable @_lifetime(copy octets)
  public init(
    number: Int, stamp: WallTime?, interface: Int = 0, octets: RawSpan, originalLength: Int? = nil, depth: Int = 0,
    isReassembled: Bool = false, direction: FrameDirection? = nil
  ) {
    self.number = number
    self.stamp = stamp
    self.interface = interface
    self.octets = octets
    self.originalLength = max(originalLength ?? 0, octets.byteCount)
    self.depth = depth
    self.isReassembled = isReassembled
    self.direction = direction
  }
}

// RFC 9293 §3.1 in a capture: a segment that may have been cut short by the capture's snap length.

/// A TCP segment as a capture shows it, used as far as it was captured.
///
/// Lengths are those that the headers state, not those of the octets that are there.
public struct CapturedSegment: ~Escapable, BitwiseCopyable {
  /// Where it comes from.
  public let source: IPAddress
  /// Where it goes.
  public let destination: IPAddress
  /// The hops left: Time to Live or Hop Limit.
  public let hopLimit: UInt8
  /// Where a routing header still sends it; nil where that is `destination`.
  let finalDestination: IPAddress?
  /// IPv4's identification; nil for IPv6.
  let identification: UInt16?
  /// Whether IPv4's routers must not fragment the packet; true for IPv6.
  let dontFragment: Bool
  /// The header, with the options that were captured.
  public let header: TCPHeaderView
  /// Octets of header and payload, as IP states them.
  public let length: Int
  /// Which way it went; nil where the capture does not say.
  public internal(set) var direction: FrameDirection?

  @_lifetime(copy header)
  init(
    source: IPAddress, destination: IPAddress, hopLimit: UInt8, finalDestination: IPAddress?,
    identification: UInt16? = nil, dontFragment: Bool = true, header: consuming TCPHeaderView, length: Int
  ) {
    self.source = source
    self.destination = destination
    self.hopLimit = hopLimit
    self.finalDestination = finalDestination
    self.identification = identification
    self.dontFragment = dontFragment
    self.header = header
    self.length = length
  }

  /// Octets of text, as the headers state them; those that were captured may be fewer.
  public var payloadLength: Int { max(length - header.statedHeaderLength, 0) }
  /// Whether all of it was captured.
  public var isWhole: Bool { header.segment.byteCount >= length }
  /// What its IP header says of who sent it.
  var ip: IPMarks { IPMarks(hopLimit: hopLimit, identification: identification, dontFragment: dontFragment) }
  /// TSval; nil without timestamps.
  var timestamp: UInt32? {
    let options = header.options
    guard options.byteCount >= 10 else { return nil }
    // As RFC 7323's appendix A recommends it, and nearly all have it.
    if options.byteCount >= 12, options.load(bigEndian: 0, as: UInt32.self) == 0x0101_080a {
      return options.load(bigEndian: 4, as: UInt32.self)
    }
    return (try? TCPOptionList(raw: options))?.timestamps?.value
  }
  /// Whether it asks for a connection: SYN without ACK.
  var isOpening: Bool { header.flags.intersection([.syn, .ack]) == .syn }
  /// The sequence space it takes, SYN and FIN counting one each (RFC 9293 §3.4).
  public var sequenceLength: UInt32 {
    let flags = header.flags
    return UInt32(truncatingIfNeeded: payloadLength) &+ (flags.contains(.syn) ? 1 : 0) &+ (flags.contains(.fin) ? 1 : 0)
  }

  /// What its checksum says; nil where the capture cut it short.
  ///
  /// Reads all of it, so ask once.
  public var checksum: TransportChecksum? {
    guard isWhole else { return nil }
    let pseudoHeader = PseudoHeader(
      source: source, destination: finalDestination ?? destination, protocolNumber: IPProtocol.tcp, length: length)
    return TransportChecksum.judge(segment: header.segment, pseudoHeader: pseudoHeader)
  }

  /// Whether the options do not parse; false where they were cut short, since no one knows.
  public var hasMalformedOptions: Bool {
    let options = header.options
    guard !options.isEmpty, header.headerLength == header.statedHeaderLength else { return false }
    // What nearly every segment carries, as RFC 7323's appendix A recommends it: two NOPs, then the timestamps.
    if options.byteCount == 12, options.load(bigEndian: 0, as: UInt32.self) == 0x0101_080a { return false }
    var cursor = TCPOptionCursor(options)
    do throws(WireError) {
      while try cursor.next() != nil {}
      return false
    } catch {
      return true
    }
  }
}

/// What a captured packet turned out to be.
public enum CapturedContent: ~Escapable {
  /// A TCP segment, whole or not.
  case segment(CapturedSegment)
  /// A length in it lies, or too little of it was captured to tell its ports.
  case malformed(WireError)
  /// Another transport, or a fragment that was not put together.
  case other

  /// Takes an IP packet apart that may be cut short; octets behind its total length are ignored.
  ///
  /// Where it states no length, it is as long as it was on the wire: `originalLength`, or what is there.
  @_lifetime(copy packet)
  public init(_ packet: RawSpan, originalLength: Int = 0) {
    let whole = max(originalLength, packet.byteCount)
    do throws(WireError) {
      let isNewer = packet.byteCount > 0 && packet.octet(at: 0) &>> 4 == 6
      self = isNewer ? try Self.ofIPv6(packet, whole) : try Self.ofIPv4(packet, whole)
    } catch {
      self = .malformed(error)
    }
  }

  /// Takes a packet of a capture apart; see above.
  @_lifetime(copy packet)
  public init(_ packet: borrowing CapturedPacket) {
    self.init(packet.octets, originalLength: packet.originalLength)
    guard let direction = packet.direction, case .segment(var segment) = self else { return }
    segment.direction = direction
    self = .segment(segment)
  }

  @_lifetime(copy packet)
  private static func ofIPv4(_ packet: RawSpan, _ whole: Int) throws(WireError) -> CapturedContent {
    let header = try IPv4HeaderView(lax: packet)
    guard header.protocolNumber == IPProtocol.tcp, !header.isFragment else { return .other }
    let payload = header.payload
    // A sender that leaves segmentation to its network card, or merges more than the field can count, writes 0 for the
    // total length: all that was on the wire counts.
    let total = Int(header.totalLength)
    let length = (total >= header.headerLength ? total : whole) - header.headerLength
    return .segment(
      CapturedSegment(
        source: .v4(header.source), destination: .v4(header.destination), hopLimit: header.timeToLive,
        finalDestination: nil, identification: header.identification, dontFragment: header.dontFragment,
        header: try view(payload, of: length), length: length))
  }

  @_lifetime(copy packet)
  private static func ofIPv6(_ packet: RawSpan, _ whole: Int) throws(WireError) -> CapturedContent {
    let header = try IPv6HeaderView(lax: packet)
    let payload = header.payload
    var offset = 0
    var finalDestination: IPAddress?
    if header.nextHeader != IPProtocol.tcp {
      let chain = try IPv6ExtensionChain(nextHeader: header.nextHeader, payload: payload)
      guard chain.protocolNumber == IPProtocol.tcp, chain.fragment?.isAtomic ?? true else { return .other }
      offset = chain.offset
      finalDestination = chain.finalDestination.map(IPAddress.v6)
    }
    let length = max(header.statedPayloadLength ?? whole - IPv6Header.length, offset) - offset
    return .segment(
      CapturedSegment(
        source: .v6(header.source), destination: .v6(header.destination), hopLimit: header.hopLimit,
        finalDestination: finalDestination, header: try view(payload.extracting(offset...), of: length), length: length)
    )
  }

  /// The header of a segment, refused where it claims to be longer than the segment.
  @_lifetime(copy transport)
  private static func view(_ transport: RawSpan, of length: Int) throws(WireError) -> TCPHeaderView {
    let view = try TCPHeaderView(lax: transport)
    guard view.statedHeaderLength <= length else {
      throw .truncated(.tcp, need: view.statedHeaderLength, have: length)
    }
    return view
  }
}
