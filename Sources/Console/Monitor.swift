import Handshake
import Kernel
import Report
import Runner

/// What monitoring asks for on a command line.
struct MonitorRequest: Hashable, Sendable {
  /// Whether the answer is that of a monitoring plugin.
  var isPlugin = false
  /// Above what it is a warning.
  var warning = PluginThreshold()
  /// Above what it is critical.
  var critical = PluginThreshold()

  /// The form of the answer.
  var form: CheckForm { .plugin(warning: warning, critical: critical) }

  /// Refuses thresholds that nobody holds anything against.
  func check() throws(UsageError) {
    guard isPlugin || (warning == PluginThreshold() && critical == PluginThreshold()) else {
      throw UsageError("--warn and --crit are thresholds of --nagios; say --nagios as well")
    }
  }
}

extension OptionGroup where Settings == ProbeRequest {
  static let monitor = OptionGroup(
    title: "For monitoring",
    options: [
      Option(nil, "nagios", "one line and exit code 0, 1, 2, 3, as monitoring plugins have them") { request, _ in
        request.monitor.isPlugin = true
      },
      Option(nil, "warn", "LIMIT", "with --nagios: a warning above 50ms, 20% lost, or 50ms,20%") {
        request, text throws(UsageError) in
        request.monitor.warning = try Monitor.threshold(text, for: "--warn")
      },
      Option(nil, "crit", "LIMIT", "with --nagios: critical above it") { request, text throws(UsageError) in
        request.monitor.critical = try Monitor.threshold(text, for: "--crit")
      },
    ])
}

/// Answers by the rules of monitoring plugins.
enum Monitor {
  /// Runs checks and returns the exit code, that of a plugin where one is asked for.
  static func run(_ settings: CheckSettings) -> Int32 {
    let isPlugin = if case .plugin = settings.form { true } else { false }
    do throws(RunError) {
      let result = try Run.check(settings)
      if let state = result.plugin { return state.rawValue }
      if let signal = result.signal { return 128 + signal.number }
      let holds = result.results.allSatisfy { $0.standing == .holds }
      return holds ? ExitCode.asExpected : ExitCode.notAsExpected
    } catch {
      if isPlugin { return unknown(error.message) }
      complain(error.message)
      return ExitCode.of(error)
    }
  }

  /// Runs a verb; where it was asked for a plugin's answer, what it cannot carry out is such an answer too.
  static func answering(_ words: [String], _ run: () throws(UsageError) -> Int32) throws(UsageError) -> Int32 {
    do throws(UsageError) {
      return try run()
    } catch {
      // Looked for in the words, since they may not have been read to their end.
      guard words.contains("--nagios") else { throw error }
      return unknown(error.message)
    }
  }

  /// The default verb's targets as checks: each is to be in the expected state.
  static func run(_ request: ProbeRequest) -> Int32 {
    var settings = CheckSettings()
    settings.run = request.run
    settings.form = request.monitor.form
    for target in request.run.targets {
      for port in target.ports {
        let text = target.ports.count == 1 ? target.text : TargetParser.text(target.host, port)
        let check = Check(target: text, expected: request.expected ?? .open)
        settings.items.append(CheckItem(check: check, target: TargetSpec(host: target.host, ports: [port], text: text)))
      }
    }
    return run(settings)
  }

  /// The line and the exit code where nothing was measured.
  ///
  /// Monitoring reads standard output alone.
  static func unknown(_ words: String) -> Int32 {
    let line = PluginLine(.unknown, words)
    try? Output.standardOutput.write(line.text)
    return line.state.rawValue
  }

  /// Reads `50ms`, `50ms,20%` or `20%`.
  static func threshold(_ text: String, for option: String) throws(UsageError) -> PluginThreshold {
    var threshold = PluginThreshold()
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let meant = "\(option): '\(text)' is no threshold; say 50ms, 20% or 50ms,20%"
    guard parts.count <= 2 else { throw UsageError(meant) }
    for part in parts {
      if part.hasSuffix("%") {
        guard threshold.loss == nil else { throw UsageError(meant) }
        threshold.loss = try Values.integer(String(part.dropLast()), for: option, in: 0...100)
      } else {
        guard threshold.rtt == nil, threshold.loss == nil, !part.isEmpty else { throw UsageError(meant) }
        threshold.rtt = try Values.limit(String(part), for: option)
      }
    }
    return threshold
  }
}
