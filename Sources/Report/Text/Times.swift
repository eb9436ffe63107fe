import Statistics
import Timebase

/// Durations as ping prints them, in milliseconds, each rounded half up from the nanoseconds: ours are finer than ping's.
extension Interval {
  /// So many units of so many nanoseconds, rounded half up; the sign is left aside.
  private func rounded(to unit: UInt64) -> UInt64 { (nanoseconds.magnitude + unit / 2) / unit }

  /// With the digits that ping gives to one reply: `0.021`, `1.23`, `12.3`, `123`.
  var replyMilliseconds: String {
    let time = max(self, .zero)
    switch time.nanoseconds {
    case (100_000_000 - 50_000)...: return String(time.rounded(to: 1_000_000))
    case (10_000_000 - 5_000)...:
      let tenths = time.rounded(to: 100_000)
      return "\(tenths / 10).\(tenths % 10)"
    case (1_000_000 - 500)...:
      let hundredths = time.rounded(to: 10_000)
      return "\(hundredths / 100)." + padded(hundredths % 100, 2)
    default: return time.fixedMilliseconds
    }
  }

  /// With three decimals, as ping's summary has them: `0.213`; the sign is kept.
  var fixedMilliseconds: String {
    let micros = rounded(to: 1_000)
    return (nanoseconds < 0 && micros > 0 ? "-" : "") + "\(micros / 1_000)." + padded(micros % 1_000, 3)
  }

  /// In seconds with three decimals: `4.003`.
  var fixedSeconds: String {
    let millis = max(self, .zero).rounded(to: 1_000_000)
    return "\(millis / 1_000)." + padded(millis % 1_000, 3)
  }

  /// In whole milliseconds, as ping has the time of a run.
  var wholeMilliseconds: String { String(max(self, .zero).rounded(to: 1_000_000)) }
}

extension Interval {
  /// The shortest exact spelling that options read: `2s`, `50ms`, `1500us`.
  public var compact: String {
    if nanoseconds % 1_000_000_000 == 0 { return "\(nanoseconds / 1_000_000_000)s" }
    if nanoseconds % 1_000_000 == 0 { return "\(nanoseconds / 1_000_000)ms" }
    return nanoseconds % 1_000 == 0 ? "\(nanoseconds / 1_000)us" : "\(nanoseconds)ns"
  }

  /// In seconds with six decimals, rounded: `0.000213`.
  var decimalSeconds: String {
    let micros = max(self, .zero).rounded(to: 1_000)
    return "\(micros / 1_000_000).\(padded(micros % 1_000_000, 6))"
  }

  /// In seconds with all nine decimals.
  var exactSeconds: String {
    let whole = max(nanoseconds, 0)
    return "\(whole / 1_000_000_000).\(padded(whole % 1_000_000_000, 9))"
  }
}

/// Durations in few letters, for axes and tables of a distribution.
extension Interval {
  /// With three significant digits and the unit that leaves one to three before the point: `213 µs`, `1.02 ms`;
  /// what is longer than a century counts as one and a half.
  func briefly(isUnicode: Bool = true) -> String {
    let value = min(max(nanoseconds, 0), .max / 2)
    let units: [(Int64, String)] = [
      (1_000_000_000, "s"), (1_000_000, "ms"), (1_000, isUnicode ? "µs" : "us"),
    ]
    for (unit, name) in units where value >= unit - unit / 2_000 {
      return Interval.significant(value, unit: unit) + " " + name
    }
    return "\(value) ns"
  }

  /// A number of units, rounded to three significant digits, without zeros behind the point.
  private static func significant(_ value: Int64, unit: Int64) -> String {
    let thousandth = unit / 1_000
    let (whole, places) = value / unit >= 100 ? (unit, 0) : value / unit >= 10 ? (unit / 10, 1) : (thousandth * 10, 2)
    let scaled = (value + whole / 2) / whole
    let power: Int64 = [1, 10, 100][places]
    let fraction = scaled % power
    guard fraction > 0 else { return "\(scaled / power)" }
    var digits = padded(fraction, places)
    while digits.utf8.last == UInt8(ascii: "0") { digits.removeLast() }
    return "\(scaled / power)." + digits
  }
}

/// A share in per cent with as many digits as tell it from none and from all: `12.3 %`, `99.99 %`.
func percent(_ part: UInt64, of whole: UInt64) -> String {
  guard whole > 0 else { return "?" }
  if part == whole { return "100 %" }
  let share = Double(part) / Double(whole) * 100
  for (places, power) in [(1, 10.0), (2, 100.0), (3, 1_000.0)] {
    let scaled = Int((share * power).rounded())
    let isTold = scaled > 0 && scaled < Int(100 * power)
    guard isTold || part == 0 || places == 3 else { continue }
    return "\(scaled / Int(power))." + padded(scaled % Int(power), places) + " %"
  }
  return "0.0 %"
}

extension Quantile {
  /// `p50`, `p99.9`.
  var words: String {
    let hundredths = numerator * 10_000 / denominator
    let (whole, rest) = hundredths.quotientAndRemainder(dividingBy: 100)
    if rest == 0 { return "p\(whole)" }
    return "p\(whole)." + (rest.isMultiple(of: 10) ? "\(rest / 10)" : padded(rest, 2))
  }
}

/// A moment as text.
extension WallTime {
  /// The moment in UTC with nanoseconds (RFC 3339 §5.6): `2026-01-02T03:04:05.123456789Z`.
  public var rfc3339: String {
    let (seconds, fraction) = nanoseconds.flooredQuotientAndRemainder(dividingBy: 1_000_000_000)
    let (days, second) = seconds.flooredQuotientAndRemainder(dividingBy: 86_400)
    let date = CivilDate(daysSinceEpoch: days)
    return date.text + "T" + padded(second / 3_600, 2) + ":" + padded(second / 60 % 60, 2) + ":"
      + padded(second % 60, 2) + "." + padded(fraction, 9) + "Z"
  }

  /// The time of day so many seconds ahead of UTC, as tcpdump prints it before a line: `03:04:05.123456`.
  public func timeOfDay(secondsEast: Int64) -> String {
    let (seconds, fraction) = nanoseconds.flooredQuotientAndRemainder(dividingBy: 1_000_000_000)
    let (_, second) = (seconds &+ secondsEast).flooredQuotientAndRemainder(dividingBy: 86_400)
    return padded(second / 3_600, 2) + ":" + padded(second / 60 % 60, 2) + ":" + padded(second % 60, 2) + "."
      + padded(fraction / 1_000, 6)
  }

  /// The moment as `ping -D` prints it before a line, in seconds since the epoch: `[1767323045.123456]`.
  public var bracketed: String {
    let (seconds, fraction) = nanoseconds.flooredQuotientAndRemainder(dividingBy: 1_000_000_000)
    return "[\(seconds).\(padded(fraction / 1_000, 6))]"
  }
}

/// How the time before a line is written (`--time-format`).
public enum TimeFormat: String, Hashable, Sendable, CaseIterable {
  /// Seconds since the epoch, as `ping -D` has them.
  case unix
  /// Date and time of day in UTC (RFC 3339).
  case iso

  /// The words before a line.
  public func words(_ moment: WallTime) -> String { self == .unix ? moment.bracketed : moment.rfc3339 }
}

/// A day of the proleptic Gregorian calendar.
private struct CivilDate {
  var year: Int64
  var month: Int64
  var day: Int64

  /// The day so many days after 1970-01-01, counted in eras of 400 years that begin on the first of March.
  init(daysSinceEpoch days: Int64) {
    let (era, dayOfEra) = (days + 719_468).flooredQuotientAndRemainder(dividingBy: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
  }

  var text: String { padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2) }
}

extension Int64 {
  fileprivate func flooredQuotientAndRemainder(dividingBy divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
