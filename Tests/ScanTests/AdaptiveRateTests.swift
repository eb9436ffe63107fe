import Scan
import Testing
import Timebase

@Suite struct AdaptiveRateTests {
  private static let turn = Interval.milliseconds(100)

  /// A rate in virtual time: what happens at each turn.
  private struct World {
    var rate: AdaptiveRate
    var now = Instant(nanoseconds: 5_000_000_000)
    var answered: UInt64 = 0

    init(most: Int = AdaptiveRate.most) { rate = AdaptiveRate(from: now, most: most) }

    mutating func turn(answers: UInt64, _ trouble: AdaptiveRate.Trouble? = nil) -> Int {
      if let trouble { rate.note(trouble) }
      answered += answers
      now = now + AdaptiveRateTests.turn
      _ = rate.turn(at: now, answered: answered)
      return rate.value
    }
  }

  @Test func itGrowsWhileAnswersComeAndNotBeyondItsCeiling() {
    var world = World()
    #expect(world.rate.value == 1_000)
    let values = (0..<8).map { _ in world.turn(answers: 1) }
    #expect(values == [1_500, 2_250, 3_375, 5_062, 7_593, 10_000, 10_000, 10_000])
  }

  @Test func whereNothingAnswersItHardlyGrows() {
    var world = World()
    let values = (0..<10).map { _ in world.turn(answers: 0) }
    #expect(values == values.sorted() && values.last ?? 0 < 1_120)
  }

  @Test(arguments: AdaptiveRate.Trouble.allCases) func itFallsByHalfAndRests(_ trouble: AdaptiveRate.Trouble) {
    var world = World()
    for _ in 0..<6 { _ = world.turn(answers: 1) }
    #expect(world.turn(answers: 1, trouble) == 5_000)
    #expect(world.rate.falls[trouble.rawValue] == 1)
    // What was sent before it fell is lost still, and has it fall no further.
    #expect((0..<5).map { _ in world.turn(answers: 1, trouble) } == [5_000, 5_000, 5_000, 5_000, 5_000])
    #expect(world.turn(answers: 1, trouble) == 2_500)
    for _ in 0..<300 { _ = world.turn(answers: 1, trouble) }
    #expect(world.rate.value == 100)
  }

  @Test func itComesBackFastToWhereItFellAndSlowlyBeyond() {
    var world = World(most: 1_000_000)
    while world.rate.value < 50_000 { _ = world.turn(answers: 1) }
    let high = world.rate.value
    #expect(world.turn(answers: 1, .dropped) == high / 2)
    for _ in 0..<5 { _ = world.turn(answers: 1) }
    #expect(world.turn(answers: 1) == high / 2 * 3 / 2)
    #expect(world.turn(answers: 1) == high)
    let next = world.turn(answers: 1)
    #expect(next > high && next <= high + high / 20)
    for _ in 0..<200 { _ = world.turn(answers: 1) }
    #expect(world.rate.value == 1_000_000)
  }

  @Test func aLowCeilingIsKept() {
    var world = World(most: 7)
    #expect(world.rate.value == 7)
    #expect((0..<5).map { _ in world.turn(answers: 1) } == [7, 7, 7, 7, 7])
    #expect(world.turn(answers: 1, .full) <= 7)
  }

  @Test func nothingHappensWithinATurn() {
    var world = World()
    world.rate.note(.dropped)
    let early = world.rate.turn(at: world.now + .milliseconds(99), answered: 10)
    let late = world.rate.turn(at: world.now + .milliseconds(100), answered: 10)
    #expect(!early && late && world.rate.value == 500)
  }
}

@Suite struct ControlSampleTests {
  private static let begin = Instant(nanoseconds: 1_000_000_000)

  /// Asks for some time; every question is answered, or of so many one.
  private func silent(answers every: Int, known: UInt64 = 20, seconds: Int64 = 5) -> [Bool] {
    var sample = ControlSample()
    for number in 0..<known { sample.learn(number) }
    var (verdicts, questions, answered) = ([Bool](), 0, 0)
    var now = ControlSampleTests.begin
    let end = now + .seconds(seconds)
    while now < end {
      if let number = sample.next(at: now) {
        questions += 1
        if every > 0, questions % every == 0 {
          sample.note(number)
          answered += 1
        }
      }
      verdicts.append(sample.isSilent(at: now, patience: .seconds(1)))
      now = now + .milliseconds(10)
    }
    return verdicts
  }

  @Test func thoseThatAnswerSayNothing() { #expect(!silent(answers: 1).contains(true)) }

  @Test func halfOfThemIsEnough() { #expect(!silent(answers: 2).contains(true)) }

  @Test func thoseThatDoNotAreHeardOfOnceEachWindow() {
    let times = silent(answers: 0).count { $0 }
    // 80 answers are due in the four seconds behind the first: five windows of 16.
    #expect((4...5).contains(times))
    #expect(silent(answers: 3).contains(true))
  }

  @Test func aFewSayNothing() { #expect(!silent(answers: 0, known: 7).contains(true)) }

  @Test func theyAreAskedAtASteadyPaceInTurn() {
    var sample = ControlSample()
    for number in 0..<100 as Range<UInt64> { sample.learn(number) }
    var asked: [UInt64] = []
    var now = ControlSampleTests.begin
    for _ in 0..<200 {
      if let number = sample.next(at: now) { asked.append(number) }
      now = now + .milliseconds(10)
    }
    #expect(asked.count == 40 && Set(asked).count == 32 && asked.allSatisfy { $0 < 32 })
  }

  @Test func whatIsAwaitedIsBounded() {
    var sample = ControlSample()
    for number in 0..<32 as Range<UInt64> { sample.learn(number) }
    let count = (0..<1_000).count { sample.next(at: ControlSampleTests.begin + .milliseconds(100) * $0) != nil }
    #expect(count == 128)
  }
}

@Suite struct RatePacerTests {
  /// When each packet leaves, by a sender that wakes late by up to so many microseconds.
  private func departures(rate: Int, seconds: Int64, late: (Int) -> Int64) -> [Int64] {
    var pacer = RatePacer(rate: rate, from: Instant(nanoseconds: 0))
    var (now, list, turn) = (Instant(nanoseconds: 0), [Int64](), 0)
    while now.nanoseconds < seconds * 1_000_000_000 {
      let count = pacer.allowance(at: now)
      pacer.take(count)
      list += [Int64](repeating: now.nanoseconds, count: count)
      turn += 1
      now = max(pacer.nextDeadline + .microseconds(late(turn)), now + .nanoseconds(1))
    }
    return list
  }

  @Test(arguments: [1, 3, 999, 1_000, 1_001, 10_000, 123_457, 1_000_000])
  func exactHoweverTheSenderWakes(rate: Int) {
    let seconds: Int64 = rate > 100_000 ? 2 : 10
    let list = departures(rate: rate, seconds: seconds) { Int64($0 * 7 % 300) }
    let wanted = rate * Int(seconds)
    #expect((wanted - rate / 1_000 - 1...wanted + 1).contains(list.count), "\(list.count) of \(wanted)")
    // No more than a millisecond brings leave at once, or one.
    var (index, most) = (0, 0)
    while index < list.count {
      let end = list[index...].firstIndex { $0 > list[index] } ?? list.count
      most = max(most, end - index)
      index = end
    }
    #expect(most <= max(rate / 1_000, 1))
  }

  @Test func aStallIsNotMadeUpFor() {
    let list = departures(rate: 10_000, seconds: 3) { $0 == 1_000 ? 1_000_000 : 0 }
    #expect((19_900...20_020).contains(list.count))
    // In no millisecond more than what two bring, the burst and what is earned meanwhile.
    for (index, time) in list.enumerated() where index >= 21 { #expect(time - list[index - 21] >= 1_000_000) }
  }
}
