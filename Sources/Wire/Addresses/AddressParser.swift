// RFC 1123 §2.1 and RFC 4291 §2.2: the pieces that the texts of addresses are made of.

/// Reads the pieces that address texts are made of, from the front.
struct AddressParser<Text: Collection<UInt8>> {
  private var rest: Text.SubSequence

  init(_ text: Text) { rest = text[...] }

  var isAtEnd: Bool { rest.isEmpty }

  /// Steps over one character if it is the next.
  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard let next = rest.first, UInt32(next) == character.value else { return false }
    rest = rest.dropFirst()
    return true
  }

  /// A number of one to `digits` digits, and how many it had.
  mutating func number(radix: UInt32, digits: Int) -> (value: UInt32, digits: Int)? {
    var value: UInt32 = 0
    var count = 0
    while count < digits, let first = rest.first, let digit = Self.digit(first), digit < radix {
      value = value * radix + digit
      count += 1
      rest = rest.dropFirst()
    }
    return count == 0 ? nil : (value, count)
  }

  /// Four decimal numbers up to 255, without leading zeros.
  mutating func dottedQuad() -> UInt32? {
    var address: UInt32 = 0
    for part in 0..<4 {
      if part > 0, !skip(".") { return nil }
      let leadingZero = rest.first == 0x30
      guard let (value, digits) = number(radix: 10, digits: 3), value <= 255, !leadingZero || digits == 1 else {
        return nil
      }
      address = address << 8 | value
    }
    return address
  }

  /// The value of a hexadecimal digit in ASCII, or nil.
  private static func digit(_ character: UInt8) -> UInt32? {
    switch character {
    case 0x30...0x39: return UInt32(character) - 0x30
    case 0x41...0x46: return UInt32(character) - 0x41 + 10
    case 0x61...0x66: return UInt32(character) - 0x61 + 10
    default: return nil
    }
  }
}
