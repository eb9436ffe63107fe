import Timebase

/// Probes in a row that were not answered.
public struct Outage: Hashable, Sendable {
  /// When the first of them left.
  public var first: WallTime
  /// When the last of them left.
  public var last: WallTime
  /// How many there were.
  public var misses: Int
  /// When the next one left that was answered; nil while there is none.
  public var end: WallTime?

  /// From the first miss to the next answer, or to the last miss where none came yet; never below 0.
  public var length: Interval { max((end ?? last) - first, .zero) }
}

/// When a target did not answer, in bounded memory, in the probes' order whatever the order of their results.
///
/// A probe without an answer is known as one only when its wait is over, and later probes may have been answered by
/// then. So results are put into the order of their sequence numbers before they are looked at, up to `window` of them;
/// a probe that never has a result (it was interrupted) is passed over.
public struct Outages: Sendable {
  /// How many misses in a row make an outage: one alone is loss, and told as that.
  public let least: Int
  /// How many outages there were, the present one included.
  public private(set) var count = 0
  /// The longest of those that are over.
  public private(set) var longest: Outage?
  /// The latest that is over.
  public private(set) var latest: Outage?
  /// The present one; nil where the latest probe in order was answered.
  public var current: Outage? { run.flatMap { $0.misses >= least ? $0 : nil } }

  /// The most results that wait for an earlier one.
  public static let window = 16_384

  private struct Result {
    var sequence: Int
    var time: WallTime
    var isAnswered: Bool
  }

  private var run: Outage?
  private var next = 1
  /// Results whose predecessors are not known yet, by their sequence.
  private var waiting: [Result] = []

  /// No probe yet; `least` misses in a row are an outage.
  public init(least: Int = 2) { self.least = max(least, 1) }

  /// Takes a probe's result: its number among the target's probes, from 1, and when it left.
  public mutating func record(sequence: Int, at time: WallTime, isAnswered: Bool) {
    let result = Result(sequence: sequence, time: time, isAnswered: isAnswered)
    if sequence == next {
      take(result)
    } else if sequence > next {
      var place = waiting.count
      while place > 0, waiting[place - 1].sequence > sequence { place -= 1 }
      waiting.insert(result, at: place)
    }
    drain(downTo: Outages.window)
  }

  /// Passes over a probe that has no result.
  public mutating func skip(sequence: Int) {
    if sequence == next { next += 1 }
    drain(downTo: Outages.window)
  }

  /// The same, with every gap passed over: what can be said at this moment.
  public var settled: Outages {
    var settled = self
    settled.drain(downTo: 0)
    return settled
  }

  /// Takes what is in order, and beyond so many results what is not.
  private mutating func drain(downTo limit: Int) {
    var taken = 0
    while taken < waiting.count, waiting[taken].sequence <= next || waiting.count - taken > limit {
      if waiting[taken].sequence >= next { take(waiting[taken]) }
      taken += 1
    }
    if taken > 0 { waiting.removeFirst(taken) }
  }

  private mutating func take(_ result: Result) {
    next = result.sequence &+ 1
    if result.isAnswered { return end(at: result.time) }
    if run == nil { run = Outage(first: result.time, last: result.time, misses: 0) }
    run?.last = result.time
    run?.misses += 1
    if run?.misses == least { count += 1 }
  }

  private mutating func end(at time: WallTime) {
    defer { run = nil }
    guard var outage = current else { return }
    outage.end = time
    latest = outage
    if longest.map({ $0.length < outage.length }) ?? true { longest = outage }
  }
}
