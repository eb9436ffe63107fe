import Kernel
import Report
import Runner

extension Verb {
  /// `probe explain [WORD…]`: what a word of the output means.
  static let explain = Verb(
    "explain", "[WORD...]", of: .words(Vocabulary.all.map(\.name)), "explain a word of the output, with its RFC",
    settings: [Vocabulary.Word](),
    about: """
      Explains states, reasons, rejections, notes, steps, verdicts of checks, TCP
      states and kinds of packets. Without a WORD it lists all of them.
      """,
    exitCode: "Exit code: 0, or 2 if a word is unknown.",
    prepare: { (words, operands) throws(UsageError) in
      for operand in operands {
        let named = Vocabulary.words(named: operand)
        guard !named.isEmpty else {
          let known = Vocabulary.all.map { $0.name.lowercased() }
          let near = Spelling.nearestOption(to: operand.lowercased()[...], among: known)
          throw UsageError(
            "unknown word '\(operand)'; \(near.map { "did you mean \($0)?" } ?? "'probe explain' lists them")")
        }
        words += named
      }
    },
    run: { words in
      let style = Style(Output.standardOutput, allowsColor: true)
      return Ending(show(words.isEmpty ? Vocabulary.list(style) : words.map { $0.text(style) }.joined()))
    })
}
