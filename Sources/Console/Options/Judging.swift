import Handshake
import Judging
import Report
import Runner
import Timebase

extension OptionGroup where Settings: HasRun {
  /// The answer of a monitoring plugin.
  static var monitoring: OptionGroup {
    OptionGroup(
      title: "For monitoring",
      rows: [
        .flag(
          nil, "nagios",
          excludes: [
            "--fping", "--tap", "--json", "--csv", "--packet-trace", "--exit-state",
            .init("-c", because: "for check_tcp it is a threshold, here a count; use --crit LIMIT or --count N"),
            .init(
              "-w", because: "for check_tcp it is a threshold, here a deadline; use --warn LIMIT or --deadline SEC"),
          ],
          "monitoring-plugin output and exit code 0, 1, 2, 3",
          """
          Monitoring-plugin output: one line on standard output, with performance data, and exit status 0 (OK), 1
          (WARNING), 2 (CRITICAL) or 3 (UNKNOWN), whatever happens. A target should be open, or in the state of --expect.
          If none of its probes found it so it is critical, and so is a name without an address. If some did not, the
          thresholds of loss decide, and without any it is a warning. What could not be carried out is unknown. Of several
          targets the worst counts. -c and -w mean something else to check_tcp, and are refused: use --count and
          --deadline, or --crit and --warn.
          """
        ) { $0.run.monitoring.isPlugin = true },
        .value(
          nil, "warn", "LIMIT", .threshold, requires: "--nagios",
          "WARNING above LIMIT: 50ms, 20% (lost), syn=5% or a list",
          """
          With --nagios: WARNING if the median time of the handshakes is above the limit (`50ms`), the share of probes
          that were not in the expected state (`20%`), or the share of SYNs that nothing answered (`syn=5%`), or any of
          several (`50ms,20%,syn=5%`). The time needs a unit. A SYN is lost even if its retransmission is answered.
          """
        ) { $0.run.monitoring.warning = $1 },
        .value(
          nil, "crit", "LIMIT", .threshold, requires: "--nagios", "CRITICAL above LIMIT", "The same for CRITICAL."
        ) { $0.run.monitoring.critical = $1 },
      ])
  }

  /// What counts as success.
  static var expectation: OptionGroup {
    OptionGroup(
      title: "For scripts",
      rows: [
        .value(
          nil, "expect", "STATE", .word(ExpectedState.self), "open (default), closed, filtered, unreachable or any",
          """
          The state that counts as success: `open` (the default), `closed`, `filtered`, `unreachable`, or `any`: open or
          closed, as for ping any answer of the host does. Exits with 0 if at least one probe of each target finds this
          state and none is answered otherwise; see [EXIT STATUS].
          """
        ) { $0.run.expected = $1 }
      ])
  }
}

extension OptionGroup where Settings: HasRun {
  /// What check_tcp has beside its thresholds.
  static var checkTCP: OptionGroup {
    OptionGroup(
      title: "For monitoring",
      rows: [
        .value(
          "H", "host", "HOST", .host, requires: "--nagios", "with --nagios: the target's host, as check_tcp has it",
          "With --nagios: a target's host, as check_tcp has it; its port is that of -p."
        ) { $0.run.hosts.append($1) },
        .value(
          "t", "check-timeout", "SEC", .interval(.milliseconds(1) ... .seconds(604_800)), requires: "--nagios",
          "with --nagios: --deadline, as check_tcp has it",
          "With --nagios: the same as --deadline, as check_tcp has it."
        ) { $0.run.schedule.deadline = $1 },
      ])
  }
}

extension OptionValue where Value == PluginThreshold {
  /// `50ms`, `20%`, `syn=5%`, or several of them: `50ms,20%,syn=5%`.
  static var threshold: OptionValue {
    OptionValue(.text) { (text, name) throws(UsageError) in
      var threshold = PluginThreshold()
      let parts = text.split(separator: ",", omittingEmptySubsequences: false)
      let meant = "\(name): '\(text)' is not a valid threshold; use 50ms, 20%, syn=5% or 50ms,20%,syn=5%"
      for part in parts {
        if part.hasPrefix("syn=") {
          guard threshold.synLoss == nil, part.hasSuffix("%") else { throw UsageError(meant) }
          threshold.synLoss = try Values.integer(String(part.dropFirst(4).dropLast()), for: name, in: 0...100)
        } else if part.hasSuffix("%") {
          guard threshold.loss == nil else { throw UsageError(meant) }
          threshold.loss = try Values.integer(String(part.dropLast()), for: name, in: 0...100)
        } else {
          guard threshold.rtt == nil, !part.isEmpty else { throw UsageError(meant) }
          threshold.rtt = try Values.limit(String(part), for: name)
        }
      }
      return threshold
    }
  }
}
