import Timebase

/// The time of a capture, by which flows grow old; a stamp far off that none of its neighbours bears out does not move it.
///
/// A clock that was read wrongly once stamps one packet with another day. When it was is told by the packet after it: if
/// that is back where the one before was, the stamp between was wild.
struct CaptureTime: Sendable {
  /// A packet whose stamp is far from the one before.
  struct Doubt: Sendable {
    var mark: FrameMark
    var flow: Int
    var place: Int
    /// Whether the packet after it was back where the one before it was.
    var isWild = false
  }

  /// The latest moment that is known to have come; `.min` before the first stamp.
  private(set) var now = Int64.min
  private var doubt: Doubt?

  /// How far apart the stamps of neighbours may be, before the later one is doubted.
  private static let reach = Interval.seconds(60).nanoseconds

  /// A packet passes; where the one before was in doubt, what this one says of it.
  mutating func pass(_ mark: FrameMark) -> Doubt? {
    let time = mark.nanoseconds
    guard time != .min else { return nil }
    guard var settled = doubt else {
      if isNear(time, now) || now == .min { now = max(now, time) }
      return nil
    }
    doubt = nil
    if isNear(time, now) {
      now = max(now, time)
      settled.isWild = true
    } else {
      // It went on from there, or somewhere else again: then so it is.
      let moved = settled.mark.nanoseconds
      now = isNear(time, moved) ? max(time, moved) : moved
    }
    return settled
  }

  /// Whether the stamp of a packet that has just passed is far from that of the one before.
  func isInDoubt(_ mark: FrameMark) -> Bool { mark.nanoseconds != .min && !isNear(mark.nanoseconds, now) }

  /// The packet that has just passed is of this flow: it is remembered where its stamp is in doubt.
  mutating func note(_ mark: FrameMark, flow: Int, place: Int) {
    guard isInDoubt(mark) else { return }
    doubt = Doubt(mark: mark, flow: flow, place: place)
  }

  private func isNear(_ a: Int64, _ b: Int64) -> Bool {
    let (difference, overflows) = a.subtractingReportingOverflow(b)
    return !overflows && difference.magnitude <= CaptureTime.reach.magnitude
  }
}

extension TrackedFlow {
  /// Takes the time from all that was seen in a frame.
  mutating func forgetTime(of frame: Int) {
    func forget(_ mark: inout FrameMark) { if mark.frame == frame { mark = mark.withoutTime } }
    if established.frame == frame { patience = SequenceGaps.patience }
    forget(&first)
    forget(&last)
    forget(&synOfAnswer)
    forget(&synBeforeAnswer)
    forget(&answeredSyn)
    forget(&answer)
    forget(&established)
    forget(&synBeforeEstablished)
    forget(&synAckBeforeEstablished)
    talk.forgetTime(of: frame)
    low.forgetTime(of: frame)
    high.forgetTime(of: frame)
  }
}

extension FlowSide {
  fileprivate mutating func forgetTime(of frame: Int) {
    func forget(_ mark: inout FrameMark) { if mark.frame == frame { mark = mark.withoutTime } }
    forget(&firstSyn)
    forget(&lastSyn)
    forget(&fin)
    forget(&finAcknowledged)
    forget(&reset)
    attempt.forgetTime(of: frame)
  }
}
