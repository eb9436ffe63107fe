import Laboratory
import Testing

extension NetworkTests {
  /// What a real kernel makes of crafted first segments, and what is told of it.
  @Suite(.needs(.tcpdump, .tshark, .python)) struct CraftedConnectionTests {
    /// A listener with a socket option of its own, or of another protocol: Fast Open, Multipath TCP.
    private static let listener = """
      import socket, sys, threading
      name, address, port = sys.argv[1:4]
      family = socket.AF_INET6 if ":" in address else socket.AF_INET
      listener = socket.socket(family, socket.SOCK_STREAM, 262 if name == "mptcp" else 0)
      if name == "tfo": listener.setsockopt(socket.IPPROTO_TCP, 23, 5)
      listener.bind((address, int(port)))
      listener.listen(16)
      print("listening", flush=True)
      while True:
          connection = listener.accept()[0]
          try:
              while connection.recv(4096): pass
          except OSError: pass
          connection.close()
      """

    private func listen(_ name: String, at address: String, on wire: Wire) throws -> Program {
      let program = try Program(["python3", "-c", Self.listener, name, address, "80"], in: wire.server)
      try #require(waitUntil(seconds: 10) { program.outputSoFar.contains("listening") ? true : nil } != nil)
      return program
    }

    @Test(arguments: [Wire.server4, Wire.server6]) func explicitCongestionNotification(_ address: String) throws {
      let wire = try Wire()
      let listener = try listen("plain", at: address, on: wire)
      defer { listener.stop() }
      for (setting, words, agrees) in [("1", ["--ecn"], true), ("1", [], false), ("0", ["--ecn"], false)] {
        try wire.server.setting("net/ipv4/tcp_ecn", setting)
        let (connection, outcome) = try connection(target(address, 80), words, wire)
        #expect(outcome.code == 0 && connection["client_state"]?.string == "TIME_WAIT")
        #expect(connection["peer"]?["ecn"]?.bool == agrees, "tcp_ecn=\(setting) \(words)")
      }
    }

    private func connection(_ target: String, _ words: [String], _ wire: Wire) throws -> (JSON, Outcome) {
      let outcome = try Probe.run([target, "--json"] + words, in: wire.client)
      return (try #require(try outcome.connections.first), outcome)
    }

    /// A cookie is asked for, given, and taken with data in the SYN.
    @Test(arguments: [Wire.server4, Wire.server6]) func fastOpen(_ address: String) throws {
      let wire = try Wire()
      try wire.server.setting("net/ipv4/tcp_fastopen", "3")
      let listener = try listen("tfo", at: address, on: wire)
      defer { listener.stop() }
      let end = target(address, 80)
      #expect(try connection(end, [], wire).0["peer"]?["tfo_cookie"]?.string == nil)
      let (asked, outcome) = try connection(end, ["--tfo"], wire)
      #expect(outcome.code == 0 && asked["client_state"]?.string == "TIME_WAIT")
      let cookie = try #require(asked["peer"]?["tfo_cookie"]?.string)
      #expect(cookie.count == 16)
      // RFC 7413 §4.1.1: the experimental option is answered in kind.
      let experiment = try connection(end, ["--option", "254:f989"], wire).0
      #expect(experiment["peer"]?["tfo_cookie"]?.string == cookie)
      let text = try Probe.run(end, "--tfo=\(cookie)", "--syn", "--data", "hello", "-v", in: wire.client)
      #expect(text.code == 0 && text.output.contains("ack=6 "), "SYN and five octets: \(text.output)")
      let wrong = try Probe.run(end, "--tfo=0000000000000000", "--syn", "--data", "hello", "-v", in: wire.client)
      #expect(wrong.code == 0 && wrong.output.contains("ack=1 "), "\(wrong.output)")
    }

    @Test(arguments: [Wire.server4, Wire.server6]) func multipath(_ address: String) throws {
      let wire = try Wire()
      let listener = try listen("mptcp", at: address, on: wire)
      defer { listener.stop() }
      let (connection, outcome) = try connection(target(address, 80), ["--mptcp"], wire)
      #expect(outcome.code == 0 && connection["client_state"]?.string == "TIME_WAIT", "\(outcome.everything)")
      #expect(connection["peer"]?["mptcp_version"]?.int == 1)
      #expect(connection["peer"]?["mptcp_key"]?.string?.count == 16)
      let directory = try TemporaryDirectory()
      _ = try Probe.run(target(address, 80), "--mptcp", "--tfo", "--html", directory.file("a.html"), in: wire.client)
      let page = directory.text("a.html")
      for row in [["Multipath TCP", "offered", "offered", "yes"], ["TCP Fast Open", "offered", "", "no"]] {
        #expect(page.contains(row.map { "<td>\($0)</td>" }.joined(separator: "\n")), "\(row)")
      }
      let plain = try self.connection(target(address, 80), [], wire).0
      #expect(plain["peer"]?["mptcp_version"]?.int == nil && plain["peer"]?["mptcp_key"]?.string == nil)
    }

    /// A wrong checksum is not answered (RFC 9293 §3.1, MUST-3); the same without it is.
    @Test(arguments: [Wire.server4, Wire.server6]) func badChecksum(_ address: String) throws {
      let wire = try Wire()
      let wrong = try Probe.run(
        target(address, 80), "--bad-checksum", "-W", "0.1", "--retries", "1", "--json", in: wire.client)
      #expect(try wrong.connections.first?["state"]?.string == "filtered")
      #expect(try wrong.connections.first?["transmissions"]?.int == 2)
      #expect(try connection(target(address, 80), [], wire).0["state"]?.string == "closed")
    }

    /// Fragments are put together again by the peer; each is in the trace and in the capture file, with its stamp.
    @Test(arguments: [(Wire.server4, "16"), (Wire.server6, "24")]) func fragments(
      _ address: String, _ size: String
    ) throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: address, port: 80)
      defer { listener.stop() }
      let directory = try TemporaryDirectory()
      let file = directory.file("packets.pcapng")
      let outcome = try Probe.run(
        target(address, 80), "--fragment", size, "--pcap", file, "--packet-trace", "-v", in: wire.client)
      #expect(outcome.code == 0, "\(outcome.everything)")
      let trace = outcome.everything.split(separator: "\n").filter { $0.contains("frag (") }
      let pieces = size == "16" ? ["0|16", "16|16", "32|8"] : ["0|24", "24|16"]
      #expect(trace.count == pieces.count, "\(trace)")
      for (line, piece) in zip(trace, pieces) { #expect(line.hasSuffix("frag (\(piece))"), "\(line)") }
      let field = address == Wire.server4 ? "ip.frag_offset" : "ipv6.fraghdr.offset"
      let lines = try Program.must([
        "tshark", "-r", file, "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE", "-T", "fields", "-e", field,
        "-e", "frame.comment",
      ]).split(separator: "\n").prefix(pieces.count)
      #expect(lines.count == pieces.count && lines.allSatisfy { $0.contains("of \(pieces.count)") }, "\(lines)")
      #expect(lines.allSatisfy { !$0.contains("no kernel timestamp") }, "\(lines)")
    }

    /// What avoids the kernel needs the neighbour's link address: the kernel is made to ask for it.
    @Test func aNeighborThatIsNotKnownYet() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: Wire.server4, port: 80)
      defer { listener.stop() }
      try wire.client.command("ip", "neigh", "flush", "dev", Wire.device)
      let (connection, outcome) = try connection(target(Wire.server4, 80), ["--ip-id", "0", "--no-df"], wire)
      #expect(outcome.code == 0 && connection["transmissions"]?.int == 1, "\(outcome.everything)")
    }

    /// A host that is not there has no link address: nothing can be sent, which is said as ever.
    @Test func aNeighborThatIsNotThere() throws {
      let wire = try Wire()
      let outcome = try Probe.run("10.77.0.9:80", "--ip-id", "0", "--no-df", "--json", in: wire.client)
      #expect(outcome.code == 1)
      #expect(try outcome.connections.first?["state"]?.string == "unreachable")
      #expect(try outcome.connections.first?["reason"]?.string == "no-route")
    }

    /// What loopback would drop is refused, and nothing is sent.
    @Test func whatCannotBeSentOnLoopback() throws {
      let wire = try Wire()
      let (capture, outcome) = try Capture.on("lo", of: wire.client) {
        try Probe.run("127.0.0.1:80", "--ip-id", "0", "--no-df", in: wire.client)
      }
      #expect(outcome.code == 2)
      #expect(outcome.errors.hasSuffix("use --df, or --ip-id from 1, or probe another host\n"), "\(outcome.errors)")
      #expect(outcome.errors.split(separator: "127.0.0.1:80").count == 2, "the target is named once")
      #expect(try capture.segments().isEmpty)
    }

    @Test(arguments: [
      ("127.0.0.1:80", "--flow-label", "127.0.0.1 is not an IPv6 address, which --flow-label needs"),
      ("[::1]:80", "--ip-id", "::1 is not an IPv4 address, which --ip-id needs"),
    ])
    func theOtherFamily(_ target: String, _ option: String, _ message: String) throws {
      let outcome = try Probe.run(target, option, "1", in: Wire().client)
      #expect(outcome.code == 2 && outcome.errors == "probe: \(message)\n")
    }
  }
}
