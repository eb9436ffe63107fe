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
}
