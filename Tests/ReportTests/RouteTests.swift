import Handshake
import Judging
import Path
import Testing
import Timebase
import Wire

@testable import Report

/// Paths: the table, mtr's columns, the screen, the lines, the metrics.
@Suite("Paths") struct RouteTests {
  @Test("every path as text, in full and with mtr's columns") func text() throws {
    var all = ""
    for (name, record) in RouteScenes.all {
      var record = record
      let text = TextReport(style: Style(width: 100)).route(record)
      record.isReport = true
      let report = TextReport(style: Style(isUnicode: false, width: 100)).route(record)
      all += "--- \(name)\n" + text + "\n" + report + "\n"
    }
    try Golden.expect(all, is: "route.txt")
    #expect(!all.contains("\u{1b}"), "a terminal obeys no name")
  }

  @Test("trouble is told beside all else, and what was sent within a connection") func trouble() {
    var record = RouteScenes.six
    let remarks = RouteWords(record: record, style: Style(width: 100)).remarks.map(\.text)
    record.trouble = "the connection was reset"
    let probe = PathProbe(number: 0, round: 0, flow: 0, sourcePort: 40_000, ttl: 1, form: .keepAlive)
    record.table.take(probe)
    let more = RouteWords(record: record, style: Style(width: 100)).remarks.map(\.text)
    #expect(more.first == "the connection was reset")
    #expect(more.contains("probes: bytes that the target has already, since SACK was not agreed"))
    #expect(!remarks.isEmpty && Set(more).isSuperset(of: remarks))
  }

  @Test("the lines for scripts, those of each flow at the end alone") func json() throws {
    var lines = ""
    for (_, record) in RouteScenes.all where record.table.flows.count < 8 {
      lines += JSONLines.route(record, isFinal: true)
    }
    lines += JSONLines.route(RouteScenes.two, isFinal: false)
    let probe = PathProbe(
      number: 7, round: 1, flow: 2, sourcePort: 40_002, ttl: 3, sent: WallTime(nanoseconds: Scene.epoch))
    var answered = probe
    answered.answer = PathProbe.Answer(
      kind: .timeExceeded, address: RouteScenes.target.address, rtt: Measurement(.microseconds(213), clock: .kernel),
      hopLimit: 62, reason: .icmpTTLExceeded)
    answered.answer?.changes = [
      RouteScenes.clamped, QuoteChange(.option, from: .text("sackOK"), to: .absent),
    ]
    for probe in [probe, answered] { lines += RouteFields.probes.line((probe, "web.test:80")) }
    try Golden.expect(lines, is: "route.json")
    #expect(JSONLines.route(RouteScenes.two, isFinal: false).split(separator: "\n").count == 5)
    #expect(JSONLines.route(RouteScenes.two, isFinal: true).split(separator: "\n").count == 5 + 8 * 5 + 2 + 1)
  }

  @Test("the table for spreadsheets, as many fields in each row") func csv() throws {
    var format = CSVFormat(Wording(text: TextReport(), remarks: { TextReport() }))
    var sheet = Sheet()
    format.write(.routeBegin(target: "web.test:80", remote: RouteScenes.target, source: nil, words: ""), into: &sheet)
    for scene in [RouteScenes.six, RouteScenes.two] { format.write(.route(scene, isFinal: true), into: &sheet) }
    try Golden.expect(sheet.results, is: "route.csv")
    let lines = sheet.results.split(separator: "\r\n")
    #expect(lines.count == 1 + 6 + 5 + 8 * 5)
    #expect(Set(lines.map { $0.filter { $0 == "," }.count }).count == 1)
    format.write(.route(RouteScenes.six, isFinal: false), into: &sheet)
    #expect(
      sheet.remarks.contains("loss begins at hop 4") && sheet.results.split(separator: "\r\n").count == lines.count)
  }

  @Test("the metrics, of which each family has its heading once") func metrics() throws {
    let text = PrometheusText.document(RouteScenes.six)
    try Golden.expect(text, is: "route.prom")
    let headings = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE") }
    #expect(Set(headings).count == headings.count)
    #expect(text.contains("probe_route_hop_changes{target=\"web.test:80\",hop=\"3\",field=\"mss\"} 1\n"))
    #expect(text.contains("probe_route_hop_rate_limited{target=\"web.test:80\",hop=\"2\"} 1\n"))
  }

  static let frame = RouteScreen.Frame(
    now: WallTime(nanoseconds: Scene.epoch + 10_000_000_000), interval: .milliseconds(200))

  @Test("the screen in every size: no line is too long, and there are not too many", arguments: [24, 37, 50, 80, 132])
  func sizes(width: Int) {
    for rows in [1, 2, 3, 4, 5, 8, 12, 24, 50] {
      for (name, record) in RouteScenes.all {
        var frame = Self.frame
        for help in [false, true] {
          frame.showsHelp = help
          let lines = RouteScreen(style: Style(width: width), rows: rows).lines(record, frame)
          #expect(lines.count <= rows && !lines.isEmpty, "\(name) \(rows)")
          #expect(lines.allSatisfy { $0.columns <= width }, "\(name) \(width)")
          #expect(!lines.joined().contains("\u{1b}"))
        }
      }
    }
  }

  @Test("the screens of 80 and 50 columns") func screens() throws {
    var all = ""
    for (width, rows) in [(80, 24), (50, 16)] {
      for record in [RouteScenes.six, RouteScenes.two, RouteScenes.thirty, RouteScenes.names] {
        var frame = Self.frame
        frame.showsNames = width == 80
        frame.isPaused = width == 50
        let lines = RouteScreen(style: Style(width: width), rows: rows).lines(record, frame)
        all += lines.joined(separator: "\n") + "\n" + String(repeating: "-", count: width) + "\n"
      }
    }
    var help = Self.frame
    help.showsHelp = true
    all += RouteScreen(style: Style(width: 80), rows: 24).lines(RouteScenes.six, help).joined(separator: "\n") + "\n"
    try Golden.expect(all, is: "route-screens.txt")
  }

  @Test("a screen too low for all hops still has the target's line") func low() throws {
    let lines = RouteScreen(style: Style(width: 80), rows: 12).lines(RouteScenes.thirty, Self.frame)
    #expect(lines.count == 12 && lines[10].hasPrefix(" 30  10.0.6.2"))
    #expect(lines[9] == "23 more")
  }

  @Test(
    "a share is never told as none or all that is not",
    arguments: [
      (0.0, "0%"), (0.000_1, "0.1%"), (0.042, "4.2%"), (0.0999, "10%"), (0.354, "35%"), (0.9949, "99%"),
      (0.999_9, "99%"), (1, "100%"), (0.095, "9.5%"),
    ])
  func shares(share: Double, words: String) { #expect(share.shortPercent == words) }

  @Test("a change is told with the hops that may have made it") func changes() {
    let words = RouteWords(record: RouteScenes.six, style: Style())
    func told(_ change: RouteChange) -> String { words.change(change) }
    var change = RouteChange(
      ttl: 3, field: .mss, from: .number(1_460), to: .number(1_400), after: 2, seen: 10, quotes: 10)
    #expect(told(change) == "hop 3: MSS 1460 → 1400 (that hop or the one before)")
    (change.ttl, change.after) = (1, nil)
    #expect(told(change) == "hop 1: MSS 1460 → 1400 (that hop or this host)")
    (change.ttl, change.after) = (4, nil)
    #expect(told(change) == "hop 4: MSS 1460 → 1400 (that hop or one before)")
    (change.ttl, change.after, change.seen) = (5, 2, 3)
    #expect(told(change) == "hop 5: MSS 1460 → 1400, in 3 of 10 quotes (between hop 2 and hop 5)")
    (change.isReverted, change.seen, change.after, change.flows) = (true, 10, 4, [1, 3])
    #expect(told(change) == "hop 5: MSS 1460 → 1400, as it was sent, flows 1, 3 (that hop or the one before)")
    change = RouteChange(ttl: 2, field: .ecn, from: .number(2), to: .number(0), after: 1, seen: 1, quotes: 1)
    #expect(told(change) == "hop 2: ECN ECT(0) → not-ECT (that hop or the one before)")
    change = RouteChange(
      ttl: 2, field: .option, from: .text("a\u{1b}"), to: .absent, after: 1, seen: 1, quotes: 1)
    #expect(told(change) == "hop 2: TCP option a\\u{1b} → none (that hop or the one before)")
  }

  @Test("the pictures are well-formed, and no box lies on another") func pictures() throws {
    for (name, record) in RouteScenes.all {
      let svg = RoutePicture(record).svg
      let reading = try XMLReading(svg)
      #expect(reading.texts(of: "text").contains("this host"), "\(name)")
      try Golden.expect(svg, is: "route-\(name).svg")
    }
  }

  @Test("the page has the picture, every hop and every path, and nothing from elsewhere") func page() throws {
    for (name, record) in RouteScenes.all {
      let page = RoutePage.text(record, program: "probe 0.1.0")
      let reading = try XMLReading(String(page.dropFirst("<!DOCTYPE html>\n".count)))
      let cells = reading.texts(of: "td")
      #expect(record.table.hops.allSatisfy { hop in cells.contains("\(hop.ttl)") }, "\(name)")
      #expect(record.table.paths.allSatisfy { path in cells.contains("\(path.id)") }, "\(name)")
      #expect(!page.contains("http://") || !page.contains("src="))
      #expect(!page.contains("\u{1b}"))
    }
    try Golden.expect(RoutePage.text(RouteScenes.two, program: "probe 0.1.0"), is: "route-two.html")
  }

  /// What is read from the lines that a record is written as.
  private func read(_ record: RouteRecord) throws -> ComparedRoute {
    var route = ComparedRoute()
    for line in JSONLines.route(record, isFinal: true).split(separator: "\n") {
      #expect(route.take(try JSONReader.value(of: Array(line.utf8))), "every line is understood")
    }
    return route
  }

  @Test("a path compared with itself is the same, and with another it is told how") func comparison() throws {
    var all = ""
    let pairs = [
      ("six", RouteScenes.six, "two", RouteScenes.two), ("moved", RouteScenes.moved, "packets", RouteScenes.packets),
      ("thirty", RouteScenes.thirty, "dead", RouteScenes.dead),
    ]
    for (name, first, other, second) in pairs {
      let (own, others) = (try read(first), try read(second))
      #expect(RouteComparison(own, own).isSame && !RouteComparison(own, others).isSame)
      all += TextReport().comparison(RouteComparison(own, others), "\(name).json", "\(other)\u{1b}.json") + "\n"
      all +=
        TextReport(style: Style(isUnicode: false)).comparison(
          RouteComparison(own, own), "\(name).json", "\(name).json") + "\n"
    }
    try Golden.expect(all, is: "route-diff.txt")
    let comparison = RouteComparison(try read(RouteScenes.six), try read(RouteScenes.two))
    try Golden.expect(RouteFields.comparisons.line((comparison, "six.json", "two.json")), is: "route-diff.json")
  }
}
