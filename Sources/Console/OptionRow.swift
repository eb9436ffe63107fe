/// An option together with what it does to the settings of a run.
struct OptionRow<Settings>: Sendable {
  /// How it is spelled and described.
  var option: Option
  /// Reads the value, empty for a flag, and writes it into the settings.
  let apply: @Sendable (inout Settings, String) throws(UsageError) -> Void

  /// An option with a value.
  static func value<Value>(
    _ short: Character?, _ long: String?, _ valueName: String, _ value: OptionValue<Value>, needs: Needs = [],
    excludes: [Option.Exclusion] = [], requires: String? = nil, _ help: String, _ manual: String,
    set: @escaping @Sendable (inout Settings, Value) throws(UsageError) -> Void
  ) -> OptionRow {
    let option = Option(
      short: short, long: long, valueName: valueName, kind: value.kind, help: help, manual: manual, needs: needs,
      forgoes: [], excludes: excludes, requires: requires)
    let (name, parse) = (option.name, value.parse)
    return OptionRow(option) { (settings, text) throws(UsageError) in try set(&settings, parse(text, name)) }
  }

  /// An option without one.
  static func flag(
    _ short: Character?, _ long: String?, needs: Needs = [], forgoes: Needs = [], excludes: [Option.Exclusion] = [],
    requires: String? = nil, _ help: String, _ manual: String, set: @escaping @Sendable (inout Settings) -> Void
  ) -> OptionRow {
    let option = Option(
      short: short, long: long, valueName: nil, kind: .none, help: help, manual: manual, needs: needs,
      forgoes: forgoes, excludes: excludes, requires: requires)
    return OptionRow(option) { (settings, _) in set(&settings) }
  }

  private init(_ option: Option, apply: @escaping @Sendable (inout Settings, String) throws(UsageError) -> Void) {
    (self.option, self.apply) = (option, apply)
  }

  /// The same option of settings that contain these.
  func lifted<Outer>(to path: any WritableKeyPath<Outer, Settings> & Sendable) -> OptionRow<Outer> {
    let apply = apply
    return OptionRow<Outer>(option) { (outer, text) throws(UsageError) in try apply(&outer[keyPath: path], text) }
  }
}

/// Rows under a heading.
struct OptionGroup<Settings>: Sendable {
  /// The heading; groups of one command with the same heading become one.
  let title: String
  /// What the man page says of all of them.
  var note = ""
  /// The rows, in the order in which the help lists them.
  var rows: [OptionRow<Settings>]

  /// The same group of settings that contain these.
  func lifted<Outer>(to path: any WritableKeyPath<Outer, Settings> & Sendable) -> OptionGroup<Outer> {
    OptionGroup<Outer>(title: title, note: note, rows: rows.map { $0.lifted(to: path) })
  }

  /// How it is shown.
  var section: OptionSection { OptionSection(title: title, note: note, options: rows.map(\.option)) }
}

/// The groups of a command.
enum OptionTable {
  /// What of some groups a command has: the rows that it offers what they need for.
  ///
  /// Groups with the same heading become one. Of two options with the same name the first counts: a command's own
  /// groups come first, and take names from the shared ones.
  static func assemble<Settings>(_ groups: [OptionGroup<Settings>], offering offers: Needs) -> [OptionGroup<Settings>] {
    var table: [OptionGroup<Settings>] = []
    var names: [String] = []
    for group in groups {
      var rows: [OptionRow<Settings>] = []
      for var row in group.rows where row.option.needs.isSubset(of: offers) {
        if let short = row.option.short, names.contains("-\(short)") { row.option.short = nil }
        if let long = row.option.long, names.contains("--\(long)") { row.option.long = nil }
        guard !row.option.names.isEmpty else { continue }
        names += row.option.names
        rows.append(row)
      }
      if let index = table.firstIndex(where: { $0.title == group.title }) {
        table[index].rows += rows
      } else if !rows.isEmpty {
        table.append(OptionGroup(title: group.title, note: group.note, rows: rows))
      }
    }
    return table
  }
}
