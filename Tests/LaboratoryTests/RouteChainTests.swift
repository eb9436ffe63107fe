import Laboratory
import Testing

extension LaboratoryTests {
  /// The path that route's tests walk along is the one that they think it is: another program walks it too.
  @Suite(.needs(.ip, .nft, .python)) struct RouteChainTests {
    @Test func theTargetAnswersBehindFiveRouters() throws {
      let chain = try RouteChain()
      defer { chain.stop() }
      for address in RouteChain.targets {
        #expect(try chain.client.refuses(address, port: RouteChain.closedPort))
        #expect(try !chain.client.refuses(address, port: RouteChain.port))
      }
      for (hop, (old, new)) in zip(chain.hops, zip(RouteChain.addresses4, RouteChain.addresses6)) {
        let addresses = try hop.command("ip", "-br", "address")
        #expect(addresses.contains(old + "/24") && addresses.contains(new + "/64"))
      }
    }

    /// By traceroute's SYNs: of each hop its address, the quoted source, MSS, SACK-permitted and traffic class.
    @Test(.needs(.traceroute, .tcpdump, .tshark), arguments: RouteChain.targets)
    func boxesDoWhatTheyShould(address: String) throws {
      let chain = try RouteChain("--strip", "2", "--mss", "3", "--dscp", "4", "--nat", "5")
      defer { chain.stop() }
      let (capture, _) = try Capture.on(RouteChain.device, of: chain.client) {
        try Program.must(
          ["traceroute", "-T", "-p", "80", "-n", "-q", "1", "-w", "1", "-O", "mss=1460,sack", address], in: chain.client
        )
      }
      let isNew = address.contains(":")
      let (quoted, type) = isNew ? ("ipv6", "icmpv6.type == 3") : ("ip", "icmp.type == 11")
      let fields = [
        "\(quoted).src", "tcp.options.mss_val", "tcp.option_kind", isNew ? "ipv6.tclass.dscp" : "ip.dsfield.dscp",
      ].flatMap { ["-e", $0] }
      let lines = try Program.must(["tshark", "-r", capture.path, "-Y", type, "-T", "fields"] + fields)
        .split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
      let found = Dictionary(
        lines.map { line -> (String, String) in
          let sources = line[0].split(separator: ",")
          let kinds = line[2].split(separator: ",")
          let dscp = line[3].split(separator: ",").last ?? ""
          return (String(sources[0]), "\(sources[1]) \(line[1]) \(kinds.contains("4") ? "sack" : "-") \(dscp)")
        }, uniquingKeysWith: { first, _ in first })
      let source = isNew ? RouteChain.source6 : RouteChain.source4
      let hidden = isNew ? "fd00:0:0:99::9" : "198.51.100.9"
      let expected = [
        "\(source) 1460 sack 0", "\(source) 1460 - 0", "\(source) 1100 - 0", "\(source) 1100 - 46",
        "\(hidden) 1100 - 46",
      ]
      #expect(found == Dictionary(uniqueKeysWithValues: zip(RouteChain.addresses(like: address), expected)))
    }
  }
}
