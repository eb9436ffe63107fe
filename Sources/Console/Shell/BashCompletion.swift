/// The completion script for bash, with or without the package bash-completion.
enum BashCompletion {
  /// The whole script.
  static var script: String {
    let verbs = Verb.commands
    return """
      # bash completion for probe: made by `probe completions bash`

      # Names in /etc/hosts and in ssh's lists of known hosts.
      _probe_hosts() {
        local words file
        while read -ra words; do
          [[ ${words[0]-} == \\#* ]] || printf '%s\\n' "${words[@]:1}"
        done </etc/hosts
        for file in ~/.ssh/known_hosts /etc/ssh/ssh_known_hosts; do
          [[ -r $file ]] || continue
          while read -ra words; do
            [[ ${words[0]-} == [\\|@#]* ]] || tr ',' '\\n' <<<"${words[0]-}" | sed -E 's/^\\[(.*)\\](:[0-9]+)?$/\\1/'
          done <"$file"
        done
      } 2>/dev/null

      # The options of a command.
      _probe_options() {
        case $1 in
      \(Verb.all.map { "    '\($0.name)') echo '\($0.options.flatMap(\.names).joined(separator: " "))' ;;" }
        .joined(separator: "\n"))
        esac
      }

      # What the value of a command's option is: nothing, or a word for its kind and what belongs to it.
      _probe_kind() {
        case $1:$2 in
      \(Verb.all.flatMap(kinds).joined(separator: "\n"))
        esac
      }

      # What stands beside the options of a command, in the same words.
      _probe_operands() {
        case $1 in
      \(Verb.all.map { "    '\($0.name)') echo '\(kind(of: $0.operandKind))' ;;" }.joined(separator: "\n"))
        esac
      }

      # Completes $2, which stands behind $3 in the same word, as something of kind $1.
      _probe_complete() {
        local before=$3 value=$2 each
        local -a found=()
        case $1 in
          words*) mapfile -t found < <(compgen -W "${1#words}" -- "$value") ;;
          list*)
            [[ $value != *,* ]] || { before+=${value%,*},; value=${value##*,}; }
            mapfile -t found < <(compgen -W "${1#list}" -- "$value") ;;
          @file) [[ $value == @* ]] && mapfile -t found < <(compgen -P @ -f -- "${value#@}"); compopt -o filenames ;;
          file) mapfile -t found < <(compgen -f -- "$value"); compopt -o filenames ;;
          interface)
            for each in /sys/class/net/*; do found+=("${each##*/}"); done
            mapfile -t found < <(compgen -W "${found[*]}" -- "$value") ;;
          host) mapfile -t found < <(compgen -W "$(_probe_hosts)" -- "$value") ;;
          target)
            [[ $value == *:* ]] || mapfile -t found < <(compgen -S : -W "$(_probe_hosts)" -- "$value")
            compopt -o nospace ;;
        esac
        for each in "${found[@]}"; do COMPREPLY+=("$before$each"); done
      } 2>/dev/null

      _probe() {
        local line=${COMP_LINE:0:COMP_POINT} verb='' word previous kind
        local -a words
        read -ra words <<<"$line"
        [[ $line != *[[:space:]] ]] || words+=('')
        word=${words[${#words[@]}-1]}
        previous=''
        ((${#words[@]} < 3)) || previous=${words[${#words[@]}-2]}
        if ((${#words[@]} > 2)); then
          case ${words[1]} in \(verbs.map(\.name).joined(separator: "|"))) verb=${words[1]} ;; esac
        fi
        COMPREPLY=()
        if [[ $word == --*=* ]]; then
          _probe_complete "$(_probe_kind "$verb" "${word%%=*}")" "${word#*=}" "${word%%=*}="
        elif kind=$(_probe_kind "$verb" "$previous") && [[ -n $kind ]]; then
          _probe_complete "$kind" "$word" ''
        elif [[ $word == -* ]]; then
          _probe_complete "words $(_probe_options "$verb")" "$word" ''
        else
          ((${#words[@]} != 2)) || _probe_complete 'words \(verbs.map(\.name).joined(separator: " "))' "$word" ''
          _probe_complete "$(_probe_operands "$verb")" "$word" ''
        fi
        # bash replaces only what stands behind the last of the characters at which it cuts words.
        local cut=${word%"${word##*[:=]}"}
        [[ $COMP_WORDBREAKS == *[:=]* ]] && COMPREPLY=("${COMPREPLY[@]#"$cut"}")
        return 0
      }

      complete -F _probe probe

      """
  }

  private static func kinds(_ verb: Verb) -> [String] {
    verb.options.filter { $0.valueName != nil && !$0.isValueOptional }.map { option in
      let names = option.names.map { "'\(verb.name):\($0)'" }.joined(separator: "|")
      return "    \(names)) echo '\(kind(of: option.kind))' ;;"
    }
  }

  private static func kind(of value: ValueKind) -> String {
    switch value {
    case .word(let words): "words \(words.joined(separator: " "))"
    case .list(let words): "list \(words.joined(separator: " "))"
    case .file(let prefix): "\(prefix)file"
    case .interface: "interface"
    case .host: "host"
    case .none, .integer, .interval, .text: "other"
    }
  }

  private static func kind(of operand: Verb.OperandKind) -> String {
    switch operand {
    case .targets: "target"
    case .files: "file"
    case .words(let words): "words \(words.joined(separator: " "))"
    case .verbs: "words \(Verb.commands.map(\.name).joined(separator: " "))"
    case .none, .text: "other"
    }
  }
}
