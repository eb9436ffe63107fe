import Glibc
import Timebase

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
