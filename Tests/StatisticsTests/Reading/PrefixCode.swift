@testable import Statistics

/// A canonical prefix code, known by the width of every symbol's code (RFC 1951 §3.2.2).
struct PrefixCode {
  /// How far the bits of one symbol were read.
  struct Walk {
    fileprivate var code = 0
    fileprivate var first = 0
    fileprivate var index = 0
    fileprivate var width = 0
  }

  enum Progress {
    case symbol(Int)
    case more
    case none
  }

  private static let widest = 15

  /// How many codes there are of each width.
  private var counts = [Int](repeating: 0, count: widest + 1)
  /// The symbols in the order of their codes.
  private var symbols: [Int] = []

  /// Refuses a code that more symbols claim than there is room for; one that leaves room is legal where it is short.
  init(widths: [Int]) throws(Zlib.Fault) {
    self.init(of: widths)
    var room = 1
    for width in 1...PrefixCode.widest {
      room = room * 2 - counts[width]
      guard room >= 0 else { throw .malformed }
    }
  }

  private init(of widths: [Int]) {
    for width in 1...PrefixCode.widest {
      for (symbol, own) in widths.enumerated() where own == width {
        symbols.append(symbol)
        counts[width] += 1
      }
    }
  }

  /// The literals and lengths of a block that brings no code (§3.2.6).
  static let fixedLiterals = PrefixCode(
    of: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
  /// The distances of such a block.
  static let fixedDistances = PrefixCode(of: [Int](repeating: 5, count: 30))

  /// Takes one more bit.
  func step(_ walk: inout Walk, _ bit: Int) -> Progress {
    walk.width += 1
    guard walk.width <= PrefixCode.widest else { return .none }
    walk.code |= bit
    let count = counts[walk.width]
    if walk.code - walk.first < count { return .symbol(symbols[walk.index + walk.code - walk.first]) }
    walk.index += count
    walk.first = (walk.first + count) << 1
    walk.code <<= 1
    return .more
  }
}
