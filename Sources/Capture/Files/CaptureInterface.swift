/// Where frames were captured, as far as a file says it.
public struct CaptureInterface: Hashable, Sendable {
  /// The interface's name; nil where the file has none.
  ///
  /// Whoever made the file chose it: escape it before showing.
  public var name: String?
  /// What its frames begin with.
  public var link: LinkType
  /// How many octets of a frame were kept at most; 0 for all.
  public var snapLength: UInt32
  /// What its stamps count.
  public var clock: CaptureClock

  /// An interface of these values; its stamps are in nanoseconds unless said otherwise.
  @inlinable public init(
    name: String? = nil, link: LinkType, snapLength: UInt32 = 262_144, clock: CaptureClock = .nanoseconds
  ) {
    self.name = name
    self.link = link
    self.snapLength = snapLength
    self.clock = clock
  }
}
