import Timebase

/// How many durations were no longer than each of some fixed bounds: a histogram as monitoring systems keep it.
///
/// Counts at the bounds are exact, and it takes the same few octets forever.
public struct BucketCounts: Hashable, Sendable {
  /// From 10 µs to 10 s in steps of 1, 2.5 and 5: a rack's round trip, and a SYN's last copy.
  public static let bounds: [Interval] = [
    .microseconds(10), .microseconds(25), .microseconds(50), .microseconds(100), .microseconds(250),
    .microseconds(500), .milliseconds(1), .microseconds(2_500), .milliseconds(5), .milliseconds(10), .milliseconds(25),
    .milliseconds(50), .milliseconds(100), .milliseconds(250), .milliseconds(500), .seconds(1), .milliseconds(2_500),
    .seconds(5), .seconds(10),
  ]

  /// How many durations were recorded.
  public private(set) var count: UInt64 = 0
  /// All of them together; stays at the longest interval there is.
  public private(set) var sum = Interval.zero
  /// By the first bound that holds; what is beyond all of them is in none.
  private var counts = [UInt64](repeating: 0, count: bounds.count)

  /// Nothing recorded yet.
  public init() {}

  /// Takes one duration; a negative one counts as none.
  public mutating func record(_ interval: Interval) {
    let interval = max(interval, .zero)
    count += 1
    let (total, isTooLong) = sum.nanoseconds.addingReportingOverflow(interval.nanoseconds)
    sum = .nanoseconds(isTooLong ? .max : total)
    if let place = BucketCounts.bounds.firstIndex(where: { interval <= $0 }) { counts[place] += 1 }
  }

  /// How many were no longer than each bound, the shortest bound first.
  public var cumulative: [UInt64] {
    var total: UInt64 = 0
    return counts.map { count in
      total += count
      return total
    }
  }
}
