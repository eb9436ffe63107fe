import Timebase
import Wire

/// The packets that passed last, to tell one that a capture has twice from one that was sent twice.
///
/// A capture on all interfaces has what a bridge or router passes on once for each; a mirrored port has what it was
/// handed and what it handed on. Link headers and hop limits of the copies differ, the segment and IPv4's identification
/// do not, and they follow each other sooner than any sender sends again.
struct RecentPackets: Sendable {
  private struct Print: Sendable {
    var hash: UInt64 = 0
    var time = Int64.min
    /// How many packets of the other end had passed.
    var heard = 0
  }

  private let seed: UInt64
  private var prints = [Print](repeating: Print(), count: RecentPackets.capacity)

  private static var capacity: Int { 1_024 }
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
    var hash = seed ^ UInt64(truncatingIfNeeded: flow) << 1 ^ (fromHigh ? 1 : 0)
    hash = FlowKey.mix(hash, UInt64(identification) << 32 | UInt64(UInt32(truncatingIfNeeded: segment.length)))
    hash = Self.hash(segment.header, hash)
    let index = Int(truncatingIfNeeded: hash & UInt64(Self.capacity - 1))
    let print = prints[index]
    if print.hash == hash {
      if identification != 0 {
        if Self.isNear(time, print.time, Self.reach) { return true }
      } else if print.heard == heard, hasCopies || segment.sequenceLength > 0 {
        if Self.isNear(time, print.time, Self.reachUnidentified) { return true }
      }
    }
    prints[index] = Print(hash: hash, time: time, heard: heard)
    return false
  }

  private static func isNear(_ a: Int64, _ b: Int64, _ reach: Interval) -> Bool {
    let (difference, overflows) = a.subtractingReportingOverflow(b)
    return !overflows && difference.magnitude < reach.nanoseconds.magnitude
  }

  /// The octets of a header, whose checksum stands for the text.
  private static func hash(_ header: borrowing TCPHeaderView, _ seed: UInt64) -> UInt64 {
    let octets = header.segment
    let end = header.headerLength
    var hash = seed
    var offset = 0
    while offset &+ 8 <= end {
      hash = FlowKey.mix(hash, octets.load(native: offset))
      offset &+= 8
    }
    while offset < end {
      hash = FlowKey.mix(hash, UInt64(octets.octet(at: offset)))
      offset &+= 1
    }
    return hash
  }
}
