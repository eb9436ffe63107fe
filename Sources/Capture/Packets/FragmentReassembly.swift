// RFC 791 §3.2, RFC 8200 §4.5 and RFC 5722: packets put together from fragments, in bounded memory.

import Timebase
import Wire

/// Puts fragments together, in the capture's own time.
///
/// What overlaps is refused with all that belongs to it (RFC 5722 §4, and Linux for IPv4 too); an exact copy of what is
/// there is passed over. No more than `capacity` packets are kept at once, the earliest given up first.
struct FragmentReassembly: Sendable {
  /// The most packets that are unfinished at once: with 64 KiB each, what Linux allows by default (4 MiB).
  static var capacity: Int { 64 }

  /// What became of the fragments.
  struct Counts: Hashable, Sendable {
    /// Fragments handed in.
    var fragments = 0
    /// Packets put together.
    var reassembled = 0
    /// Packets given up: overlapping, contradicting, incomplete in time, or too many at once.
    var abandoned = 0
  }

  private(set) var counts = Counts()
  private var unfinished: [UnfinishedPacket] = []

  /// Takes a fragment of a packet and returns the packet that it completes, if it does.
  mutating func take(_ fragment: Fragment, of packet: RawSpan, at stamp: WallTime?) -> [UInt8]? {
    counts.fragments += 1
    giveUp(before: stamp)
    let index = place(of: fragment.key, at: stamp)
    guard !unfinished[index].isRefused else { return nil }
    unfinished[index].take(fragment, of: packet)
    if unfinished[index].isRefused { counts.abandoned += 1 }
    guard unfinished[index].isComplete else { return nil }
    guard let whole = unfinished.remove(at: index).packet else {
      counts.abandoned += 1
      return nil
    }
    counts.reassembled += 1
    return whole
  }

  /// Packets of which pieces are still missing.
  var unfinishedCount: Int { unfinished.count { !$0.isRefused } }
  /// How many octets are held.
  var octetsHeld: Int { unfinished.reduce(0) { $0 + $1.octetsHeld } }

  /// The place of the packet that a fragment belongs to, made where there is none.
  private mutating func place(of key: FragmentKey, at stamp: WallTime?) -> Int {
    if let index = unfinished.firstIndex(where: { $0.key == key }) { return index }
    if unfinished.count == Self.capacity {
      if !unfinished.removeFirst().isRefused { counts.abandoned += 1 }
    }
    unfinished.append(UnfinishedPacket(key: key, since: stamp))
    return unfinished.count - 1
  }

  /// Gives up what is older than its family allows: 60 seconds in IPv6 (RFC 8200 §4.5), 30 in IPv4 (as Linux).
  private mutating func giveUp(before stamp: WallTime?) {
    guard let stamp else { return }
    let waiting = unfinishedCount
    unfinished.removeAll { packet in
      guard let since = packet.since else { return false }
      let (age, overflows) = stamp.nanoseconds.subtractingReportingOverflow(since.nanoseconds)
      return overflows || age > packet.key.patience.nanoseconds
    }
    counts.abandoned += waiting - unfinishedCount
  }
}

/// What tells one packet's fragments from another's.
struct FragmentKey: Hashable, Sendable {
  var source: IPAddress
  var destination: IPAddress
  /// The transport in IPv4; 0 in IPv6, where the identification suffices.
  var protocolNumber: UInt8
  var identification: UInt32
  var interface: Int

  /// How long its fragments are waited for.
  var patience: Interval { source.family == .v4 ? .seconds(30) : .seconds(60) }
}
