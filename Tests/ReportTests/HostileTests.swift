import Foundation
import Judging
import Testing
import Timebase
import Wire

@testable import Handshake
@testable import Report

@Suite("Whatever a peer sends, it is told without a trap") struct HostileTests {
  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }

  @Test("random exchanges", arguments: [0, 0x5eed, UInt64.random(in: .min ... .max)])
  func randomExchanges(seed: UInt64) throws {
    var random = Generator(state: seed)
    for _ in 0..<60 {
      var outcome = try (Scenes.all.randomElement(using: &random)?.value ?? Scenes.refused).outcome()
      outcome.verdict = Verdict.allCases.randomElement(using: &random) ?? .open
      outcome.notes = Notes(rawValue: UInt32(truncatingIfNeeded: random.next()))
      if Bool.random(using: &random) { outcome.irs = nil }
      let entries = (0..<Int.random(in: 0...12, using: &random)).map { _ in entry(&random) }
      let exchange = PacketLog(entries, omitted: 0)
      outcome.log = exchange
      outcome.steps += [Step(.transfer, Measurement(.nanoseconds(.min), clock: .user))]
      let record = Record(target: "t", sequence: .min, outcome: outcome)
      for width in [Int.min, 0, 80, 100, Int.max] {
        let style = Style(isColoured: Bool.random(using: &random), isUnicode: width != 80, width: width)
        let text = TextReport(style: style, isVerbose: true, timeFormat: .unix).single(record)
        #expect(text.hasSuffix("\n"))
      }
      _ = try XMLReading(LadderPicture(outcome, heading: "</title>\u{0}").svg)
      for line in [JSONLines.connection(record)] + exchange.entries.map({ JSONLines.packet($0, of: record) }) {
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
      }
      var summary = TargetSummary(target: "t", remote: outcome.flow.remote, mode: outcome.mode)
      summary.add(record)
      summary.add(record)
      #expect(!TextReport().summary(summary).isEmpty)
    }
  }

  private func entry(_ random: inout Generator) -> PacketLog.Entry {
    let extremes: [Int64] = [.min, -5_000_000, 0, 1, 7_000_000_000, .max]
    func moment(_ random: inout Generator) -> Int64 { extremes.randomElement(using: &random) ?? 0 }
    let content: PacketLog.Entry.Content =
      switch random.next() % 5 {
      case 0: .icmp(type: UInt8(truncatingIfNeeded: random.next()), code: UInt8(truncatingIfNeeded: random.next()))
      case 1: .unreadable
      default: .segment(segment(&random))
      }
    return PacketLog.Entry(
      direction: Bool.random(using: &random) ? .sent : .received, content: content,
      stamp: Stamp(
        instant: Instant(nanoseconds: moment(&random)), wall: WallTime(nanoseconds: moment(&random)),
        kernel: Bool.random(using: &random) ? WallTime(nanoseconds: moment(&random)) : nil),
      state: State.allCases.randomElement(using: &random) ?? .closed,
      peer: State.allCases.randomElement(using: &random) ?? .closed,
      refusal: Bool.random(using: &random) ? Refusal.allCases.randomElement(using: &random) : nil,
      number: UInt32(truncatingIfNeeded: random.next()), isRetransmission: Bool.random(using: &random))
  }

  private func segment(_ random: inout Generator) -> Segment {
    let octets = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next() % 40) }
    let sizes = [0, 1, 1_460, 65_535, Int.max, Int.min]
    var segment = Segment(
      seq: SequenceNumber(UInt32(truncatingIfNeeded: random.next())),
      flags: TCPFlags(rawValue: UInt16(truncatingIfNeeded: random.next())),
      wnd: UInt16(truncatingIfNeeded: random.next()), up: UInt16(truncatingIfNeeded: random.next()),
      options: (try? unsafe TCPOptionList(raw: octets.span.bytes)) ?? TCPOptionList(),
      textLength: sizes.randomElement(using: &random) ?? 0)
    segment.acknowledgment = SequenceNumber(UInt32(truncatingIfNeeded: random.next()))
    return segment
  }
}
