import Timebase
import Wire

/// What the kernel tells about one received packet, beside its octets.
public struct Reception: Hashable, Sendable {
  /// Octets in the buffer.
  public var count: Int
  /// When the packet came in, by the kernel's word; nil where it gave none (see `TimestampWarmUp`).
  public var kernelStamp: WallTime?
  /// The interface that it came in by; 0 where the kernel did not say.
  public var interfaceIndex: UInt32
  /// Who sent it.
  public var source: IPAddress?
  /// Whom it was sent to.
  public var destination: IPAddress?
  /// IPv6 only, whose header a raw socket does not get: the hop limit it came with.
  public var hopLimit: UInt8?
  /// IPv6 only: the traffic class it came with.
  public var trafficClass: UInt8?
  /// Whether the packet was longer than the buffer and lost its end.
  public var isTruncated: Bool
  /// How many packets this socket has lost so far for want of room, SO_RXQ_OVFL; only ever grows, and wraps.
  public var dropped: UInt32
}
