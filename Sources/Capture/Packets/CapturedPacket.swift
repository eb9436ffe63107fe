import Timebase

/// An IP packet of a capture, freed of what the link and tunnels put around it, where it lies.
///
/// Nothing of it has been judged but the version, which is 4 or 6.
public struct CapturedPacket: ~Escapable, BitwiseCopyable {
  /// Which frame of the file brought it, or its last fragment; from 1.
  public let number: Int
  /// When that frame passed; nil where the file does not say.
  public let stamp: WallTime?
  /// Which of the file's interfaces it passed, from 0.
  public let interface: Int
  /// The octets as captured, from the IP header on; what a link pads behind the packet may follow.
  public let octets: RawSpan
  /// How long the packet was on the wire, padding included; more than there are octets where the capture cut it short.
  public let originalLength: Int
  /// Out of how many tunnels it was taken.
  public let depth: Int
  /// Whether it was put together from fragments.
  public let isReassembled: Bool

  /// A packet of these values.
  @inlinable @_lifetime(copy octets)
  public init(
    number: Int, stamp: WallTime?, interface: Int = 0, octets: RawSpan, originalLength: Int? = nil, depth: Int = 0,
    isReassembled: Bool = false
  ) {
    self.number = number
    self.stamp = stamp
    self.interface = interface
    self.octets = octets
    self.originalLength = max(originalLength ?? 0, octets.byteCount)
    self.depth = depth
    self.isReassembled = isReassembled
  }
}
