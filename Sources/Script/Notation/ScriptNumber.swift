/// A number of 32 bits in a script: as it is written, or a variable's value and a difference.
public enum ScriptNumber: Hashable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  /// A number.
  case constant(UInt32)
  /// A variable by its name, and what is added to it; all arithmetic goes round the circle of 32 bits.
  case variable(String, plus: UInt32)

  /// A number as it is written.
  public init(integerLiteral value: Int64) { self = .constant(UInt32(truncatingIfNeeded: value)) }

  /// Reads `7`, `-1`, `$name`, `$name+7` or `$name-7`; only constants can be checked against a range.
  init(_ word: some StringProtocol, in range: ClosedRange<Int> = -0x8000_0000...0xffff_ffff)
    throws(ScriptWords.Mistake)
  {
    guard word.hasPrefix("$") else {
      self = .constant(try ScriptWords.number(word, in: range))
      return
    }
    let body = word.dropFirst()
    let name = body.prefix { $0 != "+" && $0 != "-" }
    guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw .init("no variable: '\(word)'") }
    let rest = body[name.endIndex...]
    let difference = rest.isEmpty ? 0 : try ScriptWords.number(rest.hasPrefix("+") ? rest.dropFirst() : rest)
    self = .variable(String(name), plus: difference)
  }

  /// The sum, round the circle.
  public static func + (number: ScriptNumber, count: UInt32) -> ScriptNumber {
    switch number {
    case .constant(let value): .constant(value &+ count)
    case .variable(let name, let plus): .variable(name, plus: plus &+ count)
    }
  }

  /// The number; nil for a variable.
  public var constant: UInt32? {
    switch self {
    case .constant(let value): value
    case .variable: nil
    }
  }

  /// As it is written, numbers beyond half the circle as negative ones.
  public var description: String {
    switch self {
    case .constant(let value): return "\(Int32(truncatingIfNeeded: value))"
    case .variable(let name, let plus):
      let difference = Int32(truncatingIfNeeded: plus)
      return "$\(name)" + (difference == 0 ? "" : difference > 0 ? "+\(difference)" : "\(difference)")
    }
  }

  /// The same, without negative numbers.
  var unsigned: String { constant.map { "\($0)" } ?? description }
}

extension ScriptSegment {
  /// All its numbers.
  var numbers: [ScriptNumber] {
    var numbers = [seq]
    for number in [ack, window, urgent] { if let number { numbers.append(number) } }
    for case .timestamps(let value, let echo, _) in options ?? [] {
      numbers.append(value)
      if let echo { numbers.append(echo) }
    }
    return numbers
  }
}
