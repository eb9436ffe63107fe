import Timebase

/// A small TCP that does what RFC 9293 and its relatives say, or breaks exactly one of their rules.
///
/// Packets in, packets out: it has neither a clock nor a device. Written apart from the program's own TCP, to be a judge of it. It is a host of one address with some listening
/// ports; every other port is closed.
public struct ModelTCP: Sendable {
  /// What answers behind a listening port.
  public enum Service: Hashable, Sendable {
    /// Sends back what comes, and closes when the other end has.
    case echo
    /// Reads, never replies, and closes when the other end has.
    case discard
    /// Answers a line by so many octets, then closes.
    case http(octets: Int)
    /// Never reads.
    case sink
    /// Sends so many octets as soon as it is connected.
    case source(octets: Int)
    /// Closes as soon as something has come, without reading it.
    case closes
  }

  /// 4 or 16 octets.
  public let address: [UInt8]
  /// The ports that listen.
  public let ports: Set<UInt16>
  /// The service behind each of them.
  public let service: Service
  /// The rule that it breaks; nil breaks none.
  public let fault: Fault?
  /// Whether a SYN with AE, CWR and ECE gets AccECN's SYN-ACK (RFC 9768) in place of the classic one.
  public var understandsAccECN = false
  /// Octets that a connection takes before its application reads.
  public var receiveBuffer = 64_896

  /// The two ends of a connection, without the address that is always its own.
  struct Flow: Hashable {
    var remote: [UInt8]
    var remotePort: UInt16, localPort: UInt16
  }

  private var connections: [Flow: ModelConnection] = [:]
  private var ip: ModelIP
  /// It answers nothing any more.
  private var isDead = false
  /// How many resets of closed ports a second has had.
  private var flood = (since: Instant(nanoseconds: 0), count: 0)
  /// Flows that have ended, and whether by a FIN of the other end's: kept only for the faults that ask for it.
  private var ended: [Flow: Bool] = [:]

  /// Connections at once; a SYN beyond them is dropped.
  private static let limit = 1_024

  /// A host with that address, and that service on each of those ports.
  public init(address: [UInt8], ports: Set<UInt16>, service: Service, fault: Fault? = nil) {
    (self.address, self.ports, self.service, self.fault) = (address, ports, service, fault)
    ip = ModelIP(address: address, fault: fault)
    if service == .sink { receiveBuffer = 4_096 }
  }

  /// When `expire` is due.
  public var nextDeadline: Instant? { isDead ? nil : connections.values.compactMap(\.deadline).min() }

  /// What is sent when time has passed: retransmissions, and probes of a closed window.
  public mutating func expire(at now: Instant) -> [[UInt8]] {
    guard !isDead else { return [] }
    var packets: [[UInt8]] = []
    let due = connections.filter { $0.value.deadline.map { $0 <= now } ?? false }
    // In an order of its own: that of a dictionary differs from run to run.
    for flow in due.keys.sorted(by: { ($0.remotePort, $0.localPort) < ($1.remotePort, $1.localPort) }) {
      guard var connection = connections[flow] else { continue }
      packets += connection.expire(at: now).map(sealed)
      keep(connection, of: flow)
    }
    return packets
  }

  /// Opens a connection as a client.
  public mutating func connect(
    from port: UInt16, to remote: [UInt8], port remotePort: UInt16, at now: Instant
  ) -> [[UInt8]] {
    let flow = Flow(remote: remote, remotePort: remotePort, localPort: port)
    var connection = ModelConnection(flow: flow, rules: rules, at: now)
    let segments = connection.open(at: now)
    keep(connection, of: flow)
    return segments.map(sealed)
  }

  /// What is sent when a packet comes.
  public mutating func receive(_ packet: [UInt8], at now: Instant) -> [[UInt8]] {
    guard !isDead else { return [] }
    switch ip.receive(packet) {
    case .nothing: return []
    case .problem(let code, let pointer):
      let source = Array(packet[8..<24])
      return [icmpPacket([4, code], word: pointer, quoting: packet, from: address, to: source)]
    case .datagram(let datagram):
      if datagram.protocolNumber == 6 { return receiveTCP(datagram, at: now).map(sealed) }
      return receiveError(datagram, at: now).map(sealed)
    }
  }

  private var rules: ModelConnection.Rules {
    ModelConnection.Rules(
      address: address, service: service, fault: fault, receiveBuffer: receiveBuffer,
      understandsAccECN: understandsAccECN)
  }

  private mutating func keep(_ connection: ModelConnection, of flow: Flow) {
    connections[flow] = connection.state == .closed ? nil : connection
    if [.lateTextUnanswered, .listenACKIgnored, .listenResetFromZero].contains(fault), connection.state == .closed {
      ended[flow] = connection.hasReceivedFIN
    }
  }
}

// MARK: TCP

extension ModelTCP {
  private mutating func receiveTCP(_ datagram: ModelDatagram, at now: Instant) -> [PeerSegment] {
    let isBadOffsetAnswered = fault == .badOffsetAnswered
    guard
      var segment = PeerSegment(
        datagram.content, source: datagram.source, destination: datagram.destination,
        ignoringOffset: isBadOffsetAnswered)
    else { return [] }
    segment.typeOfService = datagram.typeOfService
    let flow = Flow(
      remote: datagram.source, remotePort: segment.sourcePort, localPort: segment.destinationPort)
    let isKnown = connections[flow] != nil
    guard isSummed(datagram) || fault == (isKnown ? .badChecksumTextAccepted : .badChecksumSYNAccepted) else {
      return []
    }
    // Where a fault lets a group's address in, the answer comes from it.
    if fault == .optionLengthZeroHangs, ModelOptions(segment.options).hasLengthZero {
      isDead = true
      return []
    }
    if var connection = connections[flow] {
      if connection.state == .timeWait, let next = connection.reopened(by: segment, at: now) {
        return listened(segment, flow, iss: next, at: now)
      }
      let replies = connection.receive(segment, at: now)
      keep(connection, of: flow)
      return replies
    }
    if fault == .lateTextUnanswered, ended[flow] == true, !segment.flags.contains(.syn) { return [] }
    return ports.contains(segment.destinationPort)
      ? listen(segment, flow, at: now) : closed(segment, at: now)
  }

  private func isSummed(_ datagram: ModelDatagram) -> Bool {
    upperLayerChecksum(
      datagram.content, from: datagram.source, to: datagram.destination, protocolNumber: datagram.protocolNumber) == 0
  }

  /// RFC 9293 §3.10.7.1.
  private mutating func closed(_ segment: PeerSegment, at now: Instant) -> [PeerSegment] {
    if segment.flags.contains(.rst) {
      return fault == .closedResetAnswered ? [segment.answer(.rst, seq: segment.ack, window: 0)] : []
    }
    if segment.flags.contains(.ack) {
      let seq = fault == .closedResetFromZero ? 0 : segment.ack
      return [segment.answer(.rst, seq: seq, window: 0)]
    }
    var ack = segment.seq &+ segment.length
    var flags: PeerSegment.Flags = [.rst, .ack]
    let isSYN = segment.flags.contains(.syn)
    if isSYN {
      if now - flood.since > .seconds(1) { flood = (now, 0) }
      flood.count += 1
    }
    switch fault {
    case .closedResetWithoutACK where isSYN && segment.payload.isEmpty: (flags, ack) = (.rst, 0)
    case .closedResetAcknowledgesISS where isSYN && segment.payload.isEmpty: ack = segment.seq
    case .closedTextNotCounted where isSYN && !segment.payload.isEmpty: ack = segment.seq &+ 1
    case .closedFINNotCounted where segment.flags.contains(.fin): ack = ack &- 1
    case .closedFloodMisnumbered where isSYN && flood.count > 20: ack = 0
    default: break
    }
    return [segment.answer(flags, seq: 0, ack: ack, window: 0)]
  }

  /// RFC 9293 §3.10.7.2.
  private mutating func listen(_ segment: PeerSegment, _ flow: Flow, at now: Instant) -> [PeerSegment] {
    let flags = segment.flags
    if flags.contains(.rst) {
      return fault == .listenResetAnswered ? [segment.answer(.rst, seq: segment.ack, window: 0)] : []
    }
    if flags.contains(.ack) {
      // These faults are about what never was a connection.
      let isStranger = ended[flow] == nil
      if fault == .listenACKIgnored, isStranger { return [] }
      return [
        segment.answer(.rst, seq: fault == .listenResetFromZero && isStranger ? 0 : segment.ack, window: 0)
      ]
    }
    // A SYN with FIN is dropped, as everybody does.
    guard flags.contains(.syn), !flags.contains(.fin), connections.count < ModelTCP.limit else { return [] }
    return listened(segment, flow, iss: nil, at: now)
  }

  private mutating func listened(
    _ segment: PeerSegment, _ flow: Flow, iss: UInt32?, at now: Instant
  ) -> [PeerSegment] {
    let options = ModelOptions(segment.options, fault: fault)
    if fault == .unknownOptionDropsSYN, options.hasUnknown { return [] }
    var connection = ModelConnection(flow: flow, rules: rules, at: now)
    if segment.destination != address { connection.answers(from: segment.destination) }
    let replies = connection.accept(segment, options, iss: iss, at: now)
    keep(connection, of: flow)
    return replies
  }
}

// MARK: ICMP

extension ModelTCP {
  /// "Fragmentation needed" and "packet too big" with a quote that is ours; other errors are ignored (RFC 5927).
  private mutating func receiveError(_ datagram: ModelDatagram, at now: Instant) -> [PeerSegment] {
    let message = datagram.content
    let isV4 = address.count == 4
    let isRight = isV4 ? message.internetChecksum == 0 : isSummed(datagram)
    let header = isV4 ? 20 : 40
    guard datagram.protocolNumber == (isV4 ? 1 : 58), message.count >= 8 + header + 8, isRight,
      isV4 ? message[0] == 3 && message[1] == 4 : message[0] == 2
    else { return [] }
    let quote = Array(message[8...])
    let transport = isV4 ? Int(quote[0] & 15) * 4 : 40
    guard quote[isV4 ? 9 : 6] == 6, transport >= header, quote.count >= transport + 8 else { return [] }
    let remote = Array(isV4 ? quote[16..<20] : quote[24..<40])
    let flow = Flow(
      remote: remote, remotePort: quote.word16(transport + 2), localPort: quote.word16(transport))
    guard var connection = connections[flow] else { return [] }
    let size = isV4 ? Int(message.word16(6)) : Int(message.word32(4))
    let replies = connection.pathIsNarrow(size, quoted: quote.word32(transport + 4), at: now)
    keep(connection, of: flow)
    return replies
  }

  /// The whole packet of a segment that leaves, with what a fault does to every one.
  private func sealed(_ segment: PeerSegment) -> [UInt8] {
    var segment = segment
    switch fault {
    case .paddingNotZero where !segment.options.isEmpty && segment.options.count <= 36:
      segment.options += [0, 7, 7, 7]
    case .mssOnEverySegment where !segment.flags.contains(.syn) && segment.options.count <= 36:
      segment.options += [2, 4, 5, 180]
    default: break
    }
    return segment.packet()
  }
}

/// An ICMPv6 error with a quote.
private func icmpPacket(
  _ kind: [UInt8], word: UInt32, quoting packet: [UInt8], from: [UInt8], to: [UInt8]
) -> [UInt8] {
  var message = kind + [0, 0]
  message.append32(word)
  message += packet.prefix(1_232)
  message.put16(upperLayerChecksum(message, from: from, to: to, protocolNumber: 58), at: 2)
  return ipPacket(message, from: from, to: to, protocolNumber: 58)
}
