import Laboratory
import Testing

extension NetworkTests {
  /// Files that a run reads and writes: whatever they are called, never two in one place, and `-` in every option.
  @Suite(.needs()) struct FileTests {
    /// Runs lines of bash in a folder of its own, with `$P` for the program and `$T` for a target that is open.
    private func bash(_ lines: String) throws -> Outcome {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let folder = try TemporaryDirectory()
      let start = "cd '\(folder.path)'; P='\(Probe.path)'; T=127.0.0.1:\(listener.port); "
      return try Program.run(["bash", "-c", start + lines], in: namespace, seconds: 60)
    }

    @Test("any octets are a file's name, read and written") func octets() throws {
      let outcome = try bash(
        #"""
        $P $T -q --pcap $'caf\xe9.pcapng' --svg $'out\xe9.svg' --html $'\xff\xfe' || exit 1
        $P read $'caf\xe9.pcapng' -q; $P read $'caf\xe9.pcapng' --json | grep -ao '"file":"[^"]*"' | head -n 1
        $P diff $'caf\xe9.pcapng' $'caf\xe9.pcapng' -q && echo same
        printf '127.0.0.1:1 closed # \xe9\n' > $'checks\xe9'; $P check $'checks\xe9' --junit $'junit\xe9' | cat
        printf '\xe9' > $'data\xe9'; $P $T -q --data @$'data\xe9' && echo sent
        ls | LC_ALL=C cat -v
        """#)
      let lines = outcome.lines
      #expect(lines.contains(#"--- caf\xe9.pcapng flow statistics ---"#), "\(outcome.everything)")
      #expect(lines.contains(#""file":"caf\\xe9.pcapng""#))
      #expect(lines.contains("same") && lines.contains("sent"))
      #expect(lines.contains { $0.hasSuffix(#"# \xe9"#) })
      #expect(lines.suffix(6) == ["cafM-i.pcapng", "checksM-i", "dataM-i", "junitM-i", "outM-i.svg", "M-^?M-~"])
    }

    @Test("no name of a file, a target or an interface speaks to the terminal") func escapes() throws {
      let outcome = try bash(
        #"""
        f=$'x\e]0;pwned\a\e[31m\xe2\x80\xae.pcapng'; $P demo -q --pcap "$f"; cp "$f" whole; truncate -s -7 "$f"
        for words in read diff; do $P $words "$f" whole; $P $words --json "$f" whole; done
        $P check "$f"; $P $'\u202eevil\e:80'; $P $T -I $'\e[2J'; $P $T --close $'\e[2J'; $P $'\e[2J'; $P http $'http://\e/'
        $P $T --svg $'/no\e/where'; $P $T --data @$'/no\e/where'; $P check /dev/null --junit $'/no\e/where'
        $P watch $T -c 1 --prometheus $'/no\e/where'; $P $T $'\e:80' --nagios; $P $'\e:80' --fping; $P listen $'\e:80'
        echo $'127.0.0.1:1 closed # \e[31m\u202e' > checks; $P check checks; $P check checks --tap; $P check checks --csv
        $P check checks --junit - ; $P check checks --json
        """#)
      let all = (outcome.output + outcome.errors).unicodeScalars
      #expect(all.count > 2_000, "\(outcome.everything)")
      let bad = all.filter { $0.value < 0x20 && ![9, 10, 13].contains($0.value) || (0x7f..<0xa0).contains($0.value) }
      #expect(bad.isEmpty, "\(bad.map(\.value))")
      #expect(all.allSatisfy { !(0x202a...0x202e).contains($0.value) })
      #expect(outcome.errors.contains(#"x\u{1b}]0;pwned\u{7}\u{1b}[31m\u{202e}.pcapng: "#))
    }

    @Test(
      "two things in one file are refused before anything is written",
      arguments: [
        "--svg a --pcap a", "--svg a --html ./a", "--pcap old --html hard", "--svg soft --html old",
        "--data @old --svg old",
        "--svg a --html /dev/stdout > a", "--svg hard2 >> old2", "--svg - --html -",
        "--svg - --json", "--html /dev/fd/1 --csv", "--pcap old >> old", "--svg old 2>> old", "--svg fifo --html fifo",
        "--svg dangling", "--pcap soft", "--html soft", "--svg - --html hard >> old",
        "--data @- --svg - < old >> old",
      ])
    func refused(_ words: String) throws {
      let outcome = try bash(
        "echo precious > old; ln old hard; ln -s old soft; ln -s nothing dangling; mkfifo fifo; echo precious > old2; ln old2 hard2;"
          + "$P $T \(words); echo \"code $?\" >&2; cat hard old2; ls")
      #expect(outcome.errorLines.last == "code 2", "\(outcome.everything)")
      #expect(outcome.errorLines.contains { $0.hasPrefix("probe: ") } || words.contains("2>>"), "\(outcome.everything)")
      #expect(outcome.lines.first == "precious" || words.contains(">>"), "\(outcome.everything)")
      #expect(!outcome.lines.contains { $0.contains(".tmp-") || $0 == "nothing" })
    }

    @Test("every command refuses to overwrite what it reads, and two files in one") func everyCommand() throws {
      let outcome = try bash(
        #"""
        $P $T -q --pcap c.pcapng; cp c.pcapng old.pcapng; echo "$T open" > checks; cp checks old.checks
        try() { $P "$@" > /dev/null 2> said; test $? = 2 && grep -q '^probe: .*name' said || { echo "$@:"; cat said; }; }
        try read c.pcapng --flow 0 --svg c.pcapng; try check checks --junit checks; try check checks --junit a --pcap a
        try http http://$T/ --body-to a --svg a; try watch $T -c 1 --prometheus a --pcap a; try demo --svg a --html a
        try bench $T -c 1 --histogram-log a --svg a; try bench $T -c 1 --histogram-log a --pcap a; try diff - /dev/stdin
        cmp c.pcapng old.pcapng; cmp checks old.checks; ls a 2> /dev/null; echo end
        """#)
      #expect(outcome.lines == ["end"], "\(outcome.everything)")
    }

    @Test("- is standard output in every option, and results then go to standard error") func dash() throws {
      let outcome = try bash(
        #"""
        echo "$T open" > checks; $P check checks --junit - 2> said | head -n 1; grep -q ^ok said && echo told
        $P watch $T -c 1 --prometheus - 2> said | head -n 1; grep -q 'seq=1' said && echo told
        $P $T --svg - 2> said | cut -c 1-4 | head -n 1; grep -q 'steps: ' said && echo told
        $P $T --html - 2> said | head -n 1; grep -q 'steps: ' said && echo told
        $P $T --pcap - 2> said | cat > got; od -An -tx1 -N4 got; rm got; grep -q 'steps: ' said && echo told
        $P bench $T -c 1 --histogram-log - 2> said | head -n 1; grep -q 'bench statistics' said && echo told
        $P bench $T -c 1 --svg - 2> said | cut -c 1-4 | head -n 1; grep -q 'bench statistics' said && echo told
        ls -A
        """#)
      #expect(
        outcome.lines == [
          #"<?xml version="1.0" encoding="UTF-8"?>"#, "told",
          "# HELP probe_success Whether the latest probe found the expected state.", "told", "<svg", "told",
          "<!DOCTYPE html>", "told", " 0a 0d 0d 0a", "told", "#[Histogram log format version 1.3]", "told", "<svg",
          "told",
          "checks", "said",
        ], "\(outcome.everything)")
    }

    @Test("devices and FIFOs are written to, and a replaced file keeps its mode") func kinds() throws {
      let outcome = try bash(
        #"""
        $P $T -q --svg /dev/null --html /dev/null --pcap /dev/null && echo null; stat -c %F /dev/null
        mkfifo fifo; cat fifo > got & $P $T -q --svg fifo && wait; head -c 4 got; echo
        cat fifo > got & $P $T -q --pcap fifo && wait; od -An -tx1 -N4 got
        $P $T -q --svg >(cat > got2); while ! grep -q '</svg>' got2; do sleep 0.1; done; head -c 4 got2; echo
        for mode in 600 640 444 755; do
          rm -f m; echo x > m; chmod $mode m; $P $T -q --html m; stat -c %a m; $P $T -q --svg m; stat -c %a m
        done
        """#)
      #expect(
        outcome.lines == [
          "null", "character special file", "<svg", " 0a 0d 0d 0a", "<svg", "600", "600", "640", "640", "444", "444",
          "755",
          "755",
        ], "\(outcome.everything)")
    }

    @Test("the wait for whoever reads a FIFO ends by a signal") func fifoSignal() throws {
      let outcome = try bash("mkfifo fifo; timeout -s INT 0.5 $P $T -q --svg fifo; echo $?; ls")
      #expect(outcome.lines == ["124", "fifo"], "\(outcome.everything)")
    }
  }
}
