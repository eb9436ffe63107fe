import Laboratory
import Testing

extension NetworkTests {
  /// The ways to name targets, sources and devices.
  @Suite(.needs()) struct TargetTests {
    private func probe(_ words: String..., in namespace: Namespace) throws -> [String] {
      try Probe.run(words + ["--json"], in: namespace).connections.map { connection in
        "\(connection["address"]?.string ?? "?") \(connection["port"]?.int ?? 0) \(connection["state"]?.string ?? "?")"
      }
    }

    @Test func forms() throws {
      let namespace = try Namespace()
      let listeners = try ["0.0.0.0", "::1"].map { try RecordingListener(in: namespace, address: $0, port: 8000) }
      defer { for listener in listeners { listener.stop() } }
      #expect(try probe("127.0.0.1", "8000", in: namespace) == ["127.0.0.1 8000 open"])
      #expect(try probe("[::1]:8000", in: namespace) == ["::1 8000 open"])
      #expect(try probe("[0:0:0:0:0:0:0:1]:8000", in: namespace) == ["::1 8000 open"])
      #expect(try probe("127.0.0.1:http-alt", in: namespace) == ["127.0.0.1 8080 closed"])
      #expect(try probe("-4", "localhost:8000", in: namespace) == ["127.0.0.1 8000 open"])
      // The port is bound once the address is known, when the run is confined already.
      #expect(try probe("-4", "localhost:8000", "-g", "40123", in: namespace) == ["127.0.0.1 8000 open"])
      #expect(
        try probe("127.0.0.1:8000", "[::1]:8000", "127.0.0.1:8001", in: namespace).sorted() == [
          "127.0.0.1 8000 open", "127.0.0.1 8001 closed", "::1 8000 open",
        ])
      #expect(
        try probe("127.0.0.1:7999-8001,9", in: namespace).sorted() == [
          "127.0.0.1 7999 closed", "127.0.0.1 8000 open", "127.0.0.1 8001 closed", "127.0.0.1 9 closed",
        ])
    }

    /// As people write them for nmap, nc and fping.
    @Test func lists() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "0.0.0.0", port: 8000)
      defer { listener.stop() }
      let both = ["127.0.0.1 8000 open", "127.0.0.1 9 closed"]
      #expect(try probe("127.0.0.1", "8000", "9", in: namespace).sorted() == both)
      #expect(try probe("-p", "8000,9", "127.0.0.1", in: namespace).sorted() == both)
      #expect(
        try probe("-p8000", "127.0.0.2/31", in: namespace).sorted() == ["127.0.0.2 8000 open", "127.0.0.3 8000 open"])
      let directory = try TemporaryDirectory()
      try directory.write("targets", "# both\r\n\r\n127.0.0.1:8000\t# first\r\n127.0.0.1 9\r\n")
      #expect(try probe("-f", directory.file("targets"), in: namespace).sorted() == both)
      #expect(try probe("-iL", directory.file("targets"), in: namespace).sorted() == both)
      let read = try Probe.run("-p", "8000,9", "-", "--json", in: namespace, input: "127.0.0.1\n")
      #expect(try read.connections.count == 2)
      try directory.write("bad", "127.0.0.1:8000\nb\n")
      let refused = try Probe.run("-f", directory.file("bad"), in: namespace)
      #expect(refused.code == 2)
      #expect(refused.output == "")
      #expect(refused.errors == "\(directory.file("bad")):2: 'b' has no port; use b:PORT, as in b:443\n")
      let twice = try Probe.run("-", "--data", "@-", in: namespace, input: "127.0.0.1:8000\n")
      #expect(twice.errors == "probe: standard input can be read once; name a file for one of them\n")
      let written = try Probe.run(
        "-f", directory.file("targets"), "--pcap", directory.file("targets"), in: namespace)
      #expect(written.errors.contains("would overwrite -f"))
    }

    /// What is no host in a range is left out, and named.
    @Test(.needs()) func rangeWithBroadcast() throws {
      let wire = try Wire()
      let outcome = try Probe.run("10.77.0.254/31:80", "--json", "--retries", "0", "-W", "0.1", in: wire.client)
      #expect(outcome.errors == "probe: 10.77.0.255:80: left out, a broadcast address\n")
      #expect(try outcome.connections.map { $0["address"]?.string } == ["10.77.0.254"])
    }

    @Test func oneClosedAmongOpenIsOne() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1", port: 8000)
      defer { listener.stop() }
      #expect(try Probe.run("127.0.0.1:8000", in: namespace).code == 0)
      #expect(try Probe.run("127.0.0.1:8000,8001", in: namespace).code == 1)
      #expect(try Probe.run("127.0.0.1:8000", "127.0.0.1:8001", in: namespace).code == 1)
      #expect(try Probe.run("127.0.0.1:8001", "--expect", "closed", in: namespace).code == 0)
      #expect(try Probe.run("127.0.0.1:8000", "--expect", "closed", in: namespace).code == 1)
      #expect(try Probe.run("127.0.0.1:8000", "--exit-state", in: namespace).code == 0)
      #expect(try Probe.run("127.0.0.1:8001", "--exit-state", in: namespace).code == 1)
      #expect(try Probe.run("127.0.0.1:8001", "--bad-option", "--exit-state", in: namespace).code == 2)
    }

    /// A link-local destination names its device.
    @Test func linkLocal() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: "::", port: 8000)
      defer { listener.stop() }
      let words = try wire.server.command("ip", "-6", "-o", "address", "show", "dev", Wire.device, "scope", "link")
      let address = try #require(
        words.split(separator: " ").first { $0.hasPrefix("fe80") }?.split(separator: "/").first)
      let outcome = try Probe.run("[\(address)%\(Wire.device)]:8000", "--json", in: wire.client)
      #expect(outcome.code == 0)
      #expect(try outcome.connections.map(\.verdict) == ["open syn-ack"])
      #expect(listener.ended(1).map(\.ending) == [.orderly])
    }

    /// Two link-local destinations, each by a device of its own.
    @Test func linkLocalByTwoDevices() throws {
      let (client, server) = (try Namespace(), try Namespace())
      var targets: [String] = []
      for number in 1...2 {
        try client.command(
          "ip", "link", "add", "near\(number)", "type", "veth", "peer", "name", "far\(number)", "netns", server.path)
        for (namespace, device, end) in [(client, "near\(number)", 1), (server, "far\(number)", 2)] {
          try namespace.command("ip", "link", "set", device, "up")
          try namespace.command("ip", "address", "add", "fe80::\(number):\(end)/64", "dev", device, "nodad")
        }
        targets.append("[fe80::\(number):2%near\(number)]:8000")
      }
      let listener = try RecordingListener(in: server, address: "::", port: 8000)
      defer { listener.stop() }
      for form in [[], ["--connect"], ["-g", "2345", "--close", "rst", "-c", "2", "-i", "0.05"]] {
        let outcome = try Probe.run(targets + form + ["--json"], in: client)
        #expect(outcome.code == 0, "\(outcome.everything)")
        #expect(try outcome.connections.allSatisfy { $0.verdict == "open syn-ack" })
      }
    }

    @Test func sourceAddressPortAndDevice() throws {
      let wire = try Wire()
      try wire.client.command("ip", "address", "add", "10.77.0.7/24", "dev", Wire.device)
      let listener = try RecordingListener(in: wire.server, address: Wire.server4)
      defer { listener.stop() }
      let (connection, outcome) = try Probe.connection(
        target(Wire.server4, listener.port), "-S", "10.77.0.7", "-g", "23456", "-I", Wire.device, in: wire.client)
      #expect(outcome.code == 0)
      #expect(connection["source"]?.string == "10.77.0.7")
      #expect(connection["source_port"]?.int == 23456)
      #expect(listener.ended(1).map(\.port) == [23456])
    }

    /// Several hundred ports in one run.
    @Test func manyPorts() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1", port: 8150)
      defer { listener.stop() }
      let results = try probe("127.0.0.1:8001-8300", in: namespace)
      #expect(results.count == 300)
      #expect(results.filter { $0.hasSuffix(" open") } == ["127.0.0.1 8150 open"])
      #expect(results.filter { $0.hasSuffix(" closed") }.count == 299)
    }
  }
}
