// RFC 792 and RFC 1812 §4.3.2.3 (IPv4), RFC 4443 §3 (IPv6): the packet that an ICMP error quotes.

/// What can be read of the packet that an ICMP error quotes, however early the quote ends.
///
/// Eight octets of TCP give ports and sequence number; with fewer, what is missing is nil. Routers on the way may have
/// changed the hops left, the traffic class and, behind address translation, more; classify nothing by those alone.
public struct QuotedPacket: Hashable, Sendable {
  /// Where the quoted packet came from: us, if it is ours.
  public let source: IPAddress
  /// Where it was going, as the quoting router saw it.
  public let destination: IPAddress
  /// The transport's number; where the quote ends within the extension headers, that of the first one missing.
  public let protocolNumber: UInt8
  /// The hops left when the router looked; 0 or 1 in a Time Exceeded, more shows a router that rewrites it.
  public let timeToLive: UInt8
  /// DSCP and ECN as they arrived there.
  public let trafficClass: UInt8
  /// IPv4's identification; nil for IPv6.
  public let identification: UInt16?
  /// Octets of the whole packet as its header has it.
  public let totalLength: Int
  /// Octets of it that are quoted.
  public let quotedLength: Int
  /// Octets of the transport's header and payload that are quoted.
  public let transportLength: Int
  /// The transport's first four octets: two ports, for the transports that have any.
  let portWord: UInt32?
  /// TCP's sequence number; nil where the quote is too short, or not of TCP.
  public let sequence: SequenceNumber?
  /// TCP's flags; nil where the quote is too short, or not of TCP.
  public let flags: TCPFlags?

  /// Reads what is there; throws when not even the IP header is: too short, or of no known version.
  public init(lax quote: RawSpan) throws(WireError) {
    guard quote.byteCount > 0 else { throw .truncated(.quote, need: 1, have: 0) }
    switch quote.octet(at: 0) >> 4 {
    case 4: try self.init(IPv4HeaderView(lax: quote))
    case 6: try self.init(IPv6HeaderView(lax: quote))
    default: throw .malformed(.quote, at: 0)
    }
  }

  /// Whether the whole packet is quoted.
  @inlinable public var isComplete: Bool { quotedLength >= totalLength }

  /// The sender's port; nil where the quote is too short, or of a transport without ports.
  public var sourcePort: UInt16? { hasPorts ? portWord.map { UInt16(truncatingIfNeeded: $0 >> 16) } : nil }

  /// The receiver's port; nil where the quote is too short, or of a transport without ports.
  public var destinationPort: UInt16? { hasPorts ? portWord.map { UInt16(truncatingIfNeeded: $0) } : nil }

  private var hasPorts: Bool { protocolNumber == IPProtocol.tcp || protocolNumber == IPProtocol.udp }
}

extension QuotedPacket {
  private init(_ header: borrowing IPv4HeaderView) {
    let transport = Transport(
      header.fragmentOffset == 0 ? header.payload : header.payload.extracting(first: 0), of: header.protocolNumber)
    self.init(
      source: .v4(header.source), destination: .v4(header.destination), protocolNumber: header.protocolNumber,
      timeToLive: header.timeToLive, trafficClass: header.typeOfService, identification: header.identification,
      totalLength: max(Int(header.totalLength), header.headerLength),
      quotedLength: header.headerLength + header.payload.byteCount, transport: transport)
  }

  private init(_ header: borrowing IPv6HeaderView) {
    let payload = header.payload
    var cursor = IPv6ExtensionCursor(nextHeader: header.nextHeader, payload: payload)
    var isReadable = true
    walk: do throws(WireError) {
      while let step = try cursor.next() {
        guard step.kind == IPProtocol.fragment else { continue }
        guard IPv6ExtensionChain.Fragment(parsing: payload.extracting(step.range)).offset == 0 else {
          isReadable = false
          break walk
        }
      }
    } catch {
      isReadable = false
    }
    let transport = Transport(
      isReadable ? payload.extracting(cursor.offset...) : payload.extracting(first: 0), of: cursor.nextHeader)
    self.init(
      source: .v6(header.source), destination: .v6(header.destination), protocolNumber: cursor.nextHeader,
      timeToLive: header.hopLimit, trafficClass: header.trafficClass, identification: nil,
      totalLength: IPv6Header.length + (header.statedPayloadLength ?? header.payload.byteCount),
      quotedLength: IPv6Header.length + payload.byteCount, transport: transport)
  }

  private init(
    source: IPAddress, destination: IPAddress, protocolNumber: UInt8, timeToLive: UInt8, trafficClass: UInt8,
    identification: UInt16?, totalLength: Int, quotedLength: Int, transport: Transport
  ) {
    self.source = source
    self.destination = destination
    self.protocolNumber = protocolNumber
    self.timeToLive = timeToLive
    self.trafficClass = trafficClass
    self.identification = identification
    self.totalLength = totalLength
    self.quotedLength = quotedLength
    transportLength = transport.length
    portWord = transport.portWord
    sequence = transport.sequence
    flags = transport.flags
  }

  /// What the first octets after the IP headers tell.
  private struct Transport {
    let length: Int
    var portWord: UInt32?
    var sequence: SequenceNumber?
    var flags: TCPFlags?

    init(_ octets: RawSpan, of protocolNumber: UInt8) {
      length = octets.byteCount
      if octets.byteCount >= 4 { portWord = octets.load(bigEndian: 0) }
      guard protocolNumber == IPProtocol.tcp else { return }
      sequence = (try? TCPHeaderPrefix(parsing: octets))?.sequence
      if octets.byteCount >= TCPHeader.Field.window {
        flags = TCPFlags(rawValue: octets.load(bigEndian: TCPHeader.Field.offsetAndFlags))
      }
    }
  }
}
