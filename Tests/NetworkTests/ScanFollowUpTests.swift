import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// What a scan asks of open ports after its passes.
  @Suite(.needs(.ip, .nft, .python)) struct ScanFollowUpTests {
    /// Hosts with services of several kinds, a host that answers on every port, and a prefix that does.
    final class Town {
      let wire: Wire
      private let server: Program

      /// 22 speaks first, 80 when it is asked, 82 resets, 83 reads and keeps silent, 85 waits for data before it accepts.
      private static let services = """
        import socket, struct, threading, time
        def serve(port, handle):
            s = socket.create_server(('::', port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=4096)
            def loop():
                while True:
                    threading.Thread(target=quietly, args=(handle, s.accept()[0]), daemon=True).start()
            if handle: threading.Thread(target=loop, daemon=True).start()
            return s
        def quietly(handle, c):
            try: handle(c)
            except OSError: pass
        def speak(c):
            c.sendall(b'SSH-2.0-Test\\r\\n'); time.sleep(0.02); c.sendall(b'\\x1b[31m\\xff<&,/'); c.recv(1)
        def web(c): c.recv(999); c.sendall(b'HTTP/1.0 200 OK\\r\\n\\r\\nhi'); c.close()
        def reset(c): c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); c.close()
        def read(c):
            while c.recv(999): pass
        for port, handle in ((22, speak), (80, web), (82, reset), (83, read)): serve(port, handle)
        waiting = serve(85, None)
        waiting.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 30)
        time.sleep(100)
        """

      init() throws {
        wire = try Wire()
        try wire.server.command("ip", "route", "add", "local", "10.9.0.0/24", "dev", "lo")
        try wire.client.command("ip", "route", "add", "10.9.0.0/24", "via", Wire.server4)
        try wire.server.command("ip", "-6", "route", "add", "local", "2001:db8:1::/64", "dev", "lo")
        try wire.server.command("ip", "address", "add", "2001:db8:2::7/128", "dev", "lo", "nodad")
        try wire.client.command("ip", "-6", "route", "add", "2001:db8::/32", "via", Wire.server6)
        // A connection to any port of 10.9.0.5 reaches one service.
        try wire.server.firewall(
          """
          table inet town {
            counter excluded { }
            counter other { }
            chain every {
              type nat hook prerouting priority -100;
              ip daddr 10.9.0.5 tcp dport 1-65535 redirect to :83
            }
            chain input {
              type filter hook prerouting priority -300;
              ip6 daddr 2001:db8:1:0:8000::/65 tcp flags syn / syn,ack counter name excluded
              tcp flags syn / syn,ack tcp dport != { 22, 80, 82, 83, 85 } counter name other
            }
          }
          """)
        server = try Program(["python3", "-c", Town.services], in: wire.server)
        try wire.server.waitForListener(on: 85)
      }

      func stop() { server.stop() }

      func counted(_ name: String) throws -> Int {
        let text = try wire.server.command("nft", "list", "counter", "inet", "town", name)
        let words = text.split { " \n\t".contains($0) }
        return try #require(words.firstIndex(of: "packets").flatMap { Int(words[$0 + 1]) }, "\(text)")
      }

      func scan(_ words: String...) throws -> Outcome { try Probe.run(["scan"] + words, in: wire.client) }
    }

    private func lines(_ outcome: Outcome, _ type: String) throws -> [JSON] {
      try JSON.lines(outcome.output).filter { $0["type"]?.string == type }
    }

    private func result(_ lines: [JSON], _ port: Int, of address: String = "10.9.0.1") throws -> JSON {
      let found = lines.filter { $0["port"]?.int == Int64(port) && $0["address"]?.string == address }
      #expect(found.count == 1)
      return try #require(found.first)
    }

    @Test("handshakes are completed, banners recorded, SYN-ACKs described", .needs(.xmllint, .nmap))
    func connections() throws {
      let town = try Town()
      defer { town.stop() }
      let folder = try TemporaryDirectory()
      let outcome = try town.scan(
        "10.9.0.1", "2001:db8:2::7", "-p", "22,82,83,84,85", "--json", "--confirm", "--banner", "0.4", "--profile",
        "--rate", "1000", "--retries", "1", "-oA", folder.file("base"))
      #expect(outcome.code == 0 && outcome.errors == "", "\(outcome.errors)")
      let results = try lines(outcome, "result")
      #expect(results.count == 10, "one for each port: \(outcome.output)")
      for address in ["10.9.0.1", "2001:db8:2::7"] {
        let speaks = try result(results, 22, of: address)
        #expect(speaks["confirmation"]?.string == "confirmed")
        #expect(speaks["banner"]?.string == "SSH-2.0-Test\r\n\u{1b}[31m\\xff<&,/")
        #expect(try result(results, 83, of: address)["banner"]?.string == "")
        let waits = try result(results, 85, of: address)
        #expect(waits["state"]?.string == "open" && waits["confirmation"]?.string == "unconfirmed")
        let closed = try result(results, 84, of: address)
        #expect(closed["state"]?.string == "closed" && closed["confirmation"] == .null)
        let facts = try #require(speaks["syn_ack"])
        #expect(facts["mss"]?.int == (address.contains(":") ? 1_440 : 1_460) && facts["sack"]?.bool == true)
        #expect(facts["timestamps"]?.bool == true && facts["df"]?.bool == true && facts["ecn"]?.bool == false)
        #expect(speaks["service_state"] == .null && speaks["suspect"]?.bool == false)
      }
      let xml = folder.file("base.xml")
      try Program.must(["xmllint", "--noout", "--dtdvalid", "/usr/share/nmap/nmap.dtd", xml])
      let banner = try Program.must([
        "xmllint", "--xpath", "string(//address[@addr='10.9.0.1']/..//port[@portid='22']/script[@id='banner']/@output)",
        xml,
      ])
      #expect(banner == "SSH-2.0-Test\\r\\n\\u{1b}[31m\\xff<&,/\n", "\(banner)")
      #expect(folder.text("base.gnmap").contains(" 22/open/tcp//ssh//SSH-2.0-Test/, "))
      let normal = folder.text("base.nmap")
      #expect(normal.contains("unconfirmed: nothing showed") && normal.contains("ms, confirmed\n"))
      #expect(normal.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(normal)")
    }

    @Test("what is behind the SYN-ACK") func services() throws {
      let town = try Town()
      defer { town.stop() }
      let outcome = try town.scan("10.9.0.1", "-p", "22,80,82,83", "--json", "--service", "--rate", "1000")
      let results = try lines(outcome, "result")
      let states = Dictionary(
        results.map { ($0["port"]?.int ?? 0, $0["service_state"]?.string ?? "-") },
        uniquingKeysWith: { "\($0) and \($1)" })
      #expect(states == [22: "service", 80: "service", 82: "reset", 83: "acked"])
    }

    @Test("hosts and prefixes that answer for everything are marked, others are not") func marks() throws {
      let town = try Town()
      defer { town.stop() }
      let folder = try TemporaryDirectory()
      let words = ["10.9.0.1", "10.9.0.5", "2001:db8:1::1", "2001:db8:2::7", "-p", "22", "--json", "--rate", "1000"]
      let outcome = try Probe.run(["scan"] + words + ["-oA", folder.file("base")], in: town.wire.client)
      let marks = try lines(outcome, "mark")
      #expect(
        marks.compactMap { $0["address"]?.string ?? $0["prefix"]?.string } == ["10.9.0.5", "2001:db8:1::/64"],
        "\(outcome.output)")
      #expect(marks.compactMap { $0["why"]?.string } == ["random-ports", "neighbors"])
      let summary = try #require(JSON.lines(outcome.output).last)
      #expect(summary["sent"]?.int == 4 && summary["suspect_hosts"]?["sent"]?.int == 4 * 3, "\(summary)")
      // Sixteen of each; those of 2001:db8:2::/64 twice where no router says that they are not there.
      let neighbors = try #require(summary["aliased_prefixes"]?["sent"]?.int)
      #expect((32...48).contains(neighbors), "\(summary)")
      #expect(try town.counted("other") == 12)
      #expect(folder.text("base.nmap").contains("10.9.0.5\nsuspect: 3 of 3 random ports are open too\n"))
      #expect(folder.text("base.xml").contains("<script id=\"probe-suspect\""))
      #expect(folder.text("base.gnmap").contains("\n# aliased 2001:db8:1::/64: 16 of 16"))

      let none = try Probe.run(["scan"] + words + ["--checks", "none"], in: town.wire.client)
      #expect(try lines(none, "mark").isEmpty && lines(none, "result").count == 4)
      let unchecked = try #require(JSON.lines(none.output).last)
      #expect(unchecked["suspect_hosts"]?["sent"]?.int == 0 && unchecked["aliased_prefixes"]?["sent"]?.int == 0)
      #expect(try town.counted("other") == 12, "nothing more was asked")
    }

    @Test("what is excluded is not asked for a check either") func excluded() throws {
      let town = try Town()
      defer { town.stop() }
      let outcome = try town.scan(
        "2001:db8:1::1", "-p", "22", "--json", "--rate", "1000", "--exclude", "2001:db8:1:0:8000::/65")
      #expect(try lines(outcome, "result").first?["state"]?.string == "open")
      #expect(try lines(outcome, "mark").isEmpty)
      #expect(try town.counted("excluded") == 0)
    }

    @Test("a host with more than a hundred open ports is marked, and asked no random ones") func manyPorts() throws {
      let town = try Town()
      defer { town.stop() }
      let outcome = try town.scan("10.9.0.1", "10.9.0.5", "-p", "1-150", "--json", "--rate", "5000")
      let marks = try lines(outcome, "mark")
      #expect(marks.count == 1 && marks[0]["why"]?.string == "many-ports" && marks[0]["open"]?.int == 150)
      #expect(try #require(JSON.lines(outcome.output).last)["suspect_hosts"]?["sent"]?.int == 3)
    }

    @Test("an interrupt during the follow-ups ends them with every result") func interrupted() throws {
      let town = try Town()
      defer { town.stop() }
      let program = try Program(
        [Probe.path, "scan", "10.9.0.1", "-p", "22,83,84", "--json", "--banner", "30", "--rate", "1000"],
        in: town.wire.client)
      defer { program.stop() }
      try #require(waitUntil(seconds: 10) { program.outputSoFar.contains("\"closed\"") ? true : nil } != nil)
      Thread.sleep(forTimeInterval: 1.5)
      program.send(SIGINT)
      let outcome = program.wait(seconds: 5)
      #expect(outcome.code == 130)
      let results = try lines(outcome, "result")
      #expect(results.count == 3)
      #expect(try result(results, 22)["banner"]?.string?.hasPrefix("SSH-2.0-Test") == true)
      #expect(try JSON.lines(outcome.output).last?["type"]?.string == "scan")
    }
  }
}
