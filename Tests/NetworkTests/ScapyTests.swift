import Laboratory
import Testing

extension NetworkTests {
  /// Every option of the first segment, as it is on the wire, octet for octet the packet that scapy makes.
  @Suite(.needs(.tcpdump, .nft), .enabled(if: Scapy.obstacle == nil, Comment(rawValue: Scapy.obstacle ?? "")))
  struct ScapyTests {
    /// Options of ours, and the same in scapy's words.
    struct Pair: CustomTestStringConvertible, Sendable {
      var words: [String]
      /// Keyword arguments of the IP header, of the TCP header, the TCP options, and what follows.
      var ip = ""
      var tcp = ""
      var options = #"[("MSS",MSS),\#(Pair.ordinary)]"#
      var text = ""
      /// What is done to the packet then; `p` is the packet.
      var then = "p"
      var isV6 = false
      /// The same over IPv6.
      var overIPv6: Pair {
        var pair = self
        pair.isV6 = true
        return pair
      }
      var testDescription: String { words.joined(separator: " ") + (isV6 ? " (IPv6)" : "") }

      static let ordinary = #"("NOP",None),("NOP",None),("SAckOK",b""),("NOP",None),("WScale",7)"#

      /// The expression that makes the packet.
      var expression: String {
        let (source, destination) = isV6 ? (Wire.client6, Wire.server6) : (Wire.client4, Wire.server4)
        let mss = isV6 ? 1440 : 1460
        let list = options.replacing("MSS)", with: "\(mss))")
        // Later words replace earlier ones.
        let own = "\(isV6 ? "IPv6" : "IP")(src='\(source)',dst='\(destination)'"
        let ipFields = "**{\(isV6 ? "'hlim':64," : "'flags':'DF','id':0,'ttl':64,")**dict(\(ip))}"
        let tcpFields = "**{'flags':'S','window':65535//\(mss)*\(mss),'options':\(list),**dict(\(tcp))}"
        let made = "\(own),\(ipFields))/TCP(sport=40000,dport=80,seq=1000,\(tcpFields))\(text)"
        return "(lambda p: \(then))(\(made))"
      }
    }

    static let bothFamilies: [Pair] = [
      Pair(words: []),
      Pair(words: ["--ecn"], tcp: "flags='SEC'"),
      Pair(words: ["--flags", "SECN"], tcp: "flags='SECN'"),
      Pair(words: ["--flags", "SYN,0x200"], tcp: "reserved=1"),
      Pair(words: ["--flags", "0xe02"], tcp: "reserved=7"),
      Pair(words: ["--tfo"], options: #"[("MSS",MSS),\#(Pair.ordinary),(34,b""),("NOP",None),("NOP",None)]"#),
      Pair(
        words: ["--tfo=0102030405060708"],
        options: #"[("MSS",MSS),\#(Pair.ordinary),(34,bytes(range(1,9))),("NOP",None),("NOP",None)]"#),
      Pair(words: ["--mptcp"], options: #"[("MSS",MSS),\#(Pair.ordinary),(30,b"\x01\x01")]"#),
      Pair(
        words: ["--option", "254:f989", "--option", "1", "--option", "253:00ff"],
        options: #"[("MSS",MSS),\#(Pair.ordinary),(254,b"\xf9\x89"),("NOP",None),(253,b"\x00\xff")]"#),
      Pair(words: ["--no-options"], options: "[]"),
      Pair(words: ["--no-options", "--option", "2:0200", "--option", "4"], options: #"[("MSS",512),("SAckOK",b"")]"#),
      // What scapy takes for text lies where a list of options is that says it is longer than it is.
      Pair(
        words: ["--no-options", "--option", "raw:02ff0102"], tcp: "dataofs=6", options: "[]",
        text: #"/b"\x02\xff\x01\x02""#),
      Pair(words: ["--urgent", "5"], tcp: "urgptr=5"),
      Pair(words: ["--urgent", "65535", "--flags", "SU"], tcp: "urgptr=65535,flags='SU'"),
      Pair(words: ["--ack", "305419896"], tcp: "ack=0x12345678"),
      Pair(words: ["--ack", "4294967295", "--flags", "SA"], tcp: "ack=0xffffffff,flags='SA'"),
      Pair(
        words: ["--bad-checksum"],
        then: "(lambda t: (setattr(p[TCP],'chksum',p.__class__(bytes(p))[TCP].chksum^1),p)[1])(0)"),
      Pair(words: ["--syn", "--data", "hello"], text: "/b'hello'"),
      Pair(
        words: ["--flags", "FPU", "--data", "hello", "--urgent", "3"], tcp: "flags='FPU',urgptr=3", text: "/b'hello'"),
    ]

    static let v4: [Pair] = [
      Pair(words: ["--ip-id", "4660"], ip: "id=0x1234"),
      Pair(words: ["--ip-id", "4660", "--no-df"], ip: "id=0x1234,flags=0"),
      // The kernel would fill this one in.
      Pair(words: ["--ip-id", "0", "--no-df"], ip: "flags=0"),
      Pair(words: ["--df"]),
      Pair(
        words: ["--ip-option", "07070400000000"], ip: "options=[IPOption_RR(length=7,pointer=4,routers=['0.0.0.0'])]"),
      Pair(
        words: ["--ip-option", "01010100"], ip: "options=[IPOption_NOP(),IPOption_NOP(),IPOption_NOP(),IPOption_EOL()]"),
      Pair(words: ["--fragment", "24", "--ip-id", "7"], ip: "id=7,flags=0", then: "fragment(p,24)"),
      Pair(words: ["--fragment", "8", "--ip-id", "7"], ip: "id=7,flags=0", then: "fragment(p,8)"),
      Pair(words: ["--fragment", "16", "--ip-id", "7", "--df"], ip: "id=7", then: "fragment(p,16)"),
      Pair(
        words: [
          "--fragment", "512", "--ip-id", "7", "--flags", "SP", "--syn", "--data", String(repeating: "a", count: 1200),
        ],
        ip: "id=7,flags=0", tcp: "flags='SP'", text: "/(b'a'*1200)", then: "fragment(p,512)"),
      Pair(
        words: [
          "--ecn", "--urgent", "5", "--ack", "6", "--ip-id", "7", "--ip-option", "01010100", "--fragment", "16",
          "--ttl",
          "9", "-Q", "0x28", "--window", "1000", "--mss", "500", "--tfo", "--bad-checksum",
        ],
        ip: "id=7,flags=0,ttl=9,tos=0x28,options=[IPOption_NOP(),IPOption_NOP(),IPOption_NOP(),IPOption_EOL()]",
        tcp: "flags='SEC',urgptr=5,ack=6,window=1000",
        options: #"[("MSS",500),\#(Pair.ordinary),(34,b""),("NOP",None),("NOP",None)]"#,
        // Options without the copied flag are in the first fragment alone, which scapy leaves to its user.
        then: """
          (lambda q: (lambda f: [f[0]]+[(setattr(x,'options',[]),x)[1] for x in f[1:]])(fragment(q,16)))(\
          (setattr(p[TCP],'chksum',IP(bytes(p))[TCP].chksum^1),p)[1])
          """),
    ]

    static let v6: [Pair] = [
      Pair(words: ["--flow-label", "0xfffff"], ip: "fl=0xfffff"),
      Pair(words: ["--flow-label", "1", "-Q", "0x28", "--ttl", "9"], ip: "fl=1,tc=0x28,hlim=9"),
      // scapy's size is that of the whole packet: IPv6 and fragment header beside the 24 octets.
      Pair(
        words: ["--fragment", "24"],
        then: "fragment6(IPv6(bytes(p)[:40],nh=44)/IPv6ExtHdrFragment(id=1000,nh=6)/p[TCP],72)"),
    ]

    /// Sends each, and holds all that left against scapy's packets.
    private func compare(_ pairs: [Pair], _ wire: Wire) throws {
      let isV6 = pairs[0].isV6
      let words = ["-g", "40000", "--isn", "1000", "--no-timestamps", "--retries", "0", "-W", "0.2"]
      let (capture, _) = try Capture.on(Wire.device, of: wire.client) {
        for pair in pairs {
          let outcome = try Probe.run(
            [target(isV6 ? Wire.server6 : Wire.server4, 80)] + words + pair.words, in: wire.client)
          #expect(outcome.code != 2 && outcome.signal == nil, "\(pair): \(outcome.everything)")
        }
      }
      let expected = try Scapy.packets(pairs.map(\.expression))
      // Without what IPv6 asks of its neighbours.
      var sent = try Scapy.packets(of: capture, from: isV6 ? Wire.client6 : Wire.client4)
        .filter { !isV6 || $0.dropFirst(12).prefix(2) != "3a" }[...]
      for (pair, expected) in zip(pairs, expected) {
        #expect(Array(sent.prefix(expected.count)) == expected, "\(pair)")
        sent = sent.dropFirst(expected.count)
      }
      #expect(sent.isEmpty, "nothing else left")
    }

    @Test func overIPv4() throws { try compare(Self.bothFamilies + Self.v4, Wire()) }

    @Test func overIPv6() throws {
      try compare((Self.bothFamilies + Self.v6).map(\.overIPv6), Wire())
    }

    /// Scripts that set every field there is, and the packets in scapy's words.
    static let scripts: [(script: String, isV6: Bool, packets: [String])] = [
      (
        """
        iss: 1000
        > 0xe53 7:12(5) ack 9 win 1000 urg 3 <mss 500,nop,wscale 7,sackOK,eol> "hello" checksum=bad port=40000 ttl=9 \
        tos=40 id=7 df=0 ipoptions=1,1,1,0
        > S 0:0(0) win 5 <mss 1460,sackOK,TS val 1 ecr 2,nop,wscale 3> port=40001 id=8 df=0 fragments=16,16
        > P. 1(2) ack 1 offset=15 port=40002 id=9
        """, false,
        [
          """
          (lambda p: (setattr(p[TCP],'chksum',IP(bytes(p))[TCP].chksum^1),p)[1])(IP(src='\(Wire.client4)',\
          dst='\(Wire.server4)',ttl=9,tos=40,id=7,flags=0,options=[IPOption_NOP(),IPOption_NOP(),IPOption_NOP(),\
          IPOption_EOL()])/TCP(sport=40000,dport=80,seq=1007,ack=9,reserved=7,flags='FSAE',window=1000,urgptr=3,\
          options=[("MSS",500),("NOP",None),("WScale",7),("SAckOK",b""),("EOL",None)])/b'hello')
          """,
          """
          fragment(IP(src='\(Wire.client4)',dst='\(Wire.server4)',id=8,flags=0)/TCP(sport=40001,dport=80,seq=1000,\
          flags='S',window=5,options=[("MSS",1460),("SAckOK",b""),("Timestamp",(1,2)),("NOP",None),("WScale",3)]),16)
          """,
          """
          IP(src='\(Wire.client4)',dst='\(Wire.server4)',id=9,flags='DF')/TCP(sport=40002,dport=80,seq=1001,ack=1,\
          flags='PA',window=65535,dataofs=15)/b'AA'
          """,
        ]
      ),
      (
        """
        iss: 1000
        > FPU 1:6(5) win 9 urg 1 "a\\x00\\r\\nb" port=40000 ttl=9 tos=40 flowlabel=74565
        > S 0:0(0) <raw 250 6 1 2 3 4> port=40001 extensions=hop-by-hop,destination
        """, true,
        [
          """
          IPv6(src='\(Wire.client6)',dst='\(Wire.server6)',hlim=9,tc=40,fl=74565)/TCP(sport=40000,dport=80,seq=1001,\
          flags='FPU',window=9,urgptr=1)/b'a\\x00\\r\\nb'
          """,
          """
          IPv6(src='\(Wire.client6)',dst='\(Wire.server6)',hlim=64)/IPv6ExtHdrHopByHop()/IPv6ExtHdrDestOpt()/\
          TCP(sport=40001,dport=80,seq=1000,flags='S',window=65535,options=[(250,b"\\x01\\x02\\x03\\x04")])
          """,
        ]
      ),
    ]

    @Test("a script can set every field", arguments: [0, 1]) func script(_ index: Int) throws {
      let (script, isV6, packets) = Self.scripts[index]
      let wire = try Wire()
      let (capture, outcome) = try Capture.on(Wire.device, of: wire.client) {
        try Probe.run(
          ["script", "-", target(isV6 ? Wire.server6 : Wire.server4, 80)], in: wire.client, input: script + "\n")
      }
      #expect(outcome.code == 0, "\(outcome.everything)")
      let expected = try Scapy.packets(packets).flatMap(\.self)
      let sent = try Scapy.packets(of: capture, from: isV6 ? Wire.client6 : Wire.client4)
        .filter { !isV6 || $0.dropFirst(12).prefix(2) != "3a" }
      #expect(sent == expected)
    }

    /// Connection tracking puts fragments together on their way out: ours leave as they are.
    @Test(arguments: [Self.v4[6], Self.v6[2].overIPv6]) func fragmentsBehindConnectionTracking(_ pair: Pair) throws {
      let wire = try Wire()
      try wire.client.command(
        "nft",
        "add table inet t; add chain inet t c { type filter hook output priority 0; }; add rule inet t c ct state new accept"
      )
      try compare([pair], wire)
    }
  }
}
