import Timebase
import Wire

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

/// The packets that passed last, to tell one that a capture has twice from one that was sent twice.
///
/// A capture on all interfaces has what a bridge or router passes on once for each; a mirrored port has what it was
/// handed and what it handed on. Link headers and hop limits of the copies differ, the segment and IPv4's identification
/// do not, and they follow each other sooner than any sender retransmits.
struct RecentPackets: Sendable {
  /// One packet, by a hash.
  private struct Print: Sendable {
    var hash: UInt64 = 0
    var time = Int64.min
  }

  /// The latest packets whose hashes begin alike, as many as a line of the processor's cache takes.
  private struct Row: Sendable {
    var prints = (Print(), Print(), Print(), Print())

    /// When a packet passed; nil where it is not among them.
    func time(of hash: UInt64) -> Int64? {
      if prints.0.hash == hash { return prints.0.time }
      if prints.1.hash == hash { return prints.1.time }
      if prints.2.hash == hash { return prints.2.time }
      return prints.3.hash == hash ? prints.3.time : nil
    }

    mutating func append(_ print: Print) { prints = (print, prints.0, prints.1, prints.2) }
  }

  private let seed: UInt64
  private var rows = [Row](repeating: Row(), count: RecentPackets.capacity)

  private static var capacity: Int { 256 }
  /// Copies are closer than that: the shortest retransmission timers are many times as long.
  private static let reach = Interval.milliseconds(1)
  /// The same where no identification says that it is one packet.
  private static let reachUnidentified = Interval.microseconds(250)

  /// Nothing has passed; the seed keeps hashes from being foreseen.
  init(seed: UInt64) { self.seed = seed }

  /// Takes a segment of one end of a flow: whether it has just passed already.
  ///
  /// Without an identification a sender may have sent the same octets again at once, as it may when the other end asks
  /// for them: so nothing of that end may have passed in between, and a bare ACK is believed to be a copy only of a
  /// sender of whom other packets are.
  mutating func isDuplicate(
    _ segment: borrowing CapturedSegment, flow: Int, fromHigh: Bool, _ mark: FrameMark, heard: Int, hasCopies: Bool
  ) -> Bool {
    let time = mark.nanoseconds
    guard time != .min else { return false }
    let identification = segment.identification ?? 0
    var apart = UInt64(truncatingIfNeeded: flow) << 17 ^ UInt64(identification) << 1 ^ (fromHigh ? 1 : 0)
    if identification == 0 { apart ^= UInt64(truncatingIfNeeded: heard) << 40 }
    let hash = Self.hash(segment.header, seed ^ apart ^ UInt64(truncatingIfNeeded: segment.length) << 48)
    let index = Int(truncatingIfNeeded: hash & UInt64(Self.capacity - 1))
    if let known = rows[index].time(of: hash) {
      let reach = identification != 0 ? Self.reach : Self.reachUnidentified
      if Self.isNear(time, known, reach), identification != 0 || hasCopies || segment.sequenceLength > 0 { return true }
    }
    rows[index].append(Print(hash: hash, time: time))
    return false
  }

  private static func isNear(_ a: Int64, _ b: Int64, _ reach: Interval) -> Bool {
    let (difference, overflows) = a.subtractingReportingOverflow(b)
    return !overflows && difference.magnitude < reach.nanoseconds.magnitude
  }

  /// What tells one segment from another: both numbers, flags, window and checksum, which stands for the text, and the
  /// last of the options, where the timestamps are.
  private static func hash(_ header: borrowing TCPHeaderView, _ seed: UInt64) -> UInt64 {
    let octets = header.segment
    let numbers: UInt64 = octets.load(native: 4)
    let rest: UInt64 = octets.load(native: 12)
    let options: UInt64 = octets.load(native: header.headerLength &- 8)
    return FlowKey.mix(FlowKey.mix(numbers, rest ^ seed), options)
  }
}
