import Timebase
import Wire

/// Reads conversations: scripts of the user's, and the checks of `audit`.
///
///     # A half-close (RFC 9293 §3.6)
///     > S 0:0(0) win 65535 <mss 1460>       we send; numbers count from each end's ISS
///     < S. 0:0(0) ack 1 within 3            the peer sends, within 3 s (1 s where that is not said)
///     | R fail: the port is closed          another answer, and what it means
///     | silence inconclusive
///     until F. within 5                     the same, whatever comes before it
///     +0.2 > . 1:1(0) ack 1                 we send, 0.2 s after the line above was done
///     silence 0.45                          the peer sends nothing for 0.45 s
///     | ? len>0 ignore                      but this
///     collect 8 S. count>=2                 it sends so many of these in 8 s: $count
///     fill 300000 within 10                 we send up to so many bytes, until its window is closed
///     require $mss<=536                     numbers that were captured
///     acks off                              text that comes is not acknowledged by itself
///
/// Some words stand for several lines: `half` (SYN and SYN-ACK), `open` (the handshake), `alive` (an octet of text is
/// acknowledged), `dead` (it is reset), `refuses` (a SYN is reset), `request` (what makes the service answer). `offers: <mss 1460,sackOK>` says with
/// which options they begin.
public enum ConversationReader {
  /// Lines of a file, and octets of a line.
  private static let (lineLimit, lengthLimit) = (5_000, ScriptVariables.lengthLimit)

  /// Reads a script: one conversation for each set of its variables' values.
  public static func script(_ text: String, file: String, family: AddressFamily) throws(ScriptMistake) -> [Conversation]
  {
    var reader = BlockReader(file: file, family: family, isStrict: true)
    return try reader.conversations(lines(text, file), rule: nil)
  }

  /// Reads a file of checks: blocks that begin with `check NUMBER NAME`.
  public static func checks(
    _ text: String, group: String, family: AddressFamily
  ) throws(ScriptMistake) -> [Conversation] {
    var all: [Conversation] = []
    var block: [(Int, String)] = []
    for (number, line) in try lines(text, group) + [(Int.max, "check ")] {
      if line.hasPrefix("check "), !block.isEmpty {
        var reader = BlockReader(file: group, family: family, isStrict: false)
        all += try reader.check(block, group: group)
        block = []
      }
      if line.hasPrefix("check ") || !block.isEmpty { block.append((number, line)) }
    }
    return all
  }

  private static func lines(_ text: String, _ file: String) throws(ScriptMistake) -> [(Int, String)] {
    // CRLF is one character; a byte order mark is no part of the first line.
    let whole = text.hasPrefix("\u{feff}") ? text.dropFirst() : text[...]
    let lines = whole.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    guard lines.count <= lineLimit else {
      throw ScriptMistake(file: file, line: lineLimit + 1, text: "more than \(lineLimit) lines")
    }
    var numbered: [(Int, String)] = []
    for (index, line) in lines.enumerated() {
      guard line.utf8.count <= lengthLimit else {
        throw ScriptMistake(file: file, line: index + 1, text: "longer than \(lengthLimit) octets")
      }
      numbered.append((index + 1, String(line).withoutComment.trimmed))
    }
    return numbered
  }

  /// Those lines that stand for several.
  fileprivate static let macros: [String: [String]] = [
    "half": [
      "> S 0(0) win 65535 $offers", "< S. 0(0) ack 1 within 3", "| R not-applicable: the port is closed",
      "| silence inconclusive: no SYN-ACK",
    ],
    "open": ["half", "> . 1(0) ack 1"],
    "closes-first": [
      "ask", "until F.+ within 5", "| R+ inconclusive: the request was reset",
      "| silence not-applicable: the service does not close first",
    ],
    "time-wait": [
      "closes-first", "> F. $snd.nxt(0) ack $rcv.nxt", "< ? ack=$snd.nxt within 1",
      "| R+ not-applicable: it resets the connection", "| silence inconclusive: our FIN is not acknowledged",
    ],
    "quiet": [
      "silence 0.25", "| ? len>0 not-applicable: the service sends data before it is asked", "| * ignore",
    ],
    "alive": [
      "> P. $snd.nxt(1) ack $rcv.nxt", "< ? ack=$snd.nxt within 1", "| R fail: the connection was reset",
      "| silence inconclusive: text is not acknowledged any more",
    ],
    "dead": [
      "> P. $snd.nxt(1) ack $rcv.nxt", "< R within 1", "| R. pass", "| ? ack=$snd.nxt fail: the connection goes on",
      "| silence inconclusive: no answer to text",
    ],
    "refuses": [
      "> S 0(0) win 65535 $offers", "< R. within 1", "| R pass", "| silence inconclusive: a SYN is not answered either",
    ],
    "request": [
      "ask", "< ? len>0 within 3", "| R inconclusive: the request was reset",
      "| silence not-applicable: the service sends nothing (see --request)",
    ],
  ]

  fileprivate static let defaultOffers = "<mss 1460>"
}

extension String {
  /// Without what stands behind a `#` at the beginning of a word, outside of quotes.
  fileprivate var withoutComment: String {
    var isQuoted = false
    var last: Character = " "
    var text = ""
    for character in self {
      if character == "\"", last != "\\" { isQuoted.toggle() }
      if character == "#", !isQuoted, last == " " { break }
      text.append(character)
      last = last == "\\" && character == "\\" ? " " : character
    }
    return text
  }
}

/// One conversation of a file as it is read.
private struct BlockReader {
  let file: String
  let family: AddressFamily
  let isStrict: Bool
  /// The line that is read.
  var number = 1

  init(file: String, family: AddressFamily, isStrict: Bool) {
    (self.file, self.family, self.isStrict) = (file, family, isStrict)
  }

  func mistake(_ text: String) -> ScriptMistake { ScriptMistake(file: file, line: number, text: text) }

  mutating func check(_ lines: [(Int, String)], group: String) throws(ScriptMistake) -> [Conversation] {
    number = lines[0].0
    let words = lines[0].1.split(separator: " ").map(String.init)
    guard words.count == 3, let id = Int(words[1]) else { throw mistake("say: check NUMBER NAME") }
    var rule = Conversation.Rule(
      number: id, name: words[2], group: group, level: .must, requirement: "", summary: "", tier: .standard)
    var rest: [(Int, String)] = []
    for (line, text) in lines.dropFirst() {
      number = line
      if text.hasPrefix("level:") {
        rule.level = try word(text.dropFirst(6))
      } else if text.hasPrefix("tier:") {
        rule.tier = try word(text.dropFirst(5))
      } else if text.hasPrefix("source:") {
        rule.requirement = text.dropFirst(7).trimmed
      } else if text.hasPrefix("asks:") {
        rule.summary += (rule.summary.isEmpty ? "" : " ") + text.dropFirst(5).trimmed
      } else {
        rest.append((line, text))
      }
    }
    number = lines[0].0
    guard !rule.requirement.isEmpty, !rule.summary.isEmpty else { throw mistake("a check has 'source:' and 'asks:'") }
    return try conversations(rest, rule: rule)
  }

  private func word<Word: RawRepresentable<String> & CaseIterable>(
    _ text: some StringProtocol
  ) throws(ScriptMistake) -> Word {
    guard let word = Word(rawValue: text.trimmed) else {
      throw mistake("'\(text.trimmed)' is none of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return word
  }

  mutating func conversations(
    _ lines: [(Int, String)], rule: Conversation.Rule?
  ) throws(ScriptMistake) -> [Conversation] {
    var all: [Conversation] = []
    // What is for the other family may have tricks that this one has not.
    for (line, text) in lines where text.hasPrefix("family:") {
      number = line
      var head = Conversation(name: file)
      var builder = StepBuilder(family: family, isStrict: isStrict)
      do throws(ScriptWords.Mistake) { _ = try head.readHead(text, &builder) } catch { throw mistake(error.text) }
      if head.family != family { return [] }
    }
    for values in try ScriptVariables.sets(lines, mistake: { ScriptMistake(file: file, line: $0, text: $1) }) {
      var conversation = Conversation(name: rule?.name ?? file, rule: rule)
      conversation.isStrict = isStrict
      conversation.variant = values.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
      var builder = StepBuilder(family: family, isStrict: isStrict)
      for (line, text) in lines where !text.hasPrefix("each:") {
        number = line
        // The MSS of a peer that names none (RFC 9293 §3.7.1).
        let values = values + [("$default.mss", family == .v4 ? "536" : "1220")]
        guard let text = ScriptVariables.replaced(in: text, values) else {
          throw mistake("too long with its variables")
        }
        do throws(ScriptWords.Mistake) {
          if try !conversation.readHead(text, &builder) { try builder.read(text, line: line, text: text) }
        } catch {
          throw mistake(error.text)
        }
      }
      do throws(ScriptWords.Mistake) { conversation.steps = try builder.finished() } catch { throw mistake(error.text) }
      switch conversation.steps.first?.action {
      case .send, .end: break
      default: throw mistake("it begins with what we send: > S 0:0(0)")
      }
      all.append(conversation)
    }
    return all
  }
}

extension Conversation {
  /// Takes a line that says something of the whole; false where it is none.
  fileprivate mutating func readHead(
    _ text: String, _ builder: inout StepBuilder
  ) throws(ScriptWords.Mistake) -> Bool {
    if text.isEmpty { return true }
    guard let colon = text.firstIndex(of: ":") else { return false }
    let value = text[text.index(after: colon)...].trimmed
    switch text[..<colon] {
    case "family":
      guard let number = Int(value), [4, 6].contains(number) else {
        throw .init("the family is 4 or 6, not '\(value)'")
      }
      family = number == 4 ? .v4 : .v6
    case "port":
      guard ["closed", "other"].contains(value) else { throw .init("the port is closed or other, not '\(value)'") }
      needsClosedPort = value == "closed"
      needsOtherPort = value == "other"
    case "iss": iss = try ScriptWords.number(value)
    case "offers": builder.offers = value
    default: return false
    }
    return true
  }
}

/// Lines become steps.
private struct StepBuilder {
  let family: Int
  let isStrict: Bool
  var offers = ConversationReader.defaultOffers
  private var steps: [Conversation.Step] = []

  init(family: AddressFamily, isStrict: Bool) {
    self.family = family == .v4 ? 4 : 6
    self.isStrict = isStrict
  }

  func finished() throws(ScriptWords.Mistake) -> [Conversation.Step] {
    guard !steps.isEmpty else { throw .init("nothing is sent") }
    return steps
  }

  /// How long an answer may take where the line does not say.
  private static let patience = Interval.seconds(1)
  /// The longest time of a line.
  private static let longestTime = 600.0
  /// The longest silence of a line.
  private static let longestSilence = 1_000_000.0

  mutating func read(_ line: String, line number: Int, text: String, isControl: Bool = false) throws(ScriptWords
    .Mistake)
  {
    if let lines = ConversationReader.macros[line] {
      for inner in lines {
        let inner = inner.replacing("$offers", with: offers, limit: 4_096) ?? inner
        try read(inner, line: number, text: inner, isControl: true)
      }
      return
    }
    var words = ScriptWords(line)
    if words.take("|") {
      guard !steps.isEmpty, try steps[steps.count - 1].append(alternative(&words)) else {
        throw .init("'|' follows what is expected")
      }
      return
    }
    var after = Interval.zero
    if let time = words.peek, time.hasPrefix("+") {
      after = try ScriptWords.time(String(try words.next("a time").dropFirst()), upTo: StepBuilder.longestTime)
    }
    let action: Conversation.Action
    switch try words.next("a line") {
    case ">": action = .send(try ScriptPacket(&words, family: family), after: after)
    case "ask":
      var window = UInt16.max
      if words.take("win") {
        window = UInt16(truncatingIfNeeded: try ScriptWords.number(try words.next("the window"), in: 0...65_535))
      }
      action = .request(after: after, window: window)
    case "end":
      let alternative = try verdict(&words, of: .anything)
      guard let verdict = alternative.verdict else { throw .init("end has a verdict") }
      action = .end(verdict, alternative.words)
    case "<": action = try expectation(&words, passesOver: !isStrict)
    case "until": action = try expectation(&words, passesOver: true)
    case "silence":
      action = .silence(after == .zero ? try time(&words) : after, try inlineAlternatives(&words))
    case "idle":
      let time = try ScriptWords.time(try words.next("a time"), upTo: StepBuilder.longestSilence)
      guard words.take("within") else { throw .init("say idle 60 within 180") }
      let limit = try ScriptWords.time(try words.next("a time"), upTo: StepBuilder.longestSilence * 4)
      action = .idle(time, within: limit, try inlineAlternatives(&words))
    case "keepalive":
      let count = Int(try ScriptWords.number(try words.next("how often"), in: 1...100))
      guard words.take("within") else { throw .init("say keepalive 3 within 1") }
      action = .keepAlive(count, within: try time(&words), try inlineAlternatives(&words))
    case "fill":
      let limit = Int(try ScriptWords.number(try words.next("a number of bytes"), in: 1...1_000_000))
      guard words.take("within") else { throw .init("say fill 300000 within 10") }
      action = .fill(limit, within: try time(&words), try inlineAlternatives(&words))
    case "collect":
      let time = try time(&words)
      let pattern = try Pattern(&words, family: family)
      let count = try words.next("count>=N")
      guard count.hasPrefix("count>=") else { throw .init("say count>=N, not '\(count)'") }
      let least = Int(try ScriptWords.number(count.dropFirst(7), in: 0...1_000))
      action = .collect(pattern, for: time, least: least, try inlineAlternatives(&words))
    case "require": action = try requirement(&words)
    case "acks":
      switch try words.next("on or off") {
      case "on": action = .acknowledge(true)
      case "off": action = .acknowledge(false)
      case let word: throw .init("acks on or off, not '\(word)'")
      }
    case let word: throw .init("what is '\(word)'?")
    }
    try words.end()
    steps.append(Conversation.Step(line: number, text: text, isControl: isControl, action: action))
  }

  private func expectation(
    _ words: inout ScriptWords, passesOver: Bool
  ) throws(ScriptWords.Mistake) -> Conversation.Action {
    let pattern = try Pattern(&words, family: family)
    var within = StepBuilder.patience
    if words.take("within") { within = try time(&words) }
    return .expect(pattern, within: within, passesOver: passesOver, try inlineAlternatives(&words))
  }

  private func time(_ words: inout ScriptWords) throws(ScriptWords.Mistake) -> Interval {
    try ScriptWords.time(try words.next("a time"), upTo: StepBuilder.longestTime)
  }

  private func requirement(_ words: inout ScriptWords) throws(ScriptWords.Mistake) -> Conversation.Action {
    let word = try words.next("$name<=7")
    for relation in Pattern.Relation.allCases {
      let sides = word.halves(at: relation.rawValue)
      guard let sides else { continue }
      return .require(
        try ScriptNumber(sides.0), relation, try ScriptNumber(sides.1), try inlineAlternatives(&words))
    }
    throw .init("say require $name<=7, not '\(word)'")
  }

  private func inlineAlternatives(_ words: inout ScriptWords) throws(ScriptWords.Mistake) -> [Conversation.Alternative]
  {
    var list: [Conversation.Alternative] = []
    while words.take("|") { list.append(try alternative(&words)) }
    return list
  }

  /// `R. note: reset with ACK`, `silence inconclusive`, `* fail: another answer`, `? len>0 ignore`.
  private func alternative(_ words: inout ScriptWords) throws(ScriptWords.Mistake) -> Conversation.Alternative {
    let answer: Conversation.Alternative.Answer
    if words.take("silence") || words.take("else") {
      answer = .silence
    } else if words.take("*") {
      answer = .anything
    } else {
      answer = .packet(try Pattern(&words, family: family))
    }
    return try verdict(&words, of: answer)
  }

  private func verdict(
    _ words: inout ScriptWords, of answer: Conversation.Alternative.Answer
  ) throws(ScriptWords.Mistake) -> Conversation.Alternative {
    let word = try words.next("a verdict")
    let name = word.hasSuffix(":") ? String(word.dropLast()) : word
    if name == "ignore" { return Conversation.Alternative(answer: answer, verdict: nil, words: "") }
    guard let verdict = PlayVerdict(rawValue: name) else {
      throw .init("'\(name)' is no verdict: \(PlayVerdict.allCases.map(\.rawValue).joined(separator: ", ")), ignore")
    }
    var text = ""
    while let word = words.peek, word != "|" { text += (text.isEmpty ? "" : " ") + (try words.next("text")) }
    guard word.hasSuffix(":") != text.isEmpty else { throw .init("say \(name): and why, or \(name) alone") }
    return Conversation.Alternative(answer: answer, verdict: verdict, words: text)
  }
}

extension Conversation.Step {
  /// Adds an alternative to what is expected here; false where nothing is.
  fileprivate mutating func append(_ alternative: Conversation.Alternative) -> Bool {
    switch action {
    case .expect(let pattern, let within, let passesOver, let list):
      action = .expect(pattern, within: within, passesOver: passesOver, list + [alternative])
    case .silence(let time, let list): action = .silence(time, list + [alternative])
    case .idle(let time, let within, let list): action = .idle(time, within: within, list + [alternative])
    case .keepAlive(let count, let within, let list):
      action = .keepAlive(count, within: within, list + [alternative])
    case .fill(let limit, let within, let list): action = .fill(limit, within: within, list + [alternative])
    case .collect(let pattern, let time, let least, let list):
      action = .collect(pattern, for: time, least: least, list + [alternative])
    case .require(let a, let relation, let b, let list): action = .require(a, relation, b, list + [alternative])
    case .send, .request, .acknowledge, .end: return false
    }
    return true
  }
}

extension String {
  /// What stands before and behind the first sign; nil where it is not there.
  fileprivate func halves(at sign: String) -> (String, String)? {
    guard let index = indices.first(where: { self[$0...].hasPrefix(sign) }) else { return nil }
    return (String(self[..<index]), String(self[self.index(index, offsetBy: sign.count)...]))
  }
}
