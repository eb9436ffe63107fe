import Handshake
import Wire

/// What is expected of the peer: a packet, by what is said of it.
///
/// What is not said is not compared.
///
///     S. 0:0(0) ack 1 win 65160 <mss *,sackOK,TS val $ts ecr 7,nop,wscale $ws>
///     R. *:*(0) ack 1                 any sequence number
///     ? len>0 ack=$snd.nxt            any flags
///     S.+ has:mss no:TS mss<=1460     SYN and ACK, and perhaps more
///     icmp 3/4                        an ICMP error about a packet of ours
///
/// PSH is compared only where it is named. A variable without a value gets one: `mss=$mss`.
public struct Pattern: Hashable, Sendable {
  /// Which packets it is about.
  public enum Kind: Hashable, Sendable {
    /// Segments with any control bits.
    case anySegment
    /// Segments with these control bits, and no others.
    case segment(TCPFlags)
    /// Segments with these control bits at least.
    case segmentWith(TCPFlags)
    /// An ICMP error.
    case icmp(type: UInt8, code: UInt8)
  }

  /// Which packets it is about.
  public var kind: Kind
  /// What must hold of its fields.
  public var tests: [Test] = []
  /// The options in order; nil where they are not compared.
  public var options: [OptionPattern]?
  /// Whether more options may follow.
  public var allowsMoreOptions = false

  /// One thing that must hold.
  public enum Test: Hashable, Sendable {
    /// A field, compared with a number.
    case compare(Field, Relation, ScriptNumber)
    /// Whether an option of this kind is there.
    case option(UInt8, isThere: Bool)
  }

  /// How numbers are compared.
  public enum Relation: String, Hashable, Sendable, CaseIterable {
    case atLeast = ">="
    case atMost = "<="
    case different = "!="
    case equal = "="
    case above = ">"
    case below = "<"

    /// Whether it holds.
    func holds(_ a: UInt32, _ b: UInt32) -> Bool {
      switch self {
      case .atLeast: a >= b
      case .atMost: a <= b
      case .different: a != b
      case .equal: a == b
      case .above: a > b
      case .below: a < b
      }
    }
  }

  /// What can be compared with a number.
  public enum Field: String, Hashable, Sendable, CaseIterable {
    /// SEG.SEQ, from the peer's ISS, and SEG.ACK, from ours.
    case seq, ack
    /// SEG.WND as it stands, octets of text, the urgent pointer, the reserved bits, PSH.
    case win, len, urg, res, psh
    /// Of the IP header: time to live or hop limit, identification, don't fragment, DSCP and ECN, ECN alone.
    case ttl, id, df, tos, ecn
    /// Of the options: what they carry.
    case mss, wscale, tsval, tsecr
    /// The first SACK block, from our ISS.
    case sackleft, sackright
    /// Octets of an AccECN option's counters that are not zero (RFC 9768 §3.2.3).
    case accecn
    /// 1 for a segment with text, SYN or FIN that had come before, 0 for any other.
    case again
    /// Octets of options, and octets behind an end of option list that are not zero.
    case optlen, padding
  }

  /// One option of a list; a value that is nil is not compared.
  public struct OptionPattern: Hashable, Sendable {
    /// Its kind.
    public var kind: UInt8
    /// Its values, as wide as the kind's; nil where its octets are not compared.
    public var values: [ScriptNumber?]
    /// All its octets; nil where values are compared.
    public var octets: [UInt8]?
  }
}

// MARK: Reading

extension Pattern {
  init(_ words: inout ScriptWords, family: Int) throws(ScriptWords.Mistake) {
    if words.take("icmp") {
      let (type, code) = try ScriptPacket.typeAndCode(&words, family: family)
      kind = .icmp(type: type, code: code)
      return
    }
    let flags = try words.next("the flags")
    if flags == "?" {
      kind = .anySegment
    } else if flags.hasSuffix("+") {
      kind = .segmentWith(try ScriptSegment.flags(String(flags.dropLast())))
    } else {
      kind = .segment(try ScriptSegment.flags(flags))
    }
    if let word = words.peek, word.hasSuffix(")") { try readNumbers(try words.next("numbers")) }
    while let word = words.peek {
      if words.take("ack") {
        try expect(.ack, words.next("the acknowledgment"))
      } else if words.take("win") {
        try expect(.win, words.next("the window"))
      } else if word.hasPrefix("<"), word.hasSuffix(">") {
        _ = try words.next("options")
        allowsMoreOptions = word.hasSuffix(",*>") || word == "<*>"
        options = try Pattern.options(allowsMoreOptions ? String(word.dropLast(2)) + ">" : word)
      } else if let test = try Pattern.test(word) {
        _ = try words.next("a test")
        tests.append(test)
      } else {
        return
      }
    }
  }

  /// `0:5(5)`, `0(5)`, `*:*(0)`, `7:*(*)`.
  private mutating func readNumbers(_ word: String) throws(ScriptWords.Mistake) {
    let parts = word.split(whereSeparator: { ":()".contains($0) })
    guard (2...3).contains(parts.count) else { throw .init("say 0:0(0), not '\(word)'") }
    try expect(.seq, String(parts[0]))
    let (end, length) = (parts.count == 3 ? parts[1] : "*", parts[parts.count - 1])
    if end != "*", length != "*", parts[0] != "*" {
      let count = try ScriptWords.number(length, in: 0...65_535)
      guard try ScriptNumber(parts[0]) + count == ScriptNumber(end) else {
        throw .init("the numbers of '\(word)' do not fit")
      }
    }
    try expect(.len, String(length))
  }

  private mutating func expect(_ field: Field, _ word: String) throws(ScriptWords.Mistake) {
    if word != "*" { tests.append(.compare(field, .equal, try ScriptNumber(word))) }
  }

  /// `mss<=1460`, `has:sackOK`, `no:TS`, `has:250`; nil where a word is none of these.
  private static func test(_ word: String) throws(ScriptWords.Mistake) -> Test? {
    for (prefix, isThere) in [("has:", true), ("no:", false)] where word.hasPrefix(prefix) {
      let name = String(word.dropFirst(prefix.count))
      if let row = TCPOption.table.first(where: { !$0.name.isEmpty && $0.name == name }) {
        return .option(row.kind, isThere: isThere)
      }
      return .option(try ScriptWords.octet(name), isThere: isThere)
    }
    guard let relation = Relation.allCases.first(where: { word.mentions($0.rawValue) }),
      let sign = word.firstRange(of: relation.rawValue), let field = Field(rawValue: String(word[..<sign]))
    else { return nil }
    let value = word[word.index(sign, offsetBy: relation.rawValue.count)...]
    return .compare(field, relation, try ScriptNumber(value))
  }

  private static func options(_ text: String) throws(ScriptWords.Mistake) -> [OptionPattern] {
    var options: [OptionPattern] = []
    for word in text.dropFirst().dropLast().split(separator: ",") {
      let words = word.split(separator: " ").map(String.init)
      func value(_ word: String) throws(ScriptWords.Mistake) -> ScriptNumber? {
        word == "*" ? nil : try ScriptNumber(word)
      }
      switch (words.first, words.count) {
      case ("mss", 2):
        options.append(OptionPattern(kind: TCPOption.Kind.maximumSegmentSize, values: [try value(words[1])]))
      case ("wscale", 2): options.append(OptionPattern(kind: TCPOption.Kind.windowScale, values: [try value(words[1])]))
      case ("TS", 5) where words[1] == "val" && words[3] == "ecr":
        options.append(
          OptionPattern(kind: TCPOption.Kind.timestamps, values: [try value(words[2]), try value(words[4])]))
      case ("kind", 2): options.append(OptionPattern(kind: try ScriptWords.octet(words[1]), values: []))
      default:
        for case .octets(let octets) in try ScriptSegment.options("<\(word)>") {
          if octets.allSatisfy({ $0 == 1 }) {
            options += octets.map { OptionPattern(kind: $0, values: [], octets: [$0]) }
          } else {
            options.append(OptionPattern(kind: octets[0], values: [], octets: octets))
          }
        }
      }
    }
    return options
  }
}

extension String {
  /// Where a word begins for the first time.
  fileprivate func firstRange(of word: String) -> Index? {
    indices.first { self[$0...].hasPrefix(word) }
  }
}

// MARK: Matching

extension Pattern {
  /// Whether a packet is as expected; variables without a value get one from it, but only where it is.
  func matches(_ packet: PlayPacket, _ numbers: inout PlayNumbers) -> Bool {
    var copy = numbers
    guard matches(packet, binding: &copy) else { return false }
    numbers = copy
    return true
  }

  private func matches(_ packet: PlayPacket, binding numbers: inout PlayNumbers) -> Bool {
    switch (kind, packet) {
    case (.icmp(let type, let code), .icmp(let notice)): return notice.type == type && notice.code == code
    case (.icmp, .segment), (_, .icmp): return false
    case (.anySegment, .segment(let arrived)): return holds(arrived, &numbers)
    case (.segment(let flags), .segment(let arrived)):
      let told = flags.contains(.psh) ? arrived.segment.flags : arrived.segment.flags.subtracting(.psh)
      return told == flags && holds(arrived, &numbers)
    case (.segmentWith(let flags), .segment(let arrived)):
      return arrived.segment.flags.isSuperset(of: flags) && holds(arrived, &numbers)
    }
  }

  private func holds(_ arrived: PlaySegment, _ numbers: inout PlayNumbers) -> Bool {
    for test in tests {
      switch test {
      case .option(let kind, let isThere):
        guard arrived.segment.options.options.contains(where: { $0.kind == kind }) == isThere else { return false }
      case .compare(let field, let relation, let number):
        guard let value = arrived.value(of: field, numbers) else { return false }
        // An empty segment stands behind all that its sender has sent, asked or not.
        let isAhead = field == .seq && arrived.text.isEmpty && numbers.spoken > 0 && number.constant != nil
        guard
          compare(value, relation, number, &numbers)
            || isAhead && compare(value &- numbers.spoken, relation, number, &numbers)
        else { return false }
      }
    }
    guard let options else { return true }
    return fits(arrived.segment.options, options, &numbers)
  }

  private func compare(
    _ value: UInt32, _ relation: Relation, _ number: ScriptNumber, _ numbers: inout PlayNumbers
  ) -> Bool {
    if let expected = numbers.value(of: number) { return relation.holds(value, expected) }
    guard relation == .equal, case .variable(let name, let plus) = number else { return false }
    numbers.bind(name, to: value &- plus)
    return true
  }

  private func fits(_ list: TCPOptionList, _ patterns: [OptionPattern], _ numbers: inout PlayNumbers) -> Bool {
    let bytes = list.bytes
    var cursor = TCPOptionCursor(bytes)
    for pattern in patterns {
      guard let (kind, range) = try? cursor.next(), kind == pattern.kind else { return false }
      let payload = bytes.extracting(range)
      if let octets = pattern.octets {
        let head: [UInt8] = kind < 2 ? [kind] : [kind, UInt8(truncatingIfNeeded: payload.byteCount + 2)]
        guard head + payload.octets == octets else { return false }
      } else if !pattern.values.isEmpty {
        let width = payload.byteCount / pattern.values.count
        for (index, value) in pattern.values.enumerated() {
          guard let value else { continue }
          let octets = payload.extracting((index * width)..<((index + 1) * width)).octets
          let number = octets.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
          guard compare(number, .equal, value, &numbers) else { return false }
        }
      }
    }
    return allowsMoreOptions || (try? cursor.next()) == nil
  }
}
