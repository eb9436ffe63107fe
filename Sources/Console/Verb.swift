import Kernel
import Report
import Runner

/// A command of probe: whatever has to know the commands reads `Verb.all`.
struct Verb: Sendable {
  /// The word that names it; the default one has a name for the man page alone.
  let name: String
  /// What follows the options.
  let operands: String
  /// What the words there can be.
  let operandKind: OperandKind
  /// What it does, in a line.
  let summary: String
  /// What its help says between synopsis and options.
  let about: String
  /// What its help says of the exit code.
  let exitCode: String
  /// Its options, by heading.
  let sections: @Sendable () -> [OptionSection]
  /// Reads the words behind its name, and runs.
  let perform: @Sendable ([String]) throws(UsageError) -> Doing

  /// What the words beside options can be: what a shell completes.
  enum OperandKind: Hashable, Sendable {
    /// Nothing.
    case none
    /// Targets.
    case targets
    /// Files.
    case files
    /// One of these words.
    case words([String])
    /// Other commands.
    case verbs
    /// Anything else.
    case text
  }

  /// All of them, in the order in which the help lists them.
  static let all: [Verb] = [
    probe, http, bench, check, watch, scan, merge, route, idle, audit, profile, script, listen, read, diff, demo,
    doctor,
    explain,
    completions, help,
  ]

  /// Those that have a name, hence all but the default one.
  static var commands: ArraySlice<Verb> { all.dropFirst() }

  /// A command from its parts: what its options may need, what it runs by before any option, its own options first and
  /// then those it shares; `prepare` takes the operands and refuses values that contradict each other.
  init<Settings: Sendable>(
    _ name: String, _ operands: String, of kind: OperandKind, _ summary: String, offers: Needs = [],
    settings: @autoclosure @escaping @Sendable () -> Settings,
    options: @autoclosure @escaping @Sendable () -> [OptionGroup<Settings>] = [],
    about: String, exitCode: String,
    prepare: @escaping @Sendable (inout Settings, [String]) throws(UsageError) -> Void,
    run: @escaping @Sendable (Settings) throws(RunError) -> Ending
  ) {
    self.name = name
    self.operands = operands
    operandKind = kind
    self.summary = summary
    self.about = about
    self.exitCode = exitCode
    let table = { @Sendable in OptionTable(groups: options() + [.common], offers: offers) }
    sections = { table().sections }
    perform = { (words) throws(UsageError) in
      var value = settings()
      let reader = try OptionReader(words, of: name, by: table, into: &value)
      if let wish = reader.wish { return wish }
      try reader.check()
      if var keeping = value as? any KeepsWords {
        keeping.optionWords = reader.optionWords
        value = keeping as? Settings ?? value
      }
      try prepare(&value, reader.operands)
      do throws(RunError) { return .end(try run(value)) } catch {
        // Results that could not be written may have been meant for a file.
        if case .output(let errno) = error, let path = (value as? any HasPresentation)?.presentation.outputPath {
          return .failure(.file(errno, path))
        }
        return .failure(error)
      }
    }
  }

  /// Runs the command line behind the command's name, and returns the exit code.
  func main(_ words: [String]) -> Int32 {
    do throws(UsageError) {
      switch try perform(words) {
      case .help: return show(help)
      case .version(let asJSON): return show(Version.text(asJSON: asJSON))
      case .end(let ending): return ending.exitCode
      case .failure(let error):
        return Monitor.unknown(error.message, for: self, words) ?? complain(error)
      }
    } catch {
      return Monitor.unknown(error.first, for: self, words) ?? complain(error)
    }
  }

  /// What came of a command line.
  enum Doing {
    /// Its help is wanted instead.
    case help
    /// The version is wanted instead.
    case version(asJSON: Bool)
    /// It ran.
    case end(Ending)
    /// It could not run, or not to its end.
    case failure(RunError)
  }

  /// The words of a command line that name it.
  var words: String { isDefault ? "probe" : "probe \(name)" }

  /// Whether it is the one that needs no name.
  var isDefault: Bool { name.isEmpty }

  /// All its options.
  var options: [Option] { sections().flatMap(\.options) }
}
