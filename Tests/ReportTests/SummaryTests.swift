import Foundation
import Judging
import Statistics
import Testing
import Timebase
import Wire

@testable import Handshake
@testable import Report

@Suite("Summaries and ping's lines") struct SummaryTests {
  /// An open port whose SYN-ACK took so many nanoseconds, of a connection begun so much later than the first.
  private func record(_ nanoseconds: Int64, sequence: Int = 1, target: String = "web.test:80", port: UInt16 = 80)
    -> Record
  {
    var remote = Scene.remote
    remote.port = port
    let outcome = Outcome(
      byKernel: Flow(local: Scene.local, remote: remote), verdict: .open, reason: .synAck,
      started: WallTime(nanoseconds: Scene.epoch + Int64(sequence - 1) * 1_000_000_000),
      steps: [Step(.syn, Measurement(.nanoseconds(nanoseconds), clock: .kernel))], ending: .fin)
    return Record(target: target, sequence: sequence, outcome: outcome)
  }

  @Test("the lines are those that ping printed for the same times")
  func pingRun() {
    // ping (iputils 20221126): 10 packets transmitted, 10 received, 0% packet loss, and
    // rtt min/avg/max/mdev = 0.028/0.035/0.053/0.006 ms.
    let micros: [Int64] = [28, 35, 35, 36, 53, 32, 35, 37, 32, 35]
    var summary = TargetSummary(target: "web.test:80", remote: Scene.remote, mode: .connect)
    for (index, time) in micros.enumerated() { summary.add(record(time * 1_000 + 400, sequence: index + 1)) }
    #expect(
      TextReport().summary(summary) == """

        --- web.test:80 probe statistics ---
        10 packets transmitted, 10 received, 0% packet loss, time 9000ms
        rtt min/avg/max/mdev = 0.028/0.035/0.053/0.006 ms
        rtt p50/p90/p99 = 0.035/0.037/0.053 ms
        probes: 10 sent, 10 answered; loss 0% (0.0% to 27.8%, 95 % confidence)
        SYNs: 10 sent, 10 answered, 0 lost; loss 0% (0.0% to 27.8%, 95 % confidence)
        measured by the kernel's connect()

        """)
  }

  /// Microseconds, and what ping's own `printf` makes of them.
  private static let times: [(Int64, String)] = [
    (0, "0.000"), (1, "0.001"), (21, "0.021"), (213, "0.213"), (999, "0.999"), (1_000, "1.00"), (1_004, "1.00"),
    (1_005, "1.01"), (1_234, "1.23"), (9_994, "9.99"), (9_995, "10.0"), (9_999, "10.0"), (12_345, "12.3"),
    (99_949, "99.9"), (99_950, "100"), (100_000, "100"), (123_456, "123"), (123_500, "124"), (1_000_499, "1000"),
    (1_000_500, "1001"), (60_000_000, "60000"),
  ]

  @Test("a reply's time has ping's digits", arguments: times)
  func replyTime(micros: Int64, text: String) {
    #expect(Interval.microseconds(micros).replyMilliseconds == text)
    #expect(TextReport().line(record(micros * 1_000)).contains(" time=\(text) ms"))
  }

  /// Nanoseconds, a reply's digits, the summary's three decimals: each is rounded half up, once, from the nanoseconds.
  private static let rounded: [(Int64, String, String)] = [
    (0, "0.000", "0.000"), (499, "0.000", "0.000"), (500, "0.001", "0.001"), (12_499, "0.012", "0.012"),
    (12_500, "0.013", "0.013"), (12_909, "0.013", "0.013"), (999_499, "0.999", "0.999"), (999_500, "1.00", "1.000"),
    (1_004_999, "1.00", "1.005"), (1_005_000, "1.01", "1.005"), (9_994_999, "9.99", "9.995"),
    (9_995_000, "10.0", "9.995"),
    (12_349_999, "12.3", "12.350"), (99_949_999, "99.9", "99.950"), (99_950_000, "100", "99.950"),
    (1_499_999_999, "1500", "1500.000"), (1_499_499_999, "1499", "1499.500"),
  ]

  @Test("times are rounded by one rule", arguments: rounded)
  func rounding(_ nanoseconds: Int64, _ reply: String, _ fixed: String) {
    let time = Interval.nanoseconds(nanoseconds)
    #expect(time.replyMilliseconds == reply)
    #expect(time.fixedMilliseconds == fixed)
    #expect(Interval.nanoseconds(-nanoseconds).fixedMilliseconds == (fixed == "0.000" ? "" : "-") + fixed)
    // Performance data, fping and ping's own line agree with them to the last digit.
    let micros = (nanoseconds + 500) / 1_000
    #expect(time.decimalSeconds == "\(micros / 1_000_000)." + padded(micros % 1_000_000, 6))
    var ping = PingTimes()
    ping.record(time)
    #expect(ping.min?.fixedMilliseconds == fixed && ping.mean?.fixedMilliseconds == fixed)
    #expect(
      time.fixedSeconds == "\((nanoseconds + 500_000) / 1_000_000_000)."
        + padded((nanoseconds + 500_000) / 1_000_000 % 1_000, 3))
  }

  @Test("extreme durations are told without a trap")
  func extremes() {
    #expect(Interval.nanoseconds(.min).replyMilliseconds == "0.000")
    #expect(Interval.nanoseconds(.max).replyMilliseconds == "9223372036855")
    #expect(Interval.nanoseconds(.min).fixedMilliseconds == "-9223372036854.776")
    #expect(Interval.nanoseconds(-1_500).fixedMilliseconds == "-0.002")
    #expect(Interval.nanoseconds(-499).fixedMilliseconds == "0.000")
    #expect(Interval.nanoseconds(-1).wholeMilliseconds == "0")
    #expect(Interval.nanoseconds(499_999).wholeMilliseconds == "0")
    #expect(Interval.nanoseconds(500_000).wholeMilliseconds == "1")
  }

  @Test("silence, a router's word and an interrupt are told apart")
  func losses() throws {
    var summary = TargetSummary(target: "web.test:80", remote: Scene.remote, mode: .full)
    let scenes = [
      Scene.fullClose(), Scenes.retransmitted, Scenes.refused, Scenes.filtered, Scenes.prohibited, Scenes.refusals,
    ]
    for (index, scene) in scenes.enumerated() {
      var outcome = try scene.outcome()
      outcome.started = outcome.started + .seconds(Int64(index))
      summary.add(Record(target: "web.test:80", sequence: index + 1, outcome: outcome))
    }
    summary.addUndecided(sequence: 7)
    #expect(summary.loss.sent == 6 && summary.loss.received == 4)
    #expect(summary.errors == 1 && summary.undecided == 1)
    #expect(summary.retransmitted == 3 && summary.invalid == 5)
    #expect(summary.states[.open] == 3 && summary.states[.refused] == 1 && summary.states[.filtered] == 2)
    #expect(summary[.syn]?.moments.count == 4 && summary[.fin]?.moments.count == 2)
    #expect(summary[.request] == nil)
    #expect(summary.elapsed == .seconds(3))
    try Golden.expect(TextReport().summary(summary), is: "summary.txt")
    try Golden.expect(JSONLines.summary(summary), is: "summary.json")
    let object = try JSONSerialization.jsonObject(with: Data(JSONLines.summary(summary).utf8)) as? [String: Any]
    let steps = object?["steps"] as? [String: [String: Int?]]
    #expect(steps?["syn"]?.count == 10)
  }

  @Test("probes that were under way at once are told as ping tells them, and what was overtaken")
  func overlapping() {
    var summary = TargetSummary(target: "web.test:80", remote: Scene.remote, mode: .connect)
    // A probe a second; the first takes 2.5 s, the others a tenth.
    for (index, time) in [2_500, 100, 100, 100].enumerated() {
      summary.add(record(Int64(time) * 1_000_000, sequence: index + 1))
    }
    let text = TextReport().summary(summary)
    #expect(text.contains("rtt min/avg/max/mdev = 100.000/700.000/2500.000/1039.230 ms, pipe 3\n"))
    #expect(text.contains("\n2 reordered") == false && text.contains("1 reordered"))
  }

  @Test("a probe that is answered at its second SYN has lost the first") func lostSyns() throws {
    var summary = TargetSummary(target: "web.test:80", remote: Scene.remote, mode: .full)
    for index in 1...4 {
      let scene = index == 2 ? Scenes.retransmitted : Scene.fullClose()
      summary.add(Record(target: "web.test:80", sequence: index, outcome: try scene.outcome()))
    }
    #expect(summary.loss == Loss(sent: 4, received: 4))
    #expect(summary.syns == SynCounts(sent: 5, answered: 4) && summary.synsRetransmitted == 1)
    let text = TextReport().summary(summary)
    #expect(text.contains("\n5 packets transmitted, 4 received, 20% packet loss, time "))
    #expect(text.contains("\nprobes: 4 sent, 4 answered; loss 0% (0.0% to 49.0%, 95 % confidence)\n"))
    #expect(text.contains("\nSYNs: 5 sent, 4 answered, 1 lost; loss 20% (3.6% to 62.4%, 95 % confidence)\n"))
    #expect(
      JSONLines.summary(summary).contains(
        #""syns_sent":5,"syns_answered":4,"syns_lost":1,"syn_loss":0.2,"syn_loss_low":0.036"#))
    var crafted = try Scenes.filtered.outcome()
    crafted.notes.insert(.craftedFlags)
    summary.add(Record(target: "web.test:80", sequence: 5, outcome: crafted))
    #expect(TextReport().summary(summary).contains("\nsegments: 8 sent, 4 answered, 4 lost; "))
  }

  @Test("what was not sent was not transmitted") func notSent() {
    var summary = TargetSummary(target: "t:1", remote: Scene.remote, mode: .full)
    let now = Stamp(instant: Instant(nanoseconds: 1), wall: WallTime(nanoseconds: Scene.epoch))
    summary.add(Record(target: "t:1", sequence: 1, outcome: Outcome(unroutable: Scene.remote, mode: .full, at: now)))
    #expect(
      TextReport().summary(summary) == """

        --- t:1 probe statistics ---
        0 packets transmitted, 0 received
        probes: 1 sent, 0 answered; loss 100% (20.7% to 100.0%, 95 % confidence)

        """)
  }

  @Test("a target that never answered has no times")
  func nothingReceived() throws {
    var summary = TargetSummary(target: "web.test:80", remote: Scene.remote, mode: .full)
    summary.add(Record(target: "web.test:80", sequence: 1, outcome: try Scenes.prohibited.outcome()))
    #expect(
      TextReport().summary(summary) == """

        --- web.test:80 probe statistics ---
        1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 2ms
        probes: 1 sent, 0 answered; loss 100% (20.7% to 100.0%, 95 % confidence)
        SYNs: 1 sent, 1 answered (1 by ICMP errors), 0 lost; loss 0% (0.0% to 79.3%, 95 % confidence)

        """)
    let empty = TargetSummary(target: "t:1", remote: Scene.remote, mode: .full)
    #expect(TextReport().summary(empty) == "\n--- t:1 probe statistics ---\n0 packets transmitted, 0 received\n")
    #expect(JSONLines.summary(empty).contains(#""sent":0,"received":0,"loss":null,"#))
  }

  @Test("lines tell what is notable and nothing else")
  func lines() throws {
    let lines = try Scenes.all.map { name, scene in
      TextReport().line(Record(target: name, sequence: 7, outcome: try scene.outcome()))
    }
    try Golden.expect(lines.joined(), is: "lines.txt")
    let user = TextReport().line(
      Record(target: "t", sequence: 1, outcome: try Scene.fullClose(kernelStamps: false).outcome()))
    #expect(user == "open t:80 (10.0.0.2): seq=1 reason=syn-ack ttl=64 time=0.212 ms clock=user\n")
    let timed = TextReport(timeFormat: .unix).line(
      Record(target: "t", sequence: 1, outcome: try Scenes.refused.outcome()))
    let iso = TextReport(timeFormat: .iso).line(
      Record(target: "t", sequence: 1, outcome: try Scenes.refused.outcome()))
    #expect(iso.hasPrefix("2026-01-02T03:04:05.123554789Z closed t:80 (10.0.0.2): "))
    #expect(timed == "[1767323045.123554] closed t:80 (10.0.0.2): seq=1 reason=rst ttl=64 time=0.097 ms\n")
  }

  @Test(
    "a line names what was typed, and the address behind it",
    arguments: [
      ("web.test:80", "web.test:80 (10.0.0.2)"), ("web.test:http", "web.test:80 (10.0.0.2)"),
      ("10.0.0.2:80", "10.0.0.2:80"), ("10.0.0.2:0080", "10.0.0.2:80"),
      ("[::ffff:10.0.0.2]:80", "[::ffff:10.0.0.2]:80 (10.0.0.2)"), ("http://web.test/a:b", "web.test:80 (10.0.0.2)"),
      ("http://web.test:80/?a:1", "web.test:80 (10.0.0.2)"), ("http://10.0.0.2", "10.0.0.2:80"),
      ("w\u{1b}[31m:80", "w\\u{1b}[31m:80 (10.0.0.2)"),
    ])
  func place(_ target: String, _ words: String) throws {
    let line = TextReport().line(Record(target: target, sequence: 1, outcome: try Scenes.refused.outcome()))
    #expect(line.hasPrefix("closed \(words): seq=1 "), "\(line)")
  }

  @Test("what is long is shortened", arguments: [("abc", "abc"), ("abcd", "abcd"), ("abcde", "abc…"), ("", "")])
  func shortened(_ text: String, _ short: String) { #expect(text.shortened(to: 4) == short) }

  @Test("a zone is kept, and which of several addresses it is")
  func zone() throws {
    var outcome = try Scenes.refused.outcome()
    outcome.flow.remote = Endpoint(.v6(try #require(IPv6Address(parsing: "fe80::1"))), 80)
    let zoned = TextReport().line(Record(target: "[fe80::1%eth0]:80", sequence: 1, outcome: outcome))
    #expect(zoned.hasPrefix("closed [fe80::1%eth0]:80: seq=1 "))
    let share = AddressShare(number: 2, of: 3)
    let named = TextReport().line(Record(target: "web.test:80", sequence: 1, share: share, outcome: outcome))
    #expect(named.hasPrefix("closed web.test:80 (fe80::1, 2 of 3 addresses): seq=1 "))
    #expect(AddressShare(number: 1, of: 1) == nil)
  }

  @Test(
    "control characters of either kind do not come through",
    arguments: [
      "\u{80}", "\u{9b}", "\u{9f}", "\u{7f}", "\u{1b}", "\u{202e}", "\u{2066}", "\u{200f}", "\u{61c}", "\u{2028}",
    ])
  func printable(_ text: String) {
    let value = String(text.unicodeScalars.first?.value ?? 0, radix: 16)
    #expect("a\(text)b".printable == "a\\u{\(value)}b")
    #expect("a\u{a0}é€b".printable == "a\u{a0}é€b")
  }
}
