import Statistics
import Timebase

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
