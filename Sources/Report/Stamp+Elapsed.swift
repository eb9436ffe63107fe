import Handshake
import Timebase

extension Stamp {
  /// The time since an earlier moment; nil where the two are so far apart that no interval can say it.
  func elapsed(since earlier: Stamp, from: Passage = .departure, to: Passage = .arrival) -> Interval? {
    func isTooFar(_ a: Int64, _ b: Int64) -> Bool { a.subtractingReportingOverflow(b).overflow }
    let limit: Int64 = 1 << 62
    guard !isTooFar(instant.nanoseconds, earlier.instant.nanoseconds),
      !isTooFar(wall.nanoseconds, earlier.wall.nanoseconds),
      (instant - earlier.instant).nanoseconds.magnitude < limit,
      (wall - earlier.wall).nanoseconds.magnitude < limit,
      !isTooFar((kernel ?? wall).nanoseconds, (earlier.kernel ?? earlier.wall).nanoseconds)
    else { return nil }
    return since(earlier, from: from, to: to).interval
  }
}

extension ExchangeEntry {
  /// The time since an earlier packet; nil where the two are so far apart that no interval can say it.
  func elapsed(since earlier: ExchangeEntry) -> Interval? {
    stamp.elapsed(since: earlier.stamp, from: earlier.passage, to: passage)
  }

  private var passage: Stamp.Passage { direction == .sent ? .departure : .arrival }
}

extension Int64 {
  /// The sum, or the nearest number there is.
  func addingClamped(_ other: Int64) -> Int64 {
    let (sum, isTooGreat) = addingReportingOverflow(other)
    return isTooGreat ? (other < 0 ? .min : .max) : sum
  }
}
