import Handshake
import Script
import Testing
import Timebase
import Wire

@testable import Engines

@Suite("Many ports, each with a director of its own") struct CrowdDirectorTests {
  private let source = IPAddress.v4(IPv4Address(192, 0, 2, 1))

  private func remote(_ place: Int) -> Endpoint { Endpoint(.v4(IPv4Address(192, 0, 2, 2)), UInt16(1_000 + place)) }

  private func services(_ count: Int, without: Int? = nil) throws -> CrowdDirector<ServiceDirector> {
    let conversation = try #require(try Conversation.service(sending: [1], family: .v4))
    let (source, remotes) = (source, (0..<count).map(remote))
    return CrowdDirector(count) { place in
      place == without ? nil : (ServiceDirector(conversation, with: remotes[place], ports: [50_000, 50_001]), source)
    }
  }

  private func job<One>(_ director: inout CrowdDirector<One>, running: Int) -> PlayJob? {
    if case .play(let job) = director.next(running: running) { job } else { nil }
  }

  private func ended(_ job: PlayJob, _ state: ServiceState) -> PlayedJob {
    PlayedJob(job: job, result: PlayResult(.fail, state.rawValue, line: 9), play: nil)
  }

  @Test func eachIsAskedOnceAndKnowsItsOwn() throws {
    var director = try services(3, without: 1)
    let first = try #require(job(&director, running: 0))
    let second = try #require(job(&director, running: 1))
    #expect([first.remote, second.remote] == [remote(0), remote(2)] && first.source == source)
    #expect(job(&director, running: 2) == nil)
    do {
      let report = director.take(ended(second, .reset))
      #expect(report?.place == 2 && report?.finding?.state == .reset)
    }
    do {
      let report = director.take(ended(first, .service))
      #expect(report?.place == 0 && report?.finding?.state == .service)
    }
    guard case .over = director.next(running: 0) else { return #expect(Bool(false), "it is over") }
  }

  @Test func whatOneAsksMoreComesBeforeTheNext() throws {
    var director = try services(2)
    let first = try #require(job(&director, running: 0))
    do {
      let report = director.take(ended(first, .acked))
      #expect(report == nil)
    }
    let others = [job(&director, running: 0), job(&director, running: 1)].compactMap(\.self)
    #expect(others.map(\.remote.port) == [50_000, 50_001])
    let next = try #require(job(&director, running: 2))
    #expect(next.remote == remote(1))
    for (index, other) in others.enumerated() {
      let report = director.take(ended(other, .acked))
      #expect(report?.finding?.state == (index == 1 ? .ackingFirewall : nil))
    }
    #expect(job(&director, running: 1) == nil)
  }

  @Test func aBannerIsAskedAgainWhereTheHandshakeWasLost() throws {
    let conversation = try #require(try Conversation.banner(within: .seconds(1), family: .v4))
    var director = BannerDirector(conversation, with: remote(0), retries: 1)
    for words in ["no answer", "again: S. 0:0(0) ack 1 win 1000"] {
      guard case .play(let job) = director.next(running: 0) else { return #expect(Bool(false), "asked again") }
      let said = director.take(PlayedJob(job: job, result: PlayResult(.fail, words), play: nil))
      #expect(said == nil)
    }
    guard case .over = director.next(running: 0) else { return #expect(Bool(false), "it is over") }
  }

  @Test func conversationsBeginAtLeastAGapApart() throws {
    var engine = PlayEngine(
      director: try services(3), from: source, setting: Play.Setting(), places: 8, gap: .milliseconds(10))
    var now = Stamp(instant: Instant(nanoseconds: 5_000_000_000), wall: WallTime(nanoseconds: 0))
    var begun: [Interval] = []
    let start = now.instant
    _ = engine.start(at: now)
    for _ in 0..<200 where begun.count < 3 {
      now.instant = max(try #require(engine.nextDeadline), now.instant)
      if case .open(let slot, _, _) = engine.expire(at: now) {
        begun.append(now.instant - start)
        engine.note(.opened(slot: slot, port: 40_000, seed: Seed(iss: 1, timestamp: 2), at: now))
      }
    }
    #expect(begun == [.zero, .milliseconds(10), .milliseconds(20)])
  }
}
