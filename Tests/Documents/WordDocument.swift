import Handshake
import Report

/// The tables of words as the documentation has them: states, reasons, refusals, notes, steps.
enum WordDocument {
  /// Every table by name.
  static var tables: [(name: String, table: String)] {
    [
      ("words state", table(["state", "meaning"], Verdict.allCases.map { [code($0.rawValue), $0.meaning.text] })),
      (
        "words reason",
        table(
          ["reason", "state", "meaning"],
          Reason.allCases.map { [code($0.rawValue), $0.verdict.map { code($0.rawValue) } ?? "none", $0.meaning.text] })
      ),
      ("words refusal", table(["refusal", "meaning"], Refusal.allCases.map { [code($0.rawValue), $0.meaning.text] })),
      ("words note", table(["note", "meaning"], Notes.meanings.map { [code($0.name), $0.meaning?.text ?? ""] })),
      (
        "words reset",
        table(["origin", "meaning"], ResetOrigin.Sender.allCases.map { [code($0.rawValue), $0.meaning.text] })
      ),
      (
        "words evidence",
        table(["evidence", "meaning"], ResetOrigin.Evidence.meanings.map { [code($0.name), $0.text] })
      ),
      ("words step", table(["step", "time"], StepKind.allCases.map { [code($0.rawValue), $0.meaning.text] })),
    ]
  }

  private static func code(_ word: String) -> String { "`\(word)`" }

  private static func table(_ head: [String], _ rows: [[String]]) -> String {
    let lines = [head, head.map { _ in "---" }].enumerated().map { index, cells in
      index == 1 ? "|" + cells.joined(separator: "|") + "|\n" : line(cells)
    }
    return lines.joined() + rows.map(line).joined()
  }

  private static func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
}
