import Timebase

/// What happened in each interval of a run, in bounded memory however long the run is.
public struct TimeSeries: Sendable {
  /// What is done when there are more intervals than there is room for.
  public enum Limit: Hashable, Sendable {
    /// Two neighbours become one of twice the length: the whole run stays in view.
    case merging
    /// The oldest are forgotten: the latest stay as they are.
    case forgetting
  }

  /// One interval.
  public struct Slice: Sendable {
    /// How many probes were counted in it.
    public fileprivate(set) var sent = 0
    /// How many of them were not answered.
    public fileprivate(set) var lost = 0
    /// How many packets were sent for them.
    public fileprivate(set) var attempts = 0
    /// How many of those packets were lost.
    public fileprivate(set) var lostAttempts = 0
    /// The times of those that were, distinguished to about 3 %.
    public fileprivate(set) var histogram = Histogram(.coarse)
    /// The longest of them, exactly; nil without any.
    public fileprivate(set) var max: Interval?

    /// The time at a share of those that were answered, never beyond the longest; nil without any.
    public func value(at quantile: Quantile) -> Interval? {
      guard let value = histogram.value(at: quantile), let max else { return nil }
      return Swift.min(value, max)
    }

    fileprivate mutating func record(_ interval: Interval?, isLost: Bool) {
      sent += 1
      if isLost { lost += 1 }
      guard let interval else { return }
      histogram.record(interval)
      max = Swift.max(max ?? interval, interval)
    }

    fileprivate mutating func merge(_ other: Slice) {
      sent += other.sent
      lost += other.lost
      attempts += other.attempts
      lostAttempts += other.lostAttempts
      histogram.merge(other.histogram)
      if let longest = other.max { max = Swift.max(max ?? longest, longest) }
    }
  }

  /// How long each interval is at present.
  public private(set) var length: Interval
  /// The intervals, one after the other, the empty ones among them too.
  public private(set) var slices: [Slice] = []
  /// When the first of them began, counted from the run's start; above zero only where older ones were forgotten.
  public var start: Interval { length * Int64(first) }

  private let capacity: Int
  private let limit: Limit
  /// The number of the first slice that is kept.
  private var first = 0

  /// Nothing recorded yet; at most `capacity` intervals (an even number, from 2 to 4,096), at first `length` long.
  public init(length: Interval = .seconds(1), capacity: Int = 240, limit: Limit = .merging) {
    self.length = min(max(length, .nanoseconds(1)), .seconds(86_400))
    self.capacity = min(max(capacity, 2), 4_096) & ~1
    self.limit = limit
  }

  /// Counts a probe that left so long after the run's start, and what came of it; nil where nothing came.
  ///
  /// `isAnswered` says so where something came whose time is not known.
  /// What lies before the start counts as at it, and what lies before the first interval that is kept not at all.
  public mutating func record(_ interval: Interval?, at offset: Interval, isAnswered: Bool? = nil) {
    var index = place(of: offset)
    switch limit {
    case .merging:
      while index >= capacity {
        mergePairs()
        index = place(of: offset)
      }
    case .forgetting: forget(before: index - capacity + 1)
    }
    guard index >= first else { return }
    while slices.count <= index - first { slices.append(Slice()) }
    slices[index - first].record(interval, isLost: isAnswered.map { !$0 } ?? (interval == nil))
  }

  /// Counts the packets of a probe that was recorded at the same offset.
  public mutating func count(attempts: Int, lost: Int, at offset: Interval) {
    let index = place(of: offset) - first
    guard slices.indices.contains(index) else { return }
    slices[index].attempts += attempts
    slices[index].lostAttempts += lost
  }

  private func place(of offset: Interval) -> Int { Int(max(offset.nanoseconds, 0) / length.nanoseconds) }

  private mutating func mergePairs() {
    // Beyond half of all time there is no interval of twice the length; nothing lies there either.
    length = length.nanoseconds > .max / 2 ? .nanoseconds(.max) : length * 2
    var merged: [Slice] = []
    for index in stride(from: 0, to: slices.count, by: 2) {
      var slice = slices[index]
      if index + 1 < slices.count { slice.merge(slices[index + 1]) }
      merged.append(slice)
    }
    slices = merged
  }

  private mutating func forget(before index: Int) {
    guard index > first else { return }
    slices.removeFirst(min(index - first, slices.count))
    first = index
  }
}
