import Runner
import Timebase

extension Verb {
  /// `probe watch HOST:PORT…`: probes without an end, a live screen, metrics.
  static let watch = Verb(
    "watch", "HOST:PORT...", of: .targets, "probe continuously: live screen, Prometheus metrics",
    offers: [.packets, .machines, .confirmation, .schedule, .sourcePort, .lines, .capture, .outputLetter],
    settings: WatchSettings(),
    options: [.metrics, .targets, .connection, .timing, .families, .network, .syn, .output, .files, .expectation],
    about: """
      Probes until interrupted. On a terminal it shows a live screen; elsewhere, and
      with -q, lines: each probe (not with -q), and each change of state with its time
      and how long the state before had lasted.

      Times and percentiles are milliseconds of the handshake. Each sparkline cell
      shows its slowest probe (one step = ×√2); × marks loss. If a name's address
      changes, the new one is probed.
      """,
    exitCode: """
      Exit code: with -c or -w as without watch; 130 interrupted, 143 terminated,
      after the summary; 2 could not run.
      """,
    prepare: { (settings, operands) throws(UsageError) in
      let asked = settings
      try settings.takeTargets(operands)
      try settings.run.check()
      let lists = settings.run.targetLists
      // What may wait for a writer is read once.
      guard !lists.isEmpty, lists.allSatisfy({ !$0.isStandardInput && $0.isRegularFile }) else { return }
      settings.reload = {
        if let other = lists.first(where: { !$0.isRegularFile }) {
          return .failure(.refused("\(other): not a regular file"))
        }
        var again = asked
        do throws(UsageError) {
          try again.takeTargets(operands)
          return .success(again.run.targets)
        } catch {
          return .failure(.refused(error.first))
        }
      }
    },
    run: { (settings) throws(RunError) in try Ending(Run.watch(settings), settings.run) })
}

extension OptionGroup where Settings == WatchSettings {
  fileprivate static var metrics: OptionGroup {
    OptionGroup(
      title: "Watching",
      rows: [
        .value(
          "c", "count", "N", .integer(0...1_000_000_000), "stop after N probes of each target (default: endless)",
          "Stops after N probes of each target; by default, and with 0, it runs until interrupted."
        ) { $0.run.schedule.count = $1 == 0 ? nil : $1 },
        .flag(
          "q", "quiet", "no screen: state changes and the summary only",
          "No screen: state changes and the summary only."
        ) { $0.run.presentation.isQuiet = true },
        .value(
          nil, "prometheus", "FILE", .file, "write metrics to FILE every interval, atomically",
          """
          Writes metrics to FILE every interval, at most once a second, for node_exporter's textfile collector: a reader
          finds the old file or the new one. Reference.md, in share/doc/probe/Docs, lists the metrics; the names are those of
          the blackbox exporter where it has one. If the file cannot be written at the start probe ends; later this is
          reported, and tried again. The file stays when probe ends.
          """
        ) { $0.prometheusPath = $1 },
        .value(
          nil, "svg", "FILE", .file, "write the final screen to FILE as SVG",
          "Writes the screen as it is at the end to FILE as SVG, with a line for every target, also where there was no terminal."
        ) { $0.picture = $1 },
        .value(
          nil, "resolve-every", "SEC", .intervalOrZero(.milliseconds(100) ... .seconds(86_400)),
          "look names up again every SEC (default 60; 0: never)",
          """
          Looks each name up again every SEC (default 60; 0.1 to 86400; 0: only at the start); the probes never wait for
          it. The address is probed for as long as the name has it; then the first one of the same family is, which is
          reported, and the counts go on. If a name cannot be looked up this is reported once, and its address probed as
          before. A name that has had no address yet is looked up again after 10 seconds at most.
          """
        ) { $0.lookupPeriod = $1 },
      ])
  }
}
