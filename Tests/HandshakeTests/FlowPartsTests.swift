import Testing
import Timebase
import Wire

@testable import Handshake

/// The parts that the flow of text is made of, against models that are too simple to be wrong.
@Suite struct FlowPartsTests {
  /// Pieces of a text in any order, with overlaps: whatever is taken is that text, and no more is held than fits.
  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
  func reassemblyAgreesWithAModel(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let text = Trace.text(3_000, at: UInt32(seed))
    let capacity = [1, 64, 500, 4_000][Int(seed) % 4]
    var (reassembly, counting) = (
      Reassembly(capacity: capacity, keepsOctets: true), Reassembly(capacity: capacity, keepsOctets: false)
    )
    // Across the end of the circle.
    let start = SequenceNumber(UInt32.max - 1_000)
    var (next, taken) = (0, [UInt8]())
    var isThere = [Bool](repeating: false, count: text.count)
    for _ in 0..<20_000 where next < text.count {
      let room = min(reassembly.room, text.count - next)
      let offset = Int.random(in: 0...min(room, 600), using: &random)
      let count = Int.random(in: 0...min(room - offset, 200), using: &random)
      let piece = text[(next + offset)..<(next + offset + count)]
      let number = start + UInt32(next)
      let fresh = reassembly.insert(Array(piece).span.raw, count: count, at: offset, next: number)
      #expect(counting.insert(RawSpan(), count: count, at: offset, next: number) == fresh)
      for index in piece.indices { isThere[index] = true }
      if count > 0, offset == 0 || reassembly.islands.count < Reassembly.islandLimit {
        let gap = isThere[next...].firstIndex(of: false) ?? text.count
        #expect(fresh == gap - next)
      }
      next += fresh
      #expect(reassembly.waiting == next - taken.count && reassembly.held <= capacity)
      if Int.random(in: 0..<3, using: &random) == 0 { taken += reassembly.take() }
    }
    taken += reassembly.take()
    #expect(next == text.count && taken == text)
  }

  @Test func moreGapsThanAreKeptAreNotTaken() {
    var reassembly = Reassembly(capacity: 65_535, keepsOctets: true)
    let next = SequenceNumber(7)
    for gap in 0..<200 {
      _ = reassembly.insert([1].span.raw, count: 1, at: 2 * gap + 1, next: next)
    }
    #expect(reassembly.islands.count == Reassembly.islandLimit)
    // What touches one that is there needs no room of its own; nor does what comes next.
    #expect(reassembly.insert([1].span.raw, count: 1, at: 0, next: next) == 2)
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func scoreboardAgreesWithASet(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var scoreboard = Scoreboard()
    var held: Set<Int> = []
    var oldest = 0
    for _ in 0..<2_000 {
      let first = oldest + Int.random(in: 0...300, using: &random)
      let range = first..<(first + Int.random(in: 0...40, using: &random))
      let isNew = !held.isSuperset(of: range)
      #expect(scoreboard.insert(range) == isNew)
      held.formUnion(range)
      if Int.random(in: 0..<20, using: &random) == 0 {
        oldest += Int.random(in: 0...200, using: &random)
        scoreboard.removeAll(before: oldest)
        held = held.filter { $0 >= oldest }
      }
      #expect(scoreboard.highest == held.max().map { $0 + 1 } ?? 0)
      let probe = oldest + Int.random(in: 0...300, using: &random)
      let gap = scoreboard.gap(from: probe)
      #expect(gap.lowerBound == (probe...).first { !held.contains($0) })
      #expect(gap.upperBound == held.filter { $0 > gap.lowerBound }.min() ?? Int.max)
      #expect(scoreboard.count(in: oldest..<probe) == held.count { $0 < probe })
    }
  }

  /// RFC 5681 §3.1 and §3.2, RFC 6582 §3.2, RFC 6928 §2: the RFCs' own arithmetic.
  @Test func congestionControlArithmetic() {
    for (mss, initial) in [(536, 5_360), (1_460, 14_600), (1_448, 14_480), (2_190, 14_600), (9_000, 18_000)] {
      #expect(CongestionControl(mss: mss).window == initial)
    }
    var control = CongestionControl(mss: 100)
    control.acknowledged(250, mss: 100)
    #expect(control.window == 1_100)
    control.timedOut(inFlight: 1_000, mss: 100, isRepeated: false)
    control.timedOut(inFlight: 100, mss: 100, isRepeated: true)
    #expect(control.window == 100 && control.threshold == 500)
    for _ in 0..<4 { control.acknowledged(100, mss: 100) }
    #expect(control.window == 500)
    // One segment a round trip from there on.
    for _ in 0..<5 { control.acknowledged(100, mss: 100) }
    #expect(control.window == 600)
    control.beginRecovery(inFlight: 600, mss: 100, inflates: true)
    #expect(control.window == 600 && control.threshold == 300)
    control.inflate(mss: 100)
    control.deflate(by: 300, mss: 100)
    #expect(control.window == 500)
    control.endRecovery(inFlight: 50, mss: 100)
    #expect(control.window == 200)
    control.deflate(by: 5_000, mss: 100)
    #expect(control.window == 100)
  }
}
