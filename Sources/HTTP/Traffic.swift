import Handshake
import Timebase
import Wire

/// What one or several connections cost: their packets, counted as they passed.
public struct Traffic: Hashable, Sendable {
  /// How many connections.
  public package(set) var connections = 1
  /// How many requests on them.
  public package(set) var requests: Int
  /// Packets that we sent.
  public package(set) var packetsSent = 0
  /// Packets of the peer's.
  public package(set) var packetsReceived = 0
  /// Their octets, IP headers included.
  public package(set) var octetsSent = 0
  /// Their octets, IP headers included.
  public package(set) var octetsReceived = 0
  /// How often something of ours was sent and then awaited until it was acknowledged; what overlaps counts once.
  public package(set) var roundTrips = 0
  /// From the first packet to the last, by user space's clock, one connection after the other; nil before there was one.
  public package(set) var elapsed: Interval?
  private var began: Instant?
  /// The end of what is awaited.
  private var awaited: SequenceNumber?

  /// A connection for so many requests, without a packet yet.
  public init(requests: Int = 1) { self.requests = requests }

  package mutating func sent(_ segment: Segment, to address: IPAddress) {
    packetsSent += 1
    let network = address.family == .v4 ? IPv4Header.minimumLength : IPv6Header.length
    octetsSent += network + TCPHeader.minimumLength + segment.options.paddedCount + segment.textLength
    if segment.len > 0, awaited == nil { awaited = segment.end }
  }

  package mutating func departed(at stamp: Stamp) {
    if began == nil { began = stamp.instant }
    last(at: stamp)
  }

  package mutating func received(_ octets: Int, at stamp: Stamp) {
    packetsReceived += 1
    octetsReceived += octets
    last(at: stamp)
  }

  private mutating func last(at stamp: Stamp) { elapsed = began.map { max(stamp.instant - $0, .zero) } }

  /// All before this number is acknowledged.
  package mutating func acknowledged(_ una: SequenceNumber) {
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
    sum.connections += b.connections
    sum.requests += b.requests
    sum.elapsed = a.elapsed.map { $0 + (b.elapsed ?? .zero) } ?? b.elapsed
    return sum
  }
}
