/// The completion script for fish.
enum FishCompletion {
  /// The whole script.
  static var script: String {
    let verbs = Verb.commands
    var lines = [
      "# fish completion for probe: made by `probe completions fish`",
      "",
      "function __probe_is --description 'Whether the command is this one; without one the default'",
      "    set -l words (commandline -opc)",
      "    set -l verb ''",
      "    contains -- \"$words[2]\" \(verbs.map(\.name).joined(separator: " ")); and set verb $words[2]",
      "    test \"$verb\" = \"$argv[1]\"",
      "end",
      "",
      "function __probe_begins --description 'Whether nothing stands before the cursor'",
      "    test (count (commandline -opc)) -eq 1",
      "end",
      "",
      "function __probe_targets",
      "    string match -q '*:*' -- (commandline -ct); or __fish_print_hostnames | string replace -r '$' ':'",
      "end",
      "",
      "function __probe_text --description 'Files behind an @'",
      "    set -l word (commandline -ct)",
      "    string match -q '@*' -- $word; and __fish_complete_path (string sub -s 2 -- $word) | string replace -r '^' @",
      "end",
      "",
      "function __probe_interfaces",
      "    for path in /sys/class/net/*",
      "        string replace -r '.*/' '' -- $path",
      "    end",
      "end",
      "",
      "complete -c probe -f",
    ]
    for verb in verbs {
      lines.append("complete -c probe -n __probe_begins -a \(verb.name) -d \(quoted(verb.summary))")
    }
    for verb in Verb.all {
      let condition = "complete -c probe -n \(quoted("__probe_is '\(verb.name)'"))"
      if let operand = operand(verb) { lines.append("\(condition) \(operand)") }
      for option in verb.options {
        let names = (option.short.map { "-s \($0) " } ?? "") + (option.long.map { "-l \($0) " } ?? "")
        lines.append(
          "\(condition) \(names)\(option.isValueOptional ? "" : value(option.kind))-d \(quoted(option.help))")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func operand(_ verb: Verb) -> String? {
    switch verb.operandKind {
    case .targets: "-a '(__probe_targets)'"
    case .files: "-F"
    case .words(let words): "-a \(quoted(words.joined(separator: " ")))"
    case .verbs: "-a \(quoted(Verb.commands.map(\.name).joined(separator: " ")))"
    case .none, .text: nil
    }
  }

  private static func value(_ kind: ValueKind) -> String {
    switch kind {
    case .none: ""
    case .word(let words): "-x -a \(quoted(words.joined(separator: " "))) "
    case .list(let words): "-x -a \(quoted("(__fish_append , \(words.joined(separator: " ")))")) "
    case .file(let prefix): prefix.isEmpty ? "-r -F " : "-x -a '(__probe_text)' "
    case .interface: "-x -a '(__probe_interfaces)' "
    case .host: "-x -a '(__fish_print_hostnames)' "
    case .integer, .interval, .text: "-x "
    }
  }

  private static func quoted(_ text: String) -> String {
    "'" + text.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "'"
  }
}
