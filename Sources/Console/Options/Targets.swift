import Handshake
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

extension OptionGroup where Settings: HasRun {
  /// All addresses of a name rather than one.
  static var addresses: OptionGroup {
    OptionGroup(
      title: "Addresses",
      rows: [
        .flag(
          nil, "all-addresses", excludes: ["--nagios"], "probe every address of a name, not only the first",
          """
          Probes every address of a name, each as a separate target. By default the first one that a route leads
          to is probed. Names are looked up before the run starts.
          """
        ) { $0.run.probesAllAddresses = true }
      ])
  }

  /// A state that is waited for.
  static var waiting: OptionGroup {
    OptionGroup(
      title: "For scripts",
      rows: [
        .value(
          nil, "until", "STATE", .word(Verdict.self),
          excludes: [
            .init("--count", because: "-w SEC limits the wait"), "--expect", "--exit-state", "--nagios", "--fping",
            "--svg", "--html",
          ],
          "probe until the target is open, closed, filtered, …",
          """
          Probes every -i until each target has been seen in this state, and then exits with 0, or with 1 when -w is over.
          It prints the probe that found the state, with -v all of them; with -q nothing. A target that was not seen in it
          is named on standard error. Names that have no address yet are looked up again every second.
          """
        ) {
          $0.run.awaited = $1
          $0.run.schedule.count = nil
        }
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
