import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// Segments that the kernel merges beyond 65,535 octets (BIG TCP), in both families.
  @Suite(.needs(.nginx)) struct MergedSegmentsTests {
    /// Lets an interface merge so many octets: rtnetlink's RTM_NEWLINK with the four attributes, which `ip` is too old for.
    private static let script = """
      import socket, struct, sys
      size = int(sys.argv[2])
      body = b''.join(struct.pack('HHI', 8, kind, size) for kind in (41, 58, 63, 64))
      head = struct.pack('BxHiII', 0, 0, socket.if_nametoindex(sys.argv[1]), 0, 0)
      link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
      link.send(struct.pack('IHHII', 16 + len(head + body), 16, 5, 1, 0) + head + body)
      sys.exit(-struct.unpack('i', link.recv(4096)[16:20])[0])
      """

    /// The lengths of the segments that a trace shows.
    private func lengths(_ trace: String) -> [Int] {
      trace.split(separator: "\n").compactMap { line in
        line.range(of: "length ", options: .backwards).flatMap { Int(line[$0.upperBound...]) }
      }
    }

    @Test(arguments: ["127.0.0.1", "[::1]"]) func areReceivedWhole(_ address: String) throws {
      let namespace = try Namespace()
      for name in ["net/ipv4/tcp_wmem", "net/ipv4/tcp_rmem"] { try namespace.setting(name, "4096 4194304 8388608") }
      try Program.must(["python3", "-c", Self.script, "lo", "185000"], in: namespace)
      let count = 1 << 20
      let text = [UInt8](repeating: 0x61, count: count)
      let nginx = try Nginx(in: namespace, site: "location / { sendfile on; }", files: ["text": text])
      defer { nginx.stop() }
      let url = "http://\(address):\(nginx.port)/text"
      let (connection, outcome) = try Probe.connection("http", url, in: namespace)
      #expect(outcome.code == 0 && outcome.errors == "")
      #expect(connection["requests"]?.array?.first?["body_bytes"]?.int == Int64(count))
      #expect(connection["invalid_replies"]?.int == 0)
      let directory = try TemporaryDirectory()
      let file = directory.file("own.pcapng")
      let traced = try Probe.run(["http", url, "--packet-trace", "--pcap", file], in: namespace, seconds: 60)
      #expect(traced.code == 0)
      #expect(lengths(traced.output).max() ?? 0 > 65_535, "nothing was merged")
      // What was written reads as what was seen.
      let read = try Probe.run("read", "--json", file, in: namespace)
      let flow = try #require(try JSON.lines(read.output).first { $0["type"]?.string == "flow" })
      // What was sent again on a busy machine is counted too.
      let octets = flow["server_sent"]?["octets"]?.int ?? 0
      #expect(read.code == 0 && octets > Int64(count), "\(octets)")
      let meta = try #require(try JSON.lines(read.output).last)
      #expect(meta["malformed"]?.int == 0)
    }
  }
}
