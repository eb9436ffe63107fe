import Laboratory
import Testing

extension NetworkTests {
  /// Addresses in all the forms that people and name services have for them.
  @Suite(.needs()) struct AddressTests {
    static let ways: [[String]] = [[], ["--syn"], ["--connect"]]

    /// As typed, from the hosts file, and as our own: IPv4 in every case.
    @Test(arguments: ways) func mapped(_ way: [String]) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1", port: 8080)
      defer { listener.stop() }
      let files = try NameFiles(["hosts": "::ffff:127.0.0.1 mapped.test\n"])
      defer { withExtendedLifetime(files) {} }
      for words in [
        ["[::ffff:127.0.0.1]:8080"], ["::FFFF:7f00:1", "8080"], ["mapped.test:8080"],
        ["127.0.0.1:8080", "-S", "::ffff:127.0.0.1"],
      ] {
        let outcome = try Program.run(files.command([Probe.path] + words + way + ["--json"]), in: namespace)
        let connection = try #require(try outcome.connections.first, "\(words): \(outcome.everything)")
        #expect(connection.verdict == "open syn-ack" && connection["address"]?.string == "127.0.0.1", "\(words)")
      }
      let six = try Probe.run("-6", "[::ffff:127.0.0.1]:8080", in: namespace)
      #expect(six.code == 2 && six.errors == "probe: ::ffff:127.0.0.1 is not an IPv6 address\n")
    }

    @Test func mappedInEveryVerb() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1", port: 8080)
      defer { listener.stop() }
      let target = "[::ffff:127.0.0.1]:8080"
      let plugin = try Probe.run("--nagios", target, in: namespace)
      #expect(plugin.code == 0, "\(plugin.output)")
      for words in [["watch", target, "-c", "1"], ["bench", target, "--rate", "50", "--duration", "0.1"]] {
        let outcome = try Probe.run(words, in: namespace)
        #expect(outcome.code == 0, "\(words): \(outcome.everything)")
      }
    }

    /// A link-local peer by the number of the interface, and by its name.
    @Test(arguments: ways) func zonesByNumber(_ way: [String]) throws {
      let wire = try Wire()
      try wire.server.command("ip", "address", "add", "fe80::77/64", "dev", Wire.device, "nodad")
      let listener = try RecordingListener(in: wire.server, address: "::", port: 8000)
      defer { listener.stop() }
      for zone in ["10", "010", Wire.device] {
        let outcome = try Probe.run(["[fe80::77%\(zone)]:8000", "--json"] + way, in: wire.client)
        #expect(outcome.code == 0, "%\(zone): \(outcome.everything)")
      }
      for zone in ["0", "11", "4294967306", "WIRE0", "+10", "0xa"] {
        let outcome = try Probe.run(["[fe80::77%\(zone)]:8000"] + way, in: wire.client)
        #expect(outcome.code == 2 && outcome.errors.contains("no such interface"), "%\(zone): \(outcome.everything)")
      }
    }

    /// A link-local address of this host's own is reached by loopback, and still belongs to its interface.
    @Test(arguments: ways) func ownLinkLocal(_ way: [String]) throws {
      let wire = try Wire()
      try wire.client.command("ip", "address", "add", "fe80::78/64", "dev", Wire.device, "nodad")
      let listener = try RecordingListener(in: wire.client, address: "::", port: 8000)
      defer { listener.stop() }
      for words in [["[fe80::78%\(Wire.device)]:8000"], ["[fe80::78%10]:8000", "-S", "fe80::78%10"]] {
        let outcome = try Probe.run(words + ["--json"] + way, in: wire.client)
        #expect(outcome.code == 0, "\(outcome.everything)")
        #expect(try outcome.connections.map(\.verdict) == ["open syn-ack"])
      }
    }

    @Test(arguments: [[], ["--connect"]]) func typesOfRoutes(_ way: [String]) throws {
      let namespace = try Namespace()
      for (type, note) in [
        ("prohibit", "route-prohibited"), ("blackhole", "route-blackhole"), ("unreachable", "route-unreachable"),
        ("throw", nil),
      ] {
        for (family, prefix, address) in [("-4", "10.9.0.0/16", "10.9.0.1"), ("-6", "fd09::/16", "fd09::1")] {
          try namespace.command("ip", family, "route", "add", type, prefix)
          let (connection, outcome) = try Probe.connection(target(address, 80), way.first ?? "-q", in: namespace)
          #expect(connection.verdict == "unreachable no-route" && outcome.code == 1, "\(type) \(address)")
          #expect(connection["notes"]?.array?.compactMap(\.string) == note.map { [$0] } ?? [], "\(type) \(address)")
          let check = try Probe.run(["--nagios", target(address, 80)] + way, in: namespace)
          #expect(check.output.contains(note.map { "(no-route, \($0))" } ?? "(no-route)"), "\(check.output)")
          try namespace.command("ip", family, "route", "delete", type, prefix)
        }
      }
    }

    /// What a socket can be bound to, and nobody can connect to.
    @Test func listenOnGroups() throws {
      let wire = try Wire()
      for (address, kind) in [
        ("224.0.0.1", "multicast"), ("[ff02::1%\(Wire.device)]", "multicast"), ("[ff02::1]", "multicast"),
        ("[::ffff:224.0.0.1]", "multicast"), ("255.255.255.255", "broadcast"), ("10.77.0.255", "broadcast"),
        ("127.255.255.255", "broadcast"),
      ] {
        let outcome = try Program.run([Probe.path, "listen", "\(address):8000"], in: wire.client, seconds: 5)
        #expect(outcome.code == 2 && outcome.output == "", "\(address): \(outcome.everything)")
        #expect(outcome.errors.contains("is a \(kind) address"), "\(address): \(outcome.everything)")
      }
    }

    /// The name as typed, in small letters, and taken apart; the hosts file has it in ASCII.
    @Test(arguments: ["münchen.test", "MÜNCHEN.test", "mu\u{308}nchen.test", "münchen。test", "xn--mnchen-3ya.test"])
    func namesInAnyScript(_ name: String) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1", port: 8080)
      defer { listener.stop() }
      for services in ["files dns", "files myhostname"] {
        let files = try NameFiles([
          "hosts": "127.0.0.1 xn--mnchen-3ya.test\n", "nsswitch.conf": "hosts: \(services)\n", "resolv.conf": "",
        ])
        let outcome = try files.run("\(name):8080", "--json", in: namespace)
        #expect(outcome.code == 0, "\(services): \(outcome.everything)")
        #expect(try outcome.connections.first?["target"]?.string == "\(name):8080")
      }
    }
  }
}
