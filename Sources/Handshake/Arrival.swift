import Wire

/// A packet that a raw socket handed over, before anything of it is believed.
public struct Arrival: ~Escapable {
  /// What the kernel took off the packet and told separately (IPv6), or left in place (IPv4).
  public enum Envelope: Sendable {
    /// The octets begin with the IPv4 header.
    case inBand
    /// The octets begin with the transport header; the IPv6 header's fields came apart.
    case outOfBand(source: IPAddress, destination: IPAddress, hopLimit: UInt8?, protocolNumber: UInt8)
  }

  /// The octets as they came.
  public let octets: RawSpan
  /// Where its IP header is.
  public let envelope: Envelope
  /// Whether its checksum may be one that a local peer left to an offload that never happens.
  public let mayBeUnfinished: Bool

  /// A packet from a raw socket.
  @_lifetime(copy octets)
  public init(_ octets: RawSpan, envelope: Envelope, mayBeUnfinished: Bool) {
    self.octets = octets
    self.envelope = envelope
    self.mayBeUnfinished = mayBeUnfinished
  }
}

/// An ICMP error that quotes a packet of ours.
public struct ICMPNotice: Hashable, Sendable {
  /// ICMP type.
  public var type: UInt8
  /// ICMP code.
  public var code: UInt8
  /// What it means for TCP; nil where it means nothing.
  public var verdict: ICMPVerdict?
  /// SEG.SEQ of the quoted segment; nil where the quote is too short to say.
  public var quotedSequence: SequenceNumber?
}

/// What an arrival turned out to be: the first three rows of "how a reply is judged".
public enum ArrivalContent: Sendable {
  /// A TCP segment that parses and whose checksum is right, with the hop limit it came with.
  case segment(Flow, Segment, hopLimit: UInt8?)
  /// An ICMP error that quotes a TCP packet of the given flow.
  case icmp(Flow, ICMPNotice, hopLimit: UInt8?)
  /// Not to be believed; the flow where it could be read.
  case refused(Refusal, Flow?)
  /// Nothing that TCP or an ICMP error about TCP would say.
  case notOurs
}

extension Arrival {
  /// Parses the packet, checks its checksum and finds its flow; judges nothing that depends on a connection.
  public func judged() -> ArrivalContent {
    switch envelope {
    case .inBand: judgedIPv4()
    case .outOfBand(let source, let destination, let hopLimit, let protocolNumber):
      judgedTransport(
        octets, from: source, to: destination, hopLimit: hopLimit, protocolNumber: protocolNumber)
    }
  }

  private func judgedIPv4() -> ArrivalContent {
    do throws(WireError) {
      let header = try IPv4HeaderView(checking: octets)
      // A raw socket is given whole packets: the kernel has put fragments together.
      guard !header.isFragment else { return .notOurs }
      return judgedTransport(
        header.payload, from: .v4(header.source), to: .v4(header.destination), hopLimit: header.timeToLive,
        protocolNumber: header.protocolNumber)
    } catch {
      return .refused(.malformed, nil)
    }
  }

  private func judgedTransport(
    _ transport: RawSpan, from source: IPAddress, to destination: IPAddress, hopLimit: UInt8?, protocolNumber: UInt8
  ) -> ArrivalContent {
    switch protocolNumber {
    case IPProtocol.tcp: judgedTCP(transport, from: source, to: destination, hopLimit: hopLimit)
    default: .notOurs
    }
  }

  private func judgedTCP(
    _ octets: RawSpan, from source: IPAddress, to destination: IPAddress, hopLimit: UInt8?
  ) -> ArrivalContent {
    guard let prefix = try? TCPHeaderPrefix(parsing: octets) else { return .refused(.malformed, nil) }
    let flow = Flow(
      local: Endpoint(destination, prefix.destinationPort), remote: Endpoint(source, prefix.sourcePort))
    do throws(WireError) {
      let segment = try Segment(TCPHeaderView(checking: octets))
      let pseudoHeader = PseudoHeader(
        source: source, destination: destination, protocolNumber: IPProtocol.tcp, length: octets.byteCount)
      guard hasGoodChecksum(octets, pseudoHeader) else { return .refused(.badChecksum, flow) }
      return .segment(flow, segment, hopLimit: hopLimit)
    } catch {
      return .refused(.malformed, flow)
    }
  }

  /// A right checksum, or one that a local peer left unfinished on an interface that may do so.
  private func hasGoodChecksum(_ octets: RawSpan, _ pseudoHeader: PseudoHeader) -> Bool {
    switch TransportChecksum.judge(segment: octets, pseudoHeader: pseudoHeader) {
    case .good: true
    case .unfinished: mayBeUnfinished
    case .bad: false
    }
  }
}
