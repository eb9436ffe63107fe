import Timebase

/// Which way a packet went, seen from the host that captured it.
public enum FrameDirection: UInt32, BitwiseCopyable, Sendable {
  /// It came in (epb_flags, draft-ietf-opsawg-pcapng §4.3.1).
  case inbound = 1
  /// It went out.
  case outbound = 2
}

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
  /// Which way it went; nil where the file does not say.
  public let direction: FrameDirection?

  /// A frame of these values.
  @inlinable @_lifetime(copy octets)
  public init(
    number: Int, stamp: WallTime?, link: LinkType, interface: Int, octets: RawSpan, originalLength: Int,
    direction: FrameDirection? = nil
  ) {
    self.number = number
    self.stamp = stamp
    self.link = link
    self.interface = interface
    self.octets = octets
    self.originalLength = max(originalLength, octets.byteCount)
    self.direction = direction
  }

  /// How much of it was captured.
  @inlinable public var capturedLength: Int { octets.byteCount }
}

/// Where frames were captured, as far as a file says it.
public struct CaptureInterface: Hashable, Sendable {
  /// The interface's name; nil where the file has none.
  ///
  /// It comes from the file: escape it before showing it.
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

/// How far a file has been read, and what was wrong on the way; shared by the formats.
struct CaptureProgress: Sendable {
  /// Where the octets begin that have not been consumed, from the start of the file.
  var offset: Int64 = 0
  /// Records or blocks consumed.
  var records = 0
  /// Frames found, those among them that were passed over.
  var frames = 0
  /// How many octets the next record needs, from `offset` on, as far as is known.
  var needed = 4
  /// How many octets of the present record are passed over unseen, from `offset` on.
  var surplus: Int64 = 0
  /// How many octets of it have been consumed already.
  var passed: Int64 = 0
  /// The first thing that was wrong.
  var fault: CaptureFault?
  /// How many things were wrong.
  var faultCount = 0
  /// Whether nothing more can be read.
  var hasStopped = false

  /// Takes note of a fault of the record that begins `distance` octets after `offset`.
  mutating func note(_ kind: CaptureFault.Kind, after distance: Int = 0, isHeader: Bool = false) {
    let found = CaptureFault(kind, offset: offset - passed + Int64(distance), record: isHeader ? 0 : records + 1)
    if fault == nil { fault = found }
    faultCount += 1
    if found.isFinal { hasStopped = true }
  }

  /// Begins to pass over so many octets, behind those that have been consumed of the record.
  mutating func passOver(_ count: Int64, after consumed: Int) {
    surplus = count
    passed = Int64(consumed)
  }

  /// Passes over what is to be passed over of so many octets, and returns how many that were.
  mutating func passOver(among count: Int) -> Int {
    let part = Int(min(surplus, Int64(count)))
    surplus -= Int64(part)
    passed += Int64(part)
    offset += Int64(part)
    return part
  }

  /// Counts a record that has been consumed.
  mutating func endRecord() {
    records &+= 1
    passed = 0
  }
}
