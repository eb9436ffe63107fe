import Handshake
import Path
import Testing
import Timebase
import Wire

@testable import Judging

/// A probe in a few letters.
struct Asked {
  var ttl: UInt8
  var from: String?
  var round = 0
  var flow = 0
  var rtt: Int64? = 1
  var kind = PathProbe.Answer.Kind.timeExceeded
  var changes: [QuoteChange] = []
  var quoted: Int? = 40
  var trafficClass: UInt8 = 0
  var isExtra = false

  var probe: PathProbe {
    var probe = PathProbe(
      number: 0, round: round, flow: flow, sourcePort: 40_000 &+ UInt16(truncatingIfNeeded: flow), ttl: ttl,
      trafficClass: trafficClass,
      isExtra: isExtra, sent: WallTime(nanoseconds: 1_000_000_000 * Int64(round + 1)))
    if let from, let address = IPAddress(parsing: from) {
      probe.answer = PathProbe.Answer(
        kind: kind, address: address, rtt: rtt.map { Measurement(.milliseconds($0), clock: .kernel) }, hopLimit: 60)
      probe.answer?.changes = changes
      probe.answer?.quotedLength = kind == .timeExceeded ? quoted : nil
    }
    return probe
  }
}

extension RouteTable {
  /// Takes probes in a few letters.
  mutating func take(_ asked: [Asked]) { for each in asked { take(each.probe) } }

  static func of(_ asked: [Asked]) -> RouteTable {
    var table = RouteTable(target: Endpoint(.v4(IPv4Address(192, 0, 2, 80)), 80))
    table.take(asked)
    return table
  }

  /// Hops at 10.0.TTL.1, the last one the target: of so many rounds so many of each were answered, the first ones.
  static func chain(_ counts: [Int], of rounds: Int) -> RouteTable {
    var asked: [Asked] = []
    for (index, answered) in counts.enumerated() {
      let isTarget = index + 1 == counts.count
      for round in 0..<rounds {
        asked.append(
          Asked(
            ttl: UInt8(index + 1), from: round < answered ? (isTarget ? "192.0.2.80" : "10.0.\(index + 1).1") : nil,
            round: round, rtt: Int64(index + 1), kind: isTarget ? .synAck : .timeExceeded))
      }
    }
    return of(asked)
  }
}

/// What is told of hops.
@Suite struct RouteTableTests {
  @Test("a hop has its counts and times, by hand") func times() throws {
    let times: [Int64] = [4, 2, 6, 8, 10]
    let table = RouteTable.of(
      times.enumerated().map { Asked(ttl: 1, from: "10.0.1.1", round: $0, rtt: $1) }
        + [Asked(ttl: 1, from: nil, round: 5), Asked(ttl: 1, from: "10.0.1.1", round: 6, rtt: 500, isExtra: true)])
    let hop = try #require(table.hops.first)
    #expect((hop.answers.sent, hop.answers.received, hop.addresses.map(\.count)) == (6, 5, [5]))
    #expect(
      hop.times.min == .milliseconds(2) && hop.times.max == .milliseconds(10) && hop.times.last == .milliseconds(10))
    #expect(hop.times.mean == .milliseconds(6) && hop.times.value(at: .p50) == .milliseconds(6))
    #expect(hop.times.value(at: .p99) == .milliseconds(10))
    // Of 2, 4, 6, 8, 10: squares of the distances from 6 add up to 40, by 4: the root of 10.
    #expect(hop.times.deviation == .nanoseconds(3_162_278))
    #expect(hop.times.clock == .kernel && hop.answerTTL == 60 && !hop.isTarget)
  }

  @Test("of one time the deviation is none, as mtr has it, and of none nothing is known") func fewTimes() {
    let table = RouteTable.of([Asked(ttl: 1, from: "10.0.1.1"), Asked(ttl: 2, from: nil)])
    #expect(table.hops.map(\.times.deviation) == [.zero, nil])
    #expect(table.hops.map(\.isSilent) == [false, true])
    #expect(table.targetLoss == nil && table.lossBegins == nil)
  }

  /// Answered of 100 at each hop, the target last; what can have been lost there at most, and which limit their ICMP.
  struct Chain: CustomTestStringConvertible {
    var answered: [Int]
    var atMost: [Double]
    var limited: [Int] = []
    var begins: Int?
    var testDescription: String { "\(answered)" }
  }

  @Test(
    "loss that hops behind do not share is not loss",
    arguments: [
      Chain(answered: [100, 100, 100], atMost: [0, 0, 0]),
      Chain(answered: [100, 40, 100, 100], atMost: [0, 0, 0, 0], limited: [2]),
      Chain(answered: [100, 100, 90, 90, 90], atMost: [0, 0, 0.1, 0.1, 0.1], begins: 3),
      Chain(answered: [100, 30, 90, 89, 91], atMost: [0, 0.09, 0.09, 0.09, 0.09], limited: [2], begins: 2),
      Chain(answered: [100, 0, 100], atMost: [0, 0, 0]),
      Chain(answered: [98, 97, 99], atMost: [0.01, 0.01, 0.01]),
      Chain(answered: [50, 100, 60, 60], atMost: [0, 0, 0.4, 0.4], limited: [1], begins: 3),
    ])
  func loss(chain: Chain) {
    let table = RouteTable.chain(chain.answered, of: 100)
    let hops = table.hops
    #expect(
      hops.map { ($0.lostHereAtMost?.ratio ?? -1) * 100 }.map { $0.rounded() }
        == chain.atMost.map { ($0 * 100).rounded() })
    #expect(hops.filter(\.isRateLimited).map(\.ttl) == chain.limited)
    #expect(table.lossBegins?.ttl == chain.begins)
    #expect(hops.map(\.isTarget) == hops.indices.map { $0 == hops.count - 1 })
    #expect(table.targetLoss?.received == chain.answered.last && table.targetLoss?.sent == 100)
  }

  @Test("few probes do not make a limit, however many of them are lost") func fewProbes() {
    // Of 10, 5 lost: 23.7 % to 76.3 %; none of 10: up to 27.8 %.
    #expect(RouteTable.chain([10, 5, 10], of: 10).hops.allSatisfy { !$0.isRateLimited })
    #expect(RouteTable.chain([10, 4, 10], of: 10).hops.map(\.isRateLimited) == [false, true, false])
  }

  @Test("a branch that is silent at a hop is no limit of the others' hop") func silentBranch() {
    var asked: [Asked] = []
    for round in 0..<40 {
      for flow in 0..<2 {
        asked.append(Asked(ttl: 1, from: flow == 0 ? "10.0.1.1" : nil, round: round, flow: flow))
        asked.append(Asked(ttl: 2, from: "192.0.2.80", round: round, flow: flow, kind: .synAck))
      }
    }
    let hop = RouteTable.of(asked).hops[0]
    #expect(!hop.isRateLimited && hop.answers.ratio == 0.5 && hop.lostHereAtMost?.ratio == 0)
  }

  @Test("the interval of what was lost at most is the narrowest that the hops behind give") func interval() throws {
    let hop = try #require(RouteTable.chain([90, 100], of: 100).hops.first)
    let bound = try #require(hop.lostHereAtMost)
    #expect(bound.ratio == 0 && bound.lower == 0)
    #expect((bound.upper * 1_000).rounded() == 37, "0 of 100: 3.84 / 103.84")
  }

  @Test("a target that never answers has no loss of its own") func silentTarget() {
    let table = RouteTable.of((0..<4).map { Asked(ttl: UInt8($0 + 1), from: $0 < 2 ? "10.0.\($0).1" : nil) })
    #expect(table.targetLoss == nil && table.targetTimes == nil && table.paths.first?.reachesTarget == false)
    #expect(table.paths.first?.steps.count == 2)
  }

  @Test("answers of thousands of addresses are counted, not kept") func hostile() throws {
    let table = RouteTable.of(
      (0..<20_000).map {
        Asked(ttl: 1, from: "10.\($0 / 65_536).\($0 / 256 % 256).\($0 % 256)", round: $0, flow: $0 % 4)
      })
    let hop = try #require(table.hops.first)
    #expect(hop.answers.received == 20_000 && hop.addresses.count <= 64)
    #expect(hop.addresses.map(\.count).reduce(hop.otherAnswers, +) == 20_000)
    #expect(hop.variation == .perPacket)
  }

  @Test("that a hop is no end is no reason; that packets go no further is") func reasons() {
    var (passing, ending) = (
      Asked(ttl: 1, from: "10.0.1.1").probe, Asked(ttl: 2, from: "10.0.2.1", kind: .unreachable).probe
    )
    passing.answer?.reason = .icmpTTLExceeded
    ending.answer?.reason = .icmpAdminProhibited
    var table = RouteTable(target: Endpoint(.v4(IPv4Address(192, 0, 2, 80)), 80))
    for probe in [passing, ending] { table.take(probe) }
    #expect(table.hops.map(\.reason) == [nil, .icmpAdminProhibited])
  }

  @Test("what is forgotten is not told again") func reset() {
    var table = RouteTable.chain([10, 10], of: 10)
    table.reset()
    #expect(table.hops.isEmpty && table.flows.isEmpty && table.round == -1 && table.paths.isEmpty)
    table.take(Asked(ttl: 1, from: "10.0.1.1", round: 11).probe)
    #expect(table.hops.count == 1 && table.round == 11)
  }

  @Test("flows beyond the most are not kept, and hops beyond the target are none") func bounds() {
    let table = RouteTable.of([
      Asked(ttl: 1, from: "10.0.1.1", flow: RouteTable.mostFlows), Asked(ttl: 1, from: "10.0.1.1", flow: -1),
    ])
    #expect(table.hops.isEmpty)
    let passed = RouteTable.of([
      Asked(ttl: 1, from: "192.0.2.80", kind: .rst), Asked(ttl: 2, from: nil), Asked(ttl: 255, from: nil),
    ])
    #expect(passed.hops.map(\.ttl) == [1])
  }
}

/// Branches, and paths that change.
@Suite struct RoutePathTests {
  /// Addresses that answer a flow at hop 2 in turns.
  struct Turns: CustomTestStringConvertible {
    var flows: [String]
    var variation: RouteHop.Variation?
    var testDescription: String { "\(flows)" }

    /// Hop 1 and the target are the same for all.
    var table: RouteTable {
      var asked: [Asked] = []
      for (flow, letters) in flows.enumerated() {
        for (round, letter) in letters.enumerated() {
          asked.append(Asked(ttl: 1, from: "10.0.1.1", round: round, flow: flow))
          asked.append(
            Asked(ttl: 2, from: letter == "-" ? nil : "10.0.2.\(letter.asciiValue ?? 0)", round: round, flow: flow))
          asked.append(Asked(ttl: 3, from: "192.0.2.80", round: round, flow: flow, rtt: Int64(flow + 1), kind: .synAck))
        }
      }
      return .of(asked)
    }
  }

  @Test(
    "why a hop has several addresses",
    arguments: [
      Turns(flows: ["aaaaaaaa"], variation: nil),
      Turns(flows: ["aaaa", "aaaa"], variation: nil),
      Turns(flows: ["aaaa", "bbbb"], variation: .perFlow),
      Turns(flows: ["aa-a", "b-bb", "----"], variation: .perFlow),
      Turns(flows: ["abababab"], variation: .perPacket),
      Turns(flows: ["abcabdac", "bacdabca"], variation: .perPacket),
      // 6 of 8 are more than 70 %.
      Turns(flows: ["aabaaaab"], variation: .unclear),
      Turns(flows: ["aaaabbbb"], variation: .pathChanged),
      Turns(flows: ["aaaaaabb"], variation: .pathChanged),
      // One answer is not yet a change that stays.
      Turns(flows: ["aaaaaaab"], variation: .unclear),
      Turns(flows: ["ab"], variation: .unclear),
      Turns(flows: ["aab"], variation: .unclear),
    ])
  func variation(turns: Turns) { #expect(turns.table.hops[1].variation == turns.variation) }

  @Test("a change is told with its round, its time and both addresses") func change() throws {
    let change = try #require(Turns(flows: ["aaaaabbb"]).table.pathChanges.first)
    #expect((change.ttl, change.flow, change.round) == (2, 0, 5))
    #expect("\(change.from) \(change.to)" == "10.0.2.97 10.0.2.98")
    #expect(change.at == WallTime(nanoseconds: 6_000_000_000))
    // Afterwards the flow is counted among those of the new way.
    #expect(Turns(flows: ["aaaaabbb", "bbbbbbbb"]).table.paths.map(\.flows) == [[0, 1]])
  }

  @Test("an answer of an earlier round that comes late is no change") func late() {
    let rounds = [0, 1, 3, 2, 4, 5]
    let table = RouteTable.of(rounds.map { Asked(ttl: 1, from: $0 < 3 ? "10.0.1.1" : "10.0.1.2", round: $0) })
    #expect(table.hops[0].variation == .pathChanged)
  }

  @Test(
    "flows of the same hops are one path; a hop without an answer matches anything",
    arguments: [
      (["aaaa", "bbbb", "aaaa", "bbbb"], [[0, 2], [1, 3]]),
      (["----", "aaaa", "bbbb"], [[0, 1], [2]]),
      (["----", "----"], [[0, 1]]),
      (["abab", "baba", "cccc"], [[0, 1], [2]]),
    ])
  func grouping(letters: [String], flows: [[Int]]) {
    #expect(Turns(flows: letters).table.paths.map(\.flows) == flows)
  }

  @Test(
    "which hop balances, and over how many next hops",
    arguments: [
      (["aaaa", "aaaa"], []), (["aaaa", "bbbb"], ["1 10.0.1.1 2"]), (["aaaa", "bbbb", "cccc"], ["1 10.0.1.1 3"]),
      (["abab"], ["1 10.0.1.1 2 packets"]), (["aaaabbbb"], []),
    ])
  func branches(letters: [String], told: [String]) {
    let branches = Turns(flows: letters).table.branches
    #expect(
      branches.map {
        "\($0.ttl) \($0.address.map { "\($0)" } ?? "-") \($0.nextHops.count)\($0.isPerPacket ? " packets" : "")"
      } == told)
  }

  @Test("the hops of a branch are not branches") func branchesGoOn() {
    var asked: [Asked] = []
    for flow in 0..<4 {
      asked.append(Asked(ttl: 1, from: "10.0.1.1", flow: flow))
      for ttl in UInt8(2)...4 { asked.append(Asked(ttl: ttl, from: "10.0.\(ttl).\(flow % 2)", flow: flow)) }
      asked.append(Asked(ttl: 5, from: "10.0.5.\(flow)", flow: flow))
      asked.append(Asked(ttl: 6, from: "192.0.2.80", flow: flow, kind: .synAck))
    }
    let table = RouteTable.of(asked)
    #expect(table.branches.map(\.ttl) == [1, 4, 4] && table.branches.map(\.nextHops.count) == [2, 2, 2])
    #expect(table.hops.map { $0.balances?.ttl } == [1, nil, nil, 4, nil, nil])
    #expect(table.paths.count == 4)
  }

  @Test("a path has the loss and the times of its flows, and the slow one is told") func figures() throws {
    let letters = String(repeating: "a", count: 20)
    let table = Turns(flows: [letters, letters.replacing("a", with: "b")]).table
    let paths = table.comparedPaths
    #expect(paths.map(\.loss.sent) == [20, 20] && paths.map(\.loss.received) == [20, 20])
    #expect(paths.map { $0.times.value(at: .p50) } == [.milliseconds(1), .milliseconds(2)])
    #expect(paths[0].slowness == nil)
    let slowness = try #require(paths[1].slowness)
    #expect(slowness.estimate == 2 && slowness.isDifferent)
    #expect(table.targetTimes?.count == 40 && table.targetLoss?.sent == 40)
  }

  @Test("branches of different lengths: each flow ends at its own target, and none of them loses by the other")
  func lengths() {
    var asked: [Asked] = []
    for round in 0..<50 {
      asked.append(Asked(ttl: 1, from: "10.0.1.1", round: round))
      asked.append(Asked(ttl: 2, from: "192.0.2.80", round: round, kind: .synAck))
      asked.append(Asked(ttl: 1, from: "10.0.1.1", round: round, flow: 1))
      asked.append(Asked(ttl: 2, from: "10.0.2.1", round: round, flow: 1))
      asked.append(Asked(ttl: 3, from: round < 25 ? "192.0.2.80" : nil, round: round, flow: 1, kind: .synAck))
    }
    let table = RouteTable.of(asked)
    #expect(table.paths.map(\.steps.count) == [2, 3])
    #expect(table.hops.map(\.isTarget) == [false, true, true])
    // Of 100 through hop 1, 25 were lost behind it; hop 2 answered all, since its own loss is none.
    #expect(table.hops.map { $0.lostHereAtMost?.ratio } == [0, 0, 0.5])
    #expect(table.hops(ofFlow: 0).map(\.ttl) == [1, 2])
  }

  @Test("a path is named by its addresses, the same everywhere") func identifier() {
    // FNV-1a by hand (Python): over 1, 4, 10.0.1.1, 2, 4, 10.0.2.97, 3, 4, 192.0.2.80.
    let path = Turns(flows: ["aaaa"]).table.paths[0]
    #expect(path.id == 169_512_831_867_101)
    #expect(path.id < 1 << 48 && UInt64(Double(path.id)) == path.id)
    #expect(Turns(flows: ["bbbb"]).table.paths[0].id != path.id)
    #expect(Turns(flows: ["----"]).table.paths[0].id != path.id)
    #expect(Turns(flows: ["aaaa", "-a-a"]).table.paths.map(\.id) == [path.id])
  }
}

/// What boxes change on the way.
@Suite struct RouteChangeTests {
  static let clamped = QuoteChange(.mss, from: .number(1_460), to: .number(1_400))

  /// What the quotes of hops show, and what is told.
  struct Path: CustomTestStringConvertible {
    var name: String
    var hops: [[QuoteChange]]
    var quoted: [Int] = []
    var told: [String]
    var testDescription: String { name }
  }

  static func words(_ changes: [RouteChange]) -> [String] {
    changes.map {
      "\($0.ttl) \($0.field.rawValue) \($0.from)>\($0.to)\($0.isReverted ? " reverted" : "")\($0.after.map { " after \($0)" } ?? "")"
    }
  }

  @Test(
    "a change is told once, at the first hop whose quote shows it",
    arguments: [
      Path(name: "none", hops: [[], [], []], told: []),
      Path(name: "persists", hops: [[], [clamped], [clamped]], told: ["2 mss 1460>1400 after 1"]),
      Path(name: "at the first hop", hops: [[clamped], [clamped]], told: ["1 mss 1460>1400"]),
      Path(
        name: "disappears", hops: [[], [clamped], []],
        told: ["2 mss 1460>1400 after 1", "3 mss 1400>1460 reverted after 2"]),
      Path(
        name: "changes again", hops: [[], [clamped], [QuoteChange(.mss, from: .number(1_460), to: .number(1_300))]],
        told: ["2 mss 1460>1400 after 1", "3 mss 1400>1300 after 2"]),
      Path(
        name: "a quote of 8 octets says nothing of it", hops: [[], [], [clamped], [], [clamped]],
        quoted: [40, 8, 40, 8, 40], told: ["3 mss 1460>1400 after 1"]),
      Path(
        name: "two options are two changes",
        hops: [
          [
            QuoteChange(.option, from: .text("a"), to: .absent), QuoteChange(.option, from: .absent, to: .text("b")),
            QuoteChange(.option, from: .absent, to: .text("c")),
          ], [QuoteChange(.option, from: .absent, to: .text("b"))],
        ],
        told: [
          "1 option a>none", "1 option none>b", "1 option none>c", "2 option none>a reverted after 1",
          "2 option c>none reverted after 1",
        ]),
    ])
  func firstHop(path: Path) {
    var asked: [Asked] = []
    for (index, changes) in path.hops.enumerated() {
      for round in 0..<3 {
        asked.append(
          Asked(
            ttl: UInt8(index + 1), from: "10.0.\(index).1", round: round, changes: changes,
            quoted: path.quoted.isEmpty ? 40 : path.quoted[index]))
      }
    }
    #expect(Self.words(RouteTable.of(asked).changes) == path.told)
  }

  @Test("what is another in every probe is one change, not one a probe") func numbers() {
    for field in [QuoteChange.Field.isn, .checksum, .identification, .timestamps] {
      var asked: [Asked] = []
      for round in 0..<50 {
        for ttl in UInt8(1)...3 {
          let change = QuoteChange(field, from: .text("TS val \(round * 10) \(ttl)"), to: .absent)
          asked.append(Asked(ttl: ttl, from: "10.0.\(ttl).1", round: round, changes: ttl > 1 ? [change] : []))
        }
      }
      let changes = RouteTable.of(asked).changes
      #expect(changes.map(\.ttl) == [2] && changes.map(\.seen) == [50] && changes.map(\.quotes) == [50])
    }
  }

  @Test("ECT that is bleached does not come back by probes without it") func bleached() {
    let bleach = QuoteChange(.ecn, from: .number(2), to: .number(0))
    var asked: [Asked] = []
    for ttl in UInt8(1)...4 {
      asked.append(Asked(ttl: ttl, from: "10.0.\(ttl).1"))
      // The last hop is not asked with ECT at all.
      if ttl < 4 {
        asked.append(
          Asked(
            ttl: ttl, from: "10.0.\(ttl).1", changes: ttl > 1 ? [bleach] : [], trafficClass: 2, isExtra: true))
      }
    }
    let table = RouteTable.of(asked)
    #expect(Self.words(table.changes) == ["2 ecn 2>0 after 1"])
    #expect(table.hops.map(\.answers.sent) == [1, 1, 1, 1])
  }

  @Test("a change of one branch names its flows; what all flows show does not") func branches() {
    var asked: [Asked] = []
    for flow in 0..<3 {
      asked.append(Asked(ttl: 1, from: "10.0.1.1", flow: flow, changes: [Self.clamped]))
      let more = [Self.clamped] + (flow == 1 ? [QuoteChange(.dscp, from: .number(0), to: .number(10))] : [])
      asked.append(Asked(ttl: 2, from: "10.0.2.\(flow)", flow: flow, changes: more))
    }
    let table = RouteTable.of(asked)
    #expect(table.changes.map(\.field) == [.mss, .dscp] && table.changes.map(\.flows) == [nil, [1]])
    #expect(table.hops.map(\.changes.count) == [1, 1])
    #expect((0..<3).map { table.hops(ofFlow: $0)[1].changes.count } == [0, 1, 0])
  }

  @Test("a hostile quote of hundreds of changes is cut") func hostile() {
    let many = (0..<500).map { QuoteChange(.option, from: .absent, to: .text("unknown-\($0)")) }
    var asked: [Asked] = []
    for flow in 0..<64 {
      for ttl in UInt8(1)...8 { asked.append(Asked(ttl: ttl, from: "10.0.1.1", flow: flow, changes: many)) }
    }
    #expect(RouteTable.of(asked).changes.count <= 256)
  }
}

/// The path as it is drawn.
@Suite struct RouteGraphTests {
  /// A row's addresses with how many flows pass them, and its links.
  static func words(_ row: RouteGraph.Row) -> String {
    let nodes = row.nodes.map { "\($0.address.map { "\($0)" } ?? "*")x\($0.flows.count)" }.joined(separator: " ")
    let links = row.links.map { "\($0.from.map(String.init) ?? "-")>\($0.to)" }.sorted().joined(separator: " ")
    return "\(row.ttl): \(nodes) | \(links)"
  }

  @Test("branches are nodes side by side, and join again") func branches() {
    let graph = RouteGraph(RoutePathTests.Turns(flows: ["aaaa", "bbbb", "aaaa"]).table)
    #expect(
      graph.rows.map(Self.words) == [
        "1: 10.0.1.1x3 | ->0", "2: 10.0.2.97x2 10.0.2.98x1 | 0>0 0>1", "3: 192.0.2.80x3 | 0>0 1>0",
      ])
    #expect(graph.rows[1].nodes.map(\.hop.answers.sent) == [8, 4])
    #expect(graph.rows[2].nodes.map(\.hop.isTarget) == [true])
  }

  @Test("of packets that are spread each address is a node") func packets() {
    let graph = RouteGraph(RoutePathTests.Turns(flows: ["abab"]).table)
    #expect(Self.words(graph.rows[1]) == "2: 10.0.2.97x1 10.0.2.98x1 | 0>0 0>1")
    #expect(graph.rows[1].nodes.allSatisfy(\.isShared) && !graph.rows[2].nodes[0].isShared)
  }

  @Test("links of branches that cross in their order are put straight") func order() {
    var asked: [Asked] = []
    for flow in 0..<4 {
      asked.append(Asked(ttl: 1, from: "10.0.1.\(flow)", flow: flow))
      // The later flows' hop is seen first.
      asked.append(Asked(ttl: 2, from: "10.0.2.\(flow == 0 ? 9 : flow == 3 ? 1 : 5)", flow: flow))
    }
    let graph = RouteGraph(.of(asked.reversed()))
    #expect(Self.words(graph.rows[1]).hasSuffix("| 0>0 1>1 2>1 3>2"))
  }

  @Test("a silent hop belongs to its branch, and silence up to the end is one node") func silence() {
    var asked: [Asked] = []
    for flow in 0..<2 {
      asked.append(Asked(ttl: 1, from: "10.0.1.\(flow)", flow: flow))
      asked.append(Asked(ttl: 2, from: nil, flow: flow))
      asked.append(Asked(ttl: 3, from: "192.0.2.80", flow: flow, kind: .synAck))
    }
    #expect(RouteGraph(.of(asked)).rows.map(\.nodes.count) == [2, 2, 1])
    let dead = RouteGraph(.of((1...30).map { Asked(ttl: $0, from: $0 < 3 ? "10.0.1.\($0)" : nil) }))
    #expect(dead.rows.map(\.ttl) == [1, 2, 3] && dead.rows[2].nodes[0].last == 30)
    #expect(RouteGraph(.of([])).rows.isEmpty)
  }
}
