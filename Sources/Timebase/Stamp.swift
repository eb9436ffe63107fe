/// Which clock a duration was read from.
public enum ClockSource: String, Hashable, Sendable, CaseIterable {
  /// The kernel's own stamps of both packets.
  case kernel
  /// User space, around the system calls.
  case user
  /// The kernel's TCP, asked through TCP_INFO (`--connect`).
  case tcpInfo = "tcp_info"
}

/// When something happened: read from both clocks at once in user space, and by the kernel where it said so.
public struct Stamp: Hashable, Sendable {
  /// The monotonic clock, read in user space.
  public var instant: Instant
  /// The wall clock, read in the same moment.
  public var wall: WallTime
  /// The kernel's own stamp of the packet; nil where it gave none.
  public var kernel: WallTime?

  /// A moment as user space saw it, and the kernel's word for it if there is one.
  @inlinable public init(instant: Instant, wall: WallTime, kernel: WallTime? = nil) {
    self.instant = instant
    self.wall = wall
    self.kernel = kernel
  }

  /// The best wall-clock reading of the moment.
  @inlinable public var bestWall: WallTime { kernel ?? wall }
}

/// A duration and the clock that it was read from.
public struct Measurement: Hashable, Sendable {
  /// The duration.
  public var interval: Interval
  /// Where both ends of it were read.
  public var clock: ClockSource

  /// A duration read from one clock.
  @inlinable public init(_ interval: Interval, clock: ClockSource) {
    self.interval = interval
    self.clock = clock
  }
}

extension Stamp {
  /// How far the two user-space readings may drift apart before a step of the wall clock is assumed.
  ///
  /// The two clocks are slewed alike, so what remains is the time between the two reads.
  public static let stepTolerance = Interval.microseconds(20)

  /// Which way the packet of a stamp went: that says on which side of the readings the kernel's stamp must lie.
  public enum Passage: Sendable {
    /// It leaves after `send` is called: the stamp is later than the readings.
    case departure
    /// It comes before `recv` returns: the stamp is earlier, by as long as the packet waited to be received.
    case arrival
  }

  /// The time from an earlier moment to this one.
  ///
  /// The kernel's stamps are used where both ends carry one and nothing contradicts them: the wall clock was not stepped
  /// in between, the second is not before the first, and each lies on its side of what user space read.
  public func since(_ earlier: Stamp, from: Passage = .departure, to: Passage = .arrival) -> Measurement {
    let seen = instant - earlier.instant
    let user = Measurement(max(seen, .zero), clock: .user)
    guard let first = earlier.kernel, let last = kernel, first <= last else { return user }
    let stepped = ((wall - earlier.wall) - seen).magnitude > Stamp.stepTolerance
    guard !stepped, earlier.isCredible(from), isCredible(to) else { return user }
    return Measurement(last - first, clock: .kernel)
  }

  private func isCredible(_ passage: Passage) -> Bool {
    guard let kernel else { return false }
    let (early, isTooFar) = wall.nanoseconds.subtractingReportingOverflow(kernel.nanoseconds)
    guard !isTooFar else { return false }
    switch passage {
    case .departure: return early <= Stamp.stepTolerance.nanoseconds
    case .arrival: return early >= -Stamp.stepTolerance.nanoseconds
    }
  }
}

extension Stamp {
  /// The time since an earlier moment; nil where either is unknown, or the two are so far apart that no interval can say it.
  public func elapsed(since earlier: Stamp, from: Passage = .departure, to: Passage = .arrival) -> Interval? {
    func isTooFar(_ a: Int64, _ b: Int64) -> Bool { a.subtractingReportingOverflow(b).overflow }
    let limit: Int64 = 1 << 62
    guard bestWall.isKnown, earlier.bestWall.isKnown,
      !isTooFar(instant.nanoseconds, earlier.instant.nanoseconds),
      !isTooFar(wall.nanoseconds, earlier.wall.nanoseconds),
      (instant - earlier.instant).nanoseconds.magnitude < limit,
      (wall - earlier.wall).nanoseconds.magnitude < limit,
      !isTooFar((kernel ?? wall).nanoseconds, (earlier.kernel ?? earlier.wall).nanoseconds)
    else { return nil }
    return since(earlier, from: from, to: to).interval
  }
}
