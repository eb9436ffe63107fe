import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// `probe scan` of a network that another namespace answers for, a fifth in each of five ways.
  @Suite(.needs(.ip, .nft, .python)) struct ScanTests {
    /// The network, and what its addresses are by their last octet.
    final class Field {
      let wire: Wire
      private let server: Program

      static let network = "10.9.0.0/24"
      static let answers = [
        "open syn-ack", "closed rst", "filtered no-response", "filtered icmp-admin-prohibited",
        "unreachable icmp-host-unreachable",
      ]

      /// What each address is, by the rules that are loaded.
      static let truth: [String: String] = Dictionary(
        uniqueKeysWithValues: (0..<256).map { ("10.9.0.\($0)", answers[$0 % 5]) })

      init() throws {
        wire = try Wire()
        try wire.server.command("ip", "route", "add", "local", Field.network, "dev", "lo")
        try wire.client.command("ip", "route", "add", Field.network, "via", Wire.server4)
        try wire.server.setting("net/ipv4/icmp_ratelimit", "0")
        try? wire.server.setting("net/ipv4/icmp_msgs_per_sec", "1000000")
        try? wire.server.setting("net/ipv4/icmp_msgs_burst", "1000000")
        let ways = ["accept", "jump closed", "drop", "jump prohibited", "jump gone"]
        let map = (0..<256).map { "10.9.0.\($0) : \(ways[$0 % 5])" }.joined(separator: ", ")
        try wire.server.firewall(
          """
          table ip field {
            counter asked { }
            counter excluded { }
            chain closed { reject with tcp reset; }
            chain prohibited { reject with icmp admin-prohibited; }
            chain gone { reject with icmp host-unreachable; }
            chain input {
              type filter hook input priority 0;
              tcp flags syn tcp dport 80 ip daddr 10.9.0.0/24 counter name asked
              tcp flags syn ip daddr 10.9.0.16/28 counter name excluded
              tcp flags syn tcp dport 80 ip daddr vmap { \(map) }
            }
          }
          """)
        server = try Program(
          [
            "python3", "-c",
            "import socket,time; s=socket.create_server(('0.0.0.0', 80), backlog=4096); time.sleep(100)",
          ], in: wire.server)
        try wire.server.waitForListener(on: 80)
      }

      func stop() { server.stop() }

      /// How many SYNs a counter has seen.
      func counted(_ name: String) throws -> Int {
        let text = try wire.server.command("nft", "list", "counter", "ip", "field", name)
        let words = text.split { " \n\t".contains($0) }
        return try #require(words.firstIndex(of: "packets").flatMap { Int(words[$0 + 1]) }, "\(text)")
      }
    }

    private func results(_ text: String) throws -> [JSON] {
      try JSON.lines(text).filter { $0["type"]?.string == "result" }
    }

    /// State and reason of each address; an address with two results is a failure.
    private func verdicts(_ text: String) throws -> [String: String] {
      try Dictionary(
        results(text).map { ($0["address"]?.string ?? "?", $0.verdict) }, uniquingKeysWith: { "\($0) and \($1)" })
    }

    private func scan(_ field: Field, _ words: String..., output: Program.Stream = .captured) throws -> Outcome {
      try Probe.run(["scan", Field.network, "-p", "80"] + words, in: field.wire.client, output: output)
    }

    @Test("every state is right, in every format", .needs(.xmllint, .nmap)) func states() throws {
      let field = try Field()
      defer { field.stop() }
      let folder = try TemporaryDirectory()
      let outcome = try scan(field, "--json", "--rate", "2000", "-oA", folder.file("base"))
      #expect(outcome.code == 0 && outcome.errors == "")
      #expect(try verdicts(outcome.output) == Field.truth)
      let summary = try #require(JSON.lines(outcome.output).last)
      #expect(summary["type"]?.string == "scan" && summary["open"]?.int == 52 && summary["unanswered"]?.int == 51)
      // 256, and twice those that do not answer.
      #expect(summary["sent"]?.int == 358)
      #expect(try field.counted("asked") == 256 + 2 * 51)

      #expect(try folder.names() == ["base.gnmap", "base.jsonl", "base.nmap", "base.xml"])
      #expect(try verdicts(folder.text("base.jsonl")) == Field.truth)
      let xml = folder.file("base.xml")
      try Program.must(["xmllint", "--noout", "--dtdvalid", "/usr/share/nmap/nmap.dtd", xml])
      func count(_ path: String) throws -> String {
        try Program.must(["xmllint", "--xpath", "string(count(\(path)))", xml]).trimmingCharacters(in: .newlines)
      }
      #expect(try count("//host") == "256" && count("//port") == "256")
      #expect(try count("//state[@state='open'][@reason='syn-ack']") == "52")
      #expect(try count("//state[@state='closed'][@reason='reset']") == "51")
      #expect(try count("//state[@state='filtered'][@reason='no-response']") == "51")
      #expect(try count("//state[@state='filtered'][@reason='admin-prohibited']") == "51")
      #expect(try count("//state[@state='filtered'][@reason='host-unreach']") == "51")
      let open = try Program.must(["awk", "/80\\/open/ { print $2 }", folder.file("base.gnmap")])
      let expected = Set(Field.truth.filter { $0.value == "open syn-ack" }.keys)
      #expect(Set(open.split(separator: "\n").map(String.init)) == expected)
      let normal = folder.text("base.nmap")
      #expect(normal.components(separatedBy: "80/tcp ").count == 257 && normal.contains("\n256 ports: 52 open"))
    }

    @Test("each part of a block takes its own way: another source, and none at all") func ways() throws {
      let field = try Field()
      defer { field.stop() }
      let (client, second) = (field.wire.client, "10.78.0.1")
      try client.command("ip", "address", "add", "\(second)/32", "dev", "lo")
      try client.command("ip", "route", "add", "10.9.0.64/26", "via", Wire.server4, "src", second)
      try client.command("ip", "route", "add", "unreachable", "10.9.0.200/30")
      try field.wire.server.command("ip", "route", "add", second, "via", Wire.client4)
      try field.wire.server.firewall(
        """
        table ip ways {
          counter second { }
          chain input {
            type filter hook input priority -1;
            tcp flags syn ip saddr \(second) ip daddr 10.9.0.64/26 counter name second
            tcp flags syn ip saddr \(second) ip daddr != 10.9.0.64/26 drop
          }
        }
        """)
      let outcome = try scan(field, "--json", "--retries", "0", "--checks", "none", "--rate", "2000")
      #expect(outcome.code == 0 && outcome.errors == "")
      var truth = Field.truth
      for octet in 200..<204 { truth["10.9.0.\(octet)"] = "unreachable no-route" }
      #expect(try verdicts(outcome.output) == truth)
      let counter = try field.wire.server.command("nft", "list", "counter", "ip", "ways", "second")
      #expect(counter.contains("packets 64 "), "\(counter)")
      let summary = try #require(JSON.lines(outcome.output).last)
      #expect(summary["unsent"]?.int == 0 && summary["passes"]?.int == 1, "\(summary)")
    }

    @Test("a word that is no target is refused by its line; a name without an address leaves the scan incomplete")
    func wrongTargets() throws {
      let wire = try Wire()
      let folder = try TemporaryDirectory()
      let list = folder.file("list")
      for (text, line, words) in [
        ("127.0.0.1 # x\n\n10.9.0.300\n", 3, "'10.9.0.300' is neither an address nor a host name"),
        ("127.0.0.1\n127.0.0.0/28:80\n", 2, "use -p for ports"), ("127.0.0.0/33\n", 1, "not a prefix length"),
      ] {
        try text.write(toFile: list, atomically: true, encoding: .utf8)
        let outcome = try Probe.run(["scan", "-iL", list, "-p", "80"], in: wire.client)
        #expect(outcome.code == 2 && outcome.output == "" && outcome.errors.contains("\(list):\(line): "), "\(outcome)")
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
      }
      let outcome = try Probe.run(["scan", "127.0.0.1", "nosuch.invalid", "-p", "80", "--csv"], in: wire.client)
      #expect(outcome.code == 1 && outcome.output.contains("127.0.0.1,80,closed,rst"), "\(outcome)")
      #expect(outcome.errors.contains("nosuch.invalid"))
    }

    @Test("other readers of nmap's XML read it", .needs(.ndiff)) func readers() throws {
      let field = try Field()
      defer { field.stop() }
      let folder = try TemporaryDirectory()
      let files = [folder.file("one.xml"), folder.file("two.xml")]
      for (file, target) in zip(files, ["10.9.0.0/30", "10.9.0.1-4"]) {
        let outcome = try Probe.run(["scan", target, "-p", "80,443", "-q", "-oX", file], in: field.wire.client)
        #expect(outcome.code == 0, "\(outcome.everything)")
      }
      let same = try Program.run(["ndiff", files[0], files[0]])
      #expect(same.code == 0, "\(same.everything)")
      let other = try Program.run(["ndiff", files[0], files[1]])
      #expect(other.code == 1 && other.output.contains("-10.9.0.0:"), "\(other.everything)")
    }

    /// Hosts, their ports and states, and what scripts say, as python3-libnmap reads them.
    private static let libnmap = """
      import sys
      from libnmap.parser import NmapParser
      report = NmapParser.parse_fromfile(sys.argv[1])
      print(report.hosts_total, report.hosts_up, report.scan_type)
      for host in sorted(report.hosts, key=lambda h: h.address):
          for port, protocol in sorted(host.get_ports()):
              s = host.get_service(port, protocol)
              print(host.address, host.status, port, s.state, s.reason, s.service,
                    ' '.join(x['id'] for x in s.scripts_results))
      """

    @Test(
      "python3-libnmap reads hosts, ports and states",
      .enabled(if: Tool.libnmapObstacle == nil, Comment(rawValue: Tool.libnmapObstacle ?? "")))
    func libnmap() throws {
      let field = try Field()
      defer { field.stop() }
      let folder = try TemporaryDirectory()
      let outcome = try Probe.run(
        ["scan", "10.9.0.0/29", "-p", "80,443", "-q", "--profile", "--confirm", "-oX", folder.file("one.xml")],
        in: field.wire.client)
      #expect(outcome.code == 0, "\(outcome.everything)")
      let read = try Program.must(["/usr/bin/python3", "-c", ScanTests.libnmap, folder.file("one.xml")])
      #expect(
        read == """
          8 8 syn
          10.9.0.0 up 80 open syn-ack http probe-confirm probe-profile
          10.9.0.0 up 443 closed reset https\u{20}
          10.9.0.1 up 80 closed reset http\u{20}
          10.9.0.1 up 443 closed reset https\u{20}
          10.9.0.2 up 80 filtered no-response http\u{20}
          10.9.0.2 up 443 closed reset https\u{20}
          10.9.0.3 up 80 filtered admin-prohibited http\u{20}
          10.9.0.3 up 443 closed reset https\u{20}
          10.9.0.4 up 80 filtered host-unreach http\u{20}
          10.9.0.4 up 443 closed reset https\u{20}
          10.9.0.5 up 80 open syn-ack http probe-confirm probe-profile
          10.9.0.5 up 443 closed reset https\u{20}
          10.9.0.6 up 80 closed reset http\u{20}
          10.9.0.6 up 443 closed reset https\u{20}
          10.9.0.7 up 80 filtered no-response http\u{20}
          10.9.0.7 up 443 closed reset https\u{20}

          """)
    }

    @Test("a table is a line for each port") func table() throws {
      let field = try Field()
      defer { field.stop() }
      let outcome = try scan(field, "--csv", "--rate", "2000")
      let rows = outcome.output.components(separatedBy: "\r\n").dropLast()
      #expect(rows.first?.hasPrefix("address,port,state,reason,rtt_ns,ttl,transmissions,router,service,") == true)
      let verdicts = rows.dropFirst().map { row in
        let cells = row.components(separatedBy: ",")
        return (cells[0], "\(cells[2]) \(cells[3])")
      }
      #expect(Dictionary(verdicts) { "\($0) and \($1)" } == Field.truth)
    }

    @Test("only open ports are shown where only they are asked for") func openOnly() throws {
      let field = try Field()
      defer { field.stop() }
      let folder = try TemporaryDirectory()
      let outcome = try scan(
        field, "--open", "--rate", "2000", "-oG", folder.file("open"), "--json-file", folder.file("lines"))
      let open = Field.truth.filter { $0.value == "open syn-ack" }
      #expect(try verdicts(folder.text("lines")) == open)
      #expect(folder.text("open").components(separatedBy: "/open/").count == 53)
      #expect(!folder.text("open").contains("/closed/") && folder.text("open").contains("(205 hosts up)"))
      #expect(outcome.lines.filter { $0.hasPrefix("80/tcp ") }.count == 52)
      #expect(outcome.lines.allSatisfy { $0.count <= 80 })
      #expect(outcome.output.contains("52 open, 51 closed, 102 filtered, 51 unreachable"))
      let quiet = try scan(field, "-q", "--rate", "2000")
      #expect(quiet.lines.count == 4 && quiet.lines[1].hasPrefix("256 ports: 52 open"), "\(quiet.output)")
    }

    @Test("shards of one seed are disjoint and together complete") func shards() throws {
      let field = try Field()
      defer { field.stop() }
      let parts = try (1...3).map { number in
        try verdicts(scan(field, "--json", "--rate", "2000", "--seed", "7", "--shard", "\(number)/3").output)
      }
      #expect(parts.map(\.count).sorted() == [85, 85, 86])
      #expect(parts.reduce(into: [:]) { $0.merge($1) { "\($0) and \($1)" } } == Field.truth)
    }

    @Test("what is excluded is never asked") func exclusion() throws {
      let field = try Field()
      defer { field.stop() }
      let outcome = try scan(field, "--json", "--rate", "2000", "--exclude", "10.9.0.16/28")
      let expected = Field.truth.filter { entry in
        !(16..<32).contains(Int(entry.key.split(separator: ".")[3]) ?? 0)
      }
      #expect(try verdicts(outcome.output) == expected)
      #expect(try field.counted("excluded") == 0)
      #expect(try field.counted("asked") == 240 + 2 * expected.values.count { $0 == "filtered no-response" })
    }

    /// 10,000 SYN-ACKs and RSTs a second to the scan's ports, from its targets, with acknowledgments that are not those of its SYNs.
    private static let flood = """
      import socket, struct, time
      def total(data):
          s = sum(struct.unpack('!%dH' % (len(data) // 2), data))
          while s >> 16: s = (s & 65535) + (s >> 16)
          return ~s & 65535
      def packet(host, port, flags, ack):
          source, target = socket.inet_aton('10.9.0.%d' % host), socket.inet_aton('\(Wire.client4)')
          tcp = struct.pack('!HHIIBBHHH', 80, port, 77, ack, 80, flags, 64240, 0, 0)
          tcp = tcp[:16] + struct.pack('!H', total(source + target + struct.pack('!BBH', 0, 6, 20) + tcp)) + tcp[18:]
          return struct.pack('!BBHHHBBH', 69, 0, 40, 0, 0, 64, 6, 0) + source + target + tcp
      packets = [packet(host, 45000 + host % 3, flags, 12345 + host) for host in range(256) for flags in (0x12, 0x14)]
      s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
      print('ready', flush=True)
      begin = time.time()
      for round in range(200):
          for p in packets: s.sendto(p, ('\(Wire.client4)', 0))
          time.sleep(max(0, begin + round * len(packets) / 10000 - time.time()))
      """

    @Test("a flood of forged answers changes nothing") func forged() throws {
      let field = try Field()
      defer { field.stop() }
      let flood = try Program(["python3", "-c", ScanTests.flood], in: field.wire.server)
      defer { flood.stop() }
      try #require(waitUntil(seconds: 10) { flood.outputSoFar.contains("ready") ? true : nil } != nil)
      let outcome = try scan(field, "--json", "--rate", "200", "--retries", "2", "-g", "45000")
      let wrong = try verdicts(outcome.output).filter { Field.truth[$0.key] != $0.value }
      #expect(wrong.isEmpty, "\(wrong)")
      #expect(try results(outcome.output).count == 256)
      let summary = try #require(JSON.lines(outcome.output).last)
      #expect(try #require(summary["rejected"]?.int) > 1_000, "\(summary)")
      #expect(summary["dropped"]?.int == 0, "\(summary)")
    }

    @Test("an interrupt ends it with the summary, and whole files", .needs(.xmllint), arguments: [SIGINT, SIGTERM])
    func interrupted(by signal: Int32) throws {
      let field = try Field()
      defer { field.stop() }
      let folder = try TemporaryDirectory()
      let program = try Program(
        [Probe.path, "scan", Field.network, "-p", "80", "--json", "--rate", "50", "-oA", folder.file("base")],
        in: field.wire.client)
      defer { program.stop() }
      try #require(waitUntil(seconds: 10) { program.outputSoFar.components(of: "\n") >= 10 ? true : nil } != nil)
      #expect(!folder.text("base.jsonl").isEmpty && folder.text("base.jsonl").hasSuffix("\n"), "as results come")
      #expect(try !folder.names().contains("base.xml"), "a document is whole at its end")
      program.send(signal)
      let outcome = program.wait(seconds: 5)
      #expect(outcome.code == 128 + signal)
      let lines = try JSON.lines(outcome.output)
      let summary = try #require(lines.last)
      #expect(summary["type"]?.string == "scan" && summary["probes"]?.int == 256)
      let sent = try #require(summary["sent"]?.int)
      #expect(
        try sent < 256 && results(outcome.output).count == Int(sent), "what was asked has a result, and nothing else")
      #expect(try folder.names() == ["base.gnmap", "base.jsonl", "base.nmap", "base.xml"])
      try Program.must(["xmllint", "--noout", folder.file("base.xml")])
      #expect(folder.text("base.xml").contains("errormsg=\"interrupted\""))
      #expect(folder.text("base.gnmap").contains("\n# probe interrupted at "))
    }

    @Test("files that cannot be are refused before anything is sent") func refusals() throws {
      let field = try Field()
      defer { field.stop() }
      let folder = try TemporaryDirectory()
      let same = try scan(field, "-oX", folder.file("a"), "-oG", folder.file("a"))
      #expect(same.code == 2 && same.errors.contains("are the same file"), "\(same.errors)")
      let missing = try scan(field, "-oA", folder.file("none/base"))
      #expect(missing.code == 2 && missing.errors.contains("none/base"), "\(missing.errors)")
      let full = try scan(field, "-q", "--rate", "2000", "-oG", "/dev/full")
      #expect(full.code == 2 && full.errors.contains("/dev/full"), "\(full.errors)")
      #expect(try folder.names().isEmpty)
      let stream = try scan(field, "--json", "--rate", "2000", "-oX", "-")
      #expect(stream.code == 2 && stream.errors.contains("standard output"), "\(stream.errors)")
      #expect(try field.counted("asked") <= 256 + 2 * 51, "/dev/full is known by writing")
      let other = try scan(field, "--rate", "2000", "-oX", "-")
      #expect(other.output.hasSuffix("</nmaprun>\n") && other.errors.contains("256 ports: 52 open"))
    }
  }
}
