@testable import Statistics

/// Reads one deflate stream (RFC 1951) into no more octets than allowed.
///
/// Every step takes a bit at least or ends, so the work is bounded by the input and the limit.
struct Inflate {
  private let input: [UInt8]
  private let limit: Int
  /// The next bit to read.
  private var place = 0
  private var output: [UInt8] = []

  init(_ input: [UInt8], limit: Int) {
    self.input = input
    self.limit = limit
  }

  mutating func run() throws(Zlib.Fault) -> [UInt8] {
    var isLast = false
    while !isLast {
      isLast = try bits(1) == 1
      switch try bits(2) {
      case 0: try stored()
      case 1: try block(.fixedLiterals, .fixedDistances)
      case 2:
        let (literals, distances) = try codes()
        try block(literals, distances)
      default: throw .malformed
      }
    }
    guard (place + 7) / 8 == input.count else { throw .length }
    return output
  }

  // MARK: Bits

  /// So many bits as a number, the first one lowest.
  private mutating func bits(_ count: Int) throws(Zlib.Fault) -> Int {
    guard place + count <= input.count * 8 else { throw .length }
    var number = 0
    for bit in 0..<count {
      number |= Int(input[place >> 3] >> UInt8(place & 7) & 1) << bit
      place += 1
    }
    return number
  }

  private mutating func symbol(_ code: PrefixCode) throws(Zlib.Fault) -> Int {
    var walk = PrefixCode.Walk()
    while true {
      switch code.step(&walk, try bits(1)) {
      case .symbol(let symbol): return symbol
      case .more: continue
      case .none: throw .malformed
      }
    }
  }

  // MARK: Blocks

  /// Octets as they are (§3.2.4).
  private mutating func stored() throws(Zlib.Fault) {
    place = (place + 7) / 8 * 8
    let length = try bits(16)
    guard try bits(16) == ~length & 0xffff else { throw .malformed }
    let start = place / 8
    guard start + length <= input.count else { throw .length }
    guard output.count + length <= limit else { throw .tooLong }
    output += input[start..<(start + length)]
    place += length * 8
  }

  /// Literals and copies of what came before (§3.2.3, §3.2.5).
  private mutating func block(_ literals: PrefixCode, _ distances: PrefixCode) throws(Zlib.Fault) {
    while true {
      let symbol = try symbol(literals)
      if symbol == 256 { return }
      guard symbol > 256 else {
        guard output.count < limit else { throw .tooLong }
        output.append(UInt8(symbol))
        continue
      }
      guard symbol < 286 else { throw .malformed }
      let (base, extra) = Inflate.length(symbol - 257)
      let length = base + (try bits(extra))
      let code = try self.symbol(distances)
      guard code < 30 else { throw .malformed }
      let (near, more) = Inflate.distance(code)
      let distance = near + (try bits(more))
      guard distance <= output.count else { throw .malformed }
      guard output.count + length <= limit else { throw .tooLong }
      for _ in 0..<length { output.append(output[output.count - distance]) }
    }
  }

  /// The base and the number of further bits of a length symbol, from 0.
  private static func length(_ symbol: Int) -> (Int, Int) {
    if symbol < 8 { return (symbol + 3, 0) }
    if symbol == 28 { return (258, 0) }
    let extra = symbol / 4 - 1
    return ((4 + symbol % 4) << extra + 3, extra)
  }

  /// The base and the number of further bits of a distance symbol.
  private static func distance(_ symbol: Int) -> (Int, Int) {
    if symbol < 4 { return (symbol + 1, 0) }
    let extra = symbol / 2 - 1
    return ((2 + symbol % 2) << extra + 1, extra)
  }

  /// The codes that a block brings with it (§3.2.7).
  private mutating func codes() throws(Zlib.Fault) -> (PrefixCode, PrefixCode) {
    let (literals, distances, own) = (try bits(5) + 257, try bits(5) + 1, try bits(4) + 4)
    guard literals <= 286, distances <= 30 else { throw .malformed }
    let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    var widths = [Int](repeating: 0, count: order.count)
    for place in order.prefix(own) { widths[place] = try bits(3) }
    let code = try PrefixCode(widths: widths)
    var lengths: [Int] = []
    while lengths.count < literals + distances {
      let symbol = try symbol(code)
      switch symbol {
      case 16:
        guard let last = lengths.last else { throw .malformed }
        lengths += repeatElement(last, count: 3 + (try bits(2)))
      case 17: lengths += repeatElement(0, count: 3 + (try bits(3)))
      case 18: lengths += repeatElement(0, count: 11 + (try bits(7)))
      default: lengths.append(symbol)
      }
    }
    guard lengths.count == literals + distances, lengths[256] > 0 else { throw .malformed }
    return (
      try PrefixCode(widths: Array(lengths.prefix(literals))), try PrefixCode(widths: Array(lengths.suffix(distances)))
    )
  }
}
