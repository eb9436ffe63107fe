import Engines
import Handshake
import Scan
import Timebase
import Wire

extension Bench {
  /// What a scan does for every probe, and for every answer.
  mutating func addScanPaths() {
    add("make a probe of a scan", calls: 10_000) { calls in
      var engine = ScanSample.engine()
      let begin = Instant(nanoseconds: 1_000_000_000)
      engine.start(at: begin)
      var batch = PacketBatch(capacity: 64, room: 128)
      var (sum, made, now) = (UInt64(0), 0, begin)
      while made < calls {
        now = now + .microseconds(100)
        engine.advance(at: now)
        engine.fill(&batch, at: now)
        made += batch.count
        if batch.count > 0 { sum &+= UInt64(batch[0].octet(at: 27)) }
        batch.removeAll()
      }
      return sum
    }
    let packets = ScanSample.answers()
    add("judge an answer of a scan", calls: packets.count) { calls in
      var engine = ScanSample.engine()
      let begin = Instant(nanoseconds: 1_000_000_000)
      engine.start(at: begin)
      var sum: UInt64 = 0
      for index in 0..<calls {
        let packet = packets[index % packets.count]
        let arrival = ReceivedPacket(packet.span.raw, framing: .inBand, mayBeUnfinished: false)
        if let result = engine.receive(arrival, at: begin + .milliseconds(1)) { sum &+= UInt64(result.port) }
      }
      return sum
    }
  }
}

/// A scan of 65,536 addresses that all answer, and their answers.
private enum ScanSample {
  static let source = IPAddress.v4(IPv4Address(10, 0, 0, 1))
  static let ports: [UInt16] = [50_001, 50_002, 50_003, 50_004, 50_005]

  static func engine() -> ScanEngine {
    guard let block = try? AddressBlock(parsing: "10.9.0.0/16"),
      let targets = try? ScanTargets([block], ports: [80]),
      let template = try? ScanTemplate(from: source, offer: SynOptions(), window: 64_240, ipFields: IPFields())
    else { fatalError("the sample is no scan") }
    var plan = ScanPlan(seed: 5, key: SipHash.Key(k0: 3, k1: 4))
    plan.rate = 10_000_000
    return ScanEngine(targets, plan, templates: [template], ports: ports)
  }

  /// SYN-ACKs and RSTs of many of them.
  static func answers() -> [[UInt8]] {
    var engine = engine()
    let begin = Instant(nanoseconds: 1_000_000_000)
    engine.start(at: begin)
    engine.advance(at: begin + .milliseconds(1))
    var batch = PacketBatch(capacity: 10_000, room: 128)
    engine.fill(&batch, at: begin + .milliseconds(1))
    var packets: [[UInt8]] = []
    for index in 0..<batch.count {
      let probe = ReceivedPacket(batch[index], framing: .inBand, mayBeUnfinished: false)
      guard case .segment(let flow, let syn, _, _) = probe.judged() else { continue }
      let answer =
        index % 2 == 0
        ? Sample.synAck(to: syn) : Segment(seq: SequenceNumber(0), ack: syn.end, flags: [.rst, .ack], wnd: 0)
      // The packet as its receiver sees it has the scan's own end as the remote one.
      packets.append(Sample.packet(answer, flow: flow))
    }
    return packets
  }
}
