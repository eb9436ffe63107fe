import Handshake
import Judging
import Statistics
import Testing
import Timebase
import Wire

@testable import Report

/// Targets that are watched: what is known of them, the screen, the lines, the metrics.
@Suite("Watching") struct WatchTests {
  /// A probe's result; `sequence` says when it left.
  static func record(
    _ sequence: Int, _ verdict: Verdict = .open, us: Int64? = 200, target: String = "web.test:80",
    remote: Endpoint = Scene.remote
  ) -> Record {
    let reason: Reason =
      switch verdict {
      case .open: .synAck
      case .refused: .rst
      case .filtered: .noResponse
      case .unreachable: .noRoute
      }
    let isReply = verdict == .open || verdict == .refused
    let steps = us.map { [Step(.syn, Measurement(.microseconds($0), clock: .kernel))] } ?? []
    let outcome = Outcome(
      byKernel: Flow(local: Scene.local, remote: remote), verdict: verdict, reason: reason,
      started: WallTime(nanoseconds: Scene.epoch + Int64(sequence - 1) * 1_000_000_000), steps: isReply ? steps : [],
      ending: .fin)
    return Record(target: target, sequence: sequence, outcome: outcome)
  }

  static func target(_ name: String = "web.test:80", remote: Endpoint = Scene.remote) -> WatchedTarget {
    WatchedTarget(name, remote: remote, mode: .full, resolve: .microseconds(1_500))
  }

  /// Takes probes one second apart.
  @discardableResult
  static func feed(_ target: inout WatchedTarget, _ records: [Record]) -> [WatchChange] {
    records.compactMap { target.add($0, at: .seconds(Int64($0.sequence - 1))) }
  }

  /// A service that was away for twenty seconds, one that is slow now and then, one that is closed, one not probed yet.
  static var several: [WatchedTarget] {
    var away = target("web.test:80")
    feed(&away, (1...120).map { record($0, (61...80).contains($0) ? .filtered : .open, us: 200 + Int64($0 % 3)) })
    let remote = Endpoint(.v6(IPv6Address(0x2001_0db8 << 96 | 5)), 5_432)
    var slow = WatchedTarget("db.backend.a-long-name.example.test:5432", remote: remote, mode: .full)
    feed(&slow, (1...120).map { record($0, us: $0 % 17 == 0 ? 9_000 : 850, target: slow.name, remote: remote) })
    var closed = WatchedTarget("127.0.0.1:9", remote: Scene.remote, mode: .full, expected: .refused)
    feed(&closed, (1...120).map { record($0, .refused, us: 9, target: closed.name) })
    return [away, slow, closed, target("new.test:443")]
  }

  static let frame = WatchScreen.Frame(
    now: WallTime(nanoseconds: Scene.epoch + 120_000_000_000), elapsed: .seconds(120), interval: .seconds(1))

  @Test("an outage counts while it lasts, and never falls") func outageTime() {
    var target = WatchTests.target()
    var times: [Interval] = []
    for sequence in 1...8 {
      WatchTests.feed(&target, [WatchTests.record(sequence, (3...6).contains(sequence) ? .filtered : .open)])
      times.append(target.outageTime)
    }
    // The first miss alone is no outage; from the second on it lasts from the first to the latest, then to the answer.
    #expect(times == [0, 0, 0, 1, 2, 3, 4, 4].map { .seconds($0) })
    let text = PrometheusText.document([target])
    #expect(text.contains("probe_outage_seconds_total{target=\"web.test:80\"} 4.000000000\n"))
  }

  @Test("silence while the next hop is being asked for is loss, and no state") func heldBack() {
    var target = WatchTests.target()
    #expect(target.add(WatchTests.record(1, .filtered), at: .zero, isHeldBack: true) == nil)
    #expect(target.state == nil && target.summary.loss == Loss(sent: 1, received: 0))
    #expect(target.add(WatchTests.record(2), at: .seconds(1))?.to == .open)
    #expect(target.add(WatchTests.record(3, .filtered), at: .seconds(2), isHeldBack: true) == nil)
    #expect(target.state == .open)
    #expect(target.add(WatchTests.record(4, .filtered), at: .seconds(3))?.to == .filtered)
    #expect(target.add(WatchTests.record(5, .unreachable), at: .seconds(4), isHeldBack: true)?.to == .unreachable)
  }

  @Test("an answer whose time is not known is no loss; figures of the screen can be reset") func recentFigures() {
    var target = WatchTests.target()
    WatchTests.feed(&target, [WatchTests.record(1), WatchTests.record(2, us: nil), WatchTests.record(3, .filtered)])
    let recent = RecentTimes(target.course)
    #expect(recent.sent == 3 && recent.lost == 1 && recent.attempts == 3 && recent.lostAttempts == 1)
    #expect(recent.loss == "34%" && recent.synLoss == "34%" && recent.max == .microseconds(200))
    target.reset()
    #expect(target.sent == 0 && RecentTimes(target.course).sent == 0 && target.summary.loss.sent == 3)
    WatchTests.feed(&target, [WatchTests.record(900, us: 300)])
    #expect(target.sent == 1 && RecentTimes(target.course).loss == "0%")
  }

  @Test("keys, the pause and the help are on the screen, however small it is") func keys() {
    var frame = WatchTests.frame
    let screen = WatchScreen(style: Style(isColoured: false, width: 60), rows: 10)
    #expect(screen.lines(WatchTests.several, frame).last == "q quit, p pause, r reset, ? help; times in ms")
    frame.isPaused = true
    let paused = screen.lines(WatchTests.several, frame)
    #expect(paused[0].contains("  paused  ") && paused.last == "q quit, p resume, r reset, ? help; times in ms")
    frame.hasKeys = false
    #expect(screen.lines(WatchTests.several, frame).last == "times in ms; Ctrl-C to quit")
    frame.showsHelp = true
    for (width, rows) in [(120, 40), (80, 20), (60, 10), (40, 5), (10, 1), (1, 1)] {
      let lines = WatchScreen(style: Style(isColoured: false, width: width), rows: rows).lines(
        WatchTests.several, frame)
      #expect(lines.count <= rows && lines.allSatisfy { $0.unicodeScalars.count <= width })
    }
    #expect(screen.lines(WatchTests.several, frame).contains { $0.hasPrefix("p     pause") })
  }

  @Test("a name that moves is told, and what was counted stays") func move() throws {
    var target = WatchTests.target()
    WatchTests.feed(&target, [WatchTests.record(1), WatchTests.record(2, .filtered)])
    let address = try #require(IPAddress(parsing: "192.0.2.7"))
    let before = target.remote
    let move = target.move(to: address, at: WallTime(nanoseconds: Scene.epoch))
    #expect((target.remote.address, target.remote.port) == (address, before.port))
    #expect(target.summary.remote == target.remote && target.summary.loss.sent == 2)
    #expect(
      TextReport().move(move) == "2026-01-02T03:04:05Z web.test:80: address \(before.address) -> 192.0.2.7\n")
    #expect(
      JSONLines.move(move)
        == "{\"schema\":1,\"type\":\"address\",\"target\":\"web.test:80\",\"address\":\"192.0.2.7\","
        + "\"port\":\(before.port),\"from\":\"\(before.address)\",\"time\":\"2026-01-02T03:04:05.123456789Z\"}\n")
  }

  @Test("the screen, at several sizes", arguments: [(120, 10), (80, 24), (60, 6), (24, 5), (100, 3)])
  func screen(_ columns: Int, _ rows: Int) throws {
    let plain = WatchScreen(style: Style(isUnicode: columns != 80, width: columns), rows: rows)
    let lines = plain.lines(WatchTests.several, WatchTests.frame)
    #expect(lines.count <= rows)
    #expect(lines.allSatisfy { $0.columns <= columns })
    try Golden.expect(lines.map { $0 + "\n" }.joined(), is: "watch-\(columns)x\(rows).txt")
  }

  @Test("no size traps, and none is written beyond", arguments: [true, false])
  func everySize(_ isColoured: Bool) {
    for columns in 1...130 {
      for rows in [1, 2, 4, 5, 7, 50] {
        let style = Style(isColoured: isColoured, width: columns)
        let lines = WatchScreen(style: style, rows: rows).lines(WatchTests.several, WatchTests.frame)
        #expect(lines.count <= rows)
        if !isColoured { #expect(lines.allSatisfy { $0.columns <= columns }, "\(columns)x\(rows)") }
      }
    }
  }

  @Test("a remark stands in the last line, in its colour") func drawing() {
    var frame = WatchTests.frame
    frame.remark = "cannot write /x: disk full"
    let lines = WatchScreen(style: Style(isColoured: true, width: 80), rows: 24).lines(WatchTests.several, frame)
    #expect(lines.last?.escapedForOutput == "\u{1b}[31mcannot write /x: disk full\u{1b}[0m")
    #expect(lines.count == 8)
    #expect(lines.allSatisfy { !$0.contains("\n") }, "a line feed would scroll")
  }

  @Test("a name cannot speak to the terminal") func hostileName() {
    let target = WatchTests.target("\u{1b}]0;title\u{7}:80")
    let text = WatchScreen(style: Style(width: 100), rows: 9).lines([target], WatchTests.frame).joined()
    #expect(text.contains("\\u{1b}]0;title\\u{7}:80"))
    #expect(!text.contains("\u{1b}]"))
  }

  @Test("states, and how long they lasted") func changes() {
    var target = WatchTests.target()
    let records = (1...10).map { WatchTests.record($0, (4...6).contains($0) ? .filtered : .open) }
    let changes = WatchTests.feed(&target, records)
    let text = TextReport()
    #expect(
      changes.map(text.change) == [
        "2026-01-02T03:04:05Z web.test:80: open (syn-ack)\n",
        "2026-01-02T03:04:08Z web.test:80: open -> filtered (no-response), was open for 3s\n",
        "2026-01-02T03:04:11Z web.test:80: filtered -> open (syn-ack), was filtered for 3s\n",
      ])
    #expect((target.changes, target.outages.count, target.successes) == (2, 1, 7))
    #expect(target.outageTime == .seconds(3))
    #expect(
      text.summary(target.summary).contains("\n1 outage of 3.000 s from 2026-01-02T03:04:08.123456789Z: 3 probes\n"))
    #expect(
      JSONLines.change(changes[2]) == """
        {"schema":1,"type":"change","target":"web.test:80","address":"10.0.0.2","port":80,"seq":7,"from":"filtered",\
        "state":"open","reason":"syn-ack","started":"2026-01-02T03:04:11.123456789Z","after_ns":3000000000,"reset":null}

        """)
    #expect(JSONLines.change(changes[0]).contains("\"from\":null"))
    #expect(JSONLines.change(changes[0]).contains("\"after_ns\":null"))
  }

  @Test("metrics, as Prometheus reads them") func metrics() throws {
    var targets = WatchTests.several
    targets.append(WatchTests.target("quote\"back\\slash\nfeed:80"))
    let text = PrometheusText.document(targets)
    try Golden.expect(text, is: "watch.prom")
    #expect(text.contains("{target=\"quote\\\"back\\\\slash\\nfeed:80\"} 4\n"))
    var seen: Set<Substring> = []
    for line in text.split(separator: "\n") where line.hasPrefix("# TYPE") {
      #expect(seen.insert(line).inserted, "a family stands once")
    }
    let samples = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.prefix { $0 != "}" } }
    #expect(Set(samples).count == samples.count, "no sample twice")
  }

  @Test("what is slower than the last bound is in the last bucket alone") func slowest() {
    var target = WatchTests.target()
    WatchTests.feed(&target, [WatchTests.record(1, us: 10_000_000), WatchTests.record(2, us: 10_000_001)])
    let text = PrometheusText.document([target])
    func count(_ le: String) -> Substring? {
      text.split(separator: "\n").first { $0.contains("_bucket") && $0.contains("le=\"\(le)\"") }?.split(separator: " ")
        .last
    }
    #expect(count("5") == "0" && count("10") == "1" && count("+Inf") == "2")
    #expect(text.contains("probe_step_seconds_count{target=\"web.test:80\",step=\"syn\"} 2\n"))
  }

  @Test("success is what was expected, and nothing that this host kept back") func success() {
    func gauge(_ targets: WatchedTarget) -> Substring? {
      PrometheusText.document([targets]).split(separator: "\n").first { $0.hasPrefix("probe_success{") }?
        .split(separator: " ").last
    }
    var target = WatchTests.target()
    WatchTests.feed(&target, [WatchTests.record(1)])
    #expect(gauge(target) == "1")
    WatchTests.feed(&target, [WatchTests.record(2, .filtered)])
    #expect(gauge(target) == "0" && target.isAsExpected == false)
    var unsent = WatchedTarget("web.test:80", remote: Scene.remote, mode: .full, expected: .unreachable)
    let outcome = Outcome(
      byKernel: Flow(local: Scene.local, remote: Scene.remote), verdict: .unreachable, reason: .notSent,
      started: WallTime(nanoseconds: Scene.epoch), steps: [], ending: .none)
    _ = unsent.add(Record(target: "web.test:80", sequence: 1, outcome: outcome), at: .zero)
    #expect(unsent.state == .unreachable && unsent.isAsExpected == false)
  }

  @Test(
    "an address is hashed as the blackbox exporter hashes it",
    arguments: [
      // Python: for b in ipaddress.ip_address(text).packed: h = (h ^ b) * 16777619 % 2**32, from 2166136261.
      ("127.0.0.1", UInt32(3_668_918_509)), ("10.0.0.2", 1_867_542_245), ("::1", 1_751_717_746),
      ("2001:db8::5", 1_784_348_328),
    ])
  func hash(_ text: String, _ hash: UInt32) throws {
    #expect(try PrometheusText.hash(#require(IPAddress(parsing: text[...]))) == hash)
  }

  @Test(
    "each step up is longer by the root of two",
    arguments: [
      (0, 0), (1_000, 0), (1_414, 0), (1_415, 1), (1_999, 1), (2_000, 2), (2_829, 3), (4_000, 4), (5_657, 5),
      (8_000, 6),
      (11_313, 6), (11_314, 7), (Int64.max, 7),
    ])
  func levels(_ nanoseconds: Int64, _ level: Int) {
    #expect(Sparkline.level(.nanoseconds(nanoseconds), from: .nanoseconds(1_000)) == level)
  }

  @Test("the course: its latest at the right end, loss as a cross, gaps empty") func course() {
    var course = TimeSeries(length: .seconds(1), capacity: 8, limit: .forgetting)
    for (second, time) in [(0, 100), (1, 141), (2, 283), (3, -1), (5, 100), (6, 800), (7, 9_000)] as [(Int64, Int64)] {
      course.record(time < 0 ? nil : .microseconds(time), at: .seconds(second))
    }
    #expect(Sparkline(course, width: 8, isUnicode: true).text == "▁▁▄× ▁▇█")
    #expect(Sparkline(course, width: 8, isUnicode: false).text == "__=x _%#")
    #expect(Sparkline(course, width: 4, isUnicode: true).text == "▁×▁█", "by the slowest of each two")
    #expect(Sparkline(course, width: 3, isUnicode: true).text == "▁×█")
    #expect(Sparkline(course, width: 0, isUnicode: true).text == "")
    #expect(Sparkline(TimeSeries(), width: 9, isUnicode: true).text == "")
  }

  @Test(
    "lengths in their two greatest units",
    arguments: [
      (-1, "0ms"), (0, "0ms"), (850, "850ms"), (1_000, "1s"), (59_999, "59s"), (60_000, "1m00s"), (3_599_999, "59m59s"),
      (3_600_000, "1h00m"), (86_399_999, "23h59m"), (86_400_000, "1d00h"), (9_000_000_000_000, "104166d16h"),
    ])
  func lengths(_ milliseconds: Int64, _ text: String) {
    #expect(Interval.milliseconds(milliseconds).roughly == text)
  }
}

extension String {
  fileprivate func components(of piece: String) -> Int { ranges(of: piece).count }
}
