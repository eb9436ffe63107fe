import Timebase

/// Count, least, largest, mean and deviation of durations, all in exact integers.
public struct Moments: Hashable, Sendable {
  /// How many durations were recorded.
  public private(set) var count: UInt64 = 0
  /// The shortest; nil without any.
  public private(set) var min: Interval?
  /// The longest; nil without any.
  public private(set) var max: Interval?
  private var sum: UInt128 = 0
  private var squares: UInt128 = 0

  /// Nothing recorded yet.
  public init() {}

  /// Takes one duration; a negative one counts as none.
  public mutating func record(_ interval: Interval) {
    let interval = Swift.max(interval, .zero)
    let value = UInt128(interval.nanoseconds.magnitude)
    count += 1
    min = Swift.min(min ?? interval, interval)
    max = Swift.max(max ?? interval, interval)
    sum += value
    squares &+= value &* value
  }

  /// Takes everything that another one took.
  public mutating func merge(_ other: Moments) {
    guard let least = other.min, let greatest = other.max else { return }
    count += other.count
    min = Swift.min(min ?? least, least)
    max = Swift.max(max ?? greatest, greatest)
    sum += other.sum
    squares &+= other.squares
  }

  /// The mean, cut to whole nanoseconds; nil without any.
  public var mean: Interval? { count == 0 ? nil : Interval(truncating: sum.quotient(by: count)) }

  /// All durations added up, or the longest interval there is.
  public var total: Interval { Interval(truncating: sum) }

  /// The deviation as iputils' ping computes it: the root of the mean of squares less the square of the mean.
  ///
  /// Like ping, the square of the sum is divided last, unless it is too great for that: nil without any.
  public var mdev: Interval? {
    guard count > 0 else { return nil }
    let (square, isTooGreat) = sum.multipliedReportingOverflow(by: sum)
    let variance: UInt128
    if isTooGreat {
      let mean = sum.quotient(by: count)
      let meanOfSquares = squares.quotient(by: count)
      variance = meanOfSquares > mean &* mean ? meanOfSquares - mean &* mean : 0
    } else {
      let part = square.quotient(by: count)
      variance = squares > part ? (squares - part).quotient(by: count) : 0
    }
    return Interval(truncating: variance.squareRoot)
  }
}

extension Interval {
  /// So many nanoseconds, or the longest interval there is.
  fileprivate init(truncating nanoseconds: UInt128) { self.init(nanoseconds: Int64(clamping: nanoseconds)) }
}

/// Least, mean, largest and deviation in ping's own arithmetic: every duration is rounded to whole microseconds first,
/// half up, since that is all that ping knows.
public struct PingTimes: Hashable, Sendable {
  /// Counts microseconds where its own words say nanoseconds.
  private var moments = Moments()

  /// Nothing recorded yet.
  public init() {}

  /// Takes one duration.
  public mutating func record(_ interval: Interval) {
    let nanoseconds = Swift.max(interval.nanoseconds, 0)
    moments.record(.nanoseconds(nanoseconds / 1_000 + nanoseconds % 1_000 / 500))
  }

  /// The shortest; nil without any.
  public var min: Interval? { moments.min.map(PingTimes.whole) }
  /// The mean; nil without any.
  public var mean: Interval? { moments.mean.map(PingTimes.whole) }
  /// The longest; nil without any.
  public var max: Interval? { moments.max.map(PingTimes.whole) }
  /// The deviation; nil without any.
  public var mdev: Interval? { moments.mdev.map(PingTimes.whole) }

  private static func whole(_ micros: Interval) -> Interval { micros * 1_000 }
}

// Division and root by shifting: the built-in division of 128 bits is a call into the compiler's C library, and
// this room calls nothing but the Swift runtime. They run once a summary.

extension UInt128 {
  /// The whole part of dividing by a number that is not 0.
  func quotient(by divisor: UInt64) -> UInt128 {
    let divisor = UInt128(divisor)
    var quotient: UInt128 = 0
    var rest: UInt128 = 0
    for bit in stride(from: UInt128.bitWidth - 1 - leadingZeroBitCount, through: 0, by: -1) {
      // The rest is below a divisor of 64 bits, so doubling it cannot overflow.
      rest = rest &<< 1 | (self &>> UInt128(bit)) & 1
      if rest >= divisor {
        rest &-= divisor
        quotient |= 1 &<< UInt128(bit)
      }
    }
    return quotient
  }

  /// The whole part of the square root.
  var squareRoot: UInt128 {
    var root: UInt128 = 0
    for bit in stride(from: (UInt128.bitWidth - leadingZeroBitCount) / 2, through: 0, by: -1) where bit < 64 {
      let trial = root | 1 &<< UInt128(bit)
      if trial &* trial <= self { root = trial }
    }
    return root
  }
}
