import Kernel
import Report
import Timebase

/// What stands before the line of a packet: the local time of day, as tcpdump has it, or seconds since the epoch (`-D`).
struct LineTime {
  private let countsSeconds: Bool
  private var local = LocalTime()

  /// Seconds since the epoch, or the time of day.
  init(countsSeconds: Bool) { self.countsSeconds = countsSeconds }

  /// The words for a moment; `?` where it is not known.
  mutating func words(_ moment: WallTime?) -> String {
    guard let moment else { return "?" }
    return countsSeconds ? moment.bracketed : moment.timeOfDay(secondsEast: local.secondsEast(at: moment))
  }
}
