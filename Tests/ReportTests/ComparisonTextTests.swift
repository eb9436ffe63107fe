import Judging
import Testing
import Timebase

@testable import Report

/// Two files compared, in text and JSON.
@Suite struct ComparisonTextTests {
  static func flow(_ number: Int, _ change: (inout ComparedFlow) -> Void = { _ in }) -> ComparedFlow {
    var flow = ComparedFlow(
      number: number,
      client: ComparedFlow.Side(
        address: "10.0.0.1", port: 40_000 + Int64(number), isn: 1_000 + Int64(number),
        options: ["mss 1460", "sackOK", "TS val \(number) ecr 0", "wscale 7"], window: 64_240, hopLimit: 64, packets: 6,
        octets: 100),
      server: ComparedFlow.Side(
        address: "10.0.0.2", port: 80, isn: 9_000 + Int64(number), options: ["mss 1460"], window: 65_160, hopLimit: 64,
        packets: 5, octets: 2_000),
      end: .flow("fin", by: "client", thenReset: nil),
      times: [ComparedFlow.Time(step: "syn", interval: .microseconds(200 + Int64(number)))])
    change(&flow)
    return flow
  }

  static func file(_ count: Int, _ change: (inout ComparedFlow) -> Void = { _ in }) -> [ComparedFlow] {
    (0..<count).map { flow($0, change) }
  }

  @Test("In words") func words() throws {
    let changed = Self.file(12) {
      $0.client.options?[0] = "mss 1380\u{1b}[31m"
      $0.client.packets = 5
      $0.times[0].interval = $0.times[0].interval * 3
    }
    let comparison = CaptureComparison(Self.file(14), changed, seed: 1)
    try Golden.expect(TextReport().comparison(comparison, "a.pcap", "b\n.pcap"), is: "diff.txt")
    try Golden.expect(JSONLines.comparison(comparison, "a.pcap", "b.pcap"), is: "diff.json")
  }

  @Test(
    "How something differs",
    arguments: [
      (.values("1", "2"), "1 → 2"), (.rewritten, "rewritten"), (.anotherNumber, "of another number"),
      (.stripped, "stripped"), (.added, "added"), (.anotherOrder, "in another order"),
      (
        .ends(.flow("rst", by: "client", thenReset: "server"), .connection("open", closedBy: "fin")),
        "fin by client, rst by server → open, fin"
      ),
    ] as [(CaptureComparison.Change, String)])
  func changes(_ change: CaptureComparison.Change, _ words: String) {
    #expect(change.words() == words)
  }

  @Test("What was not compared is told, and nothing of it is called the same") func incomplete() {
    var gap = CaptureComparison.Gap()
    gap.cutOptions = 3
    let comparison = CaptureComparison(Self.file(5), Self.file(5), gaps: (gap, CaptureComparison.Gap()), seed: 1)
    let text = TextReport().comparison(comparison, "a", "b")
    #expect(text.hasSuffix("incomplete: no difference in what was compared\n") && text.contains("not compared in a"))
    #expect(JSONLines.comparison(comparison, "a", "b").contains(#""same":null"#))
    let nothing = CaptureComparison([], [], seed: 1)
    #expect(TextReport().comparison(nothing, "a", "b").hasSuffix("nothing to compare: no TCP flows\n"))
  }
}
