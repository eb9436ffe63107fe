import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// `probe idle`: real connection tracking in the middle, firewalls, and a server that closes.
  @Suite struct IdleTests {
    /// Three namespaces: this host, a router with a firewall, and a server behind it.
    private struct Chain {
      let client: Namespace
      let router: Namespace
      let server: Namespace
      static let address4 = "10.79.2.2"
      static let address6 = "fd79:2::2"

      init() throws {
        (client, router, server) = (try Namespace(), try Namespace(), try Namespace())
        for namespace in [client, router, server] { try namespace.setting("net/ipv6/conf/default/accept_dad", "0") }
        try router.command("ip", "link", "add", "left", "type", "veth", "peer", "name", "wire0", "netns", client.path)
        try router.command("ip", "link", "add", "right", "type", "veth", "peer", "name", "wire0", "netns", server.path)
        try Self.give(client, "wire0", "10.79.1.1/24", "fd79:1::1/64")
        try Self.give(router, "left", "10.79.1.2/24", "fd79:1::2/64")
        try Self.give(router, "right", "10.79.2.1/24", "fd79:2::1/64")
        try Self.give(server, "wire0", "10.79.2.2/24", "fd79:2::2/64")
        try router.setting("net/ipv4/ip_forward", "1")
        try router.setting("net/ipv6/conf/all/forwarding", "1")
        for (namespace, way) in [(client, "1"), (server, "2")] {
          let next = way == "1" ? ("10.79.1.2", "fd79:1::2") : ("10.79.2.1", "fd79:2::1")
          try namespace.command("ip", "route", "add", "default", "via", next.0)
          try namespace.command("ip", "-6", "route", "add", "default", "via", next.1)
        }
      }

      private static func give(_ namespace: Namespace, _ device: String, _ v4: String, _ v6: String) throws {
        try namespace.command("ip", "address", "add", v4, "dev", device)
        try namespace.command("ip", "address", "add", v6, "dev", device, "nodad")
        try namespace.command("ip", "link", "set", device, "up")
      }

      /// Connection tracking that forgets an established connection after so many seconds, and what it does with it then.
      func forget(after seconds: Int, _ manner: String, at namespace: Namespace, hook: String = "forward") throws {
        try namespace.firewall(
          """
          table inet memory {
            chain traffic {
              type filter hook \(hook) priority 0
              meta l4proto tcp ct state invalid \(manner)
              meta l4proto tcp ct state new tcp flags & (fin | syn | rst | ack) != syn \(manner)
            }
          }

          """)
        try namespace.setting("net/netfilter/nf_conntrack_tcp_timeout_established", "\(seconds)")
        try namespace.setting("net/netfilter/nf_conntrack_tcp_loose", "0")
      }
    }

    private func idle(_ words: [String], in namespace: Namespace) throws -> (found: JSON, trials: [JSON], Outcome) {
      let outcome = try Probe.run(["idle"] + words + ["--json"], in: namespace, seconds: 60)
      let lines = try JSON.lines(outcome.output)
      let found = try #require(lines.last, "\(outcome.everything)")
      #expect(found["type"]?.string == "idle")
      return (found, lines.dropLast(), outcome)
    }

    private func seconds(_ json: JSON, _ name: String) -> Double? { json[name]?.int.map { Double($0) / 1e9 } }

    @Test(.needs(.nft), arguments: [Chain.address4, Chain.address6]) func forgottenInSilence(_ address: String) throws {
      let chain = try Chain()
      try chain.forget(after: 2, "drop", at: chain.router)
      let listener = try RecordingListener(in: chain.server, address: address)
      defer { listener.stop() }
      let (found, trials, outcome) = try idle(
        [target(address, listener.port), "--first", "1.4", "--resolution", "1.4", "-W", "0.5", "--max", "60"],
        in: chain.client)
      #expect(found["forgotten_by"]?.string == "path" && found["manner"]?.string == "silent", "\(outcome.everything)")
      #expect(found["ended"]?.string == "found" && outcome.code == 0)
      let (alive, dead) = (try #require(seconds(found, "alive_ns")), try #require(seconds(found, "dead_ns")))
      #expect(alive <= 2 && dead >= 2 && dead - alive <= 1.4, "\(alive) \(dead)")
      #expect(
        trials.allSatisfy { $0["type"]?.string == "trial" } && trials.count == found["trials"]?.int.map { Int($0) })
      #expect(found["evidence"]?.string == "no answer to 3 keep-alive segments; a new connection is answered")
    }

    @Test(.needs(.nft)) func resetByABox() throws {
      let chain = try Chain()
      try chain.forget(after: 1, "reject with tcp reset", at: chain.router)
      let listener = try RecordingListener(in: chain.server, address: Chain.address4)
      defer { listener.stop() }
      let (found, trials, outcome) = try idle(
        [target(Chain.address4, listener.port), "--first", "1.5", "--resolution", "1"], in: chain.client)
      #expect(found["forgotten_by"]?.string == "path" && found["manner"]?.string == "rst", "\(outcome.everything)")
      #expect(trials.first?["sender"]?.string == "host", "the next hop's TTL is that of this host")
      let evidence = found["evidence"]?.string ?? ""
      #expect(evidence.contains("the RST has TTL 64, other packets 63"), "\(evidence)")
    }

    /// An ICMP error is told, and is no reset.
    @Test(.needs(.nft)) func prohibited() throws {
      let chain = try Chain()
      try chain.forget(after: 1, "reject with icmpx admin-prohibited", at: chain.router)
      let listener = try RecordingListener(in: chain.server, address: Chain.address4)
      defer { listener.stop() }
      let (found, _, outcome) = try idle(
        [target(Chain.address4, listener.port), "--first", "0.75", "--resolution", "1", "-W", "0.5"], in: chain.client)
      #expect(found["forgotten_by"]?.string == "path" && found["manner"]?.string == "icmp", "\(outcome.everything)")
      #expect(found["evidence"]?.string?.contains("no answer to 3 keep-alive segments but icmp 3/13") == true)
    }

    /// A server that closes what is silent, and one that resets it.
    @Test(arguments: [(true, "fin"), (false, "rst")]) func thePeer(_ closes: Bool, _ manner: String) throws {
      let chain = try Chain()
      let server = try Program(
        ["python3", "-c", Self.hasty, closes ? "fin" : "rst", Chain.address4, "80"], in: chain.server)
      defer { _ = server.stop() }
      try chain.server.waitForListener(on: 80)
      let (found, trials, outcome) = try idle(
        ["\(Chain.address4):80", "--first", "3", "--resolution", "0.5", "--max", "60"], in: chain.client)
      #expect(found["forgotten_by"]?.string == "peer" && found["manner"]?.string == manner, "\(outcome.everything)")
      let dead = try #require(seconds(found, "dead_ns"))
      #expect(dead >= 1.9 && dead < 2.4, "\(dead)")
      #expect(trials.first?["announced_ns"]?.int != nil && trials.count <= 3)
    }

    private static let hasty = """
      import socket, struct, sys, time, threading
      def serve(c):
          time.sleep(2)
          if sys.argv[1] == "rst": c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
          c.close()
      s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
      s.bind((sys.argv[2], int(sys.argv[3]))); s.listen(64)
      while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
      """

    /// This host's own connection tracking: in what comes in, and where it refuses to send.
    @Test(.needs(.nft), arguments: ["input", "output"]) func ownTracking(_ hook: String) throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: Wire.server4)
      defer { listener.stop() }
      let chain = try Chain()
      try chain.forget(after: 1, "drop", at: wire.client, hook: hook)
      let (found, _, outcome) = try idle(
        [target(Wire.server4, listener.port), "--first", "0.75", "--resolution", "1", "-W", "0.5"], in: wire.client)
      #expect(found["forgotten_by"]?.string == "host" && found["manner"]?.string == "silent", "\(outcome.everything)")
      #expect(found["evidence"]?.string?.contains("this host's own connection tracking forgets after 1 s") == true)
    }

    /// The peer forgets nothing, its kernel sends keep-alive segments of its own, or it is not there.
    @Test func nobody() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: Wire.server6)
      defer { listener.stop() }
      let place = target(Wire.server6, listener.port)
      let (found, _, outcome) = try idle(
        [place, "--first", "0.5", "--max", "1", "--resolution", "0.5"], in: wire.client)
      #expect(found["forgotten_by"]?.string == "nobody" && found["ended"]?.string == "max" && outcome.code == 0)
      #expect(seconds(found, "alive_ns") == 1 && found["dead_ns"]?.int == nil && found["manner"]?.string == nil)
      let table = try Probe.run("idle", place, "--max", "0.5", "--csv", in: wire.client)
      #expect(table.output.hasPrefix("target,address,port,number,silence_ns,answer,announced_ns,sender,evidence\r\n"))
      #expect(table.output.contains(",1,500000000,alive,,,"))
      let closed = try Probe.run(["idle", "[\(Wire.server6)]:9", "--max", "1"], in: wire.client, seconds: 30)
      #expect(closed.code == 2 && closed.errors.contains("the port is closed"), "\(closed.everything)")
    }

    /// A search that is interrupted goes on from its file, and another target's file is refused.
    @Test func resumed() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: Wire.server4)
      defer { listener.stop() }
      let folder = try TemporaryDirectory()
      let file = folder.file("trials")
      let words = ["idle", target(Wire.server4, listener.port), "--first", "0.5", "--max", "2", "--resume", file]
      let first = try Program.run(
        ["timeout", "--preserve-status", "--signal", "INT", "2.2", Probe.path] + words, in: wire.client, seconds: 20)
      #expect(first.code == 130, "\(first.everything)")
      #expect(first.output.contains("alive after 1 s of silence\nsearch interrupted\n"), "\(first.everything)")
      let began = Date()
      let second = try Probe.run(words, in: wire.client, seconds: 20)
      #expect(Date().timeIntervalSince(began) < 3)
      #expect(
        second.output.contains("    1        0.5 s  alive\n    2          1 s  alive\n    3          2 s  alive\n"))
      #expect(second.output.hasSuffix("alive after 2 s of silence\nnothing forgets it within 2 s (--max)\n"))
      let other = try Probe.run(
        "idle", "\(Wire.server4):9", "--first", "0.5", "--max", "2", "--resume", file, in: wire.client)
      #expect(
        other.code == 2 && other.errors.contains("--resume \(file): it is of \(target(Wire.server4, listener.port))"))
    }

    /// The peer's own keep-alive segments leave no silence; ours hold what would be forgotten.
    @Test(.needs(.nft)) func keptAlive() throws {
      let chain = try Chain()
      try chain.forget(after: 1, "drop", at: chain.router)
      let listener = try RecordingListener(in: chain.server, address: Chain.address4)
      defer { listener.stop() }
      let place = target(Chain.address4, listener.port)
      let holds = try Probe.run(["idle", place, "--keepalive", "0.6", "--hold", "3"], in: chain.client, seconds: 20)
      #expect(holds.code == 0 && holds.output.hasSuffix("keep-alive every 0.6 s: holds, answered for 3 s\n"))
      let fails = try Probe.run(
        ["idle", place, "--keepalive", "2", "--hold", "4", "-W", "0.5"], in: chain.client, seconds: 20)
      #expect(fails.code == 1 && fails.output.contains("keep-alive every 2 s: does not hold: silent after "))
    }
  }
}
