import Handshake
import Scan
import Testing
import Timebase
import Wire

@testable import Report

/// What a scan prints and writes, in each format.
@Suite("The reports of a scan") struct ScanReportTests {
  private static let router = IPAddress.v4(IPv4Address(255, 255, 255, 254))
  private static let hostile = "a<b>&\"'/,\t; \u{1b}[31m\r\n# Host: 9"

  private static func result(
    _ address: IPAddress, _ port: UInt16, _ reason: Reason, ttl: UInt8? = 64, router: IPAddress? = nil
  ) -> ScanResult {
    ScanResult(
      address: address, port: port, state: reason.verdict, reason: reason,
      rtt: reason == .synAck ? .microseconds(213) : nil, hopLimit: ttl, pass: 1, router: router)
  }

  /// Hosts of both families in every state, services with names that would break a line or an element.
  private static let hosts: [(IPAddress, [(result: ScanResult, service: String?)])] = {
    let first = IPAddress.v4(IPv4Address(192, 0, 2, 1))
    let second = IPAddress.v4(IPv4Address(192, 0, 2, 2))
    let third = IPAddress.v6(IPv6Address(0x2001_0db8 << 96 | 7))
    return [
      (
        first,
        [
          (result(first, 22, .synAck), "ssh"), (result(first, 80, .rst), "http"),
          (result(first, 443, .noResponse, ttl: nil), nil),
          (result(first, 8_080, .synAck), hostile),
          (result(first, 65_535, .icmpAdminProhibited, router: router), "a-long-name-of-a-service"),
        ]
      ),
      (
        second,
        [
          (result(second, 22, .noResponse, ttl: nil), "ssh"),
          (result(second, 80, .icmpHostUnreachable, router: router), "http"),
          (result(second, 443, .icmpTTLExceeded, router: router), nil),
        ]
      ), (third, [(result(third, 22, .icmpPortUnreachable), "ssh"), (result(third, 80, .noRoute, ttl: nil), nil)]),
    ]
  }()

  private static func summary(isInterrupted: Bool = false) -> ScanSummary {
    var tally = ScanTally(passes: 3)
    for (_, results) in hosts { for (result, _) in results { tally.add(result.state, pass: 1) } }
    tally.sent = 12
    var summary = ScanSummary(tally: tally, passes: 3, probes: 10, elapsed: .milliseconds(1_250))
    (summary.addresses, summary.up, summary.isInterrupted) = (3, 2, isInterrupted)
    return summary
  }

  private static let head = ScanHead(
    version: "1.2.3", words: "probe scan '\(hostile)' -p 22", started: WallTime(nanoseconds: 1_767_225_600_000_000_000),
    ports: [22, 80, 443, 8_080, 65_535])

  private static let identity = ScanIdentity(
    fingerprint: 0xfe, seed: 7, shard: .whole, addresses: 2, ports: [22, 80, 443, 8_080, 65_535], passes: 3,
    showsOpenOnly: false)

  /// The events of a scan, and the same with one for each result.
  private static func events(isInterrupted: Bool = false) -> [Event] {
    [.scanBegin(identity, head)]
      + hosts.flatMap { address, results in
        results.map { .scanResult($0.result, service: $0.service) } + [.scanHost(address, results)]
      }
      + [.scanEnd(summary(isInterrupted: isInterrupted), isFinal: true)]
  }

  private func written(by writer: any ResultWriter, _ events: [Event] = events()) -> String {
    var (writer, sheet) = (writer, Sheet())
    for event in events { writer.write(event, into: &sheet) }
    #expect(sheet.remarks == "")
    return sheet.results
  }

  private func wording(isQuiet: Bool = false) -> Wording {
    Wording(text: TextReport(), remarks: { TextReport() }, isQuiet: isQuiet)
  }

  @Test("nmap's XML, with every port in an element of its own") func xml() throws {
    let text = written(by: NmapXML(ScanReportTests.head))
    try Golden.expect(text, is: "scan.xml")
    let document = try XMLReading(text)
    let ports = document.elements.filter { $0.name == "port" }
    #expect(ports.count == 10 && ports.allSatisfy { $0.attributes["protocol"] == "tcp" })
    #expect(document.elements.filter { $0.name == "host" }.count == 3)
    let states = document.elements.filter { $0.name == "state" }
    #expect(Set(states.compactMap { $0.attributes["state"] }) == ["open", "closed", "filtered"], "nmap's words")
    #expect(states.compactMap { $0.attributes["reason_ip"] }.count == 3)
    let status = document.elements.filter { $0.name == "status" }.compactMap { $0.attributes["state"] }
    #expect(status == ["up", "unknown", "up"])
    let services = document.elements.filter { $0.name == "service" }.compactMap { $0.attributes["name"] }
    #expect(services.contains(ScanReportTests.hostile.printable))
    #expect(!text.contains("\u{1b}"))
    let ended = written(by: NmapXML(ScanReportTests.head), ScanReportTests.events(isInterrupted: true))
    #expect(ended.contains("exit=\"error\" errormsg=\"interrupted\"/>") && ended.hasSuffix("</nmaprun>\n"))
    var unknown = ScanReportTests.summary()
    unknown.up = nil
    let without = written(by: NmapXML(ScanReportTests.head), [.scanEnd(unknown, isFinal: true)])
    #expect(without.contains("<hosts total=\"3\"/>"))
    #expect(written(by: NmapXML(ScanReportTests.head), [.scanEnd(unknown, isFinal: false)]) == "", "so far")
  }

  @Test("nmap's grepable lines, which no name can break") func grepable() throws {
    let text = written(by: NmapGrepable(ScanReportTests.head))
    try Golden.expect(text, is: "scan.gnmap")
    let lines = text.split(separator: "\n")
    #expect(lines.count == 7, "a comment, two lines of a host, one where none answered, a comment")
    for line in lines where line.contains("Ports: ") {
      let ports = line.components(separatedBy: "Ports: ")[1].components(separatedBy: ", ")
      #expect(ports.allSatisfy { $0.filter { $0 == "/" }.count == 7 }, "\(line)")
    }
    #expect(lines.filter { $0.hasPrefix("#") }.count == 2 && !text.contains("\u{1b}"))
    let ended = written(by: NmapGrepable(ScanReportTests.head), ScanReportTests.events(isInterrupted: true))
    #expect(ended.contains("\n# probe interrupted at 2026-01-01T00:00:01.25"))
  }

  @Test("JSON Lines and CSV have a line for each port") func lines() throws {
    let json = written(by: Format.json.writer(wording()))
    try Golden.expect(json, is: "scan.json")
    #expect(json.split(separator: "\n").count == 12)
    let csv = written(by: Format.csv.writer(wording()))
    try Golden.expect(csv, is: "scan.csv")
    let rows = csv.split(separator: "\r\n")
    #expect(rows.count == 11)
    #expect(
      rows[0] == "address,port,state,reason,rtt_ns,ttl,transmissions,router,service,window,options,mss,wscale,sack,"
        + "timestamps,ecn,df,ip_id,tos,confirmation,service_state,banner,suspect,aliased")
    #expect(written(by: Format.csv.writer(wording(isQuiet: true))) == csv, "-q is about words")
    var (writer, sheet) = (Format.csv.writer(wording()), Sheet())
    writer.write(.scanEnd(ScanReportTests.summary(), isFinal: false), into: &sheet)
    #expect(sheet.results == "" && sheet.remarks == TextReport().scan(ScanReportTests.summary()))
  }

  @Test("a table a host, within 80 columns") func text() throws {
    let events: [Event] =
      [.scanBegin(ScanReportTests.identity, ScanReportTests.head)] + ScanReportTests.hosts.map { .scanHost($0, $1) }
      + [.scanSilent(hosts: 250), .scanEnd(ScanReportTests.summary(), isFinal: true)]
    let text = written(by: Format.text.writer(wording()), events)
    try Golden.expect(text, is: "scan.txt")
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(text)")
    #expect(
      written(by: Format.text.writer(wording(isQuiet: true)), ScanReportTests.events())
        == TextReport().scan(ScanReportTests.summary()))
  }

  /// A host of IPv6 whose ports were asked for all there is, by a peer that is hostile.
  private static let followed: (IPAddress, [(result: ScanResult, service: String?)], [ScanMark]) = {
    let address = IPAddress.v6(IPv6Address(0x2001_0db8 << 96 | 7))
    var options = SynOptions().list(value: 4_294_967_295, echoReply: 4_294_967_295)
    _ = options.append(.noOperation)
    var segment = Segment(seq: SequenceNumber(9), ack: SequenceNumber(8), flags: [.syn, .ece], wnd: 65_535)
    segment.options = options
    let list = ScanConfirmation.allCases.enumerated().map { index, confirmation in
      var result = result(address, UInt16(1 + index), .synAck)
      result.synAck = SynAckFacts(
        segment, IPMarks(hopLimit: 9, identification: UInt16(index), dontFragment: index % 2 == 0), trafficClass: 0xb8)
      var followUp = ScanFollowUp()
      followUp.confirmation = confirmation
      followUp.service = ServiceState.allCases[(index + 5) % ServiceState.allCases.count]
      followUp.banner =
        index == 0
        ? [] : index == 1 ? Array("220 \(hostile)\r\n".utf8) : [UInt8](repeating: UInt8(index) << 5, count: 200)
      (followUp.isSuspect, followUp.isAliased) = (index == 0, true)
      result.followUp = followUp
      return (result, index == 0 ? hostile : nil as String?)
    }
    let unreached = result(
      address, 443, .icmpHostUnreachable,
      router: .v6(IPv6Address(0x2001_0db8_ffff_ffff_ffff_ffff_ffff_ffff)))
    let prefix = AddressBlock(.v6, 0x2001_0db8 << 96, 0x2001_0db8 << 96 | UInt128(UInt64.max))
    return (
      address, list + [(unreached, "https")],
      [
        ScanMark(AddressBlock(address), .randomPorts, asked: 3, open: 3),
        ScanMark(prefix ?? AddressBlock(address), .neighbors, asked: 16, open: 16),
      ]
    )
  }()

  @Test("what follow-ups found is in every format, within its lines") func followUps() throws {
    let (address, results, marks) = ScanReportTests.followed
    let lines = results.map { Event.scanResult($0.result, service: $0.service) }
    let told = marks.map { Event.scanMark($0) }
    let host = Event.scanHost(address, results, marks: marks)
    let text = written(by: Format.text.writer(wording()), [host])
    try Golden.expect(text, is: "scan-followed.txt")
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(text)")
    #expect(!text.contains("\u{1b}"))
    // Where there are too many for tables.
    let single = written(by: Format.text.writer(wording()), lines)
    #expect(
      single.contains("]:1 open") && single.contains(" syn-ack, confirmed\n           service: silent"), "\(single)")
    #expect(single.contains("           banner: 220 ") && single.contains("           profile: win 65535"))
    let json = written(by: Format.json.writer(wording()), lines + told)
    try Golden.expect(json, is: "scan-followed.json")
    #expect(json.split(separator: "\n").count == results.count + 2)
    var (writer, sheet) = (Format.csv.writer(wording()), Sheet())
    for event in lines + told { writer.write(event, into: &sheet) }
    #expect(sheet.results.split(separator: "\r\n").count == results.count)
    #expect(sheet.remarks == marks.map { TextReport().scanMark($0) }.joined())
    let xml = written(
      by: NmapXML(ScanReportTests.head),
      [.scanBegin(ScanReportTests.identity, ScanReportTests.head), host] + told + [
        .scanEnd(ScanReportTests.summary(), isFinal: true)
      ])
    try Golden.expect(xml, is: "scan-followed.xml")
    let elements = try XMLReading(xml).elements
    let scripts = elements.filter { $0.name == "script" }.compactMap { $0.attributes["id"] }
    #expect(scripts.filter { $0 == "probe-confirm" }.count == 6 && scripts.filter { $0 == "banner" }.count == 5)
    #expect(scripts.filter { $0 == "probe-suspect" }.count == 2 && elements.contains { $0.name == "postscript" })
    let grepable = written(by: NmapGrepable(ScanReportTests.head), [host] + told)
    for entry in grepable.components(separatedBy: "Ports: ").last?.split(separator: "\n")[0].components(
      separatedBy: ", ") ?? []
    {
      #expect(entry.filter { $0 == "/" }.count == 7, "\(entry)")
    }
    #expect(grepable.contains("\n# suspect 2001:db8::7: 3 of 3 random ports are open too\n"))
  }

  @Test("the summary says what was checked, and offers another pass") func offers() {
    var summary = ScanReportTests.summary()
    #expect(!TextReport().scan(summary).contains("checked"))
    (summary.hosts.seen, summary.hosts.asked, summary.hosts.marked) = (5_000, 1_024, 7)
    (summary.prefixes.seen, summary.prefixes.asked) = (1, 1)
    (summary.hosts.sent, summary.prefixes.sent) = (3_072, 16)
    #expect(
      TextReport().scan(summary).contains(
        "\nchecked 1024 of 5000 hosts with open ports: 7 suspect (3072 SYNs)\n"
          + "checked 1 IPv6 prefix: 0 aliased (16 SYNs)\n"))
    func tally(_ answers: [UInt64]) -> ScanTally {
      var tally = ScanTally(passes: answers.count)
      for (pass, count) in answers.enumerated() { for _ in 0..<count { tally.add(.open, pass: pass + 1) } }
      return tally
    }
    func words(_ answers: [UInt64]) -> String {
      TextReport().scan(
        ScanSummary(tally: tally(answers), passes: answers.count, probes: 100_000, elapsed: .seconds(1)))
    }
    #expect(!words([9_000, 500, 30]).contains("another pass"))
    let differs = words([9_000, 300, 60])
    #expect(differs.contains("open: loss differs between targets, so more may be missing\n"))
    #expect(differs.contains("\nanother pass may find them: scan again, later, with --retries 3\n"))
    #expect(words([10, 20]).contains("not converging, more are missing\nanother pass may find them"))
    let last = words([9_000, 300, 60, 60, 60, 60, 60, 60, 60, 60, 60])
    #expect(last.contains("\nscan again later: losses come in bursts\n"), "no more retries can be asked for")
  }

  @Test("what the kernel dropped is told") func dropped() {
    var summary = ScanReportTests.summary()
    #expect(!TextReport().scan(summary).contains("dropped"))
    summary.dropped = 7
    #expect(TextReport().scan(summary).contains("\n7 packets dropped by this host's kernel"))
    #expect(ScanFields.summaries.line(summary).contains("\"dropped\":7,"))
  }

  @Test("of many ports in one state only the number is shown") func alike() {
    let address = IPAddress.v4(IPv4Address(192, 0, 2, 9))
    let results: [(result: ScanResult, service: String?)] = (1...11 as ClosedRange<UInt16>).map {
      (ScanReportTests.result(address, $0, .rst), nil)
    }
    #expect(TextReport().scanHost(address, results) == "\n192.0.2.9\nall 11 closed (rst)\n")
    let open: (result: ScanResult, service: String?) = (ScanReportTests.result(address, 22, .synAck), "ssh")
    #expect(
      TextReport().scanHost(address, results + [open]) == """

        192.0.2.9
        PORT       STATE        SERVICE  REASON
        22/tcp     open         ssh      syn-ack, ttl 64, 0.213 ms
        not shown: 11 closed (rst)

        """)
  }

  @Test("progress has the share, the rate, open ports, drops and the time left, of the screen's width")
  func progress() {
    var progress = ScanProgress(
      pass: 1, passes: 3, next: 5_000, size: 10_000, answered: 4_000, open: 120, rate: 1_000, dropped: 3)
    // 5,000 of this pass, and a fifth of all in each of two others.
    #expect(progress.timeLeft == .seconds(9))
    let line = progress.line(width: 80)
    #expect(line.count == 79)
    #expect(line.hasPrefix("pass 1 of 3: 50 % of 10000, 1000/s, 120 open, 3 dropped, 9s left  "))
    #expect(progress.line(width: 60).hasPrefix("1/3 50%, 120 open, 9s left, 1000/s, 3 dropped    "))
    #expect(progress.line(width: 20) == "1/3 50%, 120 open, ")
    (progress.pass, progress.answered) = (2, 8_000)
    #expect(progress.timeLeft == .seconds(3), "half of the silent fifth, and all of it once more")
    (progress.pass, progress.next) = (3, 10_000)
    #expect(progress.timeLeft == .zero)
    progress = ScanProgress(
      pass: 1, passes: 11, next: 0, size: 1 << 48, answered: 0, open: 0, rate: 1, dropped: .max)
    #expect(progress.timeLeft == .nanoseconds(9_000_000_000_000_000_000), "no longer than can be said")
    #expect(
      ScanProgress(pass: 1, passes: 1, next: 0, size: 0, answered: 0, open: 0, rate: 0, dropped: 0).timeLeft == nil)
  }
}
