import Testing

@testable import Console

/// How a command line is read, on a small table of its own: as getopt reads it.
@Suite("Options") struct OptionTableTests {
  /// What was read, in order.
  struct Log: Sendable { var entries: [String] = [] }

  static let table = OptionTable<Log>(groups: [
    OptionGroup(
      title: "All",
      options: [
        Option("n", nil, "a letter alone") { log, _ in log.entries.append("n") },
        Option("j", "json", "letter and word") { log, _ in log.entries.append("json") },
        Option(nil, "sack", "a word alone") { log, _ in log.entries.append("sack") },
        Option("c", nil, "N", "a letter with a value") { log, text in log.entries.append("c=\(text)") },
        Option("w", "wait", "SEC", "both with a value") { log, text in log.entries.append("wait=\(text)") },
        Option(nil, "retries", "N", "a word with a value") { log, text throws(UsageError) in
          guard text != "many" else { throw UsageError("too many") }
          log.entries.append("retries=\(text)")
        },
      ])
  ])

  private func read(_ line: String) throws(UsageError) -> String {
    var log = Log()
    let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    let operands = try OptionTableTests.table.read(line.isEmpty ? [] : words, into: &log)
    return (log.entries + operands.map { "(\($0))" }).joined(separator: " ")
  }

  static let forms: [(line: String, read: String)] = [
    ("", ""),
    ("-c 5", "c=5"), ("-c5", "c=5"), ("-c=5", "c==5"), ("-c -5", "c=-5"),
    ("-nj", "n json"), ("-njc5", "n json c=5"), ("-njc 5", "n json c=5"), ("-ncj", "n c=j"),
    ("--retries 2", "retries=2"), ("--retries=2", "retries=2"), ("--retries=", "retries="),
    ("--retries=a=b", "retries=a=b"), ("--retries --sack", "retries=--sack"),
    ("-w 1 --wait 2 --wait=3", "wait=1 wait=2 wait=3"),
    ("--json -j", "json json"),
    ("a -n b --sack c", "n sack (a) (b) (c)"),
    ("-n -- -j --json", "n (-j) (--json)"),
    ("--", ""), ("-- --", "(--)"), ("-", "(-)"), ("-c --", "c=--"),
  ]

  @Test("forms that getopt takes", arguments: forms) func form(_ form: (line: String, read: String)) throws {
    #expect(try read(form.line) == form.read)
  }

  static let mistakes: [(line: String, message: String)] = [
    ("-x", "unknown option -x; --help lists them"),
    ("-nx", "unknown option -x; --help lists them"),
    ("-ñ", "unknown option -ñ; --help lists them"),
    ("--bogus", "unknown option --bogus; --help lists them"),
    ("--js", "unknown option --js (--json?); --help lists them"),
    ("--jsonl", "unknown option --jsonl (--json?); --help lists them"),
    ("--retry 3", "unknown option --retry (--retries?); --help lists them"),
    ("--=x", "unknown option --; --help lists them"),
    ("--json=1", "--json takes no value"), ("--json=", "--json takes no value"),
    ("-c", "-c needs a value: -c N"), ("-nc", "-c needs a value: -c N"),
    ("-w", "--wait needs a value: --wait SEC"), ("--retries", "--retries needs a value: --retries N"),
    ("--retries many", "too many"),
  ]

  @Test("mistakes are named, and the nearest option is suggested", arguments: mistakes)
  func mistake(_ mistake: (line: String, message: String)) {
    #expect(refusal { () throws(UsageError) in _ = try read(mistake.line) } == mistake.message)
  }

  @Test("no option of the default verb is there twice") func unique() {
    let options = OptionTable<ProbeRequest>.probe.groups.flatMap(\.options)
    let names = options.flatMap { [$0.short.map { "-\($0)" }, $0.long.map { "--\($0)" }].compactMap(\.self) }
    #expect(Set(names).count == names.count)
    #expect(options.allSatisfy { !$0.name.isEmpty && !$0.help.isEmpty })
  }

  @Test("every option that takes a value refuses nonsense by its own name, or takes any word") func values() {
    let free: Set = ["-I", "-S", "--data", "--svg", "--html", "--pcap"]
    for option in OptionTable<ProbeRequest>.probe.groups.flatMap(\.options) where option.value != nil {
      for nonsense in ["", "zz", "-1", "99999999999999999999", "0x", "1 ", "\n", "٣"] where !free.contains(option.name)
      {
        var request = ProbeRequest()
        let message = refusal { () throws(UsageError) in try option.apply(&request, nonsense) }
        #expect(message?.hasPrefix("\(option.name): ") == true, "\(option.name) \(nonsense)")
      }
    }
  }
}
