import Timebase

/// Durations as ping prints them, in milliseconds.
extension Interval {
  /// With the digits that ping gives to one reply: `0.021`, `1.23`, `12.3`, `123`.
  ///
  /// Ping's arithmetic on whole microseconds: cut below a millisecond, rounded above.
  var replyMilliseconds: String {
    let micros = max(nanoseconds, 0) / 1_000
    switch micros {
    case (100_000 - 50)...: return String((micros + 500) / 1_000)
    case (10_000 - 5)...: return "\((micros + 50) / 1_000).\((micros + 50) % 1_000 / 100)"
    case 1_000...: return "\((micros + 5) / 1_000)." + padded((micros + 5) % 1_000 / 10, 2)
    default: return max(self, .zero).fixedMilliseconds
    }
  }

  /// With three decimals, cut as ping cuts them in its summary: `0.213`; the sign is kept.
  var fixedMilliseconds: String {
    let micros = nanoseconds.magnitude / 1_000
    return (nanoseconds < 0 && micros > 0 ? "-" : "") + "\(micros / 1_000)." + padded(micros % 1_000, 3)
  }

  /// In seconds with three decimals, cut: `4.003`.
  var fixedSeconds: String {
    let millis = max(nanoseconds, 0) / 1_000_000
    return "\(millis / 1_000)." + padded(millis % 1_000, 3)
  }

  /// In whole milliseconds, rounded as ping rounds the time of a run.
  var wholeMilliseconds: String { String((max(nanoseconds, 0) &+ 500_000) / 1_000_000) }
}
