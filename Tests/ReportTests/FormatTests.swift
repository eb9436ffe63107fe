import Handshake
import Judging
import Testing
import Timebase
import Wire

@testable import Report

/// What each format writes of events, and what it leaves out.
struct FormatTests {
  private static let thresholds = (PluginThreshold(), PluginThreshold())
  private static let formats: [Format] = [
    .text, .json, .csv, .tap, .plugin(warning: thresholds.0, critical: thresholds.1), .fping,
  ]

  private func record(_ sequence: Int = 1) throws -> Record {
    Record(target: "web.test:80", sequence: sequence, outcome: try LadderPictureTests.outcome("open"))
  }

  private func written(
    _ format: Format, _ events: [Event], isQuiet: Bool = false, isVerbose: Bool = false, traces: Bool = false
  ) -> Sheet {
    let wording = Wording(
      text: TextReport(isVerbose: isVerbose), remarks: { TextReport(style: .plain) }, isQuiet: isQuiet,
      tracesPackets: traces)
    var writer = format.writer(wording)
    var sheet = Sheet()
    for event in events { writer.write(event, into: &sheet) }
    return sheet
  }

  @Test func aConnection() throws {
    let record = try record()
    let text = TextReport()
    func results(_ format: Format, _ detail: ConnectionDetail, isQuiet: Bool = false) -> String {
      written(format, [.connection(record, target: 0, detail)], isQuiet: isQuiet).results
    }
    #expect(results(.text, .whole) == text.single(record))
    #expect(results(.text, .among) == text.line(record))
    #expect(results(.text, .watched) == text.line(record))
    #expect(results(.text, .whole, isQuiet: true) == "")
    let verbose = TextReport(isVerbose: true)
    let event = Event.connection(record, target: 0, .among)
    #expect(written(.text, [event], isVerbose: true).results == verbose.line(record) + verbose.ladder(record))
    for detail in [ConnectionDetail.whole, .among, .watched] {
      #expect(results(.json, detail) == JSONLines.connection(record))
      #expect(results(.csv, detail) == CSV.connections.line(record))
      #expect(results(.tap, detail) == "")
    }
    #expect(results(.json, .among, isQuiet: true) == JSONLines.connection(record), "-q is about words")
    #expect(results(.json, .watched, isQuiet: true) == "", "of a watched target only changes are wanted")
  }

  /// Packets come before their connection, but not among those of a watched target.
  @Test func tracedPackets() throws {
    let record = try record()
    let lines = record.outcome.log.entries.map { JSONLines.packet($0, of: record) }.joined()
    try #require(!lines.isEmpty)
    func results(_ detail: ConnectionDetail) -> String {
      written(.json, [.connection(record, target: 0, detail)], traces: true).results
    }
    #expect(results(.among) == lines + JSONLines.connection(record))
    #expect(results(.watched) == JSONLines.connection(record))
  }

  /// Only lines of text have packets as they pass, and only words are for people.
  @Test func whoReads() {
    let wording = Wording(text: TextReport(), remarks: { TextReport() })
    let quiet = Wording(text: TextReport(), remarks: { TextReport() }, isQuiet: true)
    let writers = Self.formats.map { $0.writer(wording) }
    #expect(writers.map(\.showsPassingPackets) == [true, false, true, false, false, false])
    #expect(writers.map(\.isForPeople) == [true, false, false, false, false, false])
    #expect(!Format.text.writer(quiet).isForPeople)
    #expect(Self.formats.map(\.option) == [nil, "--json", "--csv", "--tap", "--nagios", "--fping"])
    #expect(Self.formats.map(\.lineOption) == [nil, "--json", "--csv", nil, nil, nil])
  }

  /// A table has no summary; asked for on the way it is on standard error.
  @Test func summaries() throws {
    var summary = TargetSummary(
      target: "web.test:80", remote: try record().outcome.flow.remote, mode: .full)
    summary.add(try record())
    let words = TextReport().summary(summary)
    for isFinal in [true, false] {
      let event = Event.summaries([summary, summary], isFinal: isFinal)
      #expect(written(.text, [event], isQuiet: true).results == words + words)
      #expect(written(.json, [event]).results == JSONLines.summary(summary) + JSONLines.summary(summary))
      #expect(written(.csv, [event]).results == "")
      #expect(written(.csv, [event]).remarks == (isFinal ? "" : words + words))
    }
    #expect(written(.text, [.summaries([], isFinal: true)]).results == "")
  }

  @Test func checks() throws {
    let results = CheckTests.all
    let isHolding = results.map { $0.standing == .holds }
    try #require(isHolding.contains(true) && isHolding.contains(false))
    let totals = CheckTotals(results, elapsed: .milliseconds(1))
    let events =
      [Event.checksBegin(count: results.count, width: 20)]
      + results.enumerated().map { .check($1, number: $0 + 1, []) } + [.checks(results, totals, file: "f")]
    let text = TextReport()
    #expect(
      written(.text, events).results
        == results.map { text.check($0, width: 20) }.joined() + text.totals(totals))
    #expect(
      written(.text, events, isQuiet: true).results
        == results.filter { $0.standing != .holds }.map { text.check($0, width: 20) }.joined() + text.totals(totals))
    #expect(
      written(.json, events).results
        == results.map(JSONLines.check).joined() + JSONLines.summary(totals, of: "f"))
    #expect(written(.csv, events).results == CSV.checks.header + results.map(CSV.checks.line).joined())
    let tap = TAP.header(results.count) + results.enumerated().map { TAP.line($1, number: $0 + 1) }.joined()
    #expect(written(.tap, events).results == tap)
    let plugin = Format.plugin(warning: PluginThreshold(), critical: PluginThreshold())
    let line = PluginLine(results, warning: PluginThreshold(), critical: PluginThreshold())
    #expect(written(plugin, events).results == line.text)
    let wording = Wording(text: text, remarks: { text })
    #expect(plugin.writer(wording).state(of: results) == line.state)
    #expect(Format.tap.writer(wording).state(of: results) == nil)
    // Whoever only wants to know what is wrong hears nothing where nothing is.
    let good = results.filter { $0.standing == .holds }
    let fine = Event.checks(good, CheckTotals(good, elapsed: .zero), file: "f")
    #expect(written(.text, [fine], isQuiet: true).results == "")
  }

  /// After an interrupt TAP says that no more comes, and no more does; others report what there is.
  @Test func interruptedChecks() throws {
    let result = try #require(CheckTests.all.first)
    let events = [Event.checksBegin(count: 2, width: 1), .interrupted, .check(result, number: 1, [])]
    #expect(written(.tap, events).results == TAP.header(2) + TAP.bailOut("interrupted"))
    #expect(written(.json, events).results == JSONLines.check(result))
    #expect(written(.text, events).results == TextReport().check(result, width: 1))
  }

  /// fping's lines: a dash where there is no time, and no line where there is no address.
  @Test func fping() throws {
    let record = try record()
    let events = [
      Event.connectionsBegin(targets: ["a:1", "bc:2", "d:3"], count: 2),
      .connection(record, target: 0, .among), .connection(try self.record(2), target: 1, .among),
      .connection(try self.record(3), target: 1, .among), .connection(record, target: 7, .among),
      .unresolved(record, target: 2), .summaries([], isFinal: true),
    ]
    let time = try #require(record.outcome.measurement(of: .syn)?.interval)
    let sheet = written(.fping, events)
    #expect(sheet.results == "")
    #expect(
      sheet.remarks
        == FpingLine.text("a:1", width: 4, times: [time, nil]) + FpingLine.text("bc:2", width: 4, times: [nil, time]))
  }

  /// A target without an address: a line for programs, and the words are said elsewhere.
  @Test func unresolved() throws {
    let event = Event.unresolved(try record(), target: 0)
    #expect(written(.text, [event]).results == "")
    #expect(written(.json, [event]).results == JSONLines.connection(try record()))
    #expect(written(.csv, [event]).results == CSV.connections.line(try record()))
  }
}
