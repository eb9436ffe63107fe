import Script

/// The tables of Docs/Audit.md: every check by group, with requirement, stimulus, expectations and alternatives.
enum AuditDocument {
  /// Every table by name.
  static var tables: [(name: String, table: String)] { [("checks", Checks.groups.map(section).joined())] }

  private static func section(_ group: Checks.Group) -> String {
    "### \(group.title) (`\(group.name)`)\n\n" + blocks(group.text).map(check).joined()
  }

  /// The lines of each check.
  private static func blocks(_ text: String) -> [[String]] {
    var blocks: [[String]] = []
    for line in text.split(separator: "\n").map(String.init) where !line.hasPrefix("#") {
      if line.hasPrefix("check ") {
        blocks.append([line])
      } else if !blocks.isEmpty {
        blocks[blocks.count - 1].append(line)
      }
    }
    return blocks
  }

  private static func check(_ lines: [String]) -> String {
    let words = lines[0].split(separator: " ")
    var heads: [String: String] = [:]
    var rest: [String] = []
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      let name = parts.count == 2 ? String(parts[0]) : ""
      if ["level", "source", "asks", "tier"].contains(name) {
        let text = parts[1].drop { $0 == " " }
        heads[name] = heads[name].map { $0 + " " + text } ?? String(text)
      } else {
        rest.append(line)
      }
    }
    let level = ["must": "MUST", "should": "SHOULD"][heads["level"] ?? ""] ?? "for information"
    let tier = heads["tier"].map { $0 == "default" ? "" : ", with `--\($0)`" } ?? ""
    var text = "**\(words[1]) `\(words[2])`**: \(level), \(heads["source"] ?? "")\(tier).\n\(heads["asks"] ?? "")\n\n"
    text += "```text\n" + rest.map { $0 + "\n" }.joined() + "```\n\n"
    return text
  }
}
