import Statistics
import Timebase

/// An axis: where a duration lies between its ends, and which of them are named.
///
/// By logarithm where the largest is more than eight times the smallest, so that a tail does not press all else to the
/// ground; evenly from zero or from just below the smallest otherwise.
struct Scale {
  let low: Double
  let high: Double
  let isLogarithmic: Bool
  /// The durations that are named, ascending.
  let ticks: [Interval]

  /// An axis on which both durations have their place.
  init(from least: Interval, to greatest: Interval) {
    let least = max(Double(least.nanoseconds), 1)
    let greatest = max(Double(greatest.nanoseconds), least)
    isLogarithmic = greatest > 8 * least
    if isLogarithmic {
      let foot = Scale.power(atMost: least)
      low = foot * ([5.0, 2.0].first { foot * $0 <= least } ?? 1)
      let power = Scale.power(atMost: greatest)
      high = power * ([1.0, 2.0, 5.0].first { power * $0 >= greatest } ?? 10)
      ticks = Scale.powers(low, high)
    } else {
      let step = Scale.step(of: max(greatest - least, greatest / 50))
      low = (least / step).rounded(.down) * step
      high = max((greatest / step).rounded(.up), (least / step).rounded(.down) + 1) * step
      ticks = stride(from: low, through: high + step / 2, by: step).map { .nanoseconds(Int64($0)) }
    }
  }

  /// Where a duration lies: 0 at the low end, 1 at the high one, and never outside.
  func place(of interval: Interval) -> Double {
    let value = min(max(Double(interval.nanoseconds), low), high)
    guard isLogarithmic else { return (value - low) / (high - low) }
    return (value / low).naturalLogarithm / (high / low).naturalLogarithm
  }

  private static func power(atMost value: Double) -> Double {
    var power = 1.0
    while power * 10 <= value { power *= 10 }
    return power
  }

  /// One, two and five of every power of ten while there are few, the powers alone otherwise.
  private static func powers(_ low: Double, _ high: Double) -> [Interval] {
    var ticks: [Interval] = []
    var power = Scale.power(atMost: low)
    let factors = high / low > 10_000 ? [1.0] : high / low > 200 ? [1.0, 3.0] : [1.0, 2.0, 5.0]
    while power <= high {
      for place in factors.map({ $0 * power }) where place >= low && place <= high {
        ticks.append(.nanoseconds(Int64(place)))
      }
      power *= 10
    }
    return ticks
  }

  /// A round number of which there are four to eight in a range.
  static func step(of range: Double) -> Double {
    let power = max(power(atMost: max(range / 4, 1)), 1)
    return power * ([5.0, 2.0, 1.0].first { power * $0 * 4 <= range } ?? 1)
  }
}
