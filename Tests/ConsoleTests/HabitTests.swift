import Runner
import Testing

@testable import Console

/// What is typed for other tools, and what is said of it.
@Suite("Habits") struct HabitTests {
  /// What is said of a command line of the default command; nil where it is taken.
  private func refusalOf(_ line: String, command: String = "") -> String? {
    let words = line.split(separator: " ").map(String.init)
    return refusal { () throws(UsageError) in
      var settings = RunSettings()
      _ = try OptionReader(
        words, of: command, by: { OptionTable(groups: Verb.probeTable, offers: Verb.probeOffers) }, into: &settings)
    }
  }

  @Test(
    "an option that only other tools have is answered with what to type here",
    arguments: [
      ("-sS h 80", "unknown option -sS; use --syn for a half-open probe"),
      ("-Pn h 80", "unknown option -Pn; leave it out; probe never pings first"),
      ("-T4 h 80", "unknown option -T4; leave it out; -i sets the interval, -W the timeout"),
      ("-zv h 80", "unknown option -z; leave it out; probe sends no data unless --data is given"),
      ("-vz h 80", "unknown option -z; leave it out; probe sends no data unless --data is given"),
      ("--tcp h", "unknown option --tcp; leave it out; probe is TCP only"),
      ("--report h", "unknown option --report; use probe route --report HOST:PORT"),
      ("-A h", "unknown option -A; use --flags A for an ACK"),
      ("-C 5 h", "unknown option -C; use -c N --fping"),
      (
        "--rate 5 h:80",
        "unknown option --rate; --rate is an option of probe bench, probe check, probe scan, probe route"
      ),
      ("--head h:80", "unknown option --head; --head is an option of probe http"),
      (
        "-S -p 80 h",
        "-S needs a value: -S ADDR (got '-p'; if that is the value, write -S-p); for a half-open probe use --syn"
      ),
      ("-I 10.0.0.1 h:80", "-I: '10.0.0.1' is not an interface (ip link lists them); use -S for a source address"),
      ("-I http://h/", "-I: 'http://h/' is not an interface (ip link lists them); use --head for a HEAD request"),
      ("-oX f h 80", "unknown option -oX; use -o FILE, with --json or --csv for another format"),
      ("--time h:80", "unknown option --time (--timeout?); --help lists them"),
      ("--timout 1 h:80", "unknown option --timout (--timeout?); --help lists them"),
      ("--retry 1 h:80", "unknown option --retry (--retries?); --help lists them"),
      ("--zz h:80", "unknown option --zz; --help lists them"),
      ("-L 5 h:80", "unknown option -L; use --ack N"),
      ("--frag h:80", "unknown option --frag; use --fragment SIZE for IP fragments"),
      (
        "-N 5 h:80",
        "unknown option -N; use --ip-id N for the identification, or leave it out; probe closes by itself"
      ),
      ("-c -5 h:80", "-c: -5 is out of range; from 0 to 1000000000"),
      ("--count=-5 h:80", "--count: -5 is out of range; from 0 to 1000000000"),
    ])
  func hint(_ line: String, _ message: String) { #expect(refusalOf(line) == message) }

  @Test("nmap's options for files are taken by a scan", arguments: ["-oX", "-oG", "-oN", "-oJ", "-oA"])
  func files(_ option: String) {
    #expect(Habit.isWhole(option))
    guard case .same(let name) = Habit.answer(to: option, in: "scan") else {
      Issue.record("\(option) has no meaning in a scan")
      return
    }
    #expect(Verb.scan.options.contains { $0.names.contains(name) })
  }

  @Test("what is said of another tool's option in a scan names only options that a scan has")
  func scanHints() throws {
    let names = Set(Verb.scan.options.flatMap(\.names))
    for word in Set(Habit.all.flatMap(\.words)).subtracting(names) {
      let line = word.hasPrefix("--") || Habit.isWhole(word) ? [word, "5"] : [word]
      let said = refusal { () throws(UsageError) in _ = try Verb.scan.perform(line + ["-h"]) }
      // Behind the name of another command come its options.
      guard let said, !said.contains("needs a value"),
        let hint = said.split(separator: ";", maxSplits: 1).dropFirst().first
      else { continue }
      let missing = OptionReader<ScanSettings>.names(in: String(hint)).filter { !names.contains($0) && $0 != "--help" }
      #expect(missing == [] || hint.contains("is an option of"), "\(said)")
    }
    for (word, hint) in [
      ("-sS", "leave it out"), ("-Pn", "leave it out"), ("-T4", "--rate"), ("-F", "--top-ports 100"),
      ("-A", "--profile"),
      ("-O", "--profile"), ("-sV", "--service"), ("-sT", "leave it out"), ("-sn", "--list"),
      ("--mf", "for probe HOST:PORT: use --fragment"),
    ] {
      let said = refusal { () throws(UsageError) in _ = try Verb.scan.perform([word, "-h"]) }
      #expect(said?.contains(hint) == true, "\(said ?? "")")
    }
    for line in [
      ["--min-rate", "500"], ["--max-rate", "500"], ["--max-retries", "1"], ["-n"], ["-iL", "f"], ["-oA", "f"],
      ["--top-ports", "20"], ["-oX", "f"], ["-g", "5"], ["-p-"], ["--exclude", "10.0.0.1"], ["--excludefile", "f"],
    ] {
      #expect(refusal { () throws(UsageError) in _ = try Verb.scan.perform(line + ["-h"]) } == nil, "\(line)")
    }
  }

  @Test(
    "check_tcp's options are taken, or refused by name",
    arguments: [
      ("--nagios -H h -p 80 -t 10", nil), ("--nagios h:80 --count 5 --deadline 9", nil),
      (
        "--nagios h:80 -c 5",
        "--nagios and -c cannot be used together: for check_tcp it is a threshold, here a count; use --crit LIMIT or --count N"
      ),
      (
        "--nagios h:80 -w 1",
        "--nagios and -w cannot be used together: for check_tcp it is a threshold, here a deadline; use --warn LIMIT or --deadline SEC"
      ),
      ("-H h -p 80", "-H needs --nagios as well"),
      (
        "-t 5 h:80",
        "unknown option -t; use --ttl N for the time to live, -W SEC for the timeout, or -c 0 to probe until interrupted"
      ),
    ])
  func plugin(_ line: String, _ message: String?) {
    let words = line.split(separator: " ").map(String.init)
    var settings = RunSettings()
    let refused = refusal { () throws(UsageError) in
      let reader = try OptionReader(
        words, by: { OptionTable(groups: Verb.probeTable, offers: Verb.probeOffers) }, into: &settings)
      try reader.check()
      try settings.takeTargets(reader.operands)
    }
    #expect(refused == message)
    if message == nil { #expect(settings.targets.map(\.text) == ["h:80"]) }
  }

  @Test(
    "one of the same meaning is taken",
    arguments: [
      "-vv h:80", "--max-retries 1 h:80", "--connect-timeout 2 h:80", "-iL f", "--port 80 h", "--badsum h:80",
      "--setack 5 h:80",
      "--seq 5 h:80", "--id 5 h:80", "--flow 5 h:80",
    ])
  func same(_ line: String) { #expect(refusalOf(line) == nil) }

  @Test("the table has no row that an option of the same command hides, and names only options that there are")
  func rows() {
    let names = Set(Verb.all.flatMap(\.options).flatMap(\.names))
    for habit in Habit.all {
      if case .same(let other) = habit.answer { #expect(names.contains(other), "\(habit.words)") }
      for command in habit.commands ?? [""] {
        let verb = Verb.all.first { $0.name == command }
        let own = Set(verb?.options.filter { $0.requires == nil }.flatMap(\.names) ?? [])
        #expect(habit.words.filter(own.contains) == [], "\(command)")
      }
    }
    for command in ["", "http"] {
      let words = Habit.all.filter { ($0.commands ?? [""]).contains(command) }.flatMap(\.words)
      #expect(Set(words).count == words.count, "\(words.filter { word in words.count { $0 == word } > 1 })")
    }
  }
}
