import Handshake
import Timebase
import Wire

/// What a connection cost: its packets, counted as they passed.
public struct Traffic: Hashable, Sendable {
  /// Packets that we sent.
  public private(set) var packetsSent = 0
  /// Packets of the peer's.
  public private(set) var packetsReceived = 0
  /// Their octets, IP headers included.
  public private(set) var octetsSent = 0
  /// Their octets, IP headers included.
  public private(set) var octetsReceived = 0
  /// How often something of ours was sent and then awaited until it was acknowledged; what overlaps counts once.
  public private(set) var roundTrips = 0
  private var began: Stamp?
  private var ended: Stamp?
  /// The end of what is awaited.
  private var awaited: SequenceNumber?

  /// Nothing yet.
  public init() {}

  /// From the first packet to the last, by user space's clock; nil before there was one.
  public var elapsed: Interval? {
    guard let began, let ended else { return nil }
    return max(ended.instant - began.instant, .zero)
  }

  mutating func sent(_ segment: Segment, to address: IPAddress) {
    packetsSent += 1
    let network = address.family == .v4 ? IPv4Header.minimumLength : IPv6Header.length
    octetsSent += network + TCPHeader.minimumLength + segment.options.paddedCount + segment.textLength
    if segment.len > 0, awaited == nil { awaited = segment.end }
  }

  mutating func departed(at stamp: Stamp) {
    if began == nil { began = stamp }
    ended = stamp
  }

  mutating func received(_ octets: Int, at stamp: Stamp) {
    packetsReceived += 1
    octetsReceived += octets
    ended = stamp
  }

  /// All before this number is acknowledged.
  mutating func acknowledged(_ una: SequenceNumber) {
    guard let end = awaited, !una.precedes(end) else { return }
    awaited = nil
    roundTrips += 1
  }

  /// What several connections cost together; their times one after the other.
  public static func + (a: Traffic, b: Traffic) -> Traffic {
    var sum = a
    sum.packetsSent += b.packetsSent
    sum.packetsReceived += b.packetsReceived
    sum.octetsSent += b.octetsSent
    sum.octetsReceived += b.octetsReceived
    sum.roundTrips += b.roundTrips
    sum.began = a.began ?? b.began
    sum.ended = b.ended ?? a.ended
    return sum
  }
}
