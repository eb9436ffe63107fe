/// How a command line is read by a table of options.
struct OptionReader<Settings> {
  /// The words that are no options.
  private(set) var operands: [String] = []
  /// The options that were given, in their order, as they were typed.
  private(set) var given: [(option: Option, typed: String)] = []
  /// The words of options and of their values, as they were typed.
  private(set) var optionWords: [String] = []
  /// The command that they are given to.
  private let command: String

  /// Applies the options among the words in their order, and refuses what cannot be used together.
  ///
  /// As getopt reads them: `-c 5`, `-c5`, `-nq`, `--retries 2`, `--retries=2`; `--` ends the options. The table is made
  /// only if there is an option: a plain `probe HOST:PORT` does without. What other tools call differently is answered
  /// by `Habit`.
  init(
    _ words: [String], of command: String = "", by table: () -> OptionTable<Settings>, into settings: inout Settings
  ) throws(UsageError) {
    self.command = command
    guard words.contains(where: { $0.utf8.first == UInt8(ascii: "-") }) else {
      operands = words
      return
    }
    let table = table()
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        operands += rest
        break
      }
      let start = rest.startIndex - 1
      if word.hasPrefix("--") {
        try readLong(word, of: table, &rest, &settings)
      } else if word.hasPrefix("-"), word.count > 1 {
        if Habit.isWhole(word) {
          let row = try row(word, of: table)
          try apply(row, typed: word, value: nil, &rest, &settings)
        } else {
          try readShort(word.dropFirst(), of: table, &rest, &settings)
        }
      } else {
        operands.append(word)
        continue
      }
      optionWords += words[start..<rest.startIndex]
    }
  }

  private mutating func readLong(
    _ word: String, of table: OptionTable<Settings>, _ rest: inout ArraySlice<String>, _ settings: inout Settings
  ) throws(UsageError) {
    let name = String(word.prefix { $0 != "=" })
    let value = word.dropFirst(name.count)
    let row = try row(name, of: table)
    guard row.option.valueName != nil || value.isEmpty else { throw UsageError("\(name) takes no value") }
    try apply(row, typed: name, value: value.isEmpty ? nil : String(value.dropFirst()), &rest, &settings)
  }

  private mutating func readShort(
    _ letters: Substring, of table: OptionTable<Settings>, _ rest: inout ArraySlice<String>, _ settings: inout Settings
  ) throws(UsageError) {
    var letters = letters
    while let letter = letters.popFirst() {
      let row = try row("-\(letter)", of: table)
      let takesValue = row.option.valueName != nil
      try apply(
        row, typed: "-\(letter)", value: takesValue && !letters.isEmpty ? String(letters) : nil, &rest, &settings)
      if takesValue { return }
    }
  }

  private mutating func apply(
    _ row: OptionRow<Settings>, typed: String, value: String?, _ rest: inout ArraySlice<String>,
    _ settings: inout Settings
  ) throws(UsageError) {
    given.append((row.option, typed))
    var text = value ?? ""
    if row.option.valueName != nil, value == nil, !row.option.isValueOptional {
      text = try next(&rest, for: row.option, typed)
    }
    try row.apply(&settings, text, typed)
  }

  /// The value in the next word; a word that looks like an option is none.
  private func next(
    _ rest: inout ArraySlice<String>, for option: Option, _ typed: String
  ) throws(UsageError) -> String {
    let form = "\(typed) \(option.valueName ?? "")"
    guard let value = rest.popFirst() else { throw UsageError("\(typed) needs a value: \(form)") }
    guard value.count > 1, value.hasPrefix("-"), !(option.kind.isNumber && value.dropFirst().first?.isNumber ?? false)
    else { return value }
    let joined = typed.hasPrefix("--") ? "\(typed)=\(value)" : "\(typed)\(value)"
    throw UsageError(
      "\(typed) needs a value: \(form) (got '\(value)'; if that is the value, write \(joined))"
        + (option.long == "source" ? "; for a half-open probe use --syn" : ""))
  }

  /// The option of a name, or that of this table which it is called in another tool.
  private func row(_ name: String, of table: OptionTable<Settings>) throws(UsageError) -> OptionRow<Settings> {
    if let row = table.row(named: name), !Habit.isWhole(name) { return row }
    switch Habit.answer(to: name, in: command) {
    case .hint(let words):
      let place =
        OptionReader.names(in: words).allSatisfy { table.row(named: $0) != nil } ? "" : "for probe HOST:PORT: "
      throw UsageError("unknown option \(name); \(place)\(words)")
    case .same(let other):
      if let row = table.row(named: other) { return row }
      throw UsageError("unknown option \(name); \(place(of: other) ?? "--help lists them")")
    case nil: break
    }
    if let place = place(of: name) { throw UsageError("unknown option \(name); \(place)") }
    throw UsageError("unknown option \(name)\(suggestion(for: name, of: table)); --help lists them")
  }

  /// The options that a hint names, except for those behind the name of a command, which has its own.
  static func names(in hint: String) -> [String] {
    var names: [String] = []
    for word in hint.split(whereSeparator: { " ,;()".contains($0) }) {
      if word == "probe" { break }
      if word.hasPrefix("-"), word.count > 1 { names.append(String(word)) }
    }
    return names
  }

  /// Which commands have an option that this one has not.
  private func place(of name: String) -> String? {
    let others = Verb.all.filter { $0.name != command && $0.options.contains { $0.names.contains(name) } }
    guard !others.isEmpty else { return nil }
    return "\(name) is an option of \(others.map(\.words).joined(separator: ", "))"
  }

  /// The option that was probably meant.
  private func suggestion(for name: String, of table: OptionTable<Settings>) -> String {
    guard name.hasPrefix("--") else { return "" }
    let names = table.sections.flatMap(\.options).compactMap(\.long)
    return Spelling.nearestOption(to: name.dropFirst(2), among: names).map { " (--\($0)?)" } ?? ""
  }

  /// Refuses options that cannot be used together, by what their rows say.
  func check() throws(UsageError) {
    for (option, typed) in given {
      if let other = option.requires, self.typed(other) == nil {
        if case .hint(let words) = Habit.answer(to: typed, in: command) {
          throw UsageError("unknown option \(typed); \(words)")
        }
        throw UsageError("\(typed) needs \(other) as well")
      }
      for exclusion in option.excludes {
        guard let other = self.typed(exclusion.name) else { continue }
        let reason = exclusion.reason.map { ": \($0)" } ?? ""
        throw UsageError("\(typed) and \(other) cannot be used together\(reason)")
      }
    }
    for (option, typed) in given {
      guard let other = given.first(where: { !$0.option.forgoes.isDisjoint(with: option.needs) }) else { continue }
      throw UsageError(
        "\(typed) needs \(option.needs.intersection(other.option.forgoes).words); leave \(other.typed) out")
    }
  }

  /// What is wanted instead of a run: the last of such options counts.
  var wish: Verb.Doing? {
    guard let last = given.last(where: { $0.option.short == "h" || $0.option.short == "V" })?.option else { return nil }
    return last.short == "h" ? .help : .version(asJSON: typed("--json") != nil)
  }

  /// How an option was typed; nil if it was not.
  private func typed(_ name: String) -> String? { given.first { $0.option.name == name || $0.typed == name }?.typed }
}

/// What was probably meant by a word that is none of those expected.
enum Spelling {
  /// The word that begins alike, or is within two letters of it; nil if none is near.
  static func nearest(to word: Substring, among words: [String]) -> String? {
    guard word.count > 1 else { return nil }
    let alike = words.first { $0.hasPrefix(word) || word.hasPrefix($0) || $0.hasPrefix(word.prefix(3)) }
    return alike
      ?? words.map { ($0, distance(word, $0)) }.filter { $0.1 <= min(2, word.count / 2) }
      .min { $0.1 < $1.1 }?.0
  }

  /// The option that begins like a word, or differs from it in a letter or two: the nearest of them.
  static func nearestOption(to word: Substring, among options: [String]) -> String? {
    guard word.count > 1 else { return nil }
    let near = options.map { (name: $0, distance: distance(word, $0)) }.filter { option in
      option.distance <= min(2, word.count / 2) || option.name.hasPrefix(word) || word.hasPrefix(option.name)
        || word.count > 4 && option.name.hasPrefix(word.prefix(4))
    }
    return near.min { $0.distance < $1.distance }?.name
  }

  /// How many letters have to be put in, left out, changed or swapped with their neighbour.
  static func distance(_ a: some StringProtocol, _ b: some StringProtocol) -> Int {
    let (a, b) = (Array(a.unicodeScalars.prefix(64)), Array(b.unicodeScalars.prefix(64)))
    var rows = [Array(0...b.count)]
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var least = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, rows[i - 1][j - 1] + 1) }
        row.append(least)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
