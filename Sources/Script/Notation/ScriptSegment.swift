import Wire

/// A TCP segment as a script writes it: `S. 0:0(0) ack 1 win 65000 urg 3 <mss 1460,nop,TS val 1 ecr echo> "text"`.
///
/// Flags are packetdrill's letters (S F R P . U E W A, `-` for none), or the twelve bits as `0x…`; SEG.SEQ counts from
/// its sender's ISS and SEG.ACK from the other's. The number in parentheses is that of the octets of text; `7(5)` is
/// `7:12(5)`. Every number may be a variable: `$snd.nxt`, `$iss+1`.
public struct ScriptSegment: Hashable, Sendable {
  /// The control bits.
  public var flags: TCPFlags
  /// SEG.SEQ, from the sender's ISS.
  public var seq: ScriptNumber
  /// Octets of text.
  public var length: Int
  /// SEG.ACK, from the receiver's ISS; nil where none is said.
  public var ack: ScriptNumber?
  /// SEG.WND as the header has it; nil where none is said.
  public var window: ScriptNumber?
  /// SEG.UP; nil where none is said.
  public var urgent: ScriptNumber?
  /// The options; nil where none are said.
  public var options: [Option]?
  /// The text, as many octets as `length` says; nil where only their number is said.
  public var text: [UInt8]?

  /// A TCP option, or several in a row.
  public enum Option: Hashable, Sendable {
    /// Octets as they are sent.
    case octets([UInt8])
    /// Timestamps; without an echo, that of the other side's latest segment, shifted.
    case timestamps(ScriptNumber, echo: ScriptNumber?, shift: UInt32)

    /// How many octets it takes.
    var count: Int {
      switch self {
      case .octets(let octets): octets.count
      case .timestamps: 10
      }
    }
  }

  /// A segment without options.
  public init(flags: TCPFlags, seq: ScriptNumber, length: Int, ack: ScriptNumber?, window: ScriptNumber?) {
    (self.flags, self.seq, self.length, self.ack, self.window) = (flags, seq, length, ack, window)
  }

  /// The most octets of text that one segment carries.
  static let longestText = 1_460

  /// Reads the words of a segment; of what is awaited the options cannot be said.
  init(_ words: inout ScriptWords, isAwaited: Bool) throws(ScriptWords.Mistake) {
    flags = try ScriptSegment.flags(try words.next("the flags"))
    (seq, length) = try ScriptSegment.numbers(try words.next("a sequence number, as 0:0(0),"))
    if words.take("ack") { ack = try ScriptNumber(try words.next("the acknowledgment")) }
    guard !isAwaited || flags.contains(.ack) == (ack != nil) else { throw .init("ack goes with the flag '.'") }
    if words.take("win") { window = try ScriptNumber(try words.next("the window"), in: 0...65_535) }
    if words.take("urg") { urgent = try ScriptNumber(try words.next("the urgent pointer"), in: 0...65_535) }
    if let text = words.peek, text.hasPrefix("<") {
      guard !isAwaited else { throw .init("the program's options are not compared") }
      options = try ScriptSegment.options(try words.next("options"))
    }
    if let word = words.peek, word.hasPrefix("\"") {
      let octets = try ScriptWords.text(try words.next("text"))
      guard octets.count == length else {
        throw .init("the text has \(octets.count) octets, and (\(length)) is said")
      }
      text = octets
    }
    if isAwaited { try words.end() }
  }

  /// `0:5(5)`, or `0(5)`: the first sequence number and the octets of text.
  static func numbers(_ word: String) throws(ScriptWords.Mistake) -> (ScriptNumber, Int) {
    let parts = word.split(whereSeparator: { ":()".contains($0) })
    guard (2...3).contains(parts.count), word.hasSuffix(")") else { throw .init("say 0:0(0), not '\(word)'") }
    let seq = try ScriptNumber(parts[0])
    let length = Int(try ScriptWords.number(parts[parts.count - 1], in: 0...longestText))
    if parts.count == 3, try ScriptNumber(parts[1]) != seq + UInt32(length) {
      throw .init("the numbers of '\(word)' do not fit")
    }
    return (seq, length)
  }

  private static let letters: [(letter: Character, flag: TCPFlags)] = [
    ("F", .fin), ("S", .syn), ("R", .rst), ("P", .psh), (".", .ack), ("U", .urg), ("E", .ece), ("W", .cwr),
    ("A", .ae),
  ]

  static func flags(_ word: String) throws(ScriptWords.Mistake) -> TCPFlags {
    if word.hasPrefix("0x") {
      guard let bits = UInt16(word.dropFirst(2), radix: 16), bits <= 0xfff else { throw .init("no flags: '\(word)'") }
      return TCPFlags(rawValue: bits)
    }
    var flags: TCPFlags = []
    for letter in word where word != "-" {
      guard let flag = letters.first(where: { $0.letter == letter })?.flag, !flags.contains(flag) else {
        throw .init("no flags: '\(word)'")
      }
      flags.insert(flag)
    }
    return flags
  }
}

extension ScriptSegment: CustomStringConvertible {
  /// The same words as they are read.
  public var description: String {
    let set = String(ScriptSegment.letters.filter { flags.contains($0.flag) }.map(\.letter))
    let named = flags.isDisjoint(with: .reserved) ? (set.isEmpty ? "-" : set) : "0x" + String(flags.rawValue, radix: 16)
    var words = "\(named) \(seq)"
    if let start = seq.constant.map({ Int32(truncatingIfNeeded: $0) }) { words += ":\(Int(start) + length)" }
    words += "(\(length))"
    if let ack { words += " ack \(ack)" }
    if let window { words += " win \(window)" }
    if let urgent { words += " urg \(urgent)" }
    if let options {
      var list = ""
      for option in options { list += (list.isEmpty ? "" : ",") + option.words }
      words += " <\(list)>"
    }
    if let text { words += " " + ScriptWords.quoted(text) }
    return words
  }
}

extension ScriptSegment.Option {
  fileprivate var words: String {
    switch self {
    case .octets(let octets): return octets.reduce(into: "raw") { $0 += " \($1)" }
    case .timestamps(let value, let echo, let shift):
      let reply = echo.map { $0.unsigned } ?? "echo" + (shift == 0 ? "" : "+\(shift)")
      return "TS val \(value.unsigned) ecr \(reply)"
    }
  }
}

// MARK: Options

extension ScriptSegment {
  static func options(_ text: String) throws(ScriptWords.Mistake) -> [Option] {
    guard text.hasSuffix(">"), text.utf8.count > 1 else { throw .init("the options have no end: \(text)") }
    var options: [Option] = []
    for word in text.dropFirst().dropLast().split(separator: ",") {
      options.append(try option(word.split(separator: " ").map(String.init)))
    }
    guard options.reduce(0, { $0 + $1.count }) <= 40 else { throw .init("options take 40 octets at most") }
    return options
  }

  /// `mss N`, `wscale N`, `sackOK`, `eol`, `nop`, `nop COUNT`, `TS val N ecr N`, `TS val N ecr echo`, `echo+N`, `raw` octets.
  private static func option(_ words: [String]) throws(ScriptWords.Mistake) -> Option {
    switch (words.first, words.count) {
    case ("mss", 2):
      let size = try ScriptWords.number(words[1], in: 0...65_535)
      return .octets([2, 4, UInt8(size >> 8), UInt8(size & 255)])
    case ("wscale", 2): return .octets([3, 3, try ScriptWords.octet(words[1])])
    case ("eol", 1): return .octets([0])
    case ("sackOK", 1): return .octets([4, 2])
    case ("nop", 1): return .octets([1])
    case ("nop", 2):
      return .octets([UInt8](repeating: 1, count: Int(try ScriptWords.number(words[1], in: 1...40))))
    case ("TS", 5) where words[1] == "val" && words[3] == "ecr":
      let value = try ScriptNumber(words[2])
      guard words[4].hasPrefix("echo") else {
        return .timestamps(value, echo: try ScriptNumber(words[4]), shift: 0)
      }
      let shift = words[4].dropFirst(4)
      return .timestamps(value, echo: nil, shift: shift.isEmpty ? 0 : try ScriptWords.number(shift))
    case ("raw", 2...):
      var octets: [UInt8] = []
      for word in words.dropFirst() { octets.append(try ScriptWords.octet(word)) }
      return .octets(octets)
    default: throw .init("what option is '\(words.joined(separator: " "))'?")
    }
  }
}
