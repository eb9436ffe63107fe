import Handshake
import Kernel
import Testing
import Timebase
import Wire

@testable import Runner

/// Names that are looked up again while their addresses are probed.
@Suite("Looking up again") struct RelookupsTests {
  private let start = Instant(nanoseconds: 0)

  private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(parsing: text)) }

  private func target(_ host: String?, _ text: String) throws -> ResolvedTarget {
    var target = ResolvedTarget(
      name: "\(host ?? text):80", remote: Endpoint(try address(text), 80), source: nil, interface: nil, mtu: 1_500)
    target.host = host
    return target
  }

  /// What name servers say, and whom they were asked for.
  private final class Servers {
    var answer: Relookups.Answer?
    var asked: [String] = []
  }

  private func lookups(_ targets: [ResolvedTarget], _ servers: Servers) -> Relookups {
    Relookups(targets, every: .seconds(60), from: start) { name, family in
      servers.asked.append("\(name) \(family)")
      return { servers.answer }
    }
  }

  @Test("each name once a period, in turns; addresses never") func turns() throws {
    let servers = Servers()
    servers.answer = .success([try address("10.0.0.1")])
    var lookups = lookups(
      [
        try target("a.test", "10.0.0.1"), try target("a.test", "10.0.0.1"), try target(nil, "10.0.0.9"),
        try target("b.test", "fd00::1"),
      ], servers)
    #expect(lookups.nextTurn == start + .seconds(60))
    #expect(lookups.turn(at: start + .seconds(59)) == nil && servers.asked.isEmpty)
    #expect(lookups.turn(at: start + .seconds(60)) == nil)
    #expect(servers.asked == ["a.test IPv4"])
    #expect(lookups.turn(at: start + .seconds(61)) == nil, "it still has the address")
    #expect(lookups.nextTurn == start + .seconds(90), "the other one's turn")
    _ = lookups.turn(at: start + .seconds(90))
    #expect(servers.asked == ["a.test IPv4", "b.test IPv6"])
    #expect(self.lookups([try target(nil, "10.0.0.9")], servers).nextTurn == nil)
  }

  @Test("an answer is awaited without waiting") func patience() throws {
    let servers = Servers()
    var lookups = lookups([try target("a.test", "10.0.0.1")], servers)
    _ = lookups.turn(at: start + .seconds(60))
    for tick in 0..<10 {
      let now = start + .seconds(60) + .milliseconds(Int64(tick) * 50)
      #expect(lookups.turn(at: now) == nil)
      #expect(lookups.nextTurn == now + .milliseconds(50))
    }
    #expect(servers.asked.count == 1, "one at a time")
    servers.answer = .success([try address("10.0.0.2")])
    #expect(lookups.turn(at: start + .seconds(70)) == .moved(host: "a.test", to: try address("10.0.0.2")))
    #expect(lookups.nextTurn == start + .seconds(130))
  }

  @Test("the address stays while the name has it, a failure is told once, and changes nothing") func news() throws {
    let servers = Servers()
    var lookups = lookups([try target("a.test", "10.0.0.1")], servers)
    var now = start
    func next(_ answer: Relookups.Answer) -> Relookups.News? {
      servers.answer = answer
      now = now + .seconds(60)
      _ = lookups.turn(at: now)
      return lookups.turn(at: now)
    }
    let (one, two) = (try address("10.0.0.1"), try address("10.0.0.2"))
    #expect(next(.success([two, one])) == nil, "in turns")
    let failure = Relookups.Answer.failure(.notFound(name: "a.test"))
    #expect(next(failure) == .failed(host: "a.test", "a.test: no such host name"))
    #expect(next(failure) == nil)
    #expect(next(.success([one])) == .recovered(host: "a.test"))
    #expect(next(.success([try address("224.0.0.1"), try address("0.0.0.0")])) != nil, "nothing that can be probed")
    #expect(next(.success([])) == nil, "which is told already")
    #expect(next(.success([try address("255.255.255.255"), two])) == .moved(host: "a.test", to: two))
    #expect(next(.success([two])) == nil)
  }
}
