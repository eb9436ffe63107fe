import Kernel
import Report
import Runner

/// `probe check FILE`: what is to hold of many ports, all at once.
enum CheckVerb {
  /// Reads words and file, runs, and returns the exit code.
  static func run(_ words: [String]) throws(UsageError) -> Int32 {
    try Monitor.answering(words) { () throws(UsageError) in try carryOut(words) }
  }

  private static func carryOut(_ words: [String]) throws(UsageError) -> Int32 {
    var request = CheckRequest()
    let operands = try OptionTable<CheckRequest>.check.read(words, into: &request)
    switch request.probe.wants {
    case .help: return show(help)
    case .version: return show(Version.line)
    case nil: break
    }
    try request.check()
    guard let path = operands.first else {
      throw UsageError("check needs a file; say probe check FILE, or - for input")
    }
    guard operands.count == 1 else { throw UsageError("check takes one file; what is '\(operands[1])'?") }
    let file = try read(path)
    guard file.faults.isEmpty else { return tell(file, isPlugin: request.probe.monitor.isPlugin) }
    return Monitor.run(settings(request, file))
  }

  private static func settings(_ request: CheckRequest, _ file: CheckFile) -> CheckSettings {
    var settings = CheckSettings()
    settings.run = request.probe.run
    settings.items = file.items
    settings.file = file.name
    settings.junitPath = request.junitPath
    if request.isTAP { settings.form = .tap }
    if request.probe.monitor.isPlugin { settings.form = request.probe.monitor.form }
    return settings
  }

  private static func read(_ path: String) throws(UsageError) -> CheckFile {
    do throws(Errno) {
      let octets =
        try path == "-" ? File.readStandardInput(atMost: CheckFile.limit) : File.read(path, atMost: CheckFile.limit)
      return CheckFile(String(decoding: octets, as: UTF8.self), name: path == "-" ? "(standard input)" : path)
    } catch {
      throw UsageError("\(path): \(error)\(error.hint.map { "; \($0)" } ?? "")")
    }
  }

  /// Tells what cannot be read, each as compilers do: nothing is sent.
  private static func tell(_ file: CheckFile, isPlugin: Bool) -> Int32 {
    let lines = file.faults.map { "\(file.name):\($0.line):\($0.column): \($0.message)" }
    if isPlugin { return Monitor.unknown(lines[0]) }
    for line in lines.prefix(faultLimit) { try? Output.standardError.write(printable(line) + "\n") }
    if lines.count > faultLimit { complain("\(file.name): \(lines.count - faultLimit) more lines cannot be read") }
    return ExitCode.couldNotRun
  }

  /// More than so many lines that cannot be read are no file of checks.
  private static let faultLimit = 100

  /// The text of `-h`.
  static var help: String {
    """
    probe check FILE [OPTIONS]: checks many ports at once; - reads standard input. A line of FILE:

      HOST:PORT open|closed|filtered|unreachable [rtt<50ms] [# comment]

    PORT may be a list or a range. rtt< is about the handshake; of -c N probes the median counts, and every one has to be
    in the state.

    Exit code: 0 if all checks hold, 1 if one does not, 2 could not run (a line that cannot be read: nothing is sent).
    \(OptionTable<CheckRequest>.check.help)
    """
  }
}
