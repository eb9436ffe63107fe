import Testing
import Vectors
import Wire

/// Relative numbers, and packetdrill's words; tcpdump's are held to its own lines in `VectorTests`.
struct NotationTests {
  private static let client = IPAddress.v4(IPv4Address(10, 0, 0, 1))
  private static let server = IPAddress.v4(IPv4Address(10, 0, 0, 2))

  private func header(_ flags: TCPFlags, sequence: UInt32, acknowledgment: UInt32 = 0, options: [TCPOption] = [])
    -> TCPHeader
  {
    var list = TCPOptionList()
    for option in options where !list.append(option) { Issue.record("no room for \(option)") }
    return TCPHeader(
      sourcePort: 49512, destinationPort: 80, sequence: SequenceNumber(sequence),
      acknowledgment: SequenceNumber(acknowledgment), flags: flags, window: 64240, options: list)
  }

  private let handshake: [TCPOption] = [
    .maximumSegmentSize(1460), .sackPermitted, .timestamps(value: 1, echoReply: 0), .noOperation, .windowScale(7),
  ]

  @Test func tcpdumpAbsoluteAndRelative() {
    let syn = header(.syn, sequence: 123, options: handshake)
    #expect(
      PacketNotation.tcpdump(syn, payloadLength: 0, source: Self.client, destination: Self.server)
        == "IP 10.0.0.1.49512 > 10.0.0.2.80: Flags [S], seq 123, win 64240, "
        + "options [mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7], length 0")
    let bases = PacketNotation.Bases(sender: SequenceNumber(0xffff_ffff), receiver: SequenceNumber(1000))
    let data = header(
      [.psh, .ack], sequence: 0, acknowledgment: 1001,
      options: [
        .sack([SACKBlock(left: SequenceNumber(1010), right: SequenceNumber(1020))])
      ])
    #expect(
      PacketNotation.tcpdump(
        data, payloadLength: 5, source: Self.client, destination: Self.server, relativeTo: bases)
        == "IP 10.0.0.1.49512 > 10.0.0.2.80: Flags [P.], seq 1:6, ack 1, win 64240, "
        + "options [sack 1 {10:20},eol], length 5")
    #expect(bases.reversed.reversed == bases && bases.reversed.sender == bases.receiver)
  }

  /// As packetdrill's own `packet_to_string.c` and `tcp_options_to_string.c` write them, less a blank at the end.
  @Test func packetdrill() {
    let bases = PacketNotation.Bases(sender: SequenceNumber(7), receiver: SequenceNumber(99))
    let cases: [(TCPHeader, Int, String)] = [
      (
        header(.syn, sequence: 7, options: handshake), 0,
        "S 0:0(0) win 64240 <mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7>"
      ),
      (header([.syn, .ack], sequence: 7, acknowledgment: 100), 0, "S. 0:0(0) ack 1 win 64240"),
      (header([.psh, .ack], sequence: 8, acknowledgment: 100), 10, "P. 1:11(10) ack 1 win 64240"),
      (header([.syn, .ece, .cwr, .ae], sequence: 7), 0, "SEWA 0:0(0) win 64240"),
      (
        header(
          .ack, sequence: 8, acknowledgment: 100,
          options: [
            .noOperation, .noOperation,
            .sack([
              SACKBlock(left: SequenceNumber(101), right: SequenceNumber(102)),
              SACKBlock(left: SequenceNumber(103), right: SequenceNumber(104)),
            ]),
          ]), 0, ". 1:1(0) ack 1 win 64240 <nop,nop,sack 2:3 4:5>"
      ),
      (header(.syn, sequence: 7, options: [.fastOpen(cookie: [])]), 0, "S 0:0(0) win 64240 <FO>"),
      (header(.syn, sequence: 7, options: [.fastOpen(cookie: [1, 2, 3, 4])]), 3, "S 0:3(3) win 64240 <FO 01020304>"),
      (
        header(.syn, sequence: 7, options: [.other(kind: 254, payload: [0xf9, 0x89, 0xab])]), 0,
        "S 0:0(0) win 64240 <FOEXP ab>"
      ),
      (
        header(.syn, sequence: 7, options: [.md5([UInt8](repeating: 0x5a, count: 4))]), 0,
        "S 0:0(0) win 64240 <md5 5a5a5a5a>"
      ),
      (
        header(.syn, sequence: 7, options: [.other(kind: 76, payload: [1, 2]), .endOfList]), 0,
        "S 0:0(0) win 64240 <unknown-76 0x0102,eol>"
      ),
    ]
    for (header, length, line) in cases {
      #expect(PacketNotation.packetdrill(header, payloadLength: length, relativeTo: bases) == line)
    }
  }

  @Test func packetdrillTellsMalformedOptions() throws {
    let octets = Vector.named("crafted-options/length-overrun-40").octets
    let header = try TCPHeader(parsing: octets.span.raw.extracting(20...))
    let line = PacketNotation.packetdrill(header, payloadLength: 0)
    #expect(line.hasPrefix("S 305419896:305419896(0) win 8192 <nop,nop,") && line.hasSuffix(",nop,malformed>"))
  }

  @Test func tellsWhatIsNotOurs() {
    let names = [
      "crafted-ipv4/udp", "crafted-ipv4/first-fragment", "crafted-ipv6/later-fragment", "crafted-ipv4/version-5",
    ]
    let lines = names.map { name in
      PacketNotation.tcpdump(packet: Vector.named(name).octets.span.raw)
    }
    #expect(
      lines == [
        "packet of ip-proto-17", "IP 192.0.2.1 > 198.51.100.7: frag (0|24)",
        "IP6 2001:db8::1 > 2001:db8:0:7::50: frag (24|13)",
        "malformed packet: IPv4 malformed at byte 0",
      ])
  }
}
