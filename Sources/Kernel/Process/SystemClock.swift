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

/// The machine's local time, `localtime_r(3)`: by TZ, or /etc/localtime, or else UTC.
///
/// Rules of time zones change on quarters of an hour: one is asked about once, and what it said is held.
public struct LocalTime {
  private var quarter: Int64?
  private var held: Int64 = 0

  /// Nothing was asked yet; the rules are read for the first question.
  public init() {}

  /// Reads the rules, `tzset(3)`: for whoever opens no file later.
  public static func readRules() { tzset() }

  /// How many seconds the clocks on the wall are ahead of UTC at a moment.
  public mutating func secondsEast(at moment: WallTime) -> Int64 {
    let asked = moment.nanoseconds / 900_000_000_000
    if asked == quarter { return held }
    if quarter == nil { tzset() }
    var seconds = time_t(moment.nanoseconds / 1_000_000_000)
    var broken = unsafe tm()
    held = unsafe localtime_r(&seconds, &broken) == nil ? 0 : Int64(unsafe broken.tm_gmtoff)
    quarter = asked
    return held
  }
}
