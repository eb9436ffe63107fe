import Judging

/// The one line of a monitoring plugin.
struct PluginFormat: ResultWriter {
  let warning: PluginThreshold
  let critical: PluginThreshold

  mutating func write(_ event: Event, into sheet: inout Sheet) {
    if case .checks(let results, _, _) = event { sheet.results += line(results).text }
  }

  func state(of results: [CheckResult]) -> PluginState? { line(results).state }

  private func line(_ results: [CheckResult]) -> PluginLine {
    PluginLine(results, warning: warning, critical: critical)
  }
}
