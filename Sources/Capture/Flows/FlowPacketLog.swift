import Handshake
import Timebase
import Wire

/// The packets of one flow, the first ones where there are too many.
public struct FlowPacketLog: Sendable {
  struct Packet: Sendable {
    let content: PacketLog.Entry.Content
    var mark: FrameMark
    let isFromHigh: Bool
    var isRepeated = false
    var isDamaged = false
    var errorSource: IPAddress?
  }

  private(set) var packets: [Packet] = []
  private var omitted = 0

  /// No packets yet.
  public init() {}

  /// Takes a segment; what the capture has once more is no other packet.
  mutating func append(
    _ segment: borrowing CapturedSegment, _ sighting: Sighting, fromHigh: Bool, _ mark: FrameMark
  ) {
    guard sighting.novelty != .duplicate else { return }
    guard packets.count < PacketLog.capacity, var content = try? Segment(segment.header) else {
      omitted += 1
      return
    }
    content.textLength = segment.payloadLength
    packets.append(
      Packet(
        content: .segment(content), mark: mark, isFromHigh: fromHigh,
        isRepeated: sighting.novelty == .retransmission, isDamaged: sighting.checksum == .bad))
  }

  /// Takes an ICMP error, which goes to the end whose segment it quotes.
  mutating func append(_ error: QuotingError, quotesHigh: Bool, _ mark: FrameMark) {
    guard packets.count < PacketLog.capacity else {
      omitted += 1
      return
    }
    packets.append(
      Packet(
        content: .icmp(type: error.type, code: error.code), mark: mark, isFromHigh: !quotesHigh,
        errorSource: error.source))
  }

  /// Takes the time from a packet whose stamp was wild.
  mutating func forgetTime(of frame: Int) {
    for index in packets.indices.reversed() where packets[index].mark.frame <= frame {
      if packets[index].mark.frame == frame { packets[index].mark = packets[index].mark.withoutTime }
      return
    }
  }

  /// The flow told as the outcome of a connection that its client made, so that what draws those can draw it.
  public func outcome(of flow: TrackedFlow) -> Outcome {
    let local = Flow(local: flow.client.endpoint, remote: flow.server.endpoint)
    let (verdict, reason) = flow.verdict
    var outcome = Outcome(
      byKernel: local, verdict: verdict, reason: reason, started: flow.first.stamp ?? .unknown,
      steps: steps(of: flow), ending: ending(of: flow))
    outcome.mode = .capture
    outcome.iss = flow.client.isn
    outcome.irs = flow.server.isn
    outcome.hopLimit = flow.server.packets > 0 ? flow.server.hopLimit : nil
    outcome.reset = flow.resetOrigin
    if let frame = outcome.reset?.number { outcome.reset?.number = packets.firstIndex { $0.mark.frame == frame } ?? -1 }
    outcome.counters.transmissions = flow.client.synCopies
    outcome.counters.retransmissions = flow.client.retransmissions
    outcome.counters.duplicates = flow.server.retransmissions
    var ends = InferredStates(flow, serverAtHead: stateOfServerAtHead(flow))
    outcome.peerAtHead = flow.isReopened ? ends.server.state : nil
    outcome.log = PacketLog(entries(flow, &ends), omitted: omitted)
    outcome.state = ends.client.state
    outcome.peer = ends.server.state
    if !ends.isHeadKnown { outcome.unknownBefore = firstSigns(of: flow) }
    return outcome
  }

  /// The flow's steps by the places of their packets here.
  private func steps(of flow: TrackedFlow) -> [Step] {
    func number(of mark: FrameMark) -> UInt32? {
      packets.firstIndex { $0.mark.frame == mark.frame }.map { UInt32(truncatingIfNeeded: $0) }
    }
    return flow.steps.map { step in
      Step(
        step.kind, step.time.map { Measurement($0, clock: .kernel) }, isAmbiguous: step.isAmbiguous,
        from: step.isAmbiguous ? nil : number(of: step.from), to: number(of: step.to))
    }
  }

  /// Where the server stands when the first SYN reaches it, by what it sends next.
  private func stateOfServerAtHead(_ flow: TrackedFlow) -> State {
    let first = packets.first { packet in
      if case .segment = packet.content { packet.isFromHigh != flow.isClientHigh } else { false }
    }
    guard case .segment(let segment)? = first?.content else { return .listen }
    if segment.flags.contains(.syn) { return .listen }
    if segment.flags.contains(.rst) { return .closed }
    return flow.isReopened ? .established : .listen
  }

  /// From which packet on the state of each end can be told: the first that it sends, or an RST from either.
  private func firstSigns(of flow: TrackedFlow) -> UnknownStates {
    func first(_ isClient: Bool) -> Int {
      let index = packets.firstIndex { packet in
        guard case .segment(let segment) = packet.content else { return false }
        return segment.flags.contains(.rst) || (packet.isFromHigh == flow.isClientHigh) == isClient
      }
      return index ?? packets.count
    }
    return UnknownStates(ours: first(true), theirs: first(false))
  }

  private func ending(of flow: TrackedFlow) -> Ending {
    switch flow.ending {
    case .fin: .fin
    case .rst, .refused: flow.isResetByClient == true ? .rst : .peerRst
    case .unanswered, .unreachable, .halfOpen, .halfClosed, .closing, .open: .none
    }
  }

  private func entries(_ flow: TrackedFlow, _ ends: inout InferredStates) -> [PacketLog.Entry] {
    // Where most checksums are wrong the capture, or whoever changed its addresses, is to blame, and not the wire.
    let believesClient = flow.client.badChecksums * 2 > flow.client.packets
    let believesServer = flow.server.badChecksums * 2 > flow.server.packets
    let syn = flow.isAnsweredEarly ? packets.firstIndex { $0.mark.frame == flow.client.firstSyn.frame } : nil
    if let syn, case .segment(let segment) = packets[syn].content { ends.pass(segment, fromClient: true) }
    return packets.enumerated().map { index, packet in
      let isFromClient = packet.isFromHigh == flow.isClientHigh
      let isBelieved = !packet.isDamaged || (isFromClient ? believesClient : believesServer)
      if isBelieved, index != syn, case .segment(let segment) = packet.content {
        ends.pass(segment, fromClient: isFromClient)
      }
      let wall = packet.mark.stamp ?? .unknown
      return PacketLog.Entry(
        direction: isFromClient ? .sent : .received, content: packet.content,
        stamp: Stamp(instant: Instant(nanoseconds: wall.nanoseconds), wall: wall, kernel: wall),
        state: ends.client.state, peer: ends.server.state, refusal: isBelieved ? nil : .badChecksum,
        number: UInt32(truncatingIfNeeded: index), isRetransmission: packet.isRepeated, errorSource: packet.errorSource)
    }
  }
}

extension TrackedFlow {
  fileprivate var verdict: (Verdict, Reason) {
    if isRefused { return (.refused, .rst) }
    if answer.isSet { return (.open, .synAck) }
    if let unreachable { return (unreachable.verdict, unreachable) }
    return isOpenerKnown && !server.firstSyn.isSet && !client.hasSpoken ? (.filtered, .noResponse) : (.open, .ack)
  }
}
