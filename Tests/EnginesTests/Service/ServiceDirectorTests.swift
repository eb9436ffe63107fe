import Handshake
import Script
import Testing
import Wire

@testable import Engines

/// Which ports are asked, and what their answers come to.
@Suite("Which ports are asked for a service") struct ServiceDirectorTests {
  private let remote = Endpoint(.v4(IPv4Address(192, 0, 2, 2)), 80)

  private func director(_ ports: [UInt16] = [50_000, 50_001]) throws -> ServiceDirector {
    let conversation = try #require(try Conversation.service(sending: [1], family: .v4))
    return ServiceDirector(conversation, with: remote, ports: ports)
  }

  private func next(_ director: inout ServiceDirector, running: Int = 0) -> PlayJob? {
    if case .play(let job) = director.next(running: running) { job } else { nil }
  }

  private func result(_ state: ServiceState, atSyn: Bool = false) -> PlayResult {
    PlayResult(.fail, state.rawValue, line: atSyn ? 2 : 9)
  }

  @Test("an answer is all that is needed", arguments: [.service, .zeroWindow, .reset, .closed] as [ServiceState])
  func answer(_ state: ServiceState) throws {
    var director = try director()
    let job = try #require(next(&director))
    #expect(job.remote == remote && next(&director, running: 1) == nil)
    do {
      let found = director.take(PlayedJob(job: job, result: result(state), play: nil))
      #expect(found?.state == state)
    }
    guard case .over = director.next(running: 0) else { return #expect(Bool(false), "it is over") }
  }

  @Test("a SYN without an answer is sent once more, data without one is not") func silence() throws {
    var director = try director()
    let job = try #require(next(&director))
    let first = director.take(PlayedJob(job: job, result: result(.silent, atSyn: true), play: nil))
    #expect(first == nil)
    let again = try #require(next(&director))
    #expect(again.remote == remote)
    do {
      let found = director.take(PlayedJob(job: again, result: result(.silent, atSyn: true), play: nil))
      #expect(found?.state == .silent)
    }
    var other = try self.director()
    let question = try #require(next(&other))
    do {
      let found = other.take(PlayedJob(job: question, result: result(.silent), play: nil))
      #expect(found?.state == .silent)
    }
  }

  @Test(
    "random ports decide where the port only acknowledges",
    arguments: [
      ([.acked, .acked], .ackingFirewall), ([.acked, .closed], .acked), ([.closed, .silent], .acked),
      ([.service, .acked], .acked),
    ] as [([ServiceState], ServiceState)])
  func others(_ answers: [ServiceState], _ state: ServiceState) throws {
    var director = try director()
    let job = try #require(next(&director))
    do {
      let found = director.take(PlayedJob(job: job, result: result(.acked), play: nil))
      #expect(found == nil)
    }
    let jobs = [next(&director), next(&director, running: 1)].compactMap(\.self)
    #expect(jobs.map(\.remote.port) == [50_000, 50_001] && next(&director, running: 2) == nil)
    do {
      let found = director.take(PlayedJob(job: jobs[1], result: result(answers[1]), play: nil))
      #expect(found == nil)
    }
    let found = director.take(PlayedJob(job: jobs[0], result: result(answers[0]), play: nil))
    #expect(found?.state == state)
    #expect(found?.others == [.init(50_000, answers[0]), .init(50_001, answers[1])])
  }

  @Test("a random port that could not be asked leaves it open") func unasked() throws {
    var director = try director()
    let job = try #require(next(&director))
    _ = director.take(PlayedJob(job: job, result: result(.acked), play: nil))
    let jobs = [next(&director), next(&director)].compactMap(\.self)
    _ = director.take(PlayedJob(job: jobs[0], result: PlayResult(.error, "no source port is free"), play: nil))
    let found = director.take(PlayedJob(job: jobs[1], result: result(.acked), play: nil))
    #expect(found?.state == .acked && found?.others.count == 1)
  }

  @Test("without random ports there are none, nor the port itself") func none() throws {
    var director = try director([80])
    let job = try #require(next(&director))
    do {
      let found = director.take(PlayedJob(job: job, result: result(.acked), play: nil))
      #expect(found?.state == .acked)
    }
  }

  @Test("what could not be asked is no finding") func trouble() throws {
    var director = try director()
    let job = try #require(next(&director))
    do {
      let found = director.take(PlayedJob(job: job, result: PlayResult(.error, "no source port is free"), play: nil))
      #expect(found == nil)
    }
    #expect(director.trouble == "no source port is free" && next(&director) == nil)
  }
}
