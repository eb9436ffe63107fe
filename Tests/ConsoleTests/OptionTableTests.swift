import Runner
import Testing

@testable import Console

/// How a command line is read, on a small table of its own: as getopt reads it.
@Suite("Options") struct OptionTableTests {
  /// What was read, in order.
  struct Log: Sendable { var entries: [String] = [] }

  private static var table: [OptionGroup<Log>] {
    [
      OptionGroup(
        title: "All",
        rows: [
          .flag("n", nil, "a letter alone", "") { $0.entries.append("n") },
          .flag("j", "json", excludes: ["--quick"], "letter and word", "") { $0.entries.append("json") },
          .flag(nil, "sack", "a word alone", "") { $0.entries.append("sack") },
          .value("c", nil, "N", .text, "a letter with a value", "") { $0.entries.append("c=\($1)") },
          .value("w", "wait", "SEC", .text, "both with a value", "") { $0.entries.append("wait=\($1)") },
          .value(nil, "retries", "N", .text, "a word with a value", "") { (log, text) throws(UsageError) in
            guard text != "many" else { throw UsageError("too many") }
            log.entries.append("retries=\(text)")
          },
          .flag(
            nil, "quick", excludes: [.init("--sack", because: "it has none")], requires: "--wait", "in haste", ""
          ) { _ in },
          .flag(nil, "kernel", forgoes: .packets, "without packets", "") { _ in },
          .flag("t", nil, needs: .packets, "only with packets", "") { _ in },
        ])
    ]
  }

  private func read(_ line: String) throws(UsageError) -> String {
    var log = Log()
    let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    let reader = try OptionReader(
      line.isEmpty ? [] : words, by: { OptionTable(groups: OptionTableTests.table, offers: .packets) }, into: &log)
    try reader.check()
    return (log.entries + reader.operands.map { "(\($0))" }).joined(separator: " ")
  }

  static let forms: [(line: String, read: String)] = [
    ("", ""),
    ("-c 5", "c=5"), ("-c5", "c=5"), ("-c=5", "c==5"), ("-c-5", "c=-5"), ("-c -", "c=-"),
    ("-nj", "n json"), ("-njc5", "n json c=5"), ("-njc 5", "n json c=5"), ("-ncj", "n c=j"),
    ("--retries 2", "retries=2"), ("--retries=2", "retries=2"), ("--retries=", "retries="),
    ("--retries=a=b", "retries=a=b"), ("--retries=--sack", "retries=--sack"),
    ("-w 1 --wait 2 --wait=3", "wait=1 wait=2 wait=3"),
    ("--json -j", "json json"),
    ("a -n b --sack c", "n sack (a) (b) (c)"),
    ("-n -- -j --json", "n (-j) (--json)"),
    ("--", ""), ("-- --", "(--)"), ("-", "(-)"),
  ]

  @Test("forms that getopt takes", arguments: forms) func form(_ form: (line: String, read: String)) throws {
    #expect(try read(form.line) == form.read)
  }

  static let mistakes: [(line: String, message: String)] = [
    ("-x", "unknown option -x; use -c N for a number of probes"),
    ("-n%", "unknown option -%; --help lists them"),
    ("-ñ", "unknown option -ñ; --help lists them"),
    ("--bogus", "unknown option --bogus; --help lists them"),
    ("--js", "unknown option --js (--json?); --help lists them"),
    ("--jsonl", "unknown option --jsonl (--json?); --help lists them"),
    ("--retry 3", "unknown option --retry (--retries?); --help lists them"),
    ("--=x", "unknown option --; --help lists them"),
    ("--json=1", "--json takes no value"), ("--json=", "--json takes no value"),
    ("-c", "-c needs a value: -c N"), ("-nc", "-c needs a value: -c N"),
    ("-w", "-w needs a value: -w SEC"), ("--wait", "--wait needs a value: --wait SEC"),
    ("--retries", "--retries needs a value: --retries N"),
    ("--retries many", "too many"),
    (
      "--retries --sack",
      "--retries needs a value: --retries N (got '--sack'; if that is the value, write --retries=--sack)"
    ),
    ("-c -n 80", "-c needs a value: -c N (got '-n'; if that is the value, write -c-n)"),
    ("-c --", "-c needs a value: -c N (got '--'; if that is the value, write -c--)"),
    ("--jsno", "unknown option --jsno (--json?); --help lists them"),
    ("--quick", "--quick needs --wait as well"),
    ("--quick --wait 1 -j", "-j and --quick cannot be used together"),
    ("--quick --wait 1 --sack", "--quick and --sack cannot be used together: it has none"),
    ("-t --kernel", "-t needs raw sockets; leave --kernel out"),
    ("--kernel -t", "-t needs raw sockets; leave --kernel out"),
  ]

  @Test("mistakes are named, and the nearest option is suggested", arguments: mistakes)
  func mistake(_ mistake: (line: String, message: String)) {
    #expect(refusal { () throws(UsageError) in _ = try read(mistake.line) } == mistake.message)
  }

  @Test("each name once in every command, with something to say of it", arguments: Verb.all.map(\.name))
  func unique(_ name: String) throws {
    let options = try #require(Verb.all.first { $0.name == name }).options
    let names = options.flatMap(\.names)
    #expect(Set(names).count == names.count)
    #expect(options.allSatisfy { !$0.name.isEmpty && !$0.help.isEmpty && !$0.manual.isEmpty })
  }

  @Test("what options exclude or require are names of options") func references() {
    let names = Set(Verb.all.flatMap(\.options).flatMap(\.names))
    for option in Verb.all.flatMap(\.options) {
      for exclusion in option.excludes { #expect(names.contains(exclusion.name), "\(option.name)") }
      if let required = option.requires { #expect(names.contains(required), "\(option.name)") }
    }
  }

  @Test("an own option takes its names from a shared one, and what is not offered is left out") func assembly() {
    let own = OptionGroup<Log>(
      title: "Own", rows: [.value(nil, "json", "N", .text, "its own", "") { $0.entries.append($1) }])
    let table = OptionTable(groups: [own] + OptionTableTests.table + [own], offers: [])
    #expect(table.sections.map(\.title) == ["Own", "All"])
    #expect(
      table.sections.flatMap(\.options).map(\.names) == [
        ["--json"], ["-n"], ["-j"], ["--sack"], ["-c"], ["-w", "--wait"], ["--retries"], ["--quick"], ["--kernel"],
      ])
    #expect(table.row { $0.long == "json" }?.option.help == "its own")
    #expect(table.row { $0.short == "j" }?.option.help == "letter and word")
    #expect(table.row { $0.short == "t" }?.option == nil)
  }

  @Test("every option that takes a value refuses nonsense by its own name, or takes any word") func values() {
    for row in Verb.probeTable.flatMap(\.rows) where row.option.valueName != nil {
      switch row.option.kind {
      case .host, .interface, .file: continue
      default: break
      }
      let none = row.option.isValueOptional ? [] : [""]
      let number = ["HEX", "COOKIE"].contains(row.option.valueName) ? [] : ["99999999999999999999"]
      for nonsense in none + number + ["zz", "-1", "0x", "1 ", "\n", "٣"] {
        var settings = RunSettings()
        let message = refusal { () throws(UsageError) in try row.apply(&settings, nonsense, row.option.name) }
        #expect(message?.hasPrefix("\(row.option.name): ") == true, "\(row.option.name) \(nonsense)")
      }
    }
  }

  @Test(
    "how far apart two words are",
    arguments: [("", "", 0), ("scan", "scn", 1), ("read", "raed", 1), ("watch", "wach", 1), ("a", "bc", 2)])
  func distance(_ a: String, _ b: String, _ distance: Int) { #expect(Spelling.distance(a, b) == distance) }
}
