import Timebase

/// How often each duration occurred, to three significant digits, in bounded memory (HdrHistogram's scheme).
///
/// Durations below 2048 ns have a counter each; every further power of two is cut into 1024 equal parts, so a
/// counter stands for no more than a 1024th of its value. What is below 0 counts as 0, what is beyond an hour as
/// an hour. The few first samples are kept as they are: a target that is probed once costs no table, and its
/// quantiles are exact.
public struct Histogram: Sendable {
  /// The longest duration that is told apart, in nanoseconds: one hour.
  public static let ceiling: Int64 = 3_600_000_000_000

  private static let partBits = 10
  private static let parts = 1 << partBits
  private static let fewLimit = 64

  /// How many durations were recorded.
  public private(set) var count: UInt64 = 0
  /// The first samples, in their order; empty once there are counters.
  private var few: [Int64] = []
  /// The counters by power of two, those of one power made when it first occurs; empty while samples are few.
  private var rows: [[UInt64]] = []

  /// Nothing recorded yet.
  public init() {}

  /// Counts one duration.
  public mutating func record(_ interval: Interval) { record(interval, times: 1) }

  /// Counts one duration several times.
  public mutating func record(_ interval: Interval, times: UInt64) {
    let value = min(max(interval.nanoseconds, 0), Histogram.ceiling)
    guard times > 0 else { return }
    if rows.isEmpty {
      if times <= Histogram.fewLimit, count + times <= Histogram.fewLimit {
        few.append(contentsOf: repeatElement(value, count: Int(times)))
        count += times
        return
      }
      spill()
    }
    add(times, at: Histogram.index(of: value))
    count += times
  }

  /// Counts everything that another histogram counted.
  public mutating func merge(_ other: Histogram) {
    for value in other.few { record(.nanoseconds(value)) }
    other.eachCounter { value, times in record(value, times: times) }
  }

  /// The duration at a share of the samples: the longest that its counter stands for; nil without samples.
  public func value(at quantile: Quantile) -> Interval? {
    guard count > 0 else { return nil }
    let rank = quantile.rank(among: count)
    if rows.isEmpty { return .nanoseconds(few.sorted()[Int(rank) - 1]) }
    var seen: UInt64 = 0
    for (row, counters) in rows.enumerated() {
      for (part, times) in counters.enumerated() {
        seen += times
        if seen >= rank { return .nanoseconds(Histogram.highest(at: row << Histogram.partBits + part)) }
      }
    }
    return nil
  }

  /// Hands out every counter that is not zero, the shortest duration first, by the longest one it stands for.
  ///
  /// Says nothing of the few first samples of a small histogram, which have no counter.
  func eachCounter(_ body: (Interval, UInt64) -> Void) {
    for (row, counters) in rows.enumerated() {
      for (part, times) in counters.enumerated() where times > 0 {
        body(.nanoseconds(Histogram.highest(at: row << Histogram.partBits + part)), times)
      }
    }
  }

  private mutating func spill() {
    rows = Array(repeating: [], count: Histogram.index(of: Histogram.ceiling) >> Histogram.partBits + 1)
    for value in few { add(1, at: Histogram.index(of: value)) }
    few = []
  }

  private mutating func add(_ times: UInt64, at index: Int) {
    let row = index >> Histogram.partBits
    if rows[row].isEmpty { rows[row] = Array(repeating: 0, count: Histogram.parts) }
    rows[row][index & (Histogram.parts - 1)] += times
  }
}

extension Histogram {
  /// The counter of a duration between 0 and the ceiling.
  static func index(of value: Int64) -> Int {
    let magnitude = Int64.bitWidth - 1 - (value | 1).leadingZeroBitCount
    let shift = max(0, magnitude - partBits)
    return shift << partBits + Int(value >> Int64(shift))
  }

  /// The longest duration that a counter stands for.
  static func highest(at index: Int) -> Int64 {
    let row = index >> partBits
    guard row > 1 else { return Int64(index) }
    let part = Int64(index & (parts - 1) + parts)
    return (part + 1) << Int64(row - 1) - 1
  }
}
