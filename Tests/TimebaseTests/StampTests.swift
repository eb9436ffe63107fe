import Testing

@testable import Timebase

/// When the kernel's stamps are believed, and when user space's clock has to do.
@Suite struct StampTests {
  /// A moment in microseconds: on both clocks of user space, and by the kernel where it gave one.
  private func stamp(_ instant: Int64, wall: Int64? = nil, kernel: Int64? = nil) -> Stamp {
    Stamp(
      instant: Instant(nanoseconds: instant * 1_000), wall: WallTime(nanoseconds: (wall ?? instant) * 1_000),
      kernel: kernel.map { WallTime(nanoseconds: $0 * 1_000) })
  }

  @Test func theKernelsStampsAreBelievedWhereNothingContradictsThem() {
    // It left after it was sent, and came before it was received.
    let time = stamp(1_000, kernel: 995).since(stamp(0, kernel: 5))
    #expect(time == Measurement(.microseconds(990), clock: .kernel))
    #expect(stamp(0, kernel: 7).since(stamp(0, kernel: 7)) == Measurement(.zero, clock: .kernel), "equal ones too")
  }

  @Test func withoutBothStampsTheUsersClockDoes() {
    let user = Measurement(.microseconds(1_000), clock: .user)
    #expect(stamp(1_000).since(stamp(0, kernel: 5)) == user)
    #expect(stamp(1_000, kernel: 995).since(stamp(0)) == user)
    #expect(stamp(1_000, kernel: 4).since(stamp(0, kernel: 5)) == user, "the second before the first")
    #expect(stamp(0).since(stamp(1_000)) == Measurement(.zero, clock: .user), "no time is negative")
  }

  /// How far the wall clock was stepped between the two readings, and whether that is too far.
  @Test(arguments: [(0, false), (20, false), (-20, false), (21, true), (-21, true), (1_000_000, true)])
  func aWallClockThatWasSteppedIsNotBelieved(by step: Int64, isTold: Bool) {
    // The kernel stamps on the stepped clock, too; apart from the step nothing is odd.
    let last = stamp(2_000_000, wall: 2_000_000 + step, kernel: 1_999_990 + step)
    #expect(last.since(stamp(0, kernel: 5)).clock == (isTold ? .user : .kernel))
  }

  /// On which side of the readings the kernel's stamps have to lie, and how far they may be off.
  @Test(arguments: [
    (-20, 0, true), (-21, 0, false), (500, 0, true), (0, 20, true), (0, 21, false), (0, -500, true),
  ])
  func eachStampLiesOnItsSide(first: Int64, last: Int64, isBelieved: Bool) {
    let (earlier, later) = (stamp(10_000, kernel: 10_000 + first), stamp(20_000, kernel: 20_000 + last))
    #expect(later.since(earlier).clock == (isBelieved ? .kernel : .user))
  }

  @Test func thePassageSaysOnWhichSide() {
    let (earlier, later) = (stamp(10_000, kernel: 9_000), stamp(20_000, kernel: 21_000))
    #expect(later.since(earlier).clock == .user)
    #expect(later.since(earlier, from: .arrival, to: .departure).clock == .kernel)
    #expect(later.since(earlier, from: .arrival, to: .arrival).clock == .user)
    #expect(later.since(earlier, from: .departure, to: .departure).clock == .user)
  }

  @Test func aStampBeyondAllTimeIsNotBelieved() {
    var far = stamp(0)
    (far.wall, far.kernel) = (WallTime(nanoseconds: .max), WallTime(nanoseconds: -2))
    #expect(far.since(far).clock == .user)
  }

  @Test func theKernelsReadingIsTheBest() {
    #expect(stamp(3, kernel: 2).bestWall == WallTime(nanoseconds: 2_000))
    #expect(stamp(3).bestWall == WallTime(nanoseconds: 3_000))
  }
}

@Suite struct IntervalTests {
  @Test func arithmetic() {
    #expect(Interval.milliseconds(-3).magnitude == .microseconds(3_000))
    #expect(Interval.seconds(3).magnitude == .milliseconds(3_000))
    #expect(Interval.seconds(7) / 2 == .milliseconds(3_500) && Interval.nanoseconds(-7) / 2 == .nanoseconds(-3))
    #expect(Interval.seconds(2) * 3 - .seconds(1) == .seconds(5) && Interval.zero + .nanoseconds(1) > .zero)
    #expect(Instant(nanoseconds: 5) + .nanoseconds(2) - Instant(nanoseconds: 3) == .nanoseconds(4))
    #expect(WallTime(nanoseconds: 5) + .nanoseconds(2) - WallTime(nanoseconds: 3) == .nanoseconds(4))
    #expect(Instant(nanoseconds: 1) < Instant(nanoseconds: 2) && WallTime(nanoseconds: 1) < WallTime(nanoseconds: 2))
  }
}
