import Kernel
import Report

extension Verb {
  /// The text of `-h`.
  var help: String {
    var text = isDefault ? Verb.overview : "Usage: \(synopsis)\n\n\(about)\n"
    for section in sections() { text += section.help }
    return text + "\n\(exitCode)\n"
  }

  /// How it is called.
  var synopsis: String {
    let line = [words, sections().isEmpty ? "" : "[OPTIONS]", operands]
    return line.filter { !$0.isEmpty }.joined(separator: " ")
  }

  /// What stands above the options of the default command: all the others.
  private static var overview: String {
    var text = "\(probe.about)\n\nUsage:\n"
    text += line("probe HOST:PORT...", probe.summary) + line("probe HOST:PORT --syn", "half-open: SYN, verify, RST")
    for verb in commands { text += line("probe \(verb.name) \(verb.operands)", verb.summary) }
    text += "\nRun 'probe COMMAND -h' for a command's options.\n"
    return text + "\nTargets: host:port  host port...  [v6]:port  host:22,80,8000-8010  host:https\n"
      + "         192.0.2.0/28:port  192.0.2.1-9:port  - (a list on standard input)\n"
  }

  private static func line(_ call: String, _ summary: String) -> String {
    "  \(call)\(String(repeating: " ", count: max(1, 26 - call.count)))\(summary)\n"
  }
}

extension OptionSection {
  /// The heading and a line for each option, columns aligned; a long name has a line to itself.
  var help: String {
    var text = "\n\(title):\n"
    for option in options {
      var names = option.short.map { "-\($0)" } ?? "   "
      if let long = option.long { names += option.short == nil ? " --\(long)" : ", --\(long)" }
      names += option.form
      let column = OptionSection.column
      text += names.count < column - 1 ? "  " + names.padded(to: column) : "  \(names)\n  " + "".padded(to: column)
      text += option.help + "\n"
    }
    return text
  }

  /// How wide the column of names is.
  private static let column = 22
}

extension String {
  /// With spaces behind it, so many characters long.
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

/// The program's version: the one place that has its number.
enum Version {
  /// The number, as Semantic Versioning counts.
  static let number = "0.1.0"

  /// The version of this program, with the commit that it was built from where that is known.
  static var program: ProgramVersion { ProgramVersion(number: number, build: Build.words) }

  /// What servers are told.
  static var agent: String { "probe/\(number)" }

  /// What `-V` prints.
  static func text(asJSON: Bool) -> String {
    let program = program
    guard !asJSON else { return JSONLines.version(program) }
    let build = [program.commit, program.date].compactMap { $0 }
    return "probe \(number)\(build.isEmpty ? "" : " (\(build.joined(separator: ", ")))")\n"
  }
}
