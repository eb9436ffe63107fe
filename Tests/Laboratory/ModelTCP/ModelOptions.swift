/// The TCP options of a segment as the model understands them.
struct ModelOptions {
  var maximumSegmentSize: UInt16?
  var windowShift: UInt8?
  var permitsSACK = false
  var timestamps: (value: UInt32, echo: UInt32)?
  /// An option of a kind that it does not know.
  var hasUnknown = false
  /// An option of length 0.
  var hasLengthZero = false

  private static let known: Set<UInt8> = [2, 3, 4, 5, 8]

  /// Reads a list; what follows an impossible length is not read, and an option of a wrong length is skipped.
  init(_ octets: [UInt8], fault: ModelTCP.Fault? = nil) {
    var at = 0
    while at < octets.count, octets[at] != 0 {
      if octets[at] == 1 {
        at += 1
        continue
      }
      guard at + 1 < octets.count else { return }
      let (kind, length) = (octets[at], Int(octets[at + 1]))
      hasLengthZero = hasLengthZero || length == 0
      guard length >= 2, at + length <= octets.count else { return }
      if !ModelOptions.known.contains(kind) {
        hasUnknown = true
        if fault == .unknownOptionEndsList { return }
      }
      read(kind, Array(octets[(at + 2)..<(at + length)]))
      at += length
    }
  }

  private mutating func read(_ kind: UInt8, _ value: [UInt8]) {
    switch (kind, value.count) {
    case (2, 2): maximumSegmentSize = value.word16(0)
    case (3, 1): windowShift = min(value[0], 14)
    case (4, 0): permitsSACK = true
    case (8, 8): timestamps = (value.word32(0), value.word32(4))
    default: break
    }
  }
}

extension [UInt8] {
  /// A list of options with NOPs before each of them, so that it ends at a word.
  static func aligned(_ options: [UInt8]...) -> [UInt8] {
    options.reduce(into: []) { $0 += [UInt8](repeating: 1, count: (4 - $1.count % 4) % 4) + $1 }
  }

  /// The timestamps option.
  static func timestamps(_ value: UInt32, echo: UInt32) -> [UInt8] {
    var octets: [UInt8] = [8, 10]
    octets.append32(value)
    octets.append32(echo)
    return octets
  }

  /// The SACK option of up to four blocks.
  static func sack(_ blocks: [(start: UInt32, end: UInt32)]) -> [UInt8] {
    blocks.reduce(into: [5, UInt8(2 + 8 * blocks.count)]) {
      $0.append32($1.start)
      $0.append32($1.end)
    }
  }
}

extension UInt32 {
  /// Whether a sequence number lies before another one on the circle (RFC 9293 §3.4).
  func isBefore(_ other: UInt32) -> Bool { Int32(truncatingIfNeeded: self &- other) < 0 }
}
