import Script
import Wire

/// The checks of `probe audit` as a list.
public enum CheckList {
  /// Every rule once, in the order of groups and numbers.
  static var rules: [Conversation.Rule] {
    var rules: [Conversation.Rule] = []
    for family in [AddressFamily.v4, .v6] {
      for rule in ((try? Checks.all(family)) ?? []).compactMap(\.rule)
      where !rules.contains(where: { $0.number == rule.number }) { rules.append(rule) }
    }
    return Checks.sorted(rules)
  }

  /// Every name that `--only` takes: numbers, names, groups.
  public static var names: Set<String> {
    Set(rules.flatMap { ["\($0.number)", $0.name] } + Checks.groups.map(\.name))
  }

  /// The checks that are wanted, by group: number, name, level, requirement, and what is asked.
  public static func text(_ isWanted: (Conversation.Rule) -> Bool) -> String {
    var text = ""
    for group in Checks.groups {
      let wanted = rules.filter { $0.group == group.name && isWanted($0) }
      guard !wanted.isEmpty else { continue }
      text += (text.isEmpty ? "" : "\n") + "\(group.title) (\(group.name))\n"
      for rule in wanted {
        let tier = rule.tier == .standard ? "" : " (--\(rule.tier.rawValue))"
        text += "  \("\(rule.number)".trailing(3)) \(rule.name.leading(28)) \(rule.level.word.leading(6)) "
        text += "\(rule.requirement)\(tier)\n"
        text += "      \(rule.summary)\n"
      }
    }
    return text
  }
}
