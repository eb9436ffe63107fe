/// A TCP segment as a scenario writes it: `S. 0:0(0) ack 1 win 65000 <mss 1460,nop,TS val 1 ecr echo>`.
///
/// Flags are packetdrill's letters (S F R P . U E W, `-` for none); SEG.SEQ counts from its sender's ISS and SEG.ACK
/// from the other's. The number in parentheses is that of the octets of text.
struct ScenarioSegment: Sendable {
  var flags: PeerSegment.Flags
  var seq: UInt32
  var length: Int
  var ack: UInt32?
  var window: UInt16?
  fileprivate var options: [Option]?

  fileprivate enum Option: Sendable {
    case octets([UInt8])
    /// Timestamps; without an echo, that of the program's latest segment, shifted.
    case timestamps(UInt32, echo: UInt32?, shift: UInt32)
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

  private static let letters: [Character: UInt8] = [
    "F": 1, "S": 2, "R": 4, "P": 8, ".": 16, "U": 32, "E": 64, "W": 128,
  ]

  private static func flags(_ word: String) throws(ScenarioWords.Mistake) -> PeerSegment.Flags {
    var bits: UInt8 = 0
    for letter in word where word != "-" {
      guard let bit = letters[letter], bits & bit == 0 else { throw .init("no flags: '\(word)'") }
      bits |= bit
    }
    return PeerSegment.Flags(rawValue: bits)
  }

  /// A segment of a flow in the same words.
  static func words(_ segment: PeerSegment, ours: UInt32, theirs: UInt32) -> String {
    let set = "FSRP.UEW".filter { (letters[$0] ?? 0) & segment.flags.rawValue != 0 }
    let seq = Int32(truncatingIfNeeded: segment.seq &- ours)
    let numbers = "\(seq):\(Int(seq) + segment.payload.count)(\(segment.payload.count))"
    let ack = segment.flags.contains(.ack) ? " ack \(Int32(truncatingIfNeeded: segment.ack &- theirs))" : ""
    return "\(set.isEmpty ? "-" : set) \(numbers)\(ack) win \(segment.window)"
  }

  /// Whether a segment of the program's is this one; what is not said is not compared.
  func fits(_ segment: PeerSegment, ours: UInt32, theirs: UInt32) -> Bool {
    segment.flags == flags && segment.seq == ours &+ seq && segment.payload.count == length
      && (ack.map { segment.ack == theirs &+ $0 } ?? true) && (window.map { segment.window == $0 } ?? true)
  }

  /// The segment of the peer's, in answer to the program's latest.
  func segment(answering latest: PeerSegment, ours: UInt32, theirs: UInt32) -> PeerSegment {
    latest.answer(
      flags, seq: theirs &+ seq, ack: ack.map { ours &+ $0 } ?? 0, window: window ?? 65_000,
      options: options?.flatMap { $0.octets(answering: latest) } ?? [],
      payload: [UInt8](repeating: UInt8(ascii: "x"), count: length))
  }
}

// MARK: Options

extension ScenarioSegment {
  private static func options(_ text: String) throws(ScenarioWords.Mistake) -> [Option] {
    guard text.hasSuffix(">") else { throw .init("the options have no end: \(text)") }
    var options: [Option] = []
    for word in text.dropFirst().dropLast().split(separator: ",") {
      options.append(try option(word.split(separator: " ").map(String.init)))
    }
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

extension ScenarioSegment.Option {
  fileprivate func octets(answering latest: PeerSegment) -> [UInt8] {
    switch self {
    case .octets(let octets): return octets
    case .timestamps(let value, let echo, let shift):
      var octets: [UInt8] = [8, 10]
      octets.append32(value)
      octets.append32(echo ?? (latest.timestamp ?? 0) &+ shift)
      return octets
    }
  }
}
