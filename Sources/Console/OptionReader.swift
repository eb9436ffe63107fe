/// How a command line is read by a table of options.
struct OptionReader<Settings> {
  /// The words that are no options.
  private(set) var operands: [String] = []
  /// The options that were given, in their order.
  private(set) var given: [Option] = []

  /// Applies the options among the words in their order, and refuses what cannot be used together.
  ///
  /// As getopt reads them: `-c 5`, `-c5`, `-nq`, `--retries 2`, `--retries=2`; `--` ends the options. The table is made
  /// only if there is an option: a plain `probe HOST:PORT` does without.
  init(
    _ words: [String], by table: () -> OptionTable<Settings>, into settings: inout Settings
  ) throws(UsageError) {
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
      if word.hasPrefix("--") {
        try readLong(word.dropFirst(2), of: table, &rest, &settings)
      } else if word.hasPrefix("-"), word.count > 1 {
        try readShort(word.dropFirst(), of: table, &rest, &settings)
      } else {
        operands.append(word)
      }
    }
  }

  private mutating func readLong(
    _ word: Substring, of table: OptionTable<Settings>, _ rest: inout ArraySlice<String>, _ settings: inout Settings
  ) throws(UsageError) {
    let name = word.prefix { $0 != "=" }
    guard let row = table.row(where: { $0.long.map { $0[...] == name } ?? false }) else {
      throw UsageError("unknown option --\(name)\(suggestion(for: name, of: table)); --help lists them")
    }
    let value = word[name.endIndex...]
    given.append(row.option)
    guard row.option.valueName != nil else {
      guard value.isEmpty else { throw UsageError("--\(name) takes no value") }
      return try row.apply(&settings, "")
    }
    if !value.isEmpty { return try row.apply(&settings, String(value.dropFirst())) }
    try row.apply(&settings, next(&rest, for: row.option))
  }

  private mutating func readShort(
    _ letters: Substring, of table: OptionTable<Settings>, _ rest: inout ArraySlice<String>, _ settings: inout Settings
  ) throws(UsageError) {
    var letters = letters
    while let letter = letters.popFirst() {
      guard let row = table.row(where: { $0.short == letter }) else {
        throw UsageError("unknown option -\(letter); --help lists them")
      }
      given.append(row.option)
      guard row.option.valueName != nil else {
        try row.apply(&settings, "")
        continue
      }
      return try row.apply(&settings, letters.isEmpty ? next(&rest, for: row.option) : String(letters))
    }
  }

  private func next(_ rest: inout ArraySlice<String>, for option: Option) throws(UsageError) -> String {
    guard let value = rest.popFirst() else {
      throw UsageError("\(option.name) needs a value: \(option.name) \(option.valueName ?? "")")
    }
    return value
  }

  /// The option that was probably meant.
  private func suggestion(for name: Substring, of table: OptionTable<Settings>) -> String {
    Spelling.nearest(to: name, among: table.sections.flatMap(\.options).compactMap(\.long)).map { " (--\($0)?)" } ?? ""
  }

  /// Refuses options that cannot be used together, by what their rows say.
  func check() throws(UsageError) {
    for option in given {
      if let other = option.requires, !isGiven(other) {
        throw UsageError("\(option.name) needs \(other) as well")
      }
      if let exclusion = option.excludes.first(where: { isGiven($0.name) }) {
        let reason = exclusion.reason.map { ": \($0)" } ?? ""
        throw UsageError("\(option.name) and \(exclusion.name) cannot be used together\(reason)")
      }
    }
    for option in given {
      guard let other = given.first(where: { !$0.forgoes.isDisjoint(with: option.needs) }) else { continue }
      throw UsageError(
        "\(option.name) needs \(option.needs.intersection(other.forgoes).words); leave \(other.name) out")
    }
  }

  /// What is wanted instead of a run: the last of such options counts.
  var wish: Verb.Doing? {
    guard let last = given.last(where: { $0.short == "h" || $0.short == "V" }) else { return nil }
    return last.short == "h" ? .help : .version(asJSON: isGiven("--json"))
  }

  private func isGiven(_ name: String) -> Bool { given.contains { $0.name == name } }
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
