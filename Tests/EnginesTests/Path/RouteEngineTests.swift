import Engines
import Handshake
import Path
import Testing
import Timebase
import Wire

@Suite struct RouteEngineTests {
  /// Time to live and answering address of a round's probes.
  private func path(_ world: RouteWorld, round: Int = 0, flow: Int = 0) -> [IPAddress?] {
    world.probes.filter { $0.round == round && $0.flow == flow && !$0.isExtra }.sorted { $0.ttl < $1.ttl }
      .map { $0.answer?.address }
  }

  private let five = (1...5).map { RouteWorld.address($0) } + [RouteWorld.remote.address]

  @Test(arguments: [RouteWorld.Target.open, .closed])
  func everyRoundAsksEveryHopOnceAndEndsAtTheTarget(target: RouteWorld.Target) {
    var world = RouteWorld(hops: 5) { $0.rounds = 4 }
    world.target = target
    world.run()
    #expect(world.ending == RouteEnding(distance: 6, flows: 1, isComplete: nil))
    for round in 0..<4 { #expect(path(world, round: round) == five) }
    #expect(world.rounds == [0, 1, 2, 3])
    #expect(world.probes.count == 24)
    #expect(world.probes.allSatisfy { $0.answer?.rtt == Measurement(.milliseconds(2 * Int64($0.ttl)), clock: .kernel) })
    let kinds = Set(world.probes.filter { $0.ttl == 6 }.compactMap { $0.answer?.kind })
    #expect(kinds == [target == .open ? .synAck : .rst])
    #expect(world.left == 0)
    // One probe of the first round lies behind the target at most for each millisecond of the way.
    #expect(world.sent <= 24 + 13)
  }

  @Test func probesOfAFlowHaveTheSamePortAndNumbersOfTheirOwn() {
    var world = RouteWorld(hops: 3) { $0.rounds = 3 }
    world.run()
    #expect(Set(world.probes.map(\.sourcePort)).count == 1)
    #expect(Set(world.probes.map(\.number)).count == world.probes.count)
  }

  @Test func aLostProbeIsASilentHopAndNothingElse() {
    var world = RouteWorld(hops: 5) { $0.rounds = 3 }
    world.loses = { _, ttl, time in ttl == 3 && time < .milliseconds(100) }
    world.run()
    var first: [IPAddress?] = five
    first[2] = nil
    #expect(path(world) == first)
    #expect(path(world, round: 1) == five)
  }

  @Test func theTargetIsFoundInItsPlaceWhereItsFirstProbeWasLost() {
    var world = RouteWorld(hops: 5) { $0.rounds = 3 }
    world.loses = { _, ttl, time in ttl == 6 && time < .milliseconds(100) }
    world.run()
    #expect(world.ending?.distance == 6)
    #expect(path(world, round: 2) == five)
  }

  @Test func aSilentTargetEndsOneHopBehindTheLastAnswer() {
    var world = RouteWorld(hops: 5) { $0.rounds = 3 }
    world.target = .silent
    world.run()
    #expect(world.ending?.distance == nil)
    for round in 0..<3 { #expect(path(world, round: round) == five.dropLast() + [nil]) }
  }

  @Test func nothingThatAnswersIsTold() {
    var world = RouteWorld(hops: 2) { $0.rounds = 2 }
    world.hops = [[], []]
    world.target = .silent
    world.run()
    #expect(path(world) == [nil])
    #expect(world.ending?.distance == nil)
  }

  @Test func aLostResetIsNoLossOfTheNextProbe() {
    var world = RouteWorld(hops: 5) { $0.rounds = 6 }
    // Every other one: what is sent again before the next round arrives.
    world.losesReset = { $0 % 2 == 1 }
    world.run()
    for round in 0..<6 { #expect(path(world, round: round) == five) }
    #expect(world.left == 0)
    // The first ones in a row: the target challenges a SYN that finds it half open.
    var challenges = 0
    for count in 1...20 {
      world = RouteWorld(hops: 5) { $0.rounds = 6 }
      world.losesReset = { $0 <= count }
      world.run()
      for round in 0..<6 { #expect(path(world, round: round) == five) }
      challenges += world.probes.count { $0.answer?.kind == .ack }
      #expect(world.left == 0)
    }
    #expect(challenges > 0)
  }

  @Test func aTargetThatDropsWhatFindsItHalfOpenIsFreedByEveryRound() {
    var world = RouteWorld(hops: 5) { $0.rounds = 8 }
    world.challenges = false
    // That of the SYN-ACK and the one before the next round: only this round is lost, and none after it.
    world.losesReset = { $0 <= 2 }
    world.run()
    #expect(path(world, round: 0) == five)
    #expect(path(world, round: 1) == Array(five.dropLast()) + [nil])
    for round in 2..<8 { #expect(path(world, round: round) == five) }
    #expect(world.left == 0)
  }

  @Test func aPathThatGrowsIsFollowed() {
    var world = RouteWorld(hops: 3) { $0.rounds = 4 }
    world.later = (.milliseconds(300), (1...5).map { [RouteWorld.address($0)] })
    world.run()
    #expect(path(world).count == 4)
    #expect(path(world, round: 3) == five)
    #expect(world.ending?.distance == 6)
  }

  @Test func aPathThatShrinksIsFollowed() {
    var world = RouteWorld(hops: 5) { $0.rounds = 4 }
    world.later = (.milliseconds(300), [[RouteWorld.address(1)]])
    world.run()
    #expect(path(world, round: 3) == [RouteWorld.address(1), RouteWorld.remote.address])
    #expect(world.ending?.distance == 2)
  }

  @Test func flowsAreAddedUntilTheRuleIsMet() {
    var world = RouteWorld(hops: 4) {
      $0.rounds = 1
      $0.flows = 64
    }
    world.run()
    #expect(world.ending == RouteEnding(distance: 5, flows: 6, isComplete: true))
    world = RouteWorld(hops: 4) {
      $0.rounds = 1
      $0.flows = 64
    }
    world.hops[1] = [RouteWorld.address(2), RouteWorld.address(2, 1)]
    world.run()
    #expect(world.ending == RouteEnding(distance: 5, flows: 11, isComplete: true))
    #expect(Set(world.probes.filter { $0.ttl == 2 }.compactMap { $0.answer?.address }).count == 2)
    world = RouteWorld(hops: 4) {
      $0.rounds = 1
      $0.flows = 8
    }
    world.hops[1] = [RouteWorld.address(2), RouteWorld.address(2, 1)]
    world.run()
    #expect(world.ending == RouteEnding(distance: 5, flows: 8, isComplete: false))
    #expect(world.left == 0)
  }

  @Test func sweepsForChangesCarryECNAndCountForThemselves() {
    var world = RouteWorld(hops: 3) {
      $0.rounds = 2
      $0.asksECN = true
    }
    world.run()
    let extras = world.probes.filter(\.isExtra)
    #expect(Set(extras.map(\.trafficClass)) == [1, 2, 3])
    #expect(extras.count == 12)
    #expect(world.probes.filter { !$0.isExtra }.count == 8)
    #expect(world.probes.filter { !$0.isExtra }.allSatisfy { $0.trafficClass == 0 })
  }

  @Test(arguments: [(true, true), (false, true), (false, false)])
  func withinAConnectionTheTargetAnswersAndHearsNothing(sack: Bool, timestamps: Bool) {
    var world = RouteWorld(hops: 5) {
      $0.rounds = 4
      $0.isInSession = true
    }
    (world.hasSACK, world.hasTimestamps) = (sack, timestamps)
    world.run()
    for round in 0..<4 { #expect(path(world, round: round) == five) }
    #expect(Set(world.probes.map(\.form)) == [sack ? .beyond : .keepAlive])
    #expect(world.probes.filter { $0.ttl == 6 }.allSatisfy { $0.answer?.kind == .ack })
    #expect(world.ending == RouteEnding(distance: 6, flows: 1, isComplete: nil))
    #expect(world.left == 0)
  }

  @Test func connectionsAreReplacedBeforeThePeerKeepsTooMuch() {
    var world = RouteWorld(hops: 2) {
      $0.rounds = 150
      $0.interval = .milliseconds(20)
      $0.isInSession = true
    }
    world.run()
    #expect(world.probes.filter { $0.ttl == 3 && $0.answer != nil }.count == 150)
    #expect(world.segments.count { $0.flags == .syn } == 3)
    #expect(world.left == 0)
  }

  @Test(arguments: [RouteWorld.Target.closed, .silent])
  func withoutAConnectionItSaysWhy(target: RouteWorld.Target) {
    var world = RouteWorld(hops: 5) { $0.isInSession = true }
    world.target = target
    world.run()
    #expect(world.ending?.trouble?.contains(target == .closed ? "refused" : "not answered") == true)
    #expect(world.probes.isEmpty)
  }

  @Test func anInterruptEndsItAtOnceAndLeavesNothingOpen() {
    for session in [false, true] {
      var world = RouteWorld(hops: 5) {
        $0.rounds = nil
        $0.isInSession = session
      }
      world.run(interruptAfter: .milliseconds(1_050))
      #expect(world.ending?.distance == 6)
      #expect(world.probes.count >= 24)
      #expect(world.left == 0)
    }
  }

  @Test(arguments: [false, true])
  func whatIsUnderWayAtTheEndIsCountedWhetherItIsAnsweredOrNot(isInSession: Bool) {
    var world = RouteWorld(hops: 5) {
      $0.rounds = nil
      $0.interval = .milliseconds(20)
      $0.isInSession = isInSession
    }
    var random: UInt64 = 9
    // Three in ten, before the fourth hop.
    world.loses = { _, ttl, _ in
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return ttl >= 4 && (random >> 33) % 10 < 3
    }
    world.run(interruptAfter: .seconds(3))
    let probes = world.probes.filter { $0.ttl == 6 && !$0.isExtra }
    let lost = Double(probes.count { $0.answer == nil }) / Double(probes.count)
    #expect(probes.count > 90)
    #expect(lost > 0.2 && lost < 0.4)
    // All hops were asked equally often, but for the last round and what a renewed connection leaves open.
    let counts = (1...6).map { ttl in world.probes.count { $0.ttl == ttl && !$0.isExtra } }
    #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
  }

  @Test func theDeadlineEndsIt() {
    var world = RouteWorld(hops: 5) {
      $0.rounds = nil
      $0.deadline = .seconds(1)
    }
    world.run()
    #expect(world.ending != nil)
    #expect(world.rounds.count >= 4)
  }

  @Test func probesKeepTheRate() {
    var world = RouteWorld(hops: 10) {
      $0.rounds = 3
      $0.interval = .milliseconds(1)
      $0.rate = 100
    }
    world.run()
    let times = world.probes.map(\.sent).sorted()
    for (early, late) in zip(times, times.dropFirst()) { #expect(late - early >= .milliseconds(10)) }
  }
}
