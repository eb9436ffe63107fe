import Timebase

/// A frame of a capture, where it lies: whoever is handed one copies what has to outlive the call.
public struct CapturedFrame: ~Escapable, BitwiseCopyable {
  /// Which frame of the file it is, from 1, as Wireshark counts.
  public let number: Int
  /// When it passed; nil where the file does not say, or says a time beyond the years 1678 to 2262.
  public let stamp: WallTime?
  /// What its first octets are.
  public let link: LinkType
  /// Which of the file's interfaces it passed, from 0; counted on through all sections of a pcapng file.
  public let interface: Int
  /// The octets as captured, from the link header on.
  public let octets: RawSpan
  /// How long it was on the wire; never less than what was captured of it.
  public let originalLength: Int

  /// A frame of these values.
  @inlinable @_lifetime(copy octets)
  public init(
    number: Int, stamp: WallTime?, link: LinkType, interface: Int, octets: RawSpan, originalLength: Int
  ) {
    self.number = number
    self.stamp = stamp
    self.link = link
    self.interface = interface
    self.octets = octets
    self.originalLength = max(originalLength, octets.byteCount)
  }

  /// How much of it was captured.
  @inlinable public var capturedLength: Int { octets.byteCount }
}
