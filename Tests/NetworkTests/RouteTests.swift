import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// `probe route` along five routers and a target (`Tests/path-lab`).
  @Suite(.needs(.ip, .nft, .python)) struct RouteTests {
    /// What a trace wrote as JSON, and how it ended.
    struct Trace {
      var outcome: Outcome
      /// The hops of the end, all flows added up.
      var hops: [JSON]
      var paths: [JSON]
      var probes: [JSON]
      var summary: JSON

      /// The address of each hop, `*` where none answered.
      var addresses: [String] { hops.map { $0["address"]?.string ?? "*" } }

      /// What each hop's quotes show to be different for the first time, in words.
      var changes: [[String]] {
        hops.map { hop in
          (hop["changes"]?.array ?? []).map { change in
            func value(_ name: String) -> String {
              change[name]?.string ?? change[name]?.int.map(String.init) ?? "none"
            }
            return "\(change["field"]?.string ?? "?") \(value("from")) \(value("to"))"
          }
        }
      }
    }

    private func trace(
      _ chain: RouteChain, _ address: String, port: UInt16 = RouteChain.port, _ words: String...,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Trace {
      let outcome = try Probe.run(
        ["route", target(address, port), "-n", "--json"] + words, in: chain.client, seconds: 60)
      let lines = try JSON.lines(outcome.output)
      func all(_ type: String) -> [JSON] { lines.filter { $0["type"]?.string == type } }
      let summary = try #require(all("summary").last, "\(outcome.everything)", sourceLocation: sourceLocation)
      let flows = summary["flows"]?.int ?? 0
      let hops = all("hop").filter { $0["final"]?.bool == true && (flows == 1 || $0["flow"]?.int == nil) }
      return Trace(outcome: outcome, hops: hops, paths: all("path"), probes: all("probe"), summary: summary)
    }

    // MARK: Hops and times

    @Test("finds every hop, and ends at the target, whether it is open or closed", arguments: RouteChain.targets)
    func hops(address: String) throws {
      let chain = try RouteChain()
      defer { chain.stop() }
      for port in [RouteChain.port, RouteChain.closedPort] {
        let trace = try trace(chain, address, port: port, "-c", "3", "-i", "0.05")
        #expect(trace.outcome.code == 0)
        #expect(trace.addresses == RouteChain.addresses(like: address))
        #expect(trace.hops.map { $0["target"]?.bool } == [false, false, false, false, false, true])
        #expect(trace.hops.allSatisfy { $0["sent"]?.int == 3 && $0["answered"]?.int == 3 }, "\(trace.outcome.output)")
        #expect(trace.summary["distance"]?.int == 6 && trace.summary["loss"]?.double == 0)
        #expect(trace.changes.allSatisfy { $0.isEmpty }, "\(trace.changes)")
      }
    }

    @Test("the times of each hop are those of a capture", .needs(.tcpdump, .tshark), arguments: RouteChain.targets)
    func times(address: String) throws {
      let chain = try RouteChain()
      defer { chain.stop() }
      let (capture, trace) = try Capture.on(RouteChain.device, of: chain.client, quietly: true) {
        try self.trace(chain, address, "-c", "15", "-i", "0.05", "-v", "--no-ecn")
      }
      let packets = try capture.packets()
      for ttl in 1...6 {
        let sent = packets.filter {
          $0.isSYN && $0.icmpType == nil && $0.timeToLive == ttl && $0.destination == address
        }
        let probes = trace.probes.filter { $0["ttl"]?.int == Int64(ttl) }
        try #require(sent.count == 15 && probes.count == 15, "hop \(ttl): \(sent.count) and \(probes.count)")
        let errors = try zip(sent, probes).map { syn, probe in
          let answer = try #require(
            packets.first {
              $0.nanoseconds > syn.nanoseconds
                && ($0.icmpType != nil
                  ? $0.sequence == syn.sequence
                  : $0.source == address && $0.acknowledgment == syn.sequence &+ 1)
            })
          let rtt = try #require(probe["rtt_ns"]?.int, "hop \(ttl): \(probe)")
          #expect(probe["clock"]?.string == "kernel")
          return Int64(rtt) - (answer.nanoseconds - syn.nanoseconds)
        }.sorted()
        // The middle one: what a busy machine takes the processor away for is not the program's error.
        #expect(abs(errors[7]) <= 30_000, "hop \(ttl), ns: \(errors)")
      }
    }

    // MARK: Changes

    @Test("names the hop that changed a packet", arguments: RouteChain.targets)
    func changes(address: String) throws {
      let chain = try RouteChain("--strip", "2", "--mss", "3", "--dscp", "4", "--nat", "5")
      defer { chain.stop() }
      let trace = try trace(chain, address, "-c", "3", "-i", "0.05")
      let isNew = address.contains(":")
      #expect(trace.addresses == RouteChain.addresses(like: address))
      #expect(
        trace.changes == [
          [], ["sack sackOK none"], ["mss \(isNew ? 1440 : 1460) 1100"], ["dscp 0 46"],
          isNew ? ["source \(RouteChain.source6) fd00:0:0:99::9"] : ["source \(RouteChain.source4) 198.51.100.9"], [],
        ])
    }

    @Test("names the hop that clears ECN", arguments: RouteChain.targets)
    func bleaching(address: String) throws {
      let chain = try RouteChain("--bleach", "3")
      defer { chain.stop() }
      let trace = try trace(chain, address, "-c", "2", "-i", "0.05")
      #expect(trace.changes.indices.filter { !trace.changes[$0].isEmpty } == [2], "\(trace.changes)")
      #expect(trace.changes[2].allSatisfy { $0.hasPrefix("ecn ") && $0.hasSuffix(" 0") }, "\(trace.changes[2])")
      let without = try self.trace(chain, address, "-c", "1", "--no-ecn")
      #expect(without.changes.allSatisfy { $0.isEmpty })
    }

    @Test("shows what a router adds to its errors", arguments: RouteChain.targets, ["mpls,interface", "mpls,old"])
    func extensions(address: String, words: String) throws {
      let chain = try RouteChain("--scripted", "3:\(words)", "--mss", "4")
      defer { chain.stop() }
      let trace = try trace(chain, address, "-c", "2", "-i", "0.05")
      #expect(trace.addresses == RouteChain.addresses(like: address))
      for (index, hop) in trace.hops.enumerated() {
        let labels = hop["mpls"]?.array ?? []
        #expect(labels.map { $0["label"]?.int } == (index == 2 ? [16_001] : []))
        #expect(labels.allSatisfy { $0["ttl"]?.int == 1 && $0["bottom"]?.bool == true })
      }
      let interfaces = trace.hops[2]["interfaces"]?.array ?? []
      #expect(interfaces.map { $0["name"]?.string } == (words.contains("interface") ? ["eth7"] : []))
      #expect(interfaces.allSatisfy { $0["index"]?.int == 7 && $0["mtu"]?.int == 1500 })
      // Its padding of zeros is no change; what the next one clamps is.
      #expect(trace.changes.map(\.count) == [0, 0, 0, 1, 0, 0], "\(trace.changes)")
    }

    @Test(
      "a quote of eight bytes is enough, and a checksum that does not fit is a finding", arguments: RouteChain.targets)
    func oddQuotes(address: String) throws {
      let chain = try RouteChain("--strip", "1", "--scripted", "2:short", "--scripted", "4:stale")
      defer { chain.stop() }
      let trace = try trace(chain, address, "-c", "2", "-i", "0.05")
      #expect(trace.addresses == RouteChain.addresses(like: address))
      let fields = trace.changes.map { $0.map { $0.prefix { $0 != " " } } }
      // At the fifth hop it is back to what it should be.
      #expect(fields == [["sack"], [], [], ["checksum"], ["checksum"], []])
      #expect(trace.hops[3]["changes"]?.array?.first?["reverted"]?.bool == false)
      #expect(trace.hops[4]["changes"]?.array?.first?["reverted"]?.bool == true)
    }

    // MARK: Loss

    @Test("a hop that limits its ICMP errors is not blamed", arguments: RouteChain.targets)
    func limit(address: String) throws {
      let chain = try RouteChain("--limit", "3")
      defer { chain.stop() }
      let trace = try trace(chain, address, "-c", "40", "-i", "0.02", "-W", "0.3", "--no-ecn")
      #expect(trace.addresses == RouteChain.addresses(like: address))
      let lost = trace.hops.compactMap { $0["answers_lost"]?.double }
      #expect(lost.count == 6 && lost[2] > 0.5 && lost.enumerated().allSatisfy { $0.offset == 2 || $0.element == 0 })
      #expect(trace.hops.map { $0["rate_limited"]?.bool } == [false, false, true, false, false, false])
      #expect(trace.hops.allSatisfy { $0["lost_here_at_most"]?.double == 0 })
      #expect(trace.summary["loss"]?.double == 0 && trace.summary["loss_begins"]?.int == nil)
    }

    @Test("a hop that drops a tenth is named by the most that can have been lost there", arguments: RouteChain.targets)
    func drop(address: String) throws {
      let chain = try RouteChain("--drop", "4:10")
      defer { chain.stop() }
      let trace = try trace(chain, address, "-c", "300", "-i", "0.01", "-W", "0.2", "--no-ecn")
      let most = trace.hops.compactMap { $0["lost_here_at_most"]?.double }
      #expect(most.count == 6 && most[0..<3].allSatisfy { $0 == 0 }, "\(most)")
      // Of 300: one in a thousand is outside.
      #expect(most.count == 6 && most[3] > 0.04 && most[3] < 0.17, "\(most)")
      #expect(trace.summary["loss_begins"]?.int == 4)
      #expect(trace.hops.allSatisfy { $0["rate_limited"]?.bool == false })
    }

    // MARK: Paths

    @Test("finds both of two equal branches, and names the slower one", arguments: RouteChain.targets)
    func branches(address: String) throws {
      let chain = try RouteChain("--branches", "3:5")
      defer { chain.stop() }
      func traced() throws -> Trace {
        try self.trace(chain, address, "--flows", "32", "--confidence", "99", "-c", "3", "-i", "0.05", "--no-ecn")
      }
      var trace = try traced()
      // Eight flows take one branch in one of 128 traces, which 99 % allow: four such traces in a row are a fault.
      for _ in 0..<3 where trace.paths.count < 2 { trace = try traced() }
      #expect(trace.outcome.code == 0)
      let fast = RouteChain.addresses(like: address)
      var hops = fast
      // An ICMPv6 error is sent from the address of the device that the packet came by, and an ICMP error from that of
      // the way back (Linux).
      if address.contains(":") { hops[2...3] = ["fd00:0:0:13::2", "fd00:0:0:14::2"] } else { hops[2] = "10.1.3.2" }
      let found = trace.paths.map { ($0["hops"]?.array ?? []).compactMap(\.string) }
      #expect(Set(found) == [fast, hops], "\(found)")
      let slow = trace.paths.filter { $0["slowest"]?.bool == true }
      #expect(slow.count == 1 && slow.first?["hops"]?.array?.compactMap(\.string) == hops, "\(trace.paths)")
      #expect(trace.summary["complete"]?.bool == true && trace.summary["paths"]?.int == 2)
      #expect(trace.hops[1]["balances"]?.string == "per-flow")
    }

    // MARK: Within a connection

    @Test(
      "without SACK probes within a connection are bytes that the target has, and it says so",
      arguments: RouteChain.targets)
    func withoutSACK(address: String) throws {
      let chain = try RouteChain("--strip", "2")
      defer { chain.stop() }
      let trace = try trace(chain, address, "--in-session", "-c", "3", "-i", "0.1", "-v")
      #expect(trace.addresses == RouteChain.addresses(like: address) && trace.outcome.code == 0)
      #expect(trace.probes.allSatisfy { $0["form"]?.string == "keep-alive" })
      #expect(trace.summary["forms"]?.array?.map(\.string) == ["keep-alive"])
      let text = try Probe.run(
        "route", target(address, RouteChain.port), "-n", "--in-session", "-c", "1", in: chain.client)
      #expect(text.output.contains("\nprobes: bytes that the target has already, since SACK was not agreed\n"))
    }

    @Test("within a connection it passes a firewall that drops SYNs with a low TTL", arguments: RouteChain.targets)
    func inSession(address: String) throws {
      let chain = try RouteChain("--firewall", "2")
      defer { chain.stop() }
      let outside = try trace(chain, address, "-c", "1", "-W", "0.3", "-m", "8")
      #expect(outside.outcome.code == 1 && outside.addresses.first == RouteChain.addresses(like: address)[0])
      #expect(outside.addresses.dropFirst().allSatisfy { $0 == "*" }, "\(outside.addresses)")
      let listener = try RecordingListener(in: chain.hops[5], address: address)
      defer { listener.stop() }
      let inside = try trace(chain, address, port: listener.port, "--in-session", "-c", "3", "-i", "0.1", "-v")
      #expect(inside.outcome.code == 0, "\(inside.outcome.everything)")
      #expect(inside.addresses == RouteChain.addresses(like: address))
      #expect(inside.hops.last?["target"]?.bool == true)
      #expect(!inside.probes.isEmpty && inside.probes.allSatisfy { $0["form"]?.string == "beyond" })
      // The application has seen a connection, and nothing in it.
      #expect(listener.ended(1).allSatisfy { $0.bytes.isEmpty } && !listener.visits.isEmpty)
    }
  }
}
