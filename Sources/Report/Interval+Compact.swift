import Timebase

extension Interval {
  /// The shortest exact spelling that options read: `2s`, `50ms`, `1500us`.
  public var compact: String {
    if nanoseconds % 1_000_000_000 == 0 { return "\(nanoseconds / 1_000_000_000)s" }
    if nanoseconds % 1_000_000 == 0 { return "\(nanoseconds / 1_000_000)ms" }
    return nanoseconds % 1_000 == 0 ? "\(nanoseconds / 1_000)us" : "\(nanoseconds)ns"
  }

  /// In seconds with six decimals, rounded: `0.000213`.
  var decimalSeconds: String {
    let micros = (max(nanoseconds, 0) + 500) / 1_000
    return "\(micros / 1_000_000).\(padded(micros % 1_000_000, 6))"
  }

  /// In seconds with all nine decimals.
  var exactSeconds: String {
    let whole = max(nanoseconds, 0)
    return "\(whole / 1_000_000_000).\(padded(whole % 1_000_000_000, 9))"
  }
}
