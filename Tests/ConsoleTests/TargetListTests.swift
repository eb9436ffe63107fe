import Kernel
import Runner
import Testing

@testable import Console

/// Lists of targets in files, and what is said of lines that cannot be read.
@Suite("Target lists") struct TargetListTests {
  private func list(_ text: String, ports: [UInt16] = []) -> TargetList {
    TargetList(ListFile(text, name: "f"), ports: ports)
  }

  @Test("a target a line, as on a command line") func lines() {
    let list = list("\u{feff}# shop\r\n\r\n a.test:80,443\t# two\r\nb.test\t22 23\n\n[::1]:1\n192.0.2.0/31:9 c:1")
    #expect(list.faults == [])
    #expect(
      list.specs.flatMap(\.single).map(\.text) == [
        "a.test:80", "a.test:443", "b.test:22", "b.test:23", "[::1]:1", "192.0.2.0:9", "192.0.2.1:9", "c:1",
      ])
  }

  @Test("with -p hosts alone") func hosts() {
    #expect(list("a\nb:1\n::1\n", ports: [80]).specs.map(\.text) == ["a:80", "b:1", "[::1]:80"])
  }

  @Test("every line that cannot be read is named") func faults() {
    #expect(
      list("a:1\nb\n\nc:x y\n").faults == [
        "f:2: 'b' has no port; use b:PORT, as in b:443",
        "f:4: 'c:x': 'x' is not a port number, and not a service in /etc/services",
      ])
    #expect(list("").faults == ["f:1: no targets found; each line is HOST:PORT"])
    #expect(list("# none\n").faults == ["f:1: no targets found; each line is HOST:PORT"])
    #expect(list("a\u{0}b").faults.count == 1)
  }

  @Test("more than can be probed is refused, and not read to its end") func most() {
    let text = String(repeating: "a:1\n", count: 70_000)
    #expect(list(text).faults == ["f:65537: too many targets; at most 65536 at once"])
    #expect(list(String(repeating: "a:1\n", count: 65_536)).faults == [])
  }

  @Test("neither targets nor faults are collected without an end") func bounded() {
    let many = list(String(repeating: "a:1-65535\n", count: 100_000))
    #expect(many.faults == ["f:2: too many targets; at most 65536 at once"])
    #expect(many.specs.count == 1)
    let bad = list(String(repeating: "a\n", count: 1_000_000))
    #expect(bad.faults.count == ListFile.mostFaults + 1)
    let error = UsageError(places: bad.faults, of: "f")
    #expect((error.places.count, error.message) == (100, "f: more lines are invalid"))
    let checks = CheckFile(ListFile(String(repeating: "a:1-65535 open\n", count: 100_000), name: "f"))
    #expect(checks.faults.map(\.message) == ["131070 checks are too many; at most 65536 at once"])
    #expect(CheckFile(ListFile(String(repeating: "a\n", count: 1_000_000), name: "f")).faults.count == 101)
  }

  @Test("a line without an end is refused in few words") func longLine() {
    let fault = list(String(repeating: "x", count: 1_000_000)).faults.first ?? ""
    #expect(fault == "f:1: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…' is too long for a target (1000000 bytes)")
  }

  @Test("words, lists and what they come to together") func together() throws {
    var settings = RunSettings()
    settings.ports = [80]
    try settings.takeTargets(["a", "b", "1"])
    #expect(settings.targets.map(\.text) == ["a:80", "b:1"])
    #expect(settings.filesRead == [])
  }

  @Test(
    "the ports of -p", arguments: [("22,80", 2), ("8000-8010", 11), ("https", 1), ("-", 65_535), ("80,80", 1)])
  func ports(_ text: String, _ count: Int) throws {
    let ports = try OptionValue.ports.parse(text, "-p")
    #expect(ports.count == count)
  }

  @Test("what is none is refused by the option's name") func noPorts() {
    #expect(
      refusal { () throws(UsageError) in _ = try OptionValue.ports.parse("22,x!", "-p") }
        == "-p: '22,x!': 'x!' is not a port number, and not a service in /etc/services")
  }

  @Test("-p twice adds up, each port once") func addsUp() throws {
    var settings = RunSettings()
    _ = try OptionReader(
      ["-p", "22,80", "--ports=80-81"], by: { OptionTable(groups: Verb.probeTable, offers: Verb.probeOffers) },
      into: &settings)
    #expect(settings.ports == [22, 80, 81])
  }
}
