import Handshake
import Timebase
import Wire

/// What a benchmark sends: every segment is made from a template of its target.
extension BenchEngine {
  /// Begins a connection by its SYN.
  mutating func begin(
    _ turn: BenchSchedule.Turn, in slot: Int, at now: Instant, into batch: inout PacketBatch
  ) {
    let jump = UInt32(truncatingIfNeeded: random() >> 48)
    slots[slot].begin(turn, at: now, wait: plan.wait, jump: jump)
    lanes[turn.target].counts.started += 1
    underWay += 1
    lanes[slots[slot].result.target].underWay += 1
    sendSyn(slot, at: now, into: &batch)
  }

  /// A copy of the SYN, with a time-stamp value of its own.
  mutating func sendSyn(_ slot: Int, at now: Instant, into batch: inout PacketBatch) {
    let value = timestamp(at: now)
    slots[slot].copies += 1
    slots[slot].result.transmissions += 1
    slots[slot].lastCopy = BenchCopy(timestamp: value)
    if slots[slot].copies == 1 { slots[slot].firstCopy.timestamp = value }
    let target = slots[slot].result.target
    let fields = PacketTemplate.Fields(
      localPort: slots[slot].port, seq: slots[slot].iss, flags: .syn, window: lanes[target].target.window,
      timestamp: value)
    append(lanes[target].syn, fields, slot, .syn, into: &batch)
    setTimer(slot, at: now + slots[slot].retransmission.timeout)
  }

  /// Both ends opened at once: our SYN again, now with an acknowledgment (RFC 9293 §3.5, figure 7).
  mutating func sendSynAck(_ slot: Int, at now: Instant, into batch: inout PacketBatch) {
    let target = slots[slot].result.target
    let fields = PacketTemplate.Fields(
      localPort: slots[slot].port, seq: slots[slot].iss, acknowledgment: slots[slot].receiveNext, flags: [.syn, .ack],
      window: lanes[target].target.window, timestamp: slots[slot].lastCopy.timestamp,
      echoReply: slots[slot].recentTimestamp)
    append(lanes[target].syn, fields, slot, .other, into: &batch)
  }

  /// `<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>`.
  mutating func sendAck(_ slot: Int, at now: Instant, into batch: inout PacketBatch) {
    send(slot, seq: slots[slot].nxt, flags: .ack, .other, at: now, into: &batch)
  }

  /// Our FIN, or another copy of it.
  mutating func sendFin(_ slot: Int, at now: Instant, into batch: inout PacketBatch) {
    slots[slot].copies += 1
    send(slot, seq: slots[slot].nxt - 1, flags: [.fin, .ack], .awaited, at: now, into: &batch)
    setTimer(slot, at: now + slots[slot].retransmission.timeout)
  }

  /// Our FIN takes a number, and the state says that it is out.
  mutating func closeByFin(_ slot: Int, to state: State, at now: Instant, into batch: inout PacketBatch) {
    slots[slot].state = state
    slots[slot].nxt += 1
    slots[slot].copies = 0
    slots[slot].left = nil
    sendFin(slot, at: now, into: &batch)
  }

  /// Clears the connection away at the peer, whatever it thinks of it (RFC 9293 §3.10.5).
  mutating func reset(_ slot: Int, into batch: inout PacketBatch) {
    let isOpen = slots[slot].state.isSynchronized
    send(
      slot, seq: slots[slot].nxt, flags: isOpen ? [.rst, .ack] : .rst, .other, at: nil, into: &batch)
  }

  /// `<SEQ=SEG.ACK><CTL=RST>` (RFC 9293 §3.10.7.1 and §3.10.7.3).
  mutating func sendReset(_ slot: Int, seq: SequenceNumber, into batch: inout PacketBatch) {
    let target = slots[slot].result.target
    let fields = PacketTemplate.Fields(localPort: slots[slot].port, seq: seq, flags: .rst)
    append(lanes[target].plain, fields, slot, .other, into: &batch)
  }

  /// The request, or another copy of it; it acknowledges what has come, like any segment.
  mutating func sendRequest(_ slot: Int, at now: Instant, into batch: inout PacketBatch) {
    guard batch.vacancies > 0 else { return }
    slots[slot].copies += 1
    let own = slots[slot]
    let target = lanes[own.result.target].target
    let options =
      own.hasTimestamps
      ? TCPOptionList.timestampsOnly(value: timestamp(at: now), echoReply: own.recentTimestamp) : TCPOptionList()
    let segment = Segment(
      seq: own.iss + 1, ack: own.receiveNext, flags: .psh, wnd: own.window, options: options,
      textLength: target.request.count)
    let flow = Flow(local: Endpoint(target.source, own.port), remote: target.remote)
    let name = PacketTag(slot: slot, generation: own.generation, role: .awaited)
    // A request that does not fit was refused before the run began.
    try? batch.append(to: own.result.target, named: name.rawValue) { (out, start) throws(WireError) in
      var frame = FrameBuffer()
      let count = try frame.build { (room) throws(WireError) in
        try PacketAssembly.write(
          segment, flow: flow, text: target.request.span.raw, ipFields: target.ipFields, into: &room)
      }
      out.copy(frame.view(first: count), at: start)
      return count
    }
    setTimer(slot, at: now + slots[slot].retransmission.timeout)
  }

  private mutating func send(
    _ slot: Int, seq: SequenceNumber, flags: TCPFlags, _ role: PacketTag.Role, at now: Instant?,
    into batch: inout PacketBatch
  ) {
    let target = slots[slot].result.target
    var fields = PacketTemplate.Fields(
      localPort: slots[slot].port, seq: seq,
      acknowledgment: flags.contains(.ack) ? slots[slot].receiveNext : SequenceNumber(0), flags: flags,
      window: flags.contains(.rst) ? 0 : slots[slot].window)
    // An RST needs no timestamps (RFC 7323 §3.2).
    guard slots[slot].hasTimestamps, let now else {
      return append(lanes[target].plain, fields, slot, role, into: &batch)
    }
    fields.timestamp = timestamp(at: now)
    fields.echoReply = slots[slot].recentTimestamp
    append(lanes[target].stamped, fields, slot, role, into: &batch)
  }

  private func append(
    _ template: PacketTemplate, _ fields: PacketTemplate.Fields, _ slot: Int, _ role: PacketTag.Role,
    into batch: inout PacketBatch
  ) {
    let name = PacketTag(slot: slot, generation: slots[slot].generation, role: role)
    batch.append(to: slots[slot].result.target, named: name.rawValue) { out, start in
      template.write(fields, into: &out, at: start)
    }
  }

  /// Our time-stamp clock: a tick a millisecond (RFC 7323 §5.4).
  private func timestamp(at now: Instant) -> UInt32 {
    timestampBase &+ UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000)
  }
}
