import Wire

/// A TCP segment as a scenario writes it: `S. 0:0(0) ack 1 win 65000 <mss 1460,nop,TS val 1 ecr echo>`.
///
/// Flags are packetdrill's letters (S F R P . U E W, `-` for none); SEG.SEQ counts from its sender's ISS and SEG.ACK
/// from the other's. The number in parentheses is that of the octets of text.
public struct ScenarioSegment: Hashable, Sendable {
  /// The control bits.
  public var flags: TCPFlags
  /// SEG.SEQ, from the sender's ISS.
  public var seq: UInt32
  /// Octets of text.
  public var length: Int
  /// SEG.ACK, from the receiver's ISS; nil where none is said.
  public var ack: UInt32?
  /// SEG.WND as the header has it; nil where none is said.
  public var window: UInt16?
  /// The options; nil where none are said.
  public var options: [Option]?

  /// A TCP option, or several in a row.
  public enum Option: Hashable, Sendable {
    /// Octets as they are sent.
    case octets([UInt8])
    /// Timestamps; without an echo, that of the program's latest segment, shifted.
    case timestamps(UInt32, echo: UInt32?, shift: UInt32)

    /// How many octets it takes.
    var count: Int {
      switch self {
      case .octets(let octets): octets.count
      case .timestamps: 10
      }
    }
  }

  /// A segment without options.
  public init(flags: TCPFlags, seq: UInt32, length: Int, ack: UInt32?, window: UInt16?) {
    (self.flags, self.seq, self.length, self.ack, self.window) = (flags, seq, length, ack, window)
  }

  /// Reads the words of a segment; of what is awaited the options cannot be said.
  init(_ words: inout ScenarioWords, isAwaited: Bool) throws(ScenarioWords.Mistake) {
    flags = try ScenarioSegment.flags(try words.next("the flags"))
    let numbers = try words.next("a sequence number, as 0:0(0),")
    let parts = numbers.split(whereSeparator: { ":()".contains($0) })
    guard parts.count == 3, numbers.hasSuffix(")") else { throw .init("say 0:0(0), not '\(numbers)'") }
    seq = try ScenarioWords.number(parts[0])
    length = Int(try ScenarioWords.number(parts[2], in: 0...1400))
    guard try ScenarioWords.number(parts[1]) == seq &+ UInt32(length) else {
      throw .init("the numbers of '\(numbers)' do not fit")
    }
    if words.take("ack") { ack = try ScenarioWords.number(try words.next("the acknowledgment")) }
    guard !isAwaited || flags.contains(.ack) == (ack != nil) else { throw .init("ack goes with the flag '.'") }
    if words.take("win") {
      window = UInt16(truncatingIfNeeded: try ScenarioWords.number(try words.next("the window"), in: 0...65_535))
    }
    if let text = words.peek, text.hasPrefix("<") {
      guard !isAwaited else { throw .init("the program's options are not compared") }
      options = try ScenarioSegment.options(try words.next("options"))
    }
    if isAwaited { try words.end() }
  }

  private static let letters: [(letter: Character, flag: TCPFlags)] = [
    ("F", .fin), ("S", .syn), ("R", .rst), ("P", .psh), (".", .ack), ("U", .urg), ("E", .ece), ("W", .cwr),
  ]

  private static func flags(_ word: String) throws(ScenarioWords.Mistake) -> TCPFlags {
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

extension ScenarioSegment: CustomStringConvertible {
  /// The same words as they are read.
  public var description: String {
    let set = String(ScenarioSegment.letters.filter { flags.contains($0.flag) }.map(\.letter))
    let start = Int32(truncatingIfNeeded: seq)
    var text = "\(set.isEmpty ? "-" : set) \(start):\(Int(start) + length)(\(length))"
    if let ack { text += " ack \(Int32(truncatingIfNeeded: ack))" }
    if let window { text += " win \(window)" }
    if let options {
      var words = ""
      for option in options { words += (words.isEmpty ? "" : ",") + option.words }
      text += " <\(words)>"
    }
    return text
  }
}

extension ScenarioSegment.Option {
  fileprivate var words: String {
    switch self {
    case .octets(let octets): return octets.reduce(into: "raw") { $0 += " \($1)" }
    case .timestamps(let value, let echo, let shift):
      return "TS val \(value) ecr " + (echo.map { "\($0)" } ?? "echo" + (shift == 0 ? "" : "+\(shift)"))
    }
  }
}

// MARK: Options

extension ScenarioSegment {
  private static func options(_ text: String) throws(ScenarioWords.Mistake) -> [Option] {
    guard text.hasSuffix(">"), text.utf8.count > 1 else { throw .init("the options have no end: \(text)") }
    var options: [Option] = []
    for word in text.dropFirst().dropLast().split(separator: ",") {
      options.append(try option(word.split(separator: " ").map(String.init)))
    }
    guard options.reduce(0, { $0 + $1.count }) <= 40 else { throw .init("options take 40 octets at most") }
    return options
  }

  /// `mss N`, `wscale N`, `sackOK`, `nop`, `nop COUNT`, `TS val N ecr N`, `TS val N ecr echo`, `echo+N`, `raw` octets.
  private static func option(_ words: [String]) throws(ScenarioWords.Mistake) -> Option {
    switch (words.first, words.count) {
    case ("mss", 2):
      let size = try ScenarioWords.number(words[1], in: 0...65_535)
      return .octets([2, 4, UInt8(size >> 8), UInt8(size & 255)])
    case ("wscale", 2): return .octets([3, 3, try ScenarioWords.octet(words[1])])
    case ("sackOK", 1): return .octets([4, 2])
    case ("nop", 1): return .octets([1])
    case ("nop", 2):
      return .octets([UInt8](repeating: 1, count: Int(try ScenarioWords.number(words[1], in: 1...40))))
    case ("TS", 5) where words[1] == "val" && words[3] == "ecr":
      let value = try ScenarioWords.number(words[2])
      guard words[4].hasPrefix("echo") else {
        return .timestamps(value, echo: try ScenarioWords.number(words[4]), shift: 0)
      }
      let shift = words[4].dropFirst(4)
      return .timestamps(value, echo: nil, shift: shift.isEmpty ? 0 : try ScenarioWords.number(shift))
    case ("raw", 2...):
      var octets: [UInt8] = []
      for word in words.dropFirst() { octets.append(try ScenarioWords.octet(word)) }
      return .octets(octets)
    default: throw .init("what option is '\(words.joined(separator: " "))'?")
    }
  }
}
