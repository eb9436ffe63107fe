/// One option of a verb: its names, what it takes, what it does, and its line of help.
struct Option<Settings: Sendable>: Sendable {
  /// The letter after one dash; nil where there is none.
  let short: Character?
  /// The word after two dashes; nil where there is none.
  let long: String?
  /// What its value is called in the help; nil where it takes none.
  let value: String?
  /// Its line of help.
  let help: String
  /// Carries it out; the second argument is its value, empty where it takes none.
  let apply: @Sendable (inout Settings, String) throws(UsageError) -> Void

  /// An option that takes a value.
  init(
    _ short: Character?, _ long: String?, _ value: String, _ help: String,
    apply: @escaping @Sendable (inout Settings, String) throws(UsageError) -> Void
  ) {
    self.short = short
    self.long = long
    self.value = value
    self.help = help
    self.apply = apply
  }

  /// An option that takes none.
  init(
    _ short: Character?, _ long: String?, _ help: String,
    apply: @escaping @Sendable (inout Settings, String) throws(UsageError) -> Void
  ) {
    self.short = short
    self.long = long
    value = nil
    self.help = help
    self.apply = apply
  }

  /// The same option of a verb whose settings contain these.
  func lifted<Outer: Sendable>(to path: any WritableKeyPath<Outer, Settings> & Sendable) -> Option<Outer> {
    let apply = apply
    return Option<Outer>(short: short, long: long, value: value, help: help) {
      (outer: inout Outer, text: String) throws(UsageError) in try apply(&outer[keyPath: path], text)
    }
  }

  private init(
    short: Character?, long: String?, value: String?, help: String,
    apply: @escaping @Sendable (inout Settings, String) throws(UsageError) -> Void
  ) {
    self.short = short
    self.long = long
    self.value = value
    self.help = help
    self.apply = apply
  }

  /// Its name as errors print it: the long one where there is one.
  var name: String { long.map { "--\($0)" } ?? short.map { "-\($0)" } ?? "" }
}

/// Options under a heading of the help.
struct OptionGroup<Settings: Sendable>: Sendable {
  /// The heading.
  let title: String
  /// The options, in the order in which the help lists them.
  let options: [Option<Settings>]

  /// The same group of a verb whose settings contain these, without the options that mean nothing there.
  func lifted<Outer: Sendable>(
    to path: any WritableKeyPath<Outer, Settings> & Sendable, without names: Set<String> = []
  ) -> OptionGroup<Outer> {
    OptionGroup<Outer>(
      title: title, options: options.filter { !names.contains($0.name) }.map { $0.lifted(to: path) })
  }
}

/// The options of a verb, and how a command line is read by them.
struct OptionTable<Settings: Sendable>: Sendable {
  private let made: @Sendable () -> [OptionGroup<Settings>]

  /// A table of groups, made only where an option or the help asks for them: a plain `probe HOST:PORT` does without.
  init(groups: @autoclosure @escaping @Sendable () -> [OptionGroup<Settings>]) { made = groups }

  /// All options, by heading.
  var groups: [OptionGroup<Settings>] { made() }

  /// Applies the options among the words in their order and returns the words that are none.
  ///
  /// As getopt reads them: `-c 5`, `-c5`, `-nq`, `--retries 2`, `--retries=2`; `--` ends the options.
  func read(_ words: [String], into settings: inout Settings) throws(UsageError) -> [String] {
    let options = words.contains { $0.hasPrefix("-") } ? groups.flatMap(\.options) : []
    var operands: [String] = []
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" { return operands + rest }
      if word.hasPrefix("--") {
        try readLong(word.dropFirst(2), of: options, &rest, &settings)
      } else if word.hasPrefix("-"), word.count > 1 {
        try readShort(word.dropFirst(), of: options, &rest, &settings)
      } else {
        operands.append(word)
      }
    }
    return operands
  }

  private func readLong(
    _ word: Substring, of options: [Option<Settings>], _ rest: inout ArraySlice<String>, _ settings: inout Settings
  ) throws(UsageError) {
    let name = word.prefix { $0 != "=" }
    guard let option = options.first(where: { $0.long.map { $0[...] == name } ?? false }) else {
      throw UsageError("unknown option --\(name)\(suggestion(for: name, of: options)); --help lists them")
    }
    let given = word[name.endIndex...]
    guard option.value != nil else {
      guard given.isEmpty else { throw UsageError("--\(name) takes no value") }
      return try option.apply(&settings, "")
    }
    if !given.isEmpty { return try option.apply(&settings, String(given.dropFirst())) }
    try option.apply(&settings, next(&rest, for: option))
  }

  private func readShort(
    _ letters: Substring, of options: [Option<Settings>], _ rest: inout ArraySlice<String>, _ settings: inout Settings
  ) throws(UsageError) {
    var letters = letters
    while let letter = letters.popFirst() {
      guard let option = options.first(where: { $0.short == letter }) else {
        throw UsageError("unknown option -\(letter); --help lists them")
      }
      guard option.value != nil else {
        try option.apply(&settings, "")
        continue
      }
      let given = letters.isEmpty ? try next(&rest, for: option) : String(letters)
      return try option.apply(&settings, given)
    }
  }

  private func next(
    _ rest: inout ArraySlice<String>, for option: Option<Settings>
  ) throws(UsageError) -> String {
    guard let value = rest.popFirst() else {
      throw UsageError("\(option.name) needs a value: \(option.name) \(option.value ?? "")")
    }
    return value
  }

  /// The option that was probably meant: one that begins like what was typed.
  private func suggestion(for name: Substring, of options: [Option<Settings>]) -> String {
    let names = options.compactMap(\.long)
    let near = names.first { $0.hasPrefix(name) || name.hasPrefix($0) || $0.hasPrefix(name.prefix(3)) }
    guard let near, name.count > 1 else { return "" }
    return " (--\(near)?)"
  }

  /// The help's lines: every option under its heading, columns aligned.
  var help: String {
    var text = ""
    for group in groups {
      text += "\n\(group.title):\n"
      for option in group.options {
        var names = option.short.map { "-\($0)" } ?? "   "
        if let long = option.long { names += option.short == nil ? " --\(long)" : ", --\(long)" }
        if let value = option.value { names += " \(value)" }
        let column = names.count < 23 ? names + String(repeating: " ", count: 24 - names.count) : names + "  "
        text += "  \(column)\(option.help)\n"
      }
    }
    return text
  }
}
