/// An option together with what it does to the settings of a run.
struct OptionRow<Settings>: Sendable {
  /// How it is spelled and described.
  var option: Option
  /// Reads the value, empty for a flag, and writes it into the settings; errors name the option by the last argument.
  let apply: @Sendable (inout Settings, String, String) throws(UsageError) -> Void

  /// An option with a value.
  static func value<Value>(
    _ short: Character?, _ long: String?, _ valueName: String, _ value: OptionValue<Value>, needs: Needs = [],
    excludes: [Option.Exclusion] = [], requires: String? = nil, isValueOptional: Bool = false, _ help: String,
    _ manual: String, set: @escaping @Sendable (inout Settings, Value) throws(UsageError) -> Void
  ) -> OptionRow {
    let option = Option(
      short: short, long: long, valueName: valueName, isValueOptional: isValueOptional, kind: value.kind, help: help,
      manual: manual, needs: needs,
      forgoes: [], excludes: excludes, requires: requires)
    let parse = value.parse
    return OptionRow(option) { (settings, text, name) throws(UsageError) in try set(&settings, parse(text, name)) }
  }

  /// An option without one.
  static func flag(
    _ short: Character?, _ long: String?, needs: Needs = [], forgoes: Needs = [], excludes: [Option.Exclusion] = [],
    requires: String? = nil, _ help: String, _ manual: String, set: @escaping @Sendable (inout Settings) -> Void
  ) -> OptionRow {
    let option = Option(
      short: short, long: long, valueName: nil, kind: .none, help: help, manual: manual, needs: needs,
      forgoes: forgoes, excludes: excludes, requires: requires)
    return OptionRow(option) { (settings, _, _) in set(&settings) }
  }

  private init(
    _ option: Option, apply: @escaping @Sendable (inout Settings, String, String) throws(UsageError) -> Void
  ) {
    (self.option, self.apply) = (option, apply)
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

  /// The group without an option that means nothing to a command.
  func without(_ long: String) -> OptionGroup {
    OptionGroup(title: title, note: note, rows: rows.filter { $0.option.long != long })
  }
}

/// The groups of a command, with what it offers.
struct OptionTable<Settings>: Sendable {
  /// The command's own groups first, then those that it shares, without regard for what they need.
  let groups: [OptionGroup<Settings>]
  /// What the command offers.
  let offers: Needs

  /// The option of a name: of two with the same the first counts, and what needs more than is offered is none.
  func row(where isMeant: (Option) -> Bool) -> OptionRow<Settings>? {
    for group in groups {
      for row in group.rows where isMeant(row.option) && row.option.needs.isSubset(of: offers) { return row }
    }
    return nil
  }

  /// The option of a name with its dashes.
  func row(named name: String) -> OptionRow<Settings>? { row { $0.names.contains(name) } }

  /// How it is shown: groups with the same heading become one, and a shared option loses the names that an earlier one
  /// has.
  var sections: [OptionSection] {
    var sections: [OptionSection] = []
    var names: [String] = []
    for group in groups {
      var options: [Option] = []
      for row in group.rows where row.option.needs.isSubset(of: offers) {
        var option = row.option
        if let short = option.short, names.contains("-\(short)") { option.short = nil }
        if let long = option.long, names.contains("--\(long)") { option.long = nil }
        names += option.names
        if !option.names.isEmpty { options.append(option) }
      }
      if let index = sections.firstIndex(where: { $0.title == group.title }) {
        sections[index].options += options
      } else if !options.isEmpty {
        sections.append(OptionSection(title: group.title, note: group.note, options: options))
      }
    }
    return sections
  }
}
