import Timebase

/// When something of a flow was seen, and in which frame of the capture.
public struct FrameMark: Hashable, Sendable {
  /// The frame, from 1; 0 where it was never seen.
  public let frame: Int
  /// The stamp; `.min` where there is none.
  let nanoseconds: Int64

  /// Never seen.
  public static let none = FrameMark()

  private init() {
    frame = 0
    nanoseconds = .min
  }

  /// Seen in a frame, from 1, at the time that the capture gives it, if any.
  @inlinable public init(_ stamp: WallTime?, frame: Int) {
    self.init(nanoseconds: stamp?.nanoseconds ?? .min, frame: frame)
  }

  @usableFromInline init(nanoseconds: Int64, frame: Int) {
    self.frame = frame
    self.nanoseconds = nanoseconds
  }

  /// Whether it was seen.
  public var isSet: Bool { frame != 0 }
  /// When it was seen; nil where it was not, or the capture has no time for it.
  public var stamp: WallTime? { nanoseconds == .min ? nil : WallTime(nanoseconds: nanoseconds) }

  /// The same frame without its time.
  var withoutTime: FrameMark { FrameMark(nanoseconds: .min, frame: frame) }

  /// The time from an earlier mark to this one; nil where either has none, or the stamps run backwards.
  public func since(_ earlier: FrameMark) -> Interval? {
    guard nanoseconds != .min, earlier.nanoseconds != .min else { return nil }
    let (difference, overflows) = nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
    return overflows || difference < 0 ? nil : Interval(nanoseconds: difference)
  }
}
