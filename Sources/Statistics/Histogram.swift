import Timebase

/// A share of the samples as an exact fraction: no rounding decides which sample is meant.
public struct Quantile: Hashable, Sendable {
  /// The upper part of the fraction, at most the lower one.
  public let numerator: UInt64
  /// The lower part of the fraction; never 0.
  public let denominator: UInt64

  /// The share `numerator` of `denominator`; what lies outside 0…1 counts as the nearer end.
  public init(_ numerator: UInt64, of denominator: UInt64) {
    // Both fit 32 bits, so that products of two of them fit 64.
    self.denominator = min(max(denominator, 1), UInt64(UInt32.max))
    self.numerator = min(numerator, self.denominator)
  }

  /// The median.
  public static let p50 = Quantile(50, of: 100)
  /// Nine of ten.
  public static let p90 = Quantile(90, of: 100)
  /// Ninety-nine of a hundred.
  public static let p99 = Quantile(99, of: 100)
  /// All but one of a thousand.
  public static let p999 = Quantile(999, of: 1_000)
  /// All but one of ten thousand.
  public static let p9999 = Quantile(9_999, of: 10_000)

  /// The rank of the sample that is meant, from 1: the smallest that leaves no more than the rest above it.
  public func rank(among count: UInt64) -> UInt64 {
    let (whole, rest) = count.quotientAndRemainder(dividingBy: denominator)
    let part = (rest * numerator + denominator - 1) / denominator
    return min(max(whole &* numerator &+ part, 1), max(count, 1))
  }
}

/// How often each duration occurred, in bounded memory (HdrHistogram's scheme; three significant digits by default).
///
/// With 1024 parts, durations below 2048 ns have a counter each; every further power of two is cut into 1024 equal
/// parts, so a counter stands for no more than a 1024th of its value. What is below 0 counts as 0, what is beyond an
/// hour as an hour. The 64 first samples are kept as they are: a target that is probed once costs no table, and its
/// quantiles are exact. Never more than 264 KiB (`.fine`) or 9.5 KiB (`.coarse`), and 8 KiB or 256 octets for each
/// power of two that occurred.
public struct Histogram: Sendable {
  /// Into how many parts a power of two is cut, as a power of two itself.
  public enum Precision: Int, Hashable, Sendable {
    /// 1024 parts: three significant digits, HdrHistogram's own buckets for them.
    case fine = 10
    /// 32 parts: for a picture, where there is a histogram for every interval of a run.
    case coarse = 5
  }

  /// Durations that are not distinguished, and how many there were.
  public struct Bucket: Hashable, Sendable {
    /// The shortest of them.
    public var lowest: Interval
    /// The longest of them; the shortest again for one of the few first samples.
    public var highest: Interval
    /// How many were recorded; never 0.
    public var count: UInt64
  }

  /// The longest duration that is distinguished, in nanoseconds: one hour.
  public static let ceiling: Int64 = 3_600_000_000_000

  private static let fewLimit = 64

  /// How finely durations are distinguished once there are more than a few.
  public let precision: Precision
  /// How many durations were recorded; stays at the largest number there is.
  public private(set) var count: UInt64 = 0
  /// The first samples, in their order; empty once there are counters.
  private var few: [Int64] = []
  /// The counters by power of two, those of one power made when it first occurs; empty while samples are few.
  private var rows: [[UInt64]] = []

  /// Nothing recorded yet.
  public init(_ precision: Precision = .fine) { self.precision = precision }

  /// Counts one duration.
  public mutating func record(_ interval: Interval) { record(interval, times: 1) }

  /// Counts one duration several times.
  public mutating func record(_ interval: Interval, times: UInt64) {
    let value = min(max(interval.nanoseconds, 0), Histogram.ceiling)
    let times = min(times, .max - count)
    guard times > 0 else { return }
    if rows.isEmpty {
      if times <= Histogram.fewLimit, count + times <= Histogram.fewLimit {
        few.append(contentsOf: repeatElement(value, count: Int(times)))
        count += times
        return
      }
      spill()
    }
    add(times, at: precision.index(of: value))
    count += times
  }

  /// Counts everything that another histogram counted, as finely as both tell it.
  public mutating func merge(_ other: Histogram) { other.eachBucket { record($0.highest, times: $0.count) } }

  /// The duration at a share of the samples: the longest that its counter stands for; nil without samples.
  public func value(at quantile: Quantile) -> Interval? {
    guard count > 0 else { return nil }
    let rank = quantile.rank(among: count)
    if rows.isEmpty { return .nanoseconds(few.sorted()[Int(rank) - 1]) }
    var seen: UInt64 = 0
    for (row, counters) in rows.enumerated() {
      for (part, times) in counters.enumerated() {
        seen += times
        if seen >= rank { return .nanoseconds(precision.highest(at: row << precision.rawValue + part)) }
      }
    }
    return nil
  }

  /// The mean, as if every duration lay in the middle of its bucket; nil without samples.
  public var mean: Interval? {
    guard count > 0 else { return nil }
    var doubled: UInt128 = 0
    eachBucket { bucket in
      let middles = UInt128((bucket.lowest.nanoseconds + bucket.highest.nanoseconds).magnitude)
      doubled += middles &* UInt128(bucket.count)
    }
    return .nanoseconds(Int64(clamping: (doubled >> 1).quotient(by: count)))
  }

  /// Hands out what was recorded, the shortest durations first, in buckets that do not overlap.
  public func eachBucket(_ body: (Bucket) -> Void) {
    if rows.isEmpty { return eachOfFew(body) }
    for (row, counters) in rows.enumerated() {
      for (part, times) in counters.enumerated() where times > 0 {
        let index = row << precision.rawValue + part
        let lowest = index == 0 ? 0 : precision.highest(at: index - 1) + 1
        let highest = precision.highest(at: index)
        body(Bucket(lowest: .nanoseconds(lowest), highest: .nanoseconds(highest), count: times))
      }
    }
  }

  private func eachOfFew(_ body: (Bucket) -> Void) {
    var same: Bucket?
    for value in few.sorted() {
      let value = Interval.nanoseconds(value)
      if same?.lowest == value {
        same?.count += 1
        continue
      }
      if let same { body(same) }
      same = Bucket(lowest: value, highest: value, count: 1)
    }
    if let same { body(same) }
  }

  private mutating func spill() {
    rows = Array(repeating: [], count: precision.index(of: Histogram.ceiling) >> precision.rawValue + 1)
    for value in few { add(1, at: precision.index(of: value)) }
    few = []
  }

  private mutating func add(_ times: UInt64, at index: Int) {
    let row = index >> precision.rawValue
    if rows[row].isEmpty { rows[row] = Array(repeating: 0, count: 1 << precision.rawValue) }
    rows[row][index & (1 << precision.rawValue - 1)] += times
  }
}

/// Equal is what counted the same durations equally often, in whatever order.
extension Histogram: Equatable {
  /// Whether both counted the same.
  public static func == (a: Histogram, b: Histogram) -> Bool {
    // Whether samples are few depends on their number alone.
    a.precision == b.precision && a.count == b.count && a.rows == b.rows && a.few.sorted() == b.few.sorted()
  }
}

extension Histogram.Precision {
  /// The counter of a duration between 0 and the ceiling.
  func index(of value: Int64) -> Int {
    let magnitude = Int64.bitWidth - 1 - (value | 1).leadingZeroBitCount
    let shift = max(0, magnitude - rawValue)
    return shift << rawValue + Int(value >> Int64(shift))
  }

  /// The longest duration that a counter stands for.
  func highest(at index: Int) -> Int64 {
    let row = index >> rawValue
    guard row > 1 else { return Int64(index) }
    let parts = 1 << rawValue
    return (Int64(index & (parts - 1) + parts) + 1) << Int64(row - 1) - 1
  }
}
