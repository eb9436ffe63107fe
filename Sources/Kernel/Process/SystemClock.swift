import CLinux
import Glibc
import Timebase

/// The two clocks of the machine, `clock_gettime(2)`; both are read in the vDSO, without entering the kernel.
public enum SystemClock {
  /// Both clocks in the same moment.
  ///
  /// The wall clock is read between two readings of the monotonic one, whose middle it is paired with. Where they
  /// lie more than 2 µs apart something came between, and it is tried again, four times at most; the closest counts.
  public static func now() -> Stamp {
    var best = sandwich()
    var attempts = 1
    while best.width > 2_000, attempts < 4 {
      let next = sandwich()
      if next.width < best.width { best = next }
      attempts += 1
    }
    return best.stamp
  }

  /// The monotonic clock alone.
  public static func monotonic() -> Instant { Instant(nanoseconds: read(CLOCK_MONOTONIC)) }

  /// Has waits of this process end when they should, `prctl(2)` PR_SET_TIMERSLACK: the kernel adds 50 µs otherwise.
  public static func sharpenTimers() { _ = try? kernel(.prctl) { clinux_set_timer_slack(1) } }

  private static func sandwich() -> (stamp: Stamp, width: Int64) {
    let before = read(CLOCK_MONOTONIC)
    let wall = read(CLOCK_REALTIME)
    let after = read(CLOCK_MONOTONIC)
    let width = after - before
    return (Stamp(instant: Instant(nanoseconds: before + width / 2), wall: WallTime(nanoseconds: wall)), width)
  }

  private static func read(_ clock: CInt) -> Int64 {
    var time = timespec()
    let result = unsafe clock_gettime(clock, &time)
    precondition(result == 0, "both clocks exist on every Linux")
    return time.nanoseconds
  }
}

extension timespec {
  /// The whole time in nanoseconds.
  var nanoseconds: Int64 { Int64(tv_sec) * 1_000_000_000 + Int64(tv_nsec) }

  init(_ interval: Interval) {
    self.init(
      tv_sec: Int(interval.nanoseconds / 1_000_000_000), tv_nsec: Int(interval.nanoseconds % 1_000_000_000))
  }
}
