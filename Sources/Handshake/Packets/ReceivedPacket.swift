import Wire

/// A packet that a raw socket handed over, before anything of it is believed.
public struct ReceivedPacket: ~Escapable {
  /// Where the packet's IP header is.
  public enum Framing: Sendable {
    /// In the octets, which begin with it (IPv4, and packets of our own).
    case inBand
    /// Distinguished: the octets begin with the transport header (IPv6).
    case outOfBand(Envelope)
  }

  /// The octets as they came.
  public let octets: RawSpan
  /// Where the IP header is.
  public let framing: Framing
  /// Whether its checksum may be one that a local peer left to an offload that never happens.
  public let mayBeUnfinished: Bool
  /// Whether its end was lost for lack of room: nothing of it can be verified.
  public let isTruncated: Bool

  /// A packet from a raw socket.
  @_lifetime(copy octets)
  public init(_ octets: RawSpan, framing: Framing, mayBeUnfinished: Bool, isTruncated: Bool = false) {
    self.octets = octets
    self.framing = framing
    self.mayBeUnfinished = mayBeUnfinished
    self.isTruncated = isTruncated
  }

  /// What the packet is, by its own word.
  public var dissection: Dissection {
    @_lifetime(copy self) get {
      switch framing {
      case .inBand: Dissection.ofIP(octets)
      case .outOfBand(let envelope): Dissection.ofTransport(octets, in: envelope)
      }
    }
  }
}

/// An ICMP error that quotes a TCP packet.
public struct ICMPNotice: Hashable, Sendable {
  /// ICMP type.
  public var type: UInt8
  /// ICMP code.
  public var code: UInt8
  /// What it means for TCP; nil where it means nothing.
  public var verdict: ICMPVerdict?
  /// SEG.SEQ of the quoted segment; nil where the quote is too short to say.
  public var quotedSequence: SequenceNumber?
  /// Who says so: a router on the way, or the target itself.
  public var source: IPAddress?
}

/// What an arrival turned out to be: the first three rows of "how a reply is classified".
public enum ReceivedContent: ~Escapable {
  /// A TCP segment that parses and whose checksum is right, its text, and what its IP header says of its sender.
  case segment(Flow, Segment, text: RawSpan, ip: IPMarks)
  /// An ICMP error that quotes a TCP packet of the given flow.
  case icmp(Flow, ICMPNotice, hopLimit: UInt8)
  /// Not to be believed; the flow where it could be read.
  case refused(Refusal, Flow?)
  /// Nothing that TCP, or an ICMP error about TCP, would say.
  case notOurs
}

extension ReceivedPacket {
  /// Parses the packet, checks its checksum and finds its flow; classifies nothing that depends on a connection.
  @_lifetime(copy self)
  public func judged() -> ReceivedContent {
    guard !isTruncated else { return .refused(.truncated, flowOfMalformed) }
    return judged(dissection)
  }

  @_lifetime(copy dissection)
  private func judged(_ dissection: consuming Dissection) -> ReceivedContent {
    switch dissection {
    case .tcp(let envelope, let header): judged(header, in: envelope)
    case .icmpv4(let envelope, let message):
      judgedError(
        type: message.type.rawValue, code: message.code, isError: message.isError, quote: message.quote,
        isSound: message.hasGoodChecksum, verdict: ICMPVerdict(v4: message.type.rawValue, code: message.code),
        in: envelope)
    case .icmpv6(let envelope, let message):
      judgedError(
        type: message.type.rawValue, code: message.code, isError: message.isError, quote: message.quote,
        isSound: isSound(message.judgeChecksum(envelope.pseudoHeader)),
        verdict: ICMPVerdict(v6: message.type.rawValue, code: message.code), in: envelope)
    case .malformed: .refused(.malformed, flowOfMalformed)
    case .foreign: .notOurs
    }
  }

  @_lifetime(copy header)
  private func judged(_ header: TCPHeaderView, in envelope: Envelope) -> ReceivedContent {
    let flow = Flow(
      local: Endpoint(envelope.destination, header.destinationPort),
      remote: Endpoint(envelope.source, header.sourcePort))
    guard isSound(TransportChecksum.judge(segment: header.segment, pseudoHeader: envelope.pseudoHeader)) else {
      return .refused(.badChecksum, flow)
    }
    guard let segment = try? Segment(header) else { return .refused(.malformed, flow) }
    return .segment(
      flow, segment, text: header.payload,
      ip: IPMarks(
        hopLimit: envelope.timeToLive, identification: envelope.identification, dontFragment: envelope.dontFragment))
  }

  /// A right checksum, or one that a local peer left unfinished on an interface that may do so.
  private func isSound(_ checksum: TransportChecksum) -> Bool {
    switch checksum {
    case .good: true
    case .unfinished: mayBeUnfinished
    case .bad: false
    }
  }

  @_lifetime(immortal)
  private func judgedError(
    type: UInt8, code: UInt8, isError: Bool, quote: RawSpan, isSound: Bool, verdict: ICMPVerdict?, in envelope: Envelope
  ) -> ReceivedContent {
    guard isError else { return .notOurs }
    guard let quoted = try? QuotedPacket(lax: quote) else { return .refused(.badQuote, nil) }
    guard quoted.protocolNumber == IPProtocol.tcp else { return .notOurs }
    guard let source = quoted.sourcePort, let destination = quoted.destinationPort else {
      return .refused(.badQuote, nil)
    }
    let flow = Flow(local: Endpoint(quoted.source, source), remote: Endpoint(quoted.destination, destination))
    guard isSound else { return .refused(.badChecksum, flow) }
    let notice = ICMPNotice(
      type: type, code: code, verdict: verdict, quotedSequence: quoted.sequence, source: envelope.source)
    return .icmp(flow, notice, hopLimit: envelope.timeToLive)
  }

  /// What a refused packet says of itself, where its TCP header can be read: to be shown, never to be believed.
  public var readableSegment: Segment? {
    guard case .tcp(_, let header) = dissection else { return nil }
    return try? Segment(header)
  }

  /// Whose packet a malformed one would be, where the ports at least can be read: it is counted there.
  private var flowOfMalformed: Flow? {
    switch framing {
    case .outOfBand(let envelope): flow(octets, from: envelope.source, to: envelope.destination)
    case .inBand:
      if let header = try? IPv4HeaderView(lax: octets) {
        flow(header.payload, from: .v4(header.source), to: .v4(header.destination))
      } else if let header = try? IPv6HeaderView(lax: octets),
        let chain = try? IPv6ExtensionChain(nextHeader: header.nextHeader, payload: header.payload),
        chain.protocolNumber == IPProtocol.tcp
      {
        flow(header.payload.extracting(chain.offset...), from: .v6(header.source), to: .v6(header.destination))
      } else {
        nil
      }
    }
  }

  private func flow(_ transport: RawSpan, from source: IPAddress, to destination: IPAddress) -> Flow? {
    guard let ports = try? TCPHeaderPrefix(parsing: transport) else { return nil }
    return Flow(local: Endpoint(destination, ports.destinationPort), remote: Endpoint(source, ports.sourcePort))
  }
}
