import Testing
import Timebase

@testable import Engines

/// A run that is paused: nothing begins, nothing counts as missed, and the pace stays.
@Suite("Pausing") struct PauseTests {
  private let start = Instant(nanoseconds: 1_000_000_000)

  private func clock(count: Int? = nil) -> ProbeClock {
    ProbeClock(Schedule(count: count, interval: .seconds(1)), targets: 1, from: start)
  }

  @Test func whatIsLeftIsDueLater() throws {
    var clock = clock()
    _ = clock.take(at: start)
    clock.setPaused(true, at: start + .milliseconds(300))
    clock.setPaused(true, at: start + .milliseconds(900))
    #expect(try #require(clock.nextStart) > start + .seconds(1_000_000), "nothing is due")
    clock.setPaused(false, at: start + .milliseconds(10_300))
    #expect(clock.nextStart == start + .seconds(11))
    #expect(clock.slip(at: start + .seconds(11)) == 0, "nothing was missed")
    #expect(clock.take(at: start + .seconds(11)).sequence == 2)
    clock.setPaused(false, at: start + .seconds(20))
    #expect(clock.nextStart == start + .seconds(12), "who is not paused does not go on anew")
  }

  @Test func aPausedRunThatHasNothingLeftEnds() {
    var clock = clock(count: 1)
    clock.setPaused(true, at: start)
    #expect(clock.nextStart != nil)
    clock.setPaused(false, at: start)
    _ = clock.take(at: start)
    clock.setPaused(true, at: start)
    #expect(clock.nextStart == nil)
  }

  @Test("targets come and go while it runs") func addAndRemove() throws {
    var clock = ProbeClock(Schedule(count: nil, interval: .seconds(1)), targets: 1, from: start)
    _ = clock.take(at: start)
    clock.add(isAbsent: false, at: start + .milliseconds(500))
    #expect(clock.nextStart == start + .milliseconds(500) && clock.next == (1, 1))
    _ = clock.take(at: start + .milliseconds(500))
    clock.add(isAbsent: true, at: start + .milliseconds(600))
    clock.remove(0)
    #expect(clock.next == (1, 2), "what is absent has no turn before it joins, what is gone none at all")
    clock.join(0, at: start + .milliseconds(700))
    clock.join(2, at: start + .milliseconds(700))
    #expect(clock.next == (2, 1))
  }
}
