/// The option sections of the man pages, in mdoc(7), made from the same rows as the help.
///
/// The long text of an option is plain text with a little notation: words that begin with a dash are options, backquotes
/// mark what is typed or printed, `[A SECTION]` is a section of the page, `page(8)` another page, and the name of the
/// option's value stands for itself.
enum Manual {
  /// All sections: for each command the line that begins it, then what belongs between the markers of the page.
  static var sections: String { Verb.all.map { "\(mark) \($0.words)\n\(section(of: $0))\(mark) end\n" }.joined() }

  /// What markers in the page begin with.
  static let mark = ".\\\" options:"

  /// The options of a command: of the default one all of them by heading, of another those that are its own, and what it
  /// shares.
  private static func section(of verb: Verb) -> String {
    guard !verb.isDefault else { return verb.sections().map(section).joined() }
    let shared = Verb.probe.options
    let own = verb.options.filter { !shared.contains($0) }
    var text = ""
    if !own.isEmpty { text += list(own) }
    let others = verb.options.filter(shared.contains)
    guard !others.isEmpty else { return text }
    // A command with options of its own has a page of its own.
    text += ".Pp\n" + (own.isEmpty ? "It takes" : "It also takes") + ", as described in\n"
    text += own.isEmpty ? ".Sx OPTIONS :\n" : ".Xr probe 1 :\n"
    for (index, option) in others.enumerated() {
      text += ".Fl \(option.name.dropFirst().flag)\(index == others.count - 1 ? " ." : " ,")\n"
    }
    return text
  }

  private static func section(_ section: OptionSection) -> String {
    let note = section.note.isEmpty ? "" : mdoc(section.note, value: nil)
    return ".Ss \(section.title)\n\(note)\(list(section.options))"
  }

  private static func list(_ options: [Option]) -> String {
    ".Bl -tag -width \"--packet-trace\"\n" + options.map(item).joined() + ".El\n"
  }

  /// `.It Fl j , Fl Fl json`, and the text.
  private static func item(_ option: Option) -> String {
    let names = option.names.map { "Fl \($0.dropFirst().flag)" }.joined(separator: " , ")
    let value = option.valueName.map { option.isValueOptional ? " Ns Op = Ns Ar \($0)" : " Ar \($0)" } ?? ""
    return ".It \(names)\(value)\n\(mdoc(option.manual, value: option.valueName))"
  }

  /// Text in mdoc: a sentence begins a line, and so does whatever needs a macro.
  static func mdoc(_ text: String, value: String?) -> String {
    var page = Page()
    for word in words(text) { page.add(word, value: value) }
    page.breakLine()
    return page.text
  }

  /// The words of a text; what stands between backquotes or in brackets is one.
  private static func words(_ text: String) -> [String] {
    var words = [""]
    var end: Character?
    for character in text {
      if end == nil, character == " " || character == "\n" {
        if words.last != "" { words.append("") }
        continue
      }
      if end == character {
        end = nil
      } else if end == nil {
        if character == "`" { end = "`" }
        if character == "[" { end = "]" }
      }
      words[words.count - 1].append(character == "\n" ? " " : character)
    }
    return words.filter { !$0.isEmpty }
  }

  /// Lines in the making.
  private struct Page {
    private(set) var text = ""
    private var isAtStart = true

    mutating func add(_ word: String, value: String?) {
      let before = word.prefix { $0 == "(" }
      var core = word.dropFirst(before.count)
      var after = ""
      while core.count > 1, let last = core.last, ".,;:)".contains(last), !(last == ")" && isPage(core)) {
        after = " \(last)" + after
        core.removeLast()
      }
      guard let macro = macro(core, value: value) else {
        plain(word)
        if after.hasSuffix(" .") || after.hasSuffix(" . )") { breakLine() }
        return
      }
      breakLine()
      text += ".\(macro.0)\(before.isEmpty ? "" : " (") \(macro.1)\(after)\n"
    }

    private mutating func plain(_ word: String) {
      let escaped = word.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\e")
      text += isAtStart ? (escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" : "") + escaped : " " + escaped
      isAtStart = false
    }

    mutating func breakLine() {
      if !isAtStart { text += "\n" }
      isAtStart = true
    }

    /// `tcpdump(8)`.
    private func isPage(_ word: Substring) -> Bool {
      guard word.hasSuffix(")"), let open = word.firstIndex(of: "(") else { return false }
      return word[..<open].allSatisfy { $0.isLetter }
        && word[word.index(after: open)...].dropLast().allSatisfy(\.isNumber)
        && open != word.startIndex
    }

    private func macro(_ word: Substring, value: String?) -> (String, String)? {
      if word.hasPrefix("`"), word.hasSuffix("`"), word.count > 2 {
        let inner = word.dropFirst().dropLast()
        let plain = inner.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\e")
        return ("Li", plain.contains(" ") ? "\"\(plain)\"" : plain == "-" ? "\\-" : plain)
      }
      if word.hasPrefix("["), word.hasSuffix("]") { return ("Sx", String(word.dropFirst().dropLast())) }
      if word.hasPrefix("-"), word.dropFirst().contains(where: \.isLetter) {
        return ("Fl", word.dropFirst().flag)
      }
      if isPage(word), let open = word.firstIndex(of: "(") {
        return ("Xr", "\(word[..<open]) \(word[word.index(after: open)...].dropLast())")
      }
      return word == value.map { $0[...] } ? ("Ar", String(word)) : nil
    }
  }
}

extension StringProtocol {
  /// An option without its first dash, as mdoc takes it: a second dash is an `Fl` of its own.
  fileprivate var flag: String { hasPrefix("-") ? "Fl \(dropFirst())" : String(self) }
}
