import Runner
import Wire

/// Settings with a `Presentation`: what the groups `output` and `files` write into.
protocol HasPresentation: Sendable {
  /// How results are shown.
  var presentation: Presentation { get set }
}

/// Settings with a choice of the Internet Protocol: what the group `families` writes into.
protocol HasFamily: Sendable {
  /// The family that was asked for.
  var family: AddressFamily? { get set }
}

/// Settings that are, or contain, those of a run of connections: what all other shared groups write into.
protocol HasRun: HasPresentation, HasFamily {
  /// What means the same as for the default command.
  var run: RunSettings { get set }
}

/// Settings that know the words of their options, for who uses them again.
protocol KeepsWords: Sendable {
  /// The words of options and of their values.
  var optionWords: [String] { get set }
}

extension HasRun {
  var presentation: Presentation {
    get { run.presentation }
    set { run.presentation = newValue }
  }
  var family: AddressFamily? {
    get { run.family }
    set { run.family = newValue }
  }
}

extension RunSettings: HasRun {
  var run: RunSettings {
    get { self }
    set { self = newValue }
  }
}

extension BenchSettings: HasRun {}
extension CheckSettings: HasRun {}
extension WatchSettings: HasRun {}
extension RouteSettings: HasRun {}
extension ScanSettings: HasRun, KeepsWords {}

extension MergeSettings: HasRun {
  var run: RunSettings {
    get { scan.run }
    set { scan.run = newValue }
  }
}

extension HTTPSettings: HasRun {}
extension ListenSettings: HasPresentation, HasFamily {}
extension ReadSettings: HasPresentation {}
extension DiffSettings: HasPresentation {}

extension AuditSettings: HasRun {
  var run: RunSettings {
    get { play.run }
    set { play.run = newValue }
  }
}

extension ScriptSettings: HasRun {
  var run: RunSettings {
    get { play.run }
    set { play.run = newValue }
  }
}

extension ProfileSettings: HasRun {
  var run: RunSettings {
    get { play.run }
    set { play.run = newValue }
  }
}
