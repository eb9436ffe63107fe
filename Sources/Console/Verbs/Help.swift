extension Verb {
  /// `probe help [COMMAND]`.
  static let help = Verb(
    "help", "[COMMAND]", of: .verbs, "this help, or that of a command",
    settings: Verb.probe,
    about: "Prints the help of a command, or of probe itself.",
    exitCode: "Exit code: 0, or 2 if there is no such command.",
    prepare: { (verb, operands) throws(UsageError) in
      guard operands.count < 2 else { throw UsageError("help takes one command (got '\(operands[1])' as well)") }
      guard let word = operands.first else { return }
      guard let named = Verb.commands.first(where: { $0.name == word }) else {
        let near = Spelling.nearest(to: word[...], among: Verb.commands.map(\.name))
        throw UsageError(
          "unknown command '\(word)'; \(near.map { "did you mean \($0)?" } ?? "'probe help' lists them")")
      }
      verb = named
    },
    run: { Ending(show($0.help)) })
}
