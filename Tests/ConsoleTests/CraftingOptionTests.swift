import Handshake
import Runner
import Testing
import Wire

@testable import Console

/// The options that make the first segment another one.
@Suite("Options of the first segment") struct CraftingOptionTests {
  @Test("fields of the TCP header") func tcp() throws {
    let plan = try plainSettings("--ecn", "--urgent", "5", "--ack", "4294967295", "--bad-checksum").plan
    #expect(plan.flags == [.syn, .ece, .cwr])
    #expect(plan.urgentPointer == 5 && plan.acknowledgment == .max)
    #expect(plan.crafting?.checksum == .wrong)
    #expect(try plainSettings().plan.crafting == nil, "an ordinary probe is assembled as ever")
  }

  @Test(
    "--ecn adds to the flags, wherever it stands",
    arguments: [["--ecn", "--flags", "SP"], ["--flags", "SP", "--ecn"]])
  func order(_ words: [String]) throws {
    #expect(try plainSettings(words).plan.flags == [.syn, .psh, .ece, .cwr])
  }

  @Test(
    "options of TCP in the order in which they are given",
    arguments: [
      (["--tfo"], "22020101"), (["--tfo=0A0b"], "22040a0b"), (["--tfo="], "22020101"),
      (["--tfo=0102030405060708"], "220a01020304050607080101"), (["--mptcp"], "1e040101"),
      (["--option", "254:f989"], "fe04f989"), (["--option", "253"], "fd02"), (["--option", "1"], "01"),
      (["--option", "0"], "00"), (["--option", "raw:0200"], "0200"), (["--option", "raw:0x0200"], "0200"),
      (["--option", "3:0f", "--mptcp", "--option", "1", "--tfo"], "03030f1e0401010122020101"),
    ])
  func tcpOptions(_ words: [String], _ octets: String) throws {
    #expect(try plainSettings(words).plan.offer.extra.description == octets)
  }

  @Test("a SYN without an ordinary client's options") func bare() throws {
    let run = try plainSettings("--no-options", "--option", "30:0101")
    #expect(run.omitsOptions && run.plan.offer.list(value: 1, echoReply: 0).paddedCount - 4 == 4, "MSS is the route's")
  }

  @Test("forty octets fit, and no more") func room() throws {
    let fill = "raw:" + String(repeating: "01", count: 40)
    #expect(try plainSettings("--no-options", "--option", fill).plan.offer.extra.count == 40)
    let message = refusal { () throws(UsageError) in _ = try plainSettings("--option", fill) }
    #expect(
      message
        == "the TCP options take 60 bytes, and a header has room for 40; leave some out, for instance by --no-options or --no-timestamps"
    )
  }

  @Test("fields of the IP header") func ip() throws {
    let v4 = try plainSettings("--ip-id", "0", "--no-df", "--ip-option", "070703")
    #expect(v4.plan.crafting?.identification == 0 && v4.plan.crafting?.dontFragment == false)
    #expect(v4.plan.crafting?.ipOptions == [7, 7, 3] && v4.family == .v4)
    let v6 = try plainSettings("--flow-label", "0xfffff")
    #expect(v6.plan.crafting?.flowLabel == 0xf_ffff && v6.family == .v6)
  }

  @Test("fragments may be fragmented, unless --df says no") func fragments() throws {
    let plain = try plainSettings("--fragment", "24").plan.crafting
    #expect(plain?.dontFragment == false && plain?.fragments.prefix(2) == [24, 24])
    #expect(try plainSettings("--fragment", "24", "--df").plan.crafting?.dontFragment == true)
    #expect(try plainSettings("--df", "--fragment", "24").plan.crafting?.dontFragment == true)
    #expect(try plainSettings("--fragment", "8").plan.crafting?.fragments.count == 256, "for the longest segment")
    #expect(try plainSettings("--fragment", "24").family == nil, "of both families")
  }

  @Test(
    "values that cannot be, and what to do",
    arguments: [
      ("--fragment 12", "--fragment: 12 is not a multiple of 8; use 8 or 16"),
      ("--fragment 1408", "--fragment: 1408 is out of range; from 8 to 1400"),
      ("--tfo=1", "--tfo: '1' is not hexadecimal with two digits a byte, such as 0a1b"),
      ("--tfo=gg", "--tfo: 'gg' is not hexadecimal with two digits a byte, such as 0a1b"),
      ("--option x", "--option: 'x' is not KIND:HEX, such as 254:f989, 1 or raw:0200"),
      ("--option 256:00", "--option: '256:00' is not KIND:HEX, such as 254:f989, 1 or raw:0200"),
      ("--option 1:00", "--option: kind 1 is a single octet; leave ':00' out, or use raw:"),
      ("--option 2:0", "--option: '0' is not hexadecimal with two digits a byte, such as 0a1b"),
      (
        "--ip-option 00000000000000000000000000000000000000000000000000000000000000000000000000000000ff",
        "--ip-option: '00000000000000000000000000000000000000000000000000000000000000000000000000000000ff' has 41 bytes; from 1 to 40"
      ),
      ("--ip-id 65536", "--ip-id: 65536 is out of range; from 0 to 65535"),
      ("--flow-label 1048576", "--flow-label: 1048576 is out of range; from 0 to 1048575"),
      ("--df --no-df", "--df and --no-df cannot be used together"),
      ("-6 --ip-id 1", "--ip-id and -6 cannot be used together: IPv6 has nothing like it"),
      ("--flow-label 1 -4", "--flow-label and -4 cannot be used together: IPv4 has no flow label"),
      ("--flow-label 1 --no-df", "--flow-label and --no-df cannot be used together: one is IPv6's, the other IPv4's"),
      ("--no-options --mss 5", "--no-options and --mss cannot be used together"),
      ("--ecn --connect", "--ecn needs raw sockets; leave --connect out"),
      ("--fragment 8 --connect", "--fragment needs raw sockets; leave --connect out"),
    ])
  func refused(_ line: String, _ message: String) {
    #expect(
      refusal { () throws(UsageError) in _ = try plainSettings(line.split(separator: " ").map(String.init)) } == message
    )
  }

  /// The packet socket is for what a raw socket changes: an ordinary run does not open one.
  @Test("only what needs a packet socket asks for one") func packetSocket() throws {
    for words in [
      ["--ip-id", "0"], ["--ip-id", "7", "--no-df"], ["--no-df"], ["--bad-checksum"], ["--ip-option", "01"], [],
    ] {
      #expect(try !plainSettings(words).sendsAnything, "\(words)")
    }
    for words in [["--ip-id", "0", "--no-df"], ["--fragment", "8"]] {
      #expect(try plainSettings(words).sendsAnything, "\(words)")
    }
  }
}
