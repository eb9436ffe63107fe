import Engines
import Handshake
import Laboratory
import Script
import Timebase
import Wire

/// An audit of the model in virtual time: it does what the event loop does.
struct AuditWorld {
  private var engine: PlayEngine<AuditDirector>
  private var model: ModelTCP
  private var now = Instant(nanoseconds: 1_000_000_000_000)
  private var arrivals: [[UInt8]] = []
  private var port: UInt16 = 40_000
  private var iss: UInt32 = 1_000_000
  /// What was found, in order.
  private(set) var findings: [Finding] = []
  private(set) var isDone = false

  static let listening: UInt16 = 80

  /// An audit of a service over a family; the ports 81 and 82 are closed.
  init(_ conversations: [Conversation], family: AddressFamily, service: ModelTCP.Service, fault: ModelTCP.Fault?) {
    let prefix: [UInt8] = family == .v4 ? [10, 9, 0] : [0xfd, 9] + [UInt8](repeating: 0, count: 13)
    model = ModelTCP(address: prefix + [2], ports: [AuditWorld.listening], service: service, fault: fault)
    let (ours, theirs): (IPAddress, IPAddress) =
      family == .v4
      ? (.v4(IPv4Address(10, 9, 0, 1)), .v4(IPv4Address(10, 9, 0, 2)))
      : (AuditWorld.address6(1), AuditWorld.address6(2))
    engine = PlayEngine(
      director: AuditDirector(conversations, of: Endpoint(theirs, AuditWorld.listening), probes: (81, 82)), from: ours,
      setting: Play.Setting(request: Array("GET / HTTP/1.0\r\nHost: model\r\n\r\n".utf8)), places: 4)
  }

  private static func address6(_ last: UInt8) -> IPAddress { .v6(IPv6Address(UInt128(0xfd09) << 112 | UInt128(last))) }

  private var stamp: Stamp {
    Stamp(instant: now, wall: WallTime(nanoseconds: 1_700_000_000_000_000_000 + now.nanoseconds))
  }

  /// Runs to the end, or for so many turns; returns whether it came to its end.
  mutating func run(turns limit: Int = 200_000) -> Bool {
    perform(engine.start(at: stamp))
    for _ in 0..<limit where !isDone {
      if !arrivals.isEmpty {
        let packet = arrivals.removeFirst()
        perform(engine.receive(ReceivedPacket(packet.span.raw, framing: .inBand, mayBeUnfinished: false), at: stamp))
        continue
      }
      if let due = engine.nextDeadline, due <= now {
        perform(engine.expire(at: stamp))
        continue
      }
      guard let next = [engine.nextDeadline, model.nextDeadline].compactMap(\.self).min() else { return false }
      // What is under way takes a moment, so that nothing happens at the very time of its cause.
      now = max(now + .microseconds(10), next)
      arrivals += model.expire(at: now)
    }
    return isDone
  }

  private mutating func perform(_ action: Action<Finding?>) {
    switch action {
    case .none: break
    case .done: isDone = true
    case .report(let finding, _): if let finding { findings.append(finding) }
    case .open(let slot, _, _):
      port += 1
      iss &+= 7_654_321
      engine.note(.opened(slot: slot, port: port, seed: Seed(iss: iss, timestamp: 0), at: stamp))
    case .send(let transmission):
      engine.note(.departed(transmission.token, at: stamp))
      for packet in AuditWorld.packets(of: transmission) { arrivals += model.receive(packet, at: now) }
    }
  }

  private static func packets(of transmission: Transmission) -> [[UInt8]] {
    if !transmission.packets.isEmpty { return transmission.packets }
    let text = Array(transmission.data[transmission.text])
    return
      (try? Crafting().packets(
        transmission.segment, flow: transmission.flow, text: text, ipFields: transmission.ipFields)) ?? []
  }
}
