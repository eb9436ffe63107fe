/// What `probe completions` can write.
enum Shell: String, CaseIterable, Sendable {
  case bash
  case zsh
  case fish
  /// No shell: the option sections of the man page (`make manual`).
  case mdoc

  /// The script, or the sections.
  var script: String {
    switch self {
    case .bash: BashCompletion.script
    case .zsh: ZshCompletion.script
    case .fish: FishCompletion.script
    case .mdoc: Manual.sections
    }
  }

  /// Those that the help names.
  static let names = allCases.filter { $0 != .mdoc }.map(\.rawValue)
}

extension Verb {
  /// `probe completions bash|zsh|fish`: what a shell needs to complete a command line.
  static let completions = Verb(
    "completions", "SHELL", of: .words(Shell.names), "print the completion script of a shell",
    settings: Shell.bash,
    about: """
      Prints a script that lets SHELL (bash, zsh or fish) complete commands, options
      and their values. `make install` puts all three in place; without it:

        bash   eval "$(probe completions bash)"                 in ~/.bashrc
        zsh    probe completions zsh > DIR/_probe               DIR is in $fpath
        fish   probe completions fish | source                  in config.fish
      """,
    exitCode: "Exit code: 0, or 2 if it could not be written.",
    prepare: { (shell, operands) throws(UsageError) in
      guard let word = operands.first else { throw UsageError("completions needs a shell: bash, zsh or fish") }
      guard operands.count == 1, let named = Shell(rawValue: word) else {
        throw UsageError("completions takes one shell (bash, zsh or fish), not '\(operands.joined(separator: " "))'")
      }
      shell = named
    },
    run: { Ending(show($0.script)) })
}
