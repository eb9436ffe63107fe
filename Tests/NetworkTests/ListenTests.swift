import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// `probe listen`: the passive side, against the kernel's clients, against `probe`, and in a flood.
  @Suite(.needs()) struct ListenTests {
    /// A complete connection without any kernel's TCP in it: both ends tell the same story, and nobody resets anything.
    @Test(.needs(.tcpdump, .tshark), arguments: ["127.0.0.1", "::1"])
    func probeAgainstProbe(_ address: String) throws {
      let namespace = try Namespace()
      let listening = try Listening("--echo", "--count", "1", at: address, in: namespace)
      let (capture, (client, outcome)) = try Capture.on("lo", of: namespace) {
        try Probe.connection(target(address, listening.port), "--confirm", "--data", "hello", in: namespace)
      }
      let end = listening.end()
      #expect(outcome.code == 0 && end.code == 0 && end.errors == "")
      let servers = try end.connections
      let server = try #require(servers.first)
      #expect(servers.count == 1 && server["mode"]?.string == "listen")
      #expect(client.verdict == "open syn-ack" && server.verdict == "open ack")
      #expect(client["isn"]?.int == server["irs"]?.int && client["irs"]?.int == server["isn"]?.int)
      #expect(client["source_port"]?.int == server["port"]?.int)
      #expect(server["source_port"]?.int == Int64(listening.port))
      #expect(server["closed_by"]?.string == "fin" && client["closed_by"]?.string == "fin")
      #expect(server["client_state"]?.string == "TIME_WAIT" && server["server_state"]?.string == "CLOSED")
      #expect(server["invalid_replies"]?.int == 0 && client["invalid_replies"]?.int == 0)
      let segments = try capture.segments()
      #expect(!segments.contains { $0.has("R") }, "no RST anywhere")
      #expect(segments.filter { $0.has("S") }.count == 2, "one SYN each: the kernel said nothing")
      try expectCleanConnection(segments, from: client["source_port"]?.int)
      #expect(try namespace.listeningPorts().isEmpty)
    }

    /// The ladder is drawn from the server's side: whoever connects is on the left.
    @Test func ladder() throws {
      let namespace = try Namespace()
      let program = try Program([Probe.path, "listen", "127.0.0.1:8080", "--count", "1"], in: namespace)
      defer { program.stop() }
      let begun = waitUntil(seconds: 10) { program.outputSoFar.contains("LISTEN 127.0.0.1:8080") ? true : nil }
      #expect(begun != nil)
      let outcome = try Probe.run("127.0.0.1:8080", in: namespace)
      #expect(outcome.code == 0)
      let end = program.wait(seconds: 10)
      #expect(end.code == 0)
      let lines = end.lines
      let arrows = lines.filter { $0.contains("seq=") }
      #expect(arrows.first?.contains("SYN seq=0") == true && arrows.first?.contains(">") == true)
      #expect(arrows.first?.contains("SYN-RCVD") == true, "our state is on the right")
      #expect(lines.contains { $0.hasPrefix("open 127.0.0.1:") && $0.contains("reason=ack") })
      #expect(lines.last == "1 SYN, 1 connection")
    }

    /// An address that this host was given since is answered for, at the second SYN.
    @Test func anAddressThatIsNew() throws {
      let namespace = try Namespace()
      let program = try Program([Probe.path, "listen", "8080", "--count", "1"], in: namespace)
      defer { program.stop() }
      let begun = waitUntil(seconds: 10) { program.outputSoFar.contains("LISTEN") ? true : nil }
      #expect(begun != nil)
      try namespace.command("ip", "address", "add", "10.92.0.1/32", "dev", "lo")
      let (connection, outcome) = try Probe.connection("10.92.0.1:8080", "-W", "0.2", in: namespace)
      #expect(outcome.code == 0 && connection.verdict == "open syn-ack")
      #expect(connection["transmissions"]?.int == 2)
      #expect(program.wait(seconds: 10).code == 0)
    }

    /// Octet for octet, both ways, against the kernel's client.
    @Test(.needs(.netcat), arguments: [Wire.server4, Wire.server6])
    func echo(_ address: String) throws {
      let wire = try Wire()
      let listening = try Listening("--echo", "--count", "1", at: address, in: wire.server)
      var octets: [UInt8] = []
      for index in 0..<102_400 { octets.append(UInt8(0x21 + (index * 7 + index / 128) % 93)) }
      let text = String(decoding: octets, as: UTF8.self)
      let answer = try Program.run(
        ["nc", "-N", "-w", "10", address, "\(listening.port)"], in: wire.client, input: text, seconds: 20)
      let isSame = answer.output == text
      #expect(isSame && answer.code == 0, "\(answer.output.utf8.count) octets came back")
      let connections = try listening.end().connections
      #expect(connections.first?["closed_by"]?.string == "fin")
    }

    /// Two requests on one kept-alive connection, then one that closes, by a client that knows HTTP.
    @Test(.needs(.python)) func http() throws {
      let wire = try Wire()
      let listening = try Listening("--http", "--count", "2", at: Wire.server4, in: wire.server)
      let script = """
        import http.client
        c = http.client.HTTPConnection("\(Wire.server4)", \(listening.port), timeout=5)
        for path in ("/a", "/b"):
          c.request("GET", path)
          r = c.getresponse()
          print(r.status, r.getheader("Connection"), len(r.read()))
        c.close()
        c.request("POST", "/c", body="x" * 5000, headers={"Connection": "close"})
        r = c.getresponse()
        print(r.status, r.getheader("Connection"), len(r.read()))
        """
      let client = try Program.run(["python3", "-c", script], in: wire.client, seconds: 20)
      #expect(client.lines == ["200 keep-alive 70", "200 keep-alive 70", "200 close 70"], "\(client.errors)")
      let connections = try listening.end().connections
      #expect(connections.map { $0["closed_by"]?.string } == ["fin", "fin"])
    }

    /// SYNs from hosts that are not there fill the table; who is there still gets through, by a cookie.
    @Test(.needs(.python), arguments: [0, 16])
    func flood(_ backlog: Int) throws {
      let wire = try Wire()
      // The way back to those hosts is there, and ends at a host that throws away what is not for it.
      try wire.server.command("ip", "route", "add", "198.18.0.0/15", "via", Wire.client4)
      let listening = try Listening("--echo", "--backlog", "\(backlog)", at: Wire.server4, in: wire.server)
      let count = 3_000
      try Program.must(["python3", "-c", Self.flood(of: count, to: listening.port)], in: wire.client)
      let (client, outcome) = try Probe.connection(
        target(Wire.server4, listening.port), "--data", "still here", in: wire.client)
      #expect(outcome.code == 0 && client.verdict == "open syn-ack")
      #expect(client["closed_by"]?.string == "fin" && client["peer"]?["wscale"] == .null)
      let end = listening.interrupt()
      #expect(end.code == 130)
      let server = try #require(try end.connections.first { $0["irs"]?.int == client["isn"]?.int })
      #expect(server["notes"]?.array == [.text("syn-cookie")])
      #expect(server["isn"]?.int == client["irs"]?.int && server["closed_by"]?.string == "fin")
      let summary = try #require(try end.summaries.first)
      #expect(summary["syns"]?.int == Int64(count + 1))
      #expect(summary["cookies_sent"]?.int == Int64(count + 1 - backlog))
      #expect(summary["cookies_accepted"]?.int == 1 && summary["connections"]?.int == 1)
    }

    private static func flood(of count: Int, to port: UInt16, from first: String = "198.18.0.1") -> String {
      """
      import random, socket, struct
      s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
      target = socket.inet_aton("\(Wire.server4)")
      for number in range(\(count)):
        source = struct.pack("!I", struct.unpack("!I", socket.inet_aton("\(first)"))[0] + number * 41)
        tcp = struct.pack("!HHIIBBHHH", 1024 + number, \(port), random.getrandbits(32), 0, 0x50, 2, 1000, 0, 0)
        words = source + target + struct.pack("!HH", 6, 20) + tcp
        total = sum(struct.unpack("!%dH" % (len(words) // 2), words))
        while total >> 16: total = (total & 0xffff) + (total >> 16)
        tcp = tcp[:16] + struct.pack("!H", ~total & 0xffff) + tcp[18:]
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 40, 0, 0, 64, 6, 0) + source + target
        s.sendto(ip + tcp, ("\(Wire.server4)", 0))
      """
    }

    /// An address that takes no packets is its owner's affair, not the end of everybody's service.
    @Test(.needs(.python)) func aSynFromABroadcastAddress() throws {
      let wire = try Wire()
      // As far as the kernel lets it in at all.
      for device in ["all", Wire.device] { try wire.server.setting("net/ipv4/conf/\(device)/rp_filter", "0") }
      let listening = try Listening(at: Wire.server4, in: wire.server)
      for source in ["10.77.0.255", "10.77.0.0", "203.0.113.9", "240.0.0.1"] {
        let script = Self.flood(of: 1, to: listening.port, from: source)
        try Program.must(["python3", "-c", script], in: wire.client)
      }
      let outcome = try Probe.run("\(Wire.server4):\(listening.port)", in: wire.client)
      #expect(outcome.code == 0)
      let end = listening.interrupt()
      #expect(end.code == 130 && end.errors == "")
      #expect(try end.connections.contains { $0["state"]?.string == "open" })
    }

    /// Whoever only knocks is told of as well, and holds nothing afterwards.
    @Test func halfOpenProbe() throws {
      let namespace = try Namespace()
      let listening = try Listening(at: "127.0.0.1", in: namespace)
      let outcome = try Probe.run("127.0.0.1:\(listening.port)", "--syn", in: namespace)
      #expect(outcome.code == 0)
      let seen = waitUntil(seconds: 5) { listening.program.outputSoFar.contains("\"closed\"") ? true : nil }
      #expect(seen != nil)
      let end = listening.interrupt()
      let connections = try end.connections
      #expect(connections.map(\.verdict) == ["closed rst"])
      #expect(try end.summaries.first?["abandoned"]?.int == 1)
    }

    @Test func aPortThatIsTaken() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let outcome = try Probe.run("listen", "127.0.0.1:\(listener.port)", in: namespace)
      #expect(outcome.code == 2 && outcome.errorLines.count == 1)
      #expect(outcome.errors.contains("port \(listener.port) is in use"))
    }

    /// Each command line that cannot be carried out, and a word of the one line that says so.
    @Test(arguments: [
      ([], "needs a port"), (["80x"], "not a port"), (["99999"], "not a port"), (["localhost:80"], "not an address"),
      (["-6", "127.0.0.1:80"], "-6 was given"), (["80", "81"], "one port"), (["--count", "0", "80"], "out of range"),
      (["192.0.2.77:80"], "192.0.2.77"), (["--nonsense", "80"], "unknown option"),
    ])
    func usage(_ words: [String], says word: String) throws {
      let outcome = try Probe.run(["listen"] + words, in: try Namespace())
      #expect(outcome.code == 2 && outcome.errorLines.count == 1)
      #expect(outcome.errors.contains(word), "\(outcome.errors)")
    }

    /// Clients that hold as many connections as there may be, an octet now and then: new ones are served all the same.
    @Test(.needs(.python), arguments: ["--http", "--echo"]) func slowClients(_ service: String) throws {
      let namespace = try Namespace()
      let listening = try Listening(service, "--connections", "40", at: "127.0.0.1", in: namespace)
      let clients = try Program(["python3", "-c", ListenTests.slow, "\(listening.port)"], in: namespace)
      defer { clients.stop() }
      #expect(waitUntil(seconds: 10) { clients.outputSoFar.contains("all open") ? true : nil } == true)
      sleep(1)
      for _ in 0..<5 {
        let words =
          service == "--http"
          ? ["http", "http://127.0.0.1:\(listening.port)/"]
          : ["127.0.0.1:\(listening.port)", "--data", "hello", "--json"]
        let outcome = try Probe.run(words, in: namespace)
        #expect(outcome.code == 0 && outcome.seconds < 3, "\(outcome.everything)")
        if service == "--http" { #expect(outcome.output.contains("200 OK")) }
        if service == "--echo" { #expect(try outcome.connections.first?.steps.contains("response") == true) }
      }
      let summary = try #require(try listening.interrupt().summaries.first)
      #expect(summary["connections"]?.int == 45 && summary["displaced"]?.int ?? 0 >= 1 && summary["refused"]?.int == 0)
    }

    private static let slow = """
      import socket, sys, time
      clients = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(40)]
      for client in clients: client.setblocking(False)
      print("all open", flush=True)
      while True:
        for client in clients:
          try: client.send(b"G")
          except OSError: pass
        time.sleep(0.2)
      """
  }
}
