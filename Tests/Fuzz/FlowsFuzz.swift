/// Any packets in any order: the tracker stays within its bounds, and every packet and flow is accounted for once.
@c(LLVMFuzzerTestOneInput)
public func fuzzFlows(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let octets = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  guard let manner = octets.first else { return 0 }
  var policy = FlowTracker.Policy()
  policy.capacity = Int(manner & 7) + 1
  policy.isLive = manner & 8 != 0
  policy.followed = Int(manner >> 4)
  var tracker = FlowTracker(policy, seed: UInt64(manner))
  var flows: [TrackedFlow] = []
  var time: Int64 = 0
  for (number, at) in stride(from: 1, to: octets.count - 8, by: 8).enumerated() {
    let record = Array(octets[at..<at + 8])
    // Small steps mostly, and now and then one as long as there can be.
    time &+= record[0] == 0xff ? .max / 3 : Int64(record[0]) << 24
    let packet = FuzzedPacket(record)
    let stamp = record[1] & 0x80 == 0 ? WallTime(nanoseconds: time) : nil
    let captured = CapturedPacket(number: number + 1, stamp: stamp, octets: packet.octets.span.raw)
    _ = tracker.receive(captured) { flows.append($0) }
    check(tracker.remembered <= policy.capacity, "more flows than may be")
  }
  tracker.finish { flows.append($0) }
  check(tracker.remembered == 0, "a flow is left")
  check(Set(flows.map(\.number)).count == flows.count, "a flow came twice")
  check(flows.count == tracker.counts.flows, "a flow is missing")
  let counts = tracker.counts
  check(counts.packets == counts.segments + counts.errors + counts.malformed + counts.other, "a packet is missing")
  let errors = flows.reduce(0) { $0 + ($1.errors?.count ?? 0) }
  check(policy.isLive ? errors <= counts.errors : errors == counts.errors, "an error is missing")
  let packets = flows.reduce(0) { $0 + $1.client.packets + $1.server.packets }
  check(policy.isLive ? packets <= tracker.counts.segments : packets == tracker.counts.segments, "packets")
  for flow in flows { checkFlow(flow, tracker.story) }
  return 0
}

/// A packet of one of few flows, made of eight octets.
private struct FuzzedPacket {
  var octets: [UInt8]

  init(_ record: [UInt8]) {
    let (low, high) = (IPAddress.v4(IPv4Address(10, 0, 0, 1)), IPAddress.v4(IPv4Address(10, 0, 0, 2)))
    let ends = (Endpoint(low, UInt16(record[1] & 3)), Endpoint(high, 80))
    let isBack = record[1] & 4 != 0
    let flow = Flow(local: isBack ? ends.1 : ends.0, remote: isBack ? ends.0 : ends.1)
    var options = TCPOptionList()
    if record[1] & 8 != 0 { options.appendTimestamps(value: UInt32(record[2] & 3), echoReply: UInt32(record[2] >> 4)) }
    // Numbers near each other, and near the end of the circle; a few far off.
    let far: UInt32 = record[1] & 16 == 0 ? 0xffff_fff0 : 0x4000_0000
    let segment = Segment(
      seq: SequenceNumber(far &+ UInt32(record[3])), ack: SequenceNumber(0xffff_fff0 &+ UInt32(record[4])),
      flags: TCPFlags(rawValue: UInt16(record[5])), wnd: UInt16(record[6]), options: options)
    var bits = segment
    if record[1] & 32 != 0 { bits.flags.remove(.ack) }
    var buffer = [UInt8](repeating: 0, count: 512)
    let text = [UInt8](repeating: record[7], count: Int(record[7]))
    var span = buffer.mutableSpan
    var out = unsafe span.mutableBytes
    let length =
      (try? PacketAssembly.write(bits, flow: flow, text: text.span.raw, ipFields: IPFields(), into: &out)) ?? 0
    octets = Array(buffer[..<length])
    if record[0] & 0x1f == 0x1e {
      // An ICMP error about it, with more or less of a quote.
      let header: [UInt8] = [0x45, 0, 2, 0, 0, 0, 0, 0, 64, 1, 0, 0, 10, 0, 0, 9, 10, 0, 0, 1]
      octets = header + [record[6] & 15, record[7] & 15, 0, 0, 0, 0, 0, 0] + octets.prefix(64)
    }
    if record[1] & 64 != 0 { octets.removeLast(min(Int(record[6]), octets.count)) }
  }
}

private func checkFlow(_ flow: TrackedFlow, _ story: FlowPacketLog) {
  let steps = flow.steps
  check(Set(steps.map(\.kind)).count == steps.count, "a step twice")
  for step in steps {
    check(step.from.isSet && step.to.isSet, "a step without an end")
    check((step.time?.nanoseconds ?? 0) >= 0, "a time below nothing")
    check(!step.isAmbiguous || step.time == nil, "a time of what nobody knows")
  }
  check(flow.isHandshakeComplete || flow.initialRTT == nil, "a round trip without a handshake")
  check(flow.ending != .unreachable || flow.unreachable != nil, "unreachable for no reason")
  check(flow.ending != .refused || flow.isClosedByClient != nil, "refused by nobody")
  let outcome = story.outcome(of: flow)
  check(outcome.log.entries.count <= PacketLog.capacity, "more packets than are kept")
}
