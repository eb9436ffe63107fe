import Statistics
import Testing
import Timebase

@testable import Judging

/// Two paths compared.
@Suite struct RouteComparisonTests {
  /// A line of a hop as `probe route --json` writes it.
  static func line(
    _ ttl: Int, _ addresses: [String], flow: String = "0", final: Bool = true, sent: Int = 100, answered: Int? = nil,
    ms: Int64 = 1, deviation: Int64 = 10_000, atMost: Double = 0, target: Bool = false, changes: String = "",
    destination: String = "web.test:80"
  ) -> String {
    let answered = answered ?? (addresses.isEmpty ? 0 : sent)
    let bound = Wilson(Int(atMost * Double(sent)), of: sent)
    let list = addresses.map { "{\"address\":\"\($0)\",\"name\":null,\"answers\":1}" }.joined(separator: ",")
    let times =
      answered == 0
      ? "{\"avg_ns\":null,\"stdev_ns\":null}" : "{\"avg_ns\":\(ms * 1_000_000),\"stdev_ns\":\(deviation)}"
    return "{\"schema\":1,\"type\":\"hop\",\"ttl\":\(ttl),\"address\":\(addresses.first.map { "\"\($0)\"" } ?? "null"),"
      + "\"sent\":\(sent),\"answered\":\(answered),\"rtt\":\(times),\"lost_here_at_most\":\(atMost),"
      + "\"lost_here_interval\":[\(bound?.lower ?? 0),\(bound?.upper ?? 1)],\"target\":\(target),\"flow\":\(flow),"
      + "\"changes\":[\(changes)],\"destination\":\"\(destination)\",\"final\":\(final),\"addresses\":[\(list)]}"
  }

  static func summary(sent: Int = 100, answered: Int = 100) -> String {
    "{\"schema\":1,\"type\":\"summary\",\"mode\":\"route\",\"target\":\"web.test:80\",\"sent\":\(sent),\"answered\":\(answered)}"
  }

  static func route(_ lines: [String]) throws -> ComparedRoute {
    var route = ComparedRoute()
    for line in lines { _ = route.take(try JSONReader.value(of: Array(line.utf8))) }
    return route
  }

  /// A path of these addresses, `*` for a hop that does not answer; the last one is the target.
  static func path(_ addresses: String, lost: Int = 0, ms: Int64 = 1, changes: [Int: String] = [:]) throws
    -> ComparedRoute
  {
    let hops = addresses.split(separator: " ").map(String.init)
    let lines = hops.enumerated().map { index, address in
      line(
        index + 1, address == "*" ? [] : address.split(separator: "|").map(String.init),
        ms: index + 1 == hops.count ? ms : 1, target: index + 1 == hops.count, changes: changes[index + 1] ?? "")
    }
    return try route(lines + [summary(answered: 100 - lost)])
  }

  static func words(_ comparison: RouteComparison) -> [String] {
    comparison.differingHops.map { pair in
      "\(pair.first.map { "\($0.ttl) \($0.addresses.joined(separator: "|"))" } ?? "-") > "
        + "\(pair.second.map { "\($0.ttl) \($0.addresses.joined(separator: "|"))" } ?? "-")"
    }
  }

  @Test(
    "hops are aligned by their addresses",
    arguments: [
      ("a b c", "a b c", []), ("a b c", "a x c", ["2 b > 2 x"]), ("a b c", "a x b c", ["- > 2 x"]),
      ("a x b c", "a b c", ["2 x > -"]), ("a * c", "a b c", ["2  > 2 b"]), ("a b c", "a * c", ["2 b > 2 "]),
      ("a b|d c", "a d c", []), ("a b c", "x y z", ["1 a > 1 x", "2 b > 2 y", "3 c > 3 z"]),
      ("a b c d", "a d", ["2 b > -", "3 c > -"]), ("a b c", "a x y c", ["- > 2 x", "2 b > 3 y"]),
    ])
  func alignment(first: String, second: String, told: [String]) throws {
    let comparison = RouteComparison(try Self.path(first), try Self.path(second))
    #expect(Self.words(comparison) == told)
    #expect(comparison.isSame == told.isEmpty)
    let ignoring = RouteComparison(try Self.path(first), try Self.path(second), ignoring: [.address])
    #expect(ignoring.isSame && ignoring.differingHops.isEmpty)
  }

  @Test("a hop that fell silent is a difference where that is no chance", arguments: [(1, true), (100, false)])
  func silence(sent: Int, isSame: Bool) throws {
    func path(_ addresses: [String]) throws -> ComparedRoute {
      try Self.route([
        Self.line(1, addresses, sent: sent), Self.line(2, ["b"], target: true), Self.summary(),
      ])
    }
    let (answering, silent) = (try path(["a"]), try path([]))
    #expect(RouteComparison(answering, silent).isSame == isSame)
    #expect(RouteComparison(silent, silent).isSame)
  }

  @Test("more loss of the path is different, as much as chance gives is not; ignored it is nothing") func loss() throws
  {
    let (before, after) = (try Self.path("a b"), try Self.path("a b", lost: 20))
    let comparison = RouteComparison(before, after)
    #expect(comparison.loss?.estimate == 0.2 && comparison.loss?.isDifferent == true && !comparison.isSame)
    #expect(RouteComparison(before, try Self.path("a b", lost: 2)).isSame)
    #expect(RouteComparison(before, after, ignoring: [.loss]).isSame)
  }

  @Test("a slower target is different, a slower hop alone is told") func times() throws {
    let comparison = RouteComparison(try Self.path("a b"), try Self.path("a b", ms: 2))
    #expect(comparison.times?.estimate == .milliseconds(1) && !comparison.isSame)
    #expect(RouteComparison(try Self.path("a b"), try Self.path("a b", ms: 2), ignoring: [.times]).isSame)
    let hop = [Self.line(1, ["a"], ms: 5), Self.line(2, ["b"], target: true), Self.summary()]
    let slow = RouteComparison(try Self.path("a b"), try Self.route(hop))
    #expect(slow.pairs[0].times?.isDifferent == true && slow.isSame)
  }

  @Test("a hop that drops is different, one that limits its ICMP is not") func hops() throws {
    func file(_ answered: Int, _ atMost: Double) throws -> ComparedRoute {
      try Self.route([
        Self.line(1, ["a"], answered: answered, atMost: atMost), Self.line(2, ["b"], target: true), Self.summary(),
      ])
    }
    let limits = RouteComparison(try file(100, 0), try file(40, 0))
    #expect(limits.isSame && limits.pairs[0].answers?.isDifferent == true && !limits.pairs[0].losesOtherwise)
    let drops = RouteComparison(try file(100, 0), try file(80, 0.2))
    #expect(drops.pairs[0].losesOtherwise && !drops.isSame)
    #expect(RouteComparison(try file(100, 0), try file(80, 0.2), ignoring: [.loss]).isSame)
  }

  @Test("changes on the way are compared; what is another in every probe only by its name") func changes() throws {
    func mss(_ size: Int) -> String { "{\"field\":\"mss\",\"from\":1460,\"to\":\(size)}" }
    let plain = try Self.path("a b")
    let clamped = try Self.path("a b", changes: [1: mss(1_400)])
    let comparison = RouteComparison(plain, clamped)
    #expect(comparison.pairs[0].changesOnlySecond == ["mss 1460 → 1400"] && !comparison.isSame)
    #expect(RouteComparison(clamped, plain).pairs[0].changesOnlyFirst == ["mss 1460 → 1400"])
    #expect(RouteComparison(clamped, clamped).isSame)
    #expect(!RouteComparison(clamped, try Self.path("a b", changes: [1: mss(1_300)])).isSame)
    func isn(_ number: Int) -> String { "{\"field\":\"isn\",\"from\":\(number),\"to\":\(number + 7)}" }
    #expect(
      RouteComparison(try Self.path("a b", changes: [1: isn(1)]), try Self.path("a b", changes: [1: isn(2)])).isSame)
  }

  @Test("a target that answers no more is different") func silent() throws {
    let dead = try Self.route([
      Self.line(1, ["a"]),
      "{\"schema\":1,\"type\":\"summary\",\"mode\":\"route\",\"target\":\"t\",\"sent\":null,\"answered\":null}",
    ])
    #expect(!RouteComparison(try Self.path("a b"), dead, ignoring: [.address]).isSame)
    #expect(RouteComparison(dead, dead).isSame)
  }

  @Test("of a file the last run counts, its last lines, and those of all flows") func reading() throws {
    let lines = [
      Self.line(1, ["x"], destination: "old.test:1"), Self.summary(),
      Self.line(1, ["a"], flow: "null", final: false, sent: 10), Self.line(2, ["q"], flow: "null", final: false),
      Self.line(3, ["gone"], flow: "null", final: false),
      Self.line(1, ["a"], flow: "null", sent: 20), Self.line(2, ["b", "c"], flow: "null", sent: 20, target: true),
      Self.line(1, ["a"], flow: "0", sent: 10), Self.line(2, ["b"], flow: "0", sent: 10),
      Self.line(2, ["c"], flow: "1", sent: 10),
      "{\"schema\":1,\"type\":\"path\",\"path_id\":281474976710655,\"destination\":\"web.test:80\"}",
      Self.summary(sent: 20, answered: 19),
    ]
    let route = try Self.route(lines)
    #expect(route.target == "web.test:80" && route.hops.map(\.ttl) == [1, 2] && route.paths == [281_474_976_710_655])
    #expect(route.hops.map(\.answers.sent) == [20, 20] && route.hops[1].addresses == ["b", "c"])
    #expect(route.loss == Loss(sent: 20, received: 19))
    // Interrupted before the end: the latest round counts.
    let cut = try Self.route([Self.line(1, ["a"], final: false, sent: 1), Self.line(1, ["a"], final: false, sent: 2)])
    #expect(cut.hops.map(\.answers.sent) == [2])
  }

  @Test(
    "lines of other kinds, and hostile ones, are none",
    arguments: [
      "{}", "[]", "{\"schema\":2,\"type\":\"hop\",\"ttl\":1,\"sent\":1,\"answered\":1}",
      "{\"schema\":1,\"type\":\"hop\",\"ttl\":256,\"sent\":1,\"answered\":1}",
      "{\"schema\":1,\"type\":\"hop\",\"ttl\":-1,\"sent\":1,\"answered\":1}",
      "{\"schema\":1,\"type\":\"hop\",\"ttl\":1,\"sent\":1,\"answered\":2}",
      "{\"schema\":1,\"type\":\"hop\",\"ttl\":1,\"sent\":9223372036854775807,\"answered\":0}",
      "{\"schema\":1,\"type\":\"summary\",\"mode\":\"audit\"}", "{\"schema\":1,\"type\":\"path\"}",
    ])
  func others(line: String) throws {
    var route = ComparedRoute()
    #expect(!route.take(try JSONReader.value(of: Array(line.utf8))))
    #expect(route.isEmpty)
  }

  @Test("numbers at their ends trap nowhere") func ends() throws {
    let line =
      "{\"schema\":1,\"type\":\"hop\",\"ttl\":1,\"sent\":9,\"answered\":9,\"target\":true,\"address\":\"a\","
      + "\"rtt\":{\"avg_ns\":9223372036854775807,\"stdev_ns\":9223372036854775807},\"lost_here_at_most\":1e300,"
      + "\"lost_here_interval\":[-1,2]}"
    let route = try Self.route([line])
    #expect(route.hops[0].lost == nil)
    #expect(RouteComparison(route, try Self.path("a")).times != nil)
  }
}
