import Engines
import Handshake
import Timebase
import Wire

extension Bench {
  /// Whole probes in virtual time, from the schedule to the report.
  mutating func addEnginePaths() {
    add("a half-open probe in the engine, start to report", calls: 2_000) { probes($0, plan: Sample.halfOpen) }
    add("a full connection in the engine, start to report", calls: 2_000) { probes($0, plan: Plan()) }
  }
}

/// Runs an engine through so many probes, each answered a millisecond later.
private func probes(_ count: Int, plan: Plan) -> UInt64 {
  let target = ConnectEngine.Target(source: Sample.flow.local.address, remote: Sample.flow.remote, plan: plan)
  var engine = ConnectEngine(targets: [target], schedule: Schedule(count: count, interval: .milliseconds(10)))
  var sum: UInt64 = 0
  drive(&engine, answer: Sample.answer) { sum &+= UInt64($0.sequence) }
  return sum
}

/// Does what the event loop does, in virtual time, until the engine is done; what is answered is so a millisecond later.
func drive(
  _ engine: inout ConnectEngine, answer: (Segment) -> Segment?, report: (ConnectEngine.Finding) -> Void
) {
  var now = Sample.begin
  var frame = FrameBuffer()
  var port = Sample.flow.local.port
  var action = engine.start(at: now)
  while true {
    switch action {
    case .done: return
    case .none:
      let next = engine.nextDeadline ?? now.instant
      let step = max(next - now.instant, .zero)
      now = Stamp(instant: now.instant + step, wall: now.wall + step)
      action = engine.expire(at: now)
    case .open(let slot, _, _):
      port = port == .max ? Sample.flow.local.port : port + 1
      action = engine.note(.opened(slot: slot, port: port, seed: Sample.seed, at: now))
    case .report(let finding, _):
      report(finding)
      action = .none
    case .send(let transmission):
      engine.note(.departed(transmission.token, at: now))
      engine.note(.transmitted(transmission.token, kernel: now.wall))
      action = .none
      guard let back = answer(transmission.segment) else { continue }
      now = Stamp(instant: now.instant + .milliseconds(1), wall: now.wall + .milliseconds(1))
      now.kernel = now.wall
      action = deliver(back, of: transmission.flow, to: &engine, through: &frame, at: now)
      now.kernel = nil
    }
  }
}

/// Delivers a segment of the peer's as a packet.
private func deliver(
  _ segment: Segment, of flow: Flow, to engine: inout ConnectEngine, through frame: inout FrameBuffer, at now: Stamp
) -> Action<ConnectEngine.Finding> {
  let back = Flow(local: flow.remote, remote: flow.local)
  let count = try? frame.build { (out) throws(WireError) in
    try PacketAssembly.write(segment, flow: back, text: RawSpan(), ipFields: IPFields(), into: &out)
  }
  let packet = frame.view(first: count ?? 0)
  return engine.receive(ReceivedPacket(packet, framing: .inBand, mayBeUnfinished: false), at: now)
}
