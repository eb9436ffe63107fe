import Kernel
import Runner

extension OptionGroup where Settings: HasRun {
  /// Targets beside those that are typed as HOST:PORT.
  static var targets: OptionGroup {
    OptionGroup(
      title: "More targets",
      note: """
        Beside those that are written as [Targets] describes.
        """,
      rows: [
        .value(
          "p", "ports", "PORTS", .ports, "ports of targets that name none: 22,80,8000-8010",
          """
          The ports of targets that name none: numbers, ranges and service names, separated by commas.
          `-p-` is all ports.
          """
        ) { (settings, ports) in
          settings.run.ports += ports.filter { [known = settings.run.ports] in !known.contains($0) }
        },
        .value(
          "f", "targets", "FILE", .inputFile, "more targets from FILE, one per line (- is stdin)",
          """
          Reads more targets from FILE, one per line, written as on the command line; a number sign starts a comment.
          `-` is standard input, also as a target. At most 4 MiB. Lines that cannot be read are printed with FILE and
          line number, and nothing is sent.
          """
        ) { $0.run.targetLists.append($1) },
      ])
  }
}

extension OptionValue where Value == [UInt16] {
  /// A list of ports; `-` is all of them, as in nmap's `-p-`.
  static var ports: OptionValue {
    OptionValue(.text) { (text, name) throws(UsageError) in
      do throws(UsageError) {
        return text == "-" ? Array(1...UInt16.max) : try TargetParser.ports(text, of: text)
      } catch {
        throw UsageError("\(name): \(error.message)")
      }
    }
  }
}
