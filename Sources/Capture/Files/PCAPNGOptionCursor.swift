// draft-ietf-opsawg-pcapng §3.5: options, each a code, a length and a value padded to 32 bits.

import Wire

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
