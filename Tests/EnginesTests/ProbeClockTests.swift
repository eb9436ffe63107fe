import Testing
import Timebase

@testable import Engines

/// Whose turn it is, and what becomes of turns that nobody could take.
@Suite struct ProbeClockTests {
  private let start = Instant(nanoseconds: 1_000)

  private func rota(_ count: Int? = nil, targets: Int = 2) -> ProbeClock {
    ProbeClock(Schedule(count: count, interval: .milliseconds(100)), targets: targets, from: start)
  }

  @Test func targetsTakeTurns() {
    var rota = rota(2)
    var turns: [String] = []
    while let due = rota.nextStart {
      #expect(rota.slip(at: due) == 0)
      let (target, sequence) = rota.take(at: due)
      turns.append("\(target)/\(sequence) \((due - start).nanoseconds / 1_000_000)")
    }
    #expect(turns == ["0/1 0", "1/1 5", "0/2 100", "1/2 105"])
  }

  @Test("what is late by less than a round is made up for, and not at once") func late() {
    var rota = rota()
    _ = rota.take(at: start)
    let now = start + .milliseconds(99)
    #expect(rota.slip(at: now) == 0)
    #expect(rota.take(at: now) == (1, 1))
    #expect(rota.nextStart == start + .milliseconds(100))
    #expect(rota.take(at: start + .milliseconds(120)) == (0, 2))
    #expect(rota.nextStart == start + .milliseconds(120) + ProbeClock.leastGap)
  }

  @Test("what is late by rounds is put off, and no number is left out") func slips() {
    var rota = rota(3)
    _ = rota.take(at: start)
    let now = start + .milliseconds(1_010)
    #expect(rota.slip(at: now) == 10)
    #expect(rota.slip(at: now) == 0, "told once")
    #expect(rota.take(at: now) == (1, 1))
    #expect(rota.take(at: start + .milliseconds(1_100)) == (0, 2))
    #expect(rota.nextStart == start + .milliseconds(1_105))
    _ = rota.take(at: start + .milliseconds(1_105))
    #expect(rota.next == (0, 3), "the count is kept")
  }

  @Test("a place that is free again after a long silence begins no flood") func noFlood() {
    var rota = ProbeClock(Schedule(count: nil, interval: .milliseconds(1)), targets: 1, from: start)
    let hour = start + .seconds(3_600)
    #expect(rota.slip(at: hour) == 3_600_000)
    _ = rota.take(at: hour)
    var begun = 0
    while let due = rota.nextStart, due <= hour + .milliseconds(100) {
      #expect(rota.slip(at: due) == 0)
      _ = rota.take(at: due)
      begun += 1
    }
    #expect(begun == 100)
  }

  @Test("a machine that wakes late loses no probe") func tolerance() {
    var rota = ProbeClock(Schedule(count: nil, interval: .milliseconds(1)), targets: 1, from: start)
    #expect(rota.slip(at: start + .milliseconds(99)) == 0)
    for turn in 0..<99 {
      let now = start + .milliseconds(99) + ProbeClock.leastGap * Int64(turn)
      #expect(rota.nextStart.map { $0 <= now } == true)
      _ = rota.take(at: now)
    }
    #expect(rota.slip(at: start + .milliseconds(99 + 99)) == 0)
    #expect(rota.slip(at: start + .milliseconds(99 + 100)) == 100)
  }

  @Test("who joins later has as many turns, its first at once, and no two at the same time") func joins() {
    var rota = ProbeClock(Schedule(count: 2, interval: .milliseconds(100)), targets: 3, from: start) { $0 > 0 }
    var turns: [String] = []
    func take() {
      guard let due = rota.nextStart else { return turns.append("-") }
      let (target, sequence) = rota.take(at: due)
      turns.append("\(target)/\(sequence) \((due - start).nanoseconds / 1_000_000)")
    }
    take()
    rota.join(2, at: start + .milliseconds(30))
    rota.join(1, at: start + .milliseconds(30))
    for _ in 0..<6 { take() }
    #expect(Set(turns[1...2]) == ["2/1 30", "1/1 35"] || Set(turns[1...2]) == ["1/1 30", "2/1 35"])
    #expect(turns[3] == "0/2 100")
    #expect(turns[4...5].allSatisfy { $0.contains("/2 13") }, "\(turns)")
    #expect(turns[6] == "-")
    rota.join(2, at: start + .seconds(1))
    #expect(rota.nextStart == nil, "it has had its turns")
    rota.join(9, at: start)
    #expect(rota.nextStart == nil, "there is no such target")
  }

  @Test("a rate is kept by who joins, too") func joinsAtARate() {
    var schedule = Schedule()
    schedule.gap = .milliseconds(50)
    var rota = ProbeClock(
      schedule, targets: 100, from: start
    ) { $0 > 1 }
    for target in 2..<100 { rota.join(target, at: start) }
    var latest: Instant?
    var count = 0
    while let due = rota.nextStart {
      if let latest { #expect(due - latest >= .milliseconds(50)) }
      latest = due
      _ = rota.take(at: due)
      count += 1
    }
    #expect(count == 100)
  }

  @Test func nobodyHasNoTurn() {
    var none = rota(targets: 0)
    #expect(none.nextStart == nil && none.slip(at: start + .seconds(9)) == 0)
    #expect(rota(0).nextStart == nil)
  }
}
