import Testing
import Timebase

@testable import Report

@Suite("Where a ladder's arrows run") struct LadderGeometryTests {
  /// `>` is sent and `<` received, each with its microseconds.
  private func geometry(_ packets: String, roundTrip: Int64?) -> LadderGeometry {
    let list = packets.split(separator: " ").map { word in
      LadderGeometry.Packet(
        isSent: word.first == ">", time: .microseconds(Int64(word.dropFirst()) ?? 0), height: 19, halvedHeight: 32)
    }
    return LadderGeometry(list, roundTrip: roundTrip.map { .microseconds($0) }, below: 50)
  }

  @Test("an answer leaves the far end below what it answers, and nothing crosses that need not")
  func orderly() {
    let arrows = geometry(">0 <200 >201 >210 <410 <420 >421", roundTrip: 200).arrows
    for (earlier, later) in zip(arrows, arrows.dropFirst()) {
      #expect(earlier.ours + LadderGeometry.pitch <= later.ours)
      #expect(earlier.theirs < later.theirs)
      #expect(!earlier.isCrossing && !later.isCrossing)
    }
  }

  @Test("what met on the way crosses, and both have half of it for their words")
  func crossing() {
    let arrows = geometry(">0 <200 >201 >210 <300 >301 <410", roundTrip: 200).arrows
    #expect(arrows[3].theirs > arrows[4].theirs)
    #expect(arrows[3].isCrossing && arrows[4].isCrossing)
    #expect(!arrows[0].isCrossing && !arrows[1].isCrossing)
  }

  @Test("a long wait is cut, and said")
  func pauses() {
    let geometry = geometry(">0 >1000000 <1000200 >1000201 >1000210 <1000400", roundTrip: 200)
    #expect(geometry.arrows.map(\.pause) == [nil, .microseconds(1_000_000), nil, nil, nil, nil])
    #expect(geometry.arrows[1].ours - geometry.arrows[0].ours < 100)
  }

  @Test("the farther away the peer is, the steeper the arrows, within bounds")
  func falls() {
    let near = geometry(">0 <14 >63 >92 <112 <119 >139", roundTrip: 14)
    let far = geometry(">0 <20000 >20060 >20090 <40100 <40110 >40139", roundTrip: 20_000)
    #expect(near.fall < far.fall)
    #expect(9...30 ~= near.fall && 9...30 ~= far.fall)
  }

  @Test("no time is too long, none too short")
  func extremes() {
    let times: [Int64] = [.min + 1, .max / 2, 0, -1, .max]
    let packets = times.map { time in
      LadderGeometry.Packet(
        isSent: time > 0, time: Interval(nanoseconds: time), height: 19, halvedHeight: 32)
    }
    let geometry = LadderGeometry(packets, roundTrip: Interval(nanoseconds: .max), below: 0)
    #expect(geometry.arrows.count == packets.count)
    #expect(LadderGeometry([], roundTrip: nil, below: 7).bottom == 7)
  }

  @Test("a wait of sixteen times the usual one is a long one", arguments: [(1_600, true), (1_599, false)])
  func longWaits(wait: Int64, isLong: Bool) {
    let arrows = geometry(">0 <100 >101 <201 >202 >\(202 + wait)", roundTrip: 100).arrows
    #expect(arrows.map(\.pause) == [nil, nil, nil, nil, nil, isLong ? .microseconds(wait) : nil])
  }

  @Test("two packets of the peer's never meet") func theSameWay() {
    #expect(geometry(">0 <1000 <1100 >2100 <3100", roundTrip: 200).fall == 9)
    #expect(geometry(">0 <1000 >1100 <1250 <2250", roundTrip: 200).fall == 20)
  }
}
