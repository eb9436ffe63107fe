import Judging
import Testing
import Timebase

/// Which flows belong together, and what of them differs.
@Suite struct ComparisonTests {
  static func flow(_ number: Int, _ change: (inout ComparedFlow) -> Void = { _ in }) -> ComparedFlow {
    let client = ComparedFlow.Side(
      address: "10.0.0.1", port: 40_000 + Int64(number), isn: 1_000 + Int64(number),
      options: ["mss 1460", "sackOK", "TS val \(number) ecr 0", "wscale 7"], window: 64_240, hopLimit: 64, packets: 6,
      octets: 100)
    let server = ComparedFlow.Side(
      address: "10.0.0.2", port: 80, isn: 9_000 + Int64(number),
      options: ["mss 1460", "sackOK", "TS val 5 ecr \(number)"],
      window: 65_160, hopLimit: 64, packets: 5, octets: 2_000)
    var flow = ComparedFlow(
      number: number, client: client, server: server, end: .flow("fin", by: "client", thenReset: nil),
      times: [ComparedFlow.Time(step: "syn", interval: .microseconds(200 + Int64(number)))])
    change(&flow)
    return flow
  }

  static func file(_ count: Int, _ change: (inout ComparedFlow) -> Void = { _ in }) -> [ComparedFlow] {
    (0..<count).map { flow($0, change) }
  }

  @Test("A file is the same as itself") func same() {
    let comparison = CaptureComparison(Self.file(20), Self.file(20), seed: 1)
    #expect(comparison.isSame)
    #expect(comparison.matched.map(\.evidence) == ["addresses"])
    #expect(comparison.shifts.first?.ratio?.estimate == 1)
  }

  /// What was not compared is never called the same; what differs differs all the same.
  @Test("Where not all was compared, nobody says that it is the same") func incomplete() {
    var many = CaptureComparison.Gap()
    many.flows = 1_464
    var cut = CaptureComparison.Gap()
    cut.cutOptions = 3
    var damaged = CaptureComparison.Gap()
    damaged.isPartlyRead = true
    let none = CaptureComparison.Gap()
    for gaps in [(many, none), (none, many), (cut, none), (none, damaged)] {
      let comparison = CaptureComparison(Self.file(5), Self.file(5), gaps: gaps, seed: 1)
      #expect(comparison.finding == .incomplete && !comparison.isSame)
      let other = CaptureComparison(Self.file(5), Self.file(4), gaps: gaps, seed: 1)
      #expect(other.finding == .different)
    }
    let nothing = CaptureComparison([], [], seed: 1)
    #expect(nothing.finding == .incomplete)
  }

  @Test("Steps beyond those that are told apart are not called the same") func steps() {
    let flows = Self.file(2) { flow in
      flow.times = (0..<40).map { ComparedFlow.Time(step: "step \($0)", interval: .microseconds(5)) }
    }
    #expect(CaptureComparison(flows, flows, seed: 1).finding == .incomplete)
    #expect(CaptureComparison(flows, flows, ignoring: ["times"], seed: 1).finding == .same)
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var evidence: String
    var differences: [String: CaptureComparison.Change]
    var change: @Sendable (inout ComparedFlow) -> Void
  }

  static let rows = [
    Row(
      testDescription: "an MSS clamped", evidence: "addresses",
      differences: ["client mss": .values("mss 1460", "mss 1380")]
    ) {
      $0.client.options?[0] = "mss 1380"
    },
    Row(testDescription: "an option stripped", evidence: "addresses", differences: ["client sackOK": .stripped]) {
      $0.client.options?.remove(at: 1)
    },
    Row(testDescription: "an option added", evidence: "addresses", differences: ["server wscale": .added]) {
      $0.server.options?.append("wscale 9")
    },
    Row(testDescription: "another order", evidence: "addresses", differences: ["client options": .anotherOrder]) {
      $0.client.options?.swapAt(0, 1)
    },
    Row(testDescription: "hops between", evidence: "addresses", differences: ["client ttl": .values("64", "61")]) {
      $0.client.hopLimit = 61
    },
    Row(
      testDescription: "addresses rewritten", evidence: "numbers",
      differences: ["client address": .values("10.0.0.1", "192.0.2.9"), "client port": .rewritten]
    ) {
      $0.client.address = "192.0.2.9"
      $0.client.port = $0.client.port.map { $0 + 7 }
    },
    Row(testDescription: "numbers rewritten", evidence: "addresses", differences: ["client isn": .rewritten]) {
      $0.client.isn = $0.client.isn.map { $0 * 77 }
    },
    Row(
      testDescription: "both rewritten", evidence: "contents",
      differences: ["client address": .values("10.0.0.1", "192.0.2.9"), "client isn": .rewritten]
    ) {
      $0.client.address = "192.0.2.9"
      $0.client.isn = $0.client.isn.map { $0 * 77 }
    },
    Row(testDescription: "another run: ports and numbers are its own", evidence: "order", differences: [:]) {
      $0.client.port = $0.client.port.map { $0 + 1_000 }
      $0.client.isn = $0.client.isn.map { $0 * 77 }
      $0.client.options?[2] = "TS val 77777 ecr 0"
      $0.client.packets = 9
    },
    Row(
      testDescription: "another server", evidence: "port",
      differences: ["server address": .values("10.0.0.2", "10.0.0.3")]
    ) {
      $0.server.address = "10.0.0.3"
      $0.client.isn = $0.client.isn.map { $0 * 77 }
      $0.client.options?[2] = "TS val 77777 ecr 0"
    },
    Row(testDescription: "what is not known does not differ", evidence: "addresses", differences: [:]) {
      $0.client.options = nil
      $0.client.isn = nil
      $0.client.packets = nil
      $0.server.window = nil
      $0.end = nil
    },
  ]

  @Test(arguments: rows) func differences(_ row: Row) {
    let comparison = CaptureComparison(Self.file(6), Self.file(6, row.change), seed: 1)
    #expect(comparison.matched.map(\.evidence) == [row.evidence])
    #expect(Dictionary(uniqueKeysWithValues: comparison.differences.map { ($0.what, $0.how) }) == row.differences)
    #expect(comparison.differences.allSatisfy { CaptureComparison.knows($0.what) })
    #expect(comparison.differences.allSatisfy { $0.count == 6 })
    #expect(comparison.isSame == row.differences.isEmpty)
  }

  @Test("Packets that were lost between, and flows that are missing") func lost() {
    let second = Self.file(5).dropLast().map { flow in
      var flow = flow
      flow.client.packets = 4
      flow.server.packets = 6
      return flow
    }
    let comparison = CaptureComparison(Self.file(5), second, seed: 1)
    #expect(comparison.lost.first == 8 && comparison.lost.second == 4)
    #expect(comparison.only.first.map(\.number) == [4])
    #expect(comparison.only.second.isEmpty)
    #expect(!comparison.isSame)
  }

  @Test("Times that are longer are seen where there are enough of them") func shifted() throws {
    let slower = Self.file(40) { $0.times[0].interval = $0.times[0].interval * 2 }
    let comparison = CaptureComparison(Self.file(40), slower, seed: 1)
    let ratio = try #require(comparison.shifts.first?.ratio)
    #expect(ratio.isDifferent && ratio.lower > 1.5 && ratio.upper < 2.5)
    #expect(!comparison.isSame)
    #expect(CaptureComparison(Self.file(4), Array(slower.prefix(4)), seed: 1).shifts.first?.ratio == nil)
    #expect(CaptureComparison(Self.file(40), slower, ignoring: ["times"], seed: 1).isSame)
  }

  @Test("What may differ is known by its words alone")
  func wordsOfDifferences() {
    for word in CaptureComparison.words + ["client ttl", "server mss", "unknown-253"] {
      #expect(CaptureComparison.knows(word), "\(word)")
    }
    for word in ["", " ", "tlt", "ttl ", "peer ttl", "client", "client server ttl", "unknown-", "unknown-256"] {
      #expect(!CaptureComparison.knows(word), "'\(word)'")
    }
  }

  @Test(
    "What is ignored: a word, or one end's", arguments: [(["ttl"], true), (["client ttl"], false), (["mss"], false)])
  func ignored(_ words: [String], _ isSame: Bool) {
    let changed = Self.file(3) {
      $0.client.hopLimit = 60
      $0.server.hopLimit = 60
    }
    #expect(CaptureComparison(Self.file(3), changed, ignoring: Set(words), seed: 1).isSame == isSame)
  }

  @Test("A flow as JSON is read as what it was") func json() throws {
    let line = #"""
      {"schema":1,"type":"connection","address":"2001:db8::1","port":80,"source":"2001:db8::2","source_port":5,
      "isn":7,"irs":9,"ttl":60,"state":"open","closed_by":"fin","peer":{"mss":1440,"wscale":7,"sack":true,
      "timestamps":false,"window":65160},"steps":[{"step":"syn","rtt_ns":213400},{"step":"fin","rtt_ns":null},
      {"step":"close","rtt_ns":-1}]}
      """#
    let flow = try #require(ComparedFlow(try JSONReader.value(of: Array(line.utf8)), number: 3))
    #expect(flow.number == 3 && flow.end == .connection("open", closedBy: "fin"))
    #expect(flow.client.address == "2001:db8::2" && flow.client.port == 5 && flow.client.isn == 7)
    #expect(flow.server.options == ["mss 1440", "sackOK", "wscale 7"] && flow.server.hopLimit == 60)
    #expect(flow.times == [ComparedFlow.Time(step: "syn", interval: .nanoseconds(213_400))])
    for other in [#"{"schema":2,"type":"flow"}"#, #"{"schema":1,"type":"meta"}"#, #"{"schema":1,"type":"flow"}"#, "[]"]
    {
      #expect(ComparedFlow(try JSONReader.value(of: Array(other.utf8)), number: 0) == nil)
    }
  }

  @Test("Flows of one pair of ends match in their order") func sameEnds() {
    func file() -> [ComparedFlow] {
      (0..<4).map { number in
        Self.flow(number) {
          $0.client.port = 40_000
          $0.client.window = Int64(number)
        }
      }
    }
    let comparison = CaptureComparison(file(), file(), seed: 1)
    #expect(comparison.differences.isEmpty && comparison.isSame)
  }

  @Test("By their contents flows match whatever the echo of their clocks") func contents() {
    let changed = Self.file(3) {
      $0.client.address = "192.0.2.9"
      $0.client.isn = $0.client.isn.map { $0 * 77 }
      $0.client.options?[2] = "TS val \($0.number) ecr 99"
    }
    #expect(CaptureComparison(Self.file(3), changed, seed: 1).matched.map(\.evidence) == ["contents"])
  }

  @Test("Packets were lost where the flows are the same, and there alone; times count where both have enough")
  func onlyTheSame() {
    let other = Self.file(6) {
      $0.client.port = $0.client.port.map { $0 + 1_000 }
      $0.client.isn = $0.client.isn.map { $0 * 77 }
      $0.client.options?[2] = "TS val 77777 ecr 0"
      $0.client.packets = 1
    }
    let lost = CaptureComparison(Self.file(6), other, seed: 1).lost
    #expect(lost.first == 0 && lost.second == 0)
    let few = CaptureComparison(Self.file(40), Self.file(4), seed: 1).shifts.first
    #expect(few != nil && few?.ratio == nil)
  }

  @Test("No more kinds of differences are kept than are told") func mostDifferences() {
    let first = (0..<10_050).map { number in Self.flow(number) { $0.times = [] } }
    let second = first.map { flow in
      var flow = flow
      flow.client.window = Int64(flow.number + 100_000)
      return flow
    }
    #expect(CaptureComparison(first, second, seed: 1).differences.count == 10_000)
  }

  @Test("Another schema is not read, and padding is no option") func otherSchema() throws {
    func line(_ schema: Int) -> String {
      #"""
      {"schema":\#(schema),"type":"flow","client":"10.0.0.1","client_port":1,"server":"10.0.0.2","server_port":2,
      "isn":1,"irs":2,"client_sent":{"syn":{"options":["mss 1","nop","eol","sackOK"],"window":3},"ttl":4},
      "server_sent":{}}
      """#
    }
    let flow = try #require(ComparedFlow(try JSONReader.value(of: Array(line(1).utf8)), number: 0))
    #expect(flow.client.options == ["mss 1", "sackOK"] && flow.server.options == nil)
    #expect(ComparedFlow(try JSONReader.value(of: Array(line(2).utf8)), number: 0) == nil)
  }
}
