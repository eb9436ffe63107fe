import Timebase

/// Count, least, greatest, mean and deviation of durations, all in exact integers.
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
