/// One option as help, man page and completions show it: a row of a table.
struct Option: Hashable, Sendable {
  /// The letter after one dash; nil if there is none.
  var short: Character?
  /// The word after two dashes; nil if there is none.
  var long: String?
  /// What the help calls its value; nil if it takes none.
  let valueName: String?
  /// Whether it may be left out; one that is given then stands behind `=`.
  var isValueOptional = false
  /// What its value can be.
  let kind: ValueKind
  /// Its line of help.
  let help: String
  /// Its entry in the man page, in the notation of `Manual`.
  let manual: String
  /// What a command must offer for it to make sense.
  let needs: Needs
  /// What of that a run has to do without once it is given.
  let forgoes: Needs
  /// The options that it cannot be used with.
  let excludes: [Exclusion]
  /// The option that it is meaningless without.
  let requires: String?

  /// An option that another cannot be used with.
  struct Exclusion: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The other one, as errors print it; a letter where the option is excluded only if it is typed by that.
    let name: String
    /// Why, where the two names do not say it.
    let reason: String?

    init(_ name: String, because reason: String) { (self.name, self.reason) = (name, reason) }
    init(stringLiteral name: String) { (self.name, reason) = (name, nil) }
  }

  /// Its value behind its name, as help shows it; empty without one.
  var form: String { valueName.map { isValueOptional ? "[=\($0)]" : " \($0)" } ?? "" }

  /// Its name as errors print it: the long one if it has one.
  var name: String { long.map { "--\($0)" } ?? short.map { "-\($0)" } ?? "" }

  /// All its names, the short one first.
  var names: [String] { [short.map { "-\($0)" }, long.map { "--\($0)" }].compactMap(\.self) }
}

/// What options need of a command, and commands offer; each option says once what it needs, and appears wherever it is
/// offered.
struct Needs: OptionSet, Hashable, Sendable {
  let rawValue: UInt16

  /// The packets themselves, made or read by probe: what the kernel's `connect()` keeps to itself.
  static let packets = Needs(rawValue: 1 << 0)
  /// Connections with a state machine each, rather than made from templates.
  static let machines = Needs(rawValue: 1 << 1)
  /// A first segment, or text, of the user's choice.
  static let crafting = Needs(rawValue: 1 << 2)
  /// Proof that the peer is ESTABLISHED.
  static let confirmation = Needs(rawValue: 1 << 3)
  /// Several probes of a target, at an interval.
  static let schedule = Needs(rawValue: 1 << 4)
  /// One source port for everything.
  static let sourcePort = Needs(rawValue: 1 << 5)
  /// More or less to read about each connection.
  static let verbosity = Needs(rawValue: 1 << 6)
  /// Lines that appear as things happen.
  static let lines = Needs(rawValue: 1 << 7)
  /// Single packets among them.
  static let packetLines = Needs(rawValue: 1 << 8)
  /// A table of results.
  static let table = Needs(rawValue: 1 << 9)
  /// Pictures of connections.
  static let pictures = Needs(rawValue: 1 << 10)
  /// Packets that pass, to be written into a file.
  static let capture = Needs(rawValue: 1 << 11)
  /// Results that `-o` may name a file for; `http` keeps the letter free, since curl writes the page with it.
  static let outputLetter = Needs(rawValue: 1 << 12)

  /// The words for an option that needs what a run has to do without.
  var words: String { contains(.packets) ? "raw sockets" : "another kind of run" }
}

/// Options under a heading.
struct OptionSection: Hashable, Sendable {
  /// The heading.
  let title: String
  /// What the man page says of all of them.
  let note: String
  /// The options, in the order in which the help lists them.
  var options: [Option]
}
