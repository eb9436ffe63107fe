import Wire

// draft-ietf-opsawg-pcapng §4: what its blocks and options are called by number.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +---------------------------------------------------------------+
//   |                          Block Type                           |
//   +---------------------------------------------------------------+
//   |                      Block Total Length                       |
//   +---------------------------------------------------------------+
//   |             the body, padded with zeros to 32 bits            |
//   +---------------------------------------------------------------+
//   |                      Block Total Length                       |
//   +---------------------------------------------------------------+

/// The numbers of the pcapng format, shared by those who read and write it.
enum PCAPNG {
  /// Octets of a block around its body.
  static var frameLength: Int { 12 }
  /// Octets before the body.
  static var headLength: Int { 8 }
  /// What tells a section's byte order.
  static var byteOrderMagic: UInt32 { 0x1a2b_3c4d }

  enum Block {
    static var section: UInt32 { 0x0a0d_0d0a }
    static var interface: UInt32 { 1 }
    /// Obsolete since 2004, and still met.
    static var packet: UInt32 { 2 }
    static var simplePacket: UInt32 { 3 }
    static var interfaceStatistics: UInt32 { 5 }
    static var enhancedPacket: UInt32 { 6 }
  }

  enum Option {
    static var end: UInt16 { 0 }
    static var comment: UInt16 { 1 }
    static var sectionApplication: UInt16 { 4 }
    static var interfaceName: UInt16 { 2 }
    static var interfaceResolution: UInt16 { 9 }
    static var interfaceOffset: UInt16 { 14 }
    static var packetFlags: UInt16 { 2 }
    static var statisticsStart: UInt16 { 2 }
    static var statisticsEnd: UInt16 { 3 }
    static var statisticsReceived: UInt16 { 4 }
    static var statisticsDropped: UInt16 { 5 }
  }

  /// How many octets pad so many to 32 bits.
  static func padding(of count: Int) -> Int { (4 - count & 3) & 3 }
}

// draft-ietf-opsawg-pcapng §3.5: options, each a code, a length and a value padded to 32 bits.

/// Walks the options of a block without allocating; every step consumes four octets or more.
struct PCAPNGOptionCursor: ~Escapable {
  private let octets: RawSpan
  private let isBigEndian: Bool
  private var at = 0

  /// Whether the walk ended because an option does not lie within the block.
  private(set) var isBroken = false

  /// Begins at the first option.
  @_lifetime(copy octets)
  init(_ octets: RawSpan, bigEndian: Bool) {
    self.octets = octets
    isBigEndian = bigEndian
  }

  /// An option: its code, and where its value lies.
  struct Option {
    var code: UInt16
    var range: Range<Int>
  }

  /// The next option; nil at the end of them, marked or not.
  mutating func next() -> Option? {
    guard octets.byteCount - at >= 4 else {
      isBroken = octets.byteCount != at
      return nil
    }
    let code: UInt16 = octets.load(at, bigEndian: isBigEndian)
    let length = Int(octets.load(at + 2, bigEndian: isBigEndian) as UInt16)
    guard code != PCAPNG.Option.end else { return nil }
    guard length <= octets.byteCount - at - 4 else {
      isBroken = true
      return nil
    }
    let start = at + 4
    at = min(start + length + PCAPNG.padding(of: length), octets.byteCount)
    return Option(code: code, range: start..<start + length)
  }

  /// The octets of an option's value.
  @_lifetime(copy self)
  func value(of option: Option) -> RawSpan { octets.extracting(option.range) }
}
