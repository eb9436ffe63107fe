/// The completion script for zsh: a file `_probe` in a folder of `$fpath`.
enum ZshCompletion {
  /// The whole script.
  static var script: String {
    let verbs = Verb.commands
    return """
      #compdef probe
      # zsh completion for probe: made by `probe completions zsh`

      _probe_interfaces() { local -a found; found=(/sys/class/net/*(N:t)); compadd "$@" -a found }
      _probe_targets() { compset -P '*:' || _hosts -S ':' }
      _probe_text() { compset -P '@' && _files }
      _probe_commands() {
        local -a commands
        commands=(
      \(verbs.map { "    \(quoted("\($0.name):\($0.summary)"))" }.joined(separator: "\n"))
        )
        _describe -t commands command commands
      }

      _probe() {
        local verb=
        if ((CURRENT > 2)); then
          case $words[2] in
            \(verbs.map(\.name).joined(separator: "|"))) verb=$words[2]; shift words; ((CURRENT--)) ;;
          esac
        elif [[ $words[2] != -* ]]; then
          _probe_commands
        fi
        case $verb in
      \(Verb.all.map(branch).joined(separator: "\n"))
        esac
      }

      _probe "$@"

      """
  }

  private static func branch(_ verb: Verb) -> String {
    let specs = verb.options.flatMap(specifications) + [operand(verb)].compactMap(\.self)
    return "    '\(verb.name)') _arguments -s -S \\\n"
      + specs.map { "      \(quoted($0))" }.joined(separator: " \\\n") + " ;;"
  }

  /// A specification for each name; all of them exclude each other, but for those that may be repeated.
  private static func specifications(_ option: Option) -> [String] {
    let excluded = option.names.count > 1 ? "(\(option.names.joined(separator: " ")))" : ""
    let value = option.valueName.map { "\(option.isValueOptional ? "::" : ":")\($0):\(action(option.kind))" } ?? ""
    return option.names.map { name in
      let separator = value.isEmpty ? "" : name.hasPrefix("--") ? option.isValueOptional ? "=-" : "=" : "+"
      return "\(excluded)\(name)\(separator)[\(escaped(option.help))]\(value)"
    }
  }

  private static func operand(_ verb: Verb) -> String? {
    switch verb.operandKind {
    case .targets: "*:target:_probe_targets"
    case .files: "*:file:_files"
    case .words(let words): "1:word:(\(words.joined(separator: " ")))"
    case .verbs: "1:command:_probe_commands"
    case .none, .text: nil
    }
  }

  private static func action(_ kind: ValueKind) -> String {
    switch kind {
    case .word(let words): "(\(words.joined(separator: " ")))"
    case .list(let words): "_values -s , field \(words.joined(separator: " "))"
    case .file(let prefix): prefix.isEmpty ? "_files" : "_probe_text"
    case .interface: "_probe_interfaces"
    case .host: "_hosts"
    case .none, .integer, .interval, .text: " "
    }
  }

  private static func escaped(_ text: String) -> String {
    text.map { "[]:\\".contains($0) ? "\\\($0)" : String($0) }.joined()
  }

  private static func quoted(_ text: String) -> String {
    "'" + text.map { $0 == "'" ? "'\\''" : String($0) }.joined() + "'"
  }
}
