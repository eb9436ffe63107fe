import Runner
import Testing

@testable import Console

/// The words that name targets.
@Suite("Targets") struct TargetParserTests {
  /// A command line, and `host ports text` of every target.
  struct Form: Sendable, CustomTestStringConvertible {
    var words: [String]
    var targets: [TargetSpec]
    var testDescription: String { words.joined(separator: " ") }
    init(_ words: String..., is targets: (host: String, ports: [UInt16], text: String)...) {
      self.words = words
      self.targets = targets.map { TargetSpec(host: $0.host, ports: $0.ports, text: $0.text) }
    }
  }

  static let forms = [
    Form("a.test:80", is: ("a.test", [80], "a.test:80")),
    Form("a.test", "80", is: ("a.test", [80], "a.test:80")),
    Form("10.0.0.1:1", is: ("10.0.0.1", [1], "10.0.0.1:1")),
    Form("10.0.0.1:65535", is: ("10.0.0.1", [65535], "10.0.0.1:65535")),
    Form("10.0.0.1:0080", is: ("10.0.0.1", [80], "10.0.0.1:0080")),
    Form("[::1]:80", is: ("::1", [80], "[::1]:80")),
    Form("::1", "80", is: ("::1", [80], "[::1]:80")),
    Form("[fe80::1%eth0]:80", is: ("fe80::1%eth0", [80], "[fe80::1%eth0]:80")),
    Form("fe80::1%eth0", "80", is: ("fe80::1%eth0", [80], "[fe80::1%eth0]:80")),
    Form("[::ffff:10.0.0.1]:80", is: ("::ffff:10.0.0.1", [80], "[::ffff:10.0.0.1]:80")),
    Form("h:22,80,8000-8002", is: ("h", [22, 80, 8000, 8001, 8002], "h:22,80,8000-8002")),
    Form("h:3-3,2,1-3", is: ("h", [3, 2, 1], "h:3-3,2,1-3")),
    Form("h", "22,80", is: ("h", [22, 80], "h:22,80")),
    Form("h:https", is: ("h", [443], "h:https")),
    Form("h", "https", is: ("h", [443], "h:https")),
    Form("h:http,https,22", is: ("h", [80, 443, 22], "h:http,https,22")),
    Form("a:1", "b", "2", "[::1]:3", is: ("a", [1], "a:1"), ("b", [2], "b:2"), ("::1", [3], "[::1]:3")),
    Form("a.test", "80", "443", is: ("a.test", [80, 443], "a.test:80,443")),
    Form("a.test", "http", "443", "8000-8001", is: ("a.test", [80, 443, 8000, 8001], "a.test:http,443,8000-8001")),
    Form("a:80", "443", "b", "1", is: ("a", [80, 443], "a:80,443"), ("b", [1], "b:1")),
    Form("a:80", "www", "443", is: ("a", [80], "a:80"), ("www", [443], "www:443")),
    Form("::1", "80", "443", is: ("::1", [80, 443], "[::1]:80,443")),
    Form("[::1]", "80", is: ("::1", [80], "[::1]:80")),
    Form("fe80::1%eth0", "80", "81", is: ("fe80::1%eth0", [80, 81], "[fe80::1%eth0]:80,81")),
    Form("a-1.test:80", is: ("a-1.test", [80], "a-1.test:80")),
    Form("a:1", "a:1", is: ("a", [1], "a:1"), ("a", [1], "a:1")),
  ]

  @Test("forms of targets", arguments: forms) func form(_ form: Form) throws {
    #expect(try TargetParser.targets(form.words) == form.targets)
  }

  /// A command line, and what is said of it.
  struct Mistake: Sendable, CustomTestStringConvertible {
    var words: [String]
    var message: String
    var testDescription: String { words.isEmpty ? "(nothing)" : words.joined(separator: " ") }
    init(_ words: String..., says message: String) { (self.words, self.message) = (words, message) }
  }

  static let mistakes = [
    Mistake(says: "no target given; use HOST:PORT, e.g. example.org:443 (see --help)"),
    Mistake("", says: "empty target; use HOST:PORT"),
    Mistake("", "80", says: "empty target; use HOST:PORT"),
    Mistake("h", says: "'h' has no port; use h:PORT, as in h:443"),
    Mistake("h", "x", says: "'h' has no port; use h:PORT, as in h:443"),
    Mistake("::1", says: "'::1' has no port; use [::1]:PORT, as in [::1]:443"),
    Mistake("fe80::1%eth0", says: "'fe80::1%eth0' has no port; use [fe80::1%eth0]:PORT, as in [fe80::1%eth0]:443"),
    Mistake(
      "::1:8080",
      says: "'::1:8080' has no port; use [::1]:8080 or ::1 8080 where 8080 is the port, or [::1:8080]:PORT"),
    Mistake("[::1]", says: "'[::1]' has no port; use [::1]:PORT"),
    Mistake("[::1]80", says: "'[::1]80' has no port; use [::1]:PORT"),
    Mistake("[::1", says: "'[::1': the bracket is not closed"),
    Mistake("[::1:80", says: "'[::1:80': the bracket is not closed"),
    Mistake("[]:80", says: "'[]:80': '' is not an IPv6 address"),
    Mistake("[10.0.0.1]:80", says: "'[10.0.0.1]:80': '10.0.0.1' is not an IPv6 address"),
    Mistake("[::g]:80", says: "'[::g]:80': '::g' is not an IPv6 address"),
    Mistake("[fe80::1%]:80", says: "'[fe80::1%]:80': the zone is missing; use ADDRESS%INTERFACE"),
    Mistake("fe80::1%", "80", says: "'fe80::1%': the zone is missing; use ADDRESS%INTERFACE"),
    Mistake("1:2:3:80", says: "'1:2:3:80': put an IPv6 address in brackets, [ADDRESS]:PORT"),
    Mistake(":80", says: "':80' has no host"),
    Mistake("h:", says: "'h:' has no port; use HOST:PORT"),
    Mistake("h:80,", says: "'h:80,' has no port; use HOST:PORT"),
    Mistake("h:,80", says: "'h:,80' has no port; use HOST:PORT"),
    Mistake("h:0", says: "'h:0': '0' is not a port; ports are decimal numbers from 1 to 65535"),
    Mistake("h:65536", says: "'h:65536': '65536' is not a port; ports are decimal numbers from 1 to 65535"),
    Mistake("h:80-", says: "'h:80-': '' is not a port; ports are decimal numbers from 1 to 65535"),
    Mistake("h:1-2-3", says: "'h:1-2-3': '2-3' is not a port; ports are decimal numbers from 1 to 65535"),
    Mistake("h:80-70", says: "'h:80-70': the range 80-70 runs backwards"),
    Mistake("h:٣", says: "'h:٣': '٣' is not a port; ports are decimal numbers from 1 to 65535"),
    Mistake("h:80/tcp", says: "'h:80/tcp': '80/tcp' is not a port; ports are decimal numbers from 1 to 65535"),
    Mistake("h:-1", says: "'h:-1': '-1' is not a port; ports are decimal numbers from 1 to 65535"),
    Mistake("h:80 ", says: "'h:80 ': '80 ' is not a port; ports are decimal numbers from 1 to 65535"),
    Mistake("h:8e1", says: "'h:8e1': '8e1' is not a port; ports are decimal numbers from 1 to 65535"),
    Mistake(
      "h:99999999999999999999",
      says: "'h:99999999999999999999': '99999999999999999999' is not a port; ports are decimal numbers from 1 to 65535"),
    Mistake("h:８０", says: "'h:８０': '８０' is not a port; ports are decimal numbers from 1 to 65535"),
    Mistake("h: 80", says: "'h: 80': ' 80' is not a port; ports are decimal numbers from 1 to 65535"),
    Mistake("h:+80", says: "'h:+80': '+80' is not a port; ports are decimal numbers from 1 to 65535"),
    Mistake("h:0x50", says: "'h:0x50': '0x50' is not a port; ports are decimal numbers from 1 to 65535"),
    Mistake(
      "h:no.such.service",
      says: "'h:no.such.service': 'no.such.service' is not a port number, and not a service in /etc/services"),
    Mistake(
      "5", "a.test", "80", says: "'5' is not a host; a port goes behind its host, as in HOST 5 (-c 5 is a count)"),
    Mistake(
      "a.test/x:80",
      says: "'a.test/x:80': 'a.test/x' is neither a host nor an address range; for a URL use probe http"),
    Mistake(
      "a.test/x", says: "'a.test/x': 'a.test/x' is neither a host nor an address range; for a URL use probe http"),
    Mistake("10.0.0.0/33:80", says: "'10.0.0.0/33': '33' is not a prefix length; use 0 to 32"),
    Mistake("10.0.0.0/-1:80", says: "'10.0.0.0/-1': '-1' is not a prefix length; use 0 to 32"),
    Mistake("[::1/129]:80", says: "'::1/129': '129' is not a prefix length; use 0 to 128"),
    Mistake("10.0.0.0/8:80", says: "'10.0.0.0/8': more than 1024 addresses; use smaller ranges, one after the other"),
    Mistake("[::/0]:80", says: "'::/0': more than 1024 addresses; use smaller ranges, one after the other"),
    Mistake(
      "0-255.0-255.0-255.0-255:80",
      says: "'0-255.0-255.0-255.0-255': more than 1024 addresses; use smaller ranges, one after the other"),
    Mistake(
      "10.0.0.0-10.255.255.255:80",
      says: "'10.0.0.0-10.255.255.255': more than 1024 addresses; use smaller ranges, one after the other"),
    Mistake("10.0.0.9-1:80", says: "'10.0.0.9-1': the range 9-1 runs backwards"),
    Mistake("10.0.0.9-10.0.0.1:80", says: "'10.0.0.9-10.0.0.1': the range runs backwards"),
    Mistake("10.0.0.1-256:80", says: "'10.0.0.1-256': '1-256' is not an octet or a range of them, as in 192.0.2.1-9"),
    Mistake("10.0.0.1-:80", says: "'10.0.0.1-': '1-' is not an octet or a range of them, as in 192.0.2.1-9"),
    Mistake("10.0.0.1-2-3:80", says: "'10.0.0.1-2-3': '1-2-3' is not an octet or a range of them, as in 192.0.2.1-9"),
    Mistake(
      "10.0.0.0/24:1-5",
      says: "1280 targets in address ranges are too many; at most 1024 at once: use smaller ranges or fewer ports"),
    Mistake(
      "10.0.0.0/23:1", "10.1.0.0/23:1", "10.2.0.1-2:1",
      says: "1026 targets in address ranges are too many; at most 1024 at once: use smaller ranges or fewer ports"),
    Mistake("http://h:80", says: "'http://h:80' is a URL; use h:80, or run: probe http http://h:80"),
    Mistake(
      "http://u@[::1]/x:9", says: "'http://u@[::1]/x:9' is a URL; use [::1]:80, or run: probe http http://u@[::1]/x:9"),
    Mistake("http://", says: "'http://' is a URL; use HOST:PORT"),
    Mistake("https://h/", says: "'https://h/' is a URL; use h:443, or run: probe http https://h/"),
    Mistake("h:1-65535", "i:1-65535", says: "131070 ports are too many; at most 65536 at once"),
  ]

  @Test("what is no target is told why", arguments: mistakes) func mistake(_ mistake: Mistake) {
    let message = refusal { () throws(UsageError) in _ = try TargetParser.targets(mistake.words) }
    #expect(message == mistake.message)
  }

  @Test(
    "ranges of addresses",
    arguments: [
      ("192.0.2.6/30:80", ["192.0.2.4:80", "192.0.2.5:80", "192.0.2.6:80", "192.0.2.7:80"]),
      ("192.0.2.1/32:80", ["192.0.2.1:80"]),
      ("255.255.255.255/31:80", ["255.255.255.254:80", "255.255.255.255:80"]),
      ("192.0.2.1-3:80", ["192.0.2.1:80", "192.0.2.2:80", "192.0.2.3:80"]),
      ("192.0.2.254-192.0.3.1:80", ["192.0.2.254:80", "192.0.2.255:80", "192.0.3.0:80", "192.0.3.1:80"]),
      ("10.0.1-2.7-8:80", ["10.0.1.7:80", "10.0.1.8:80", "10.0.2.7:80", "10.0.2.8:80"]),
      ("10.0.0.1,9,4-5:80", ["10.0.0.1:80", "10.0.0.9:80", "10.0.0.4:80", "10.0.0.5:80"]),
      ("[2001:db8::4/127]:80", ["[2001:db8::4]:80", "[2001:db8::5]:80"]),
      ("2001:db8::4/127 80", ["[2001:db8::4]:80", "[2001:db8::5]:80"]),
      ("192.0.2.0/31 80", ["192.0.2.0:80", "192.0.2.1:80"]),
    ])
  func ranges(_ line: String, _ texts: [String]) throws {
    let specs = try TargetParser.targets(line.split(separator: " ").map(String.init))
    #expect(specs.flatMap(\.single).map(\.text) == texts)
    #expect(specs.filter { !$0.isOfRange } == [])
  }

  @Test("as many addresses as a range may have") func longestRange() throws {
    #expect(try TargetParser.targets(["10.0.0.0/22:80"]).count == 1_024)
    #expect(try TargetParser.targets(["10.0.0.0-10.0.3.255:80"]).count == 1_024)
    #expect(try TargetParser.targets(["10.0.0-3.0-255:80"]).count == 1_024)
    #expect(try TargetParser.targets(["[::/118]:80"]).count == 1_024)
  }

  @Test(
    "what names no port has the ports of -p",
    arguments: [
      ("a", ["a:22", "a:80"]), ("a b:1 ::1", ["a:22", "a:80", "b:1", "[::1]:22", "[::1]:80"]),
      ("a 443", ["a:443"]), ("[::1]", ["[::1]:22", "[::1]:80"]), ("80", ["80:22", "80:80"]),
      ("10.0.0.0/31", ["10.0.0.0:22", "10.0.0.0:80", "10.0.0.1:22", "10.0.0.1:80"]),
    ])
  func commonPorts(_ line: String, _ texts: [String]) throws {
    let specs = try TargetParser.targets(line.split(separator: " ").map(String.init), ports: [22, 80])
    #expect(specs.flatMap(\.single).map(\.text) == texts)
  }

  @Test("a long word is refused in few words") func longWord() {
    let message = refusal { () throws(UsageError) in
      _ = try TargetParser.targets([String(repeating: "x", count: 100_000)])
    }
    #expect(message == "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…' is too long for a target (100000 bytes)")
  }

  @Test("all ports of a host, each once") func allPorts() throws {
    let specs = try TargetParser.targets(["h:1-65535,80,1-65535"])
    #expect(specs.map(\.ports) == [Array(1...65535)])
  }

  @Test(
    "a first word that looks like a command is answered as one",
    arguments: [
      (["wach"], "unknown command 'wach'; did you mean watch? (a target needs a port, as in wach:443)"),
      (["raed", "f.pcap"], "unknown command 'raed'; did you mean read? (a target needs a port, as in raed:443)"),
      (["Diff"], "unknown command 'Diff'; did you mean diff? (a target needs a port, as in Diff:443)"),
      (["wach", "127.0.0.1"], "unknown command 'wach'; did you mean watch? (a target needs a port, as in wach:443)"),
      (
        ["traceroute"],
        "unknown command 'traceroute'; use probe route HOST:PORT (a target needs a port, as in traceroute:443)"
      ),
      (["nmap"], "unknown command 'nmap'; use probe scan TARGETS -p PORTS (a target needs a port, as in nmap:443)"),
      (["read", "f.pcap"], "'read' is a command: it goes before the options"),
      (["web.test"], nil), (["web", "443"], nil), (["web", "https"], nil), (["10.0.0.1"], nil), ([""], nil),
      (["::1"], nil), (["-"], nil),
    ])
  func mistyped(_ words: [String], _ message: String?) {
    #expect(Verb.mistyped(words[0], followedBy: words.dropFirst().first)?.message == message)
  }

  @Test("as many ports as can be probed at once") func mostPorts() throws {
    #expect(try TargetParser.targets(["a:1-65535", "b:1"]).count == 2)
    #expect(refusal { () throws(UsageError) in _ = try TargetParser.targets(["a:1-65535", "b:1-2"]) } != nil)
  }
}
