import Testing
import Timebase

@testable import Path

/// How the search closes in, against networks that forget after a known time, in virtual time.
@Suite("A search for an idle limit") struct IdleSearchTests {
  /// A network that forgets after a time, and how it shows that.
  private struct World {
    var limit: Interval?
    var answer = IdleTrial.Answer.silent
    /// Whether an end comes by itself.
    var announces = false
    var now = Interval.zero

    mutating func trial(_ silence: Interval, _ patience: Interval) -> IdleTrial {
      guard let limit, silence >= limit else {
        now = now + silence
        return IdleTrial(silence, .alive)
      }
      now = now + (announces ? limit : silence + (answer == .silent ? patience : .zero))
      return IdleTrial(silence, answer, announced: announces ? limit : nil, sender: answer == .fin ? .peer : nil)
    }
  }

  private func plan(longest: Int64 = 7_440, resolution: Interval = .seconds(1), first: Interval? = nil)
    -> IdleSearch.Plan
  {
    var plan = IdleSearch.Plan()
    (plan.longest, plan.resolution, plan.first) = (.seconds(longest), resolution, first)
    return plan
  }

  private func run(_ world: inout World, _ plan: IdleSearch.Plan) -> IdleSearch {
    var search = IdleSearch(plan)
    while let silence = search.next {
      let (left, before) = (search.timeLeft, world.now)
      search.take(world.trial(silence, plan.patience))
      let spent = world.now - before
      #expect(search.timeLeft + spent <= left, "at most \(left) left before \(silence), then \(search.timeLeft)")
    }
    return search
  }

  @Test(
    "the bounds hold the limit, and are as near as was asked",
    arguments: [1, 2_999, 3_000, 7_999, 8_000, 8_001, 15_500, 19_999, 20_000, 20_001, 350_000, 7_440_000])
  func bounds(_ milliseconds: Int64) {
    let limit = Interval.milliseconds(milliseconds)
    for answer in [IdleTrial.Answer.silent, .rst] {
      var world = World(limit: limit, answer: answer)
      let search = run(&world, plan())
      #expect(search.end == .found)
      #expect(search.alive < limit && limit <= search.dead ?? .zero)
      #expect((search.dead ?? .zero) - search.alive <= .seconds(1))
    }
  }

  @Test("twenty seconds are found in under three minutes") func twenty() {
    for limit in [Interval.milliseconds(19_500), .seconds(20), .milliseconds(20_500)] {
      var world = World(limit: limit)
      _ = run(&world, plan())
      #expect(world.now < .seconds(170), "\(world.now)")
    }
  }

  @Test("what comes by itself is confirmed by one more silence") func announced() {
    var world = World(limit: .milliseconds(15_003), answer: .fin, announces: true)
    let search = run(&world, plan())
    #expect(search.trials.map(\.silence) == [8, 16].map { .seconds($0) } + [.milliseconds(14_003)])
    #expect(search.dead == .milliseconds(15_003) && search.alive == .milliseconds(14_003) && search.end == .found)
  }

  @Test("nothing forgets: the longest silence is the last") func nobody() {
    var world = World(limit: nil)
    let search = run(&world, plan(longest: 50))
    #expect(search.trials.map(\.silence) == [8, 16, 32, 50].map { .seconds($0) })
    #expect(search.end == .longest && search.dead == nil && search.alive == .seconds(50))
    var short = World(limit: nil)
    #expect(run(&short, plan(longest: 5)).trials.map(\.silence) == [.seconds(5)])
  }

  @Test("the first silence is the one that was asked for") func first() {
    var world = World(limit: .seconds(350))
    let search = run(&world, plan(first: .seconds(300)))
    #expect(search.trials.first?.silence == .seconds(300) && search.trials.count < 14)
    #expect(search.alive == .seconds(349) && search.dead == .seconds(350))
  }

  /// One silence alone may have been an outage: it is asked about again.
  @Test("an outage is taken back") func outage() {
    var search = IdleSearch(plan(longest: 64))
    var asked: [Interval] = []
    while let silence = search.next {
      asked.append(silence)
      search.take(IdleTrial(silence, asked.count == 2 ? .silent : .alive))
    }
    #expect(asked.map { $0.nanoseconds / 1_000_000_000 } == [8, 16, 12, 14, 15, 16, 32, 64])
    #expect(search.end == .longest && search.dead == nil)
  }

  @Test("a second silence confirms the first, an RST needs none") func confirmed() {
    for (answer, count) in [(IdleTrial.Answer.silent, 6), (.rst, 5)] {
      var world = World(limit: .milliseconds(15_500), answer: answer)
      let search = run(&world, plan())
      #expect(search.trials.count == count && search.dead == .seconds(16) && search.end == .found)
    }
  }

  @Test("trials that show nothing are repeated, and end it after three in a row") func unclear() {
    var search = IdleSearch(plan())
    for (index, answer) in [IdleTrial.Answer.unclear, .unclear, .alive, .unclear, .unclear].enumerated() {
      #expect(search.next == .seconds(index < 3 ? 8 : 16))
      search.take(IdleTrial(search.next ?? .zero, answer))
    }
    #expect(search.end == nil)
    search.take(IdleTrial(.seconds(16), .unclear))
    #expect(search.end == .unclear && search.next == nil && search.alive == .seconds(8) && search.timeLeft == .zero)
  }

  @Test("a peer that is never silent ends it") func busy() {
    var search = IdleSearch(plan())
    search.take(IdleTrial(.seconds(8), .alive))
    search.take(IdleTrial(.seconds(16), .busy))
    #expect(search.end == .busy && search.alive == .seconds(8) && search.dead == nil)
  }

  @Test("a limit that changes ends it in the end") func contradictions() {
    var (search, count) = (IdleSearch(plan()), 0)
    while let silence = search.next {
      // Alive is answered, then a shorter time comes by itself.
      search.take(
        count % 2 == 0 ? IdleTrial(silence, .alive) : IdleTrial(silence, .rst, announced: .milliseconds(500)))
      count += 1
    }
    #expect(count < 20 && search.end != nil)
  }

  @Test("hostile times neither trap nor last for ever") func extremes() {
    for resolution in [Interval.milliseconds(10), .seconds(3_600)] {
      var world = World(limit: .seconds(999_999))
      let search = run(&world, plan(longest: 1_000_000, resolution: resolution))
      #expect(search.end == .found && search.trials.count < 80)
    }
  }

  // MARK: What it comes to

  @Test(
    "who forgets, by the trial that found the bound",
    arguments: [
      (.silent, nil, .path, .silent), (.rst, .peer, .peer, .rst), (.rst, .path, .path, .rst),
      (.rst, .host, .path, .rst),
      (.rst, .unknown, nil, .rst), (.fin, .peer, .peer, .fin), (.fin, .path, .path, .fin), (.icmp, .path, .path, .icmp),
      (.refused, .host, .host, .silent),
    ] as [(IdleTrial.Answer, IdleTrial.Sender?, IdleFinding.Forgetter?, IdleFinding.Manner)])
  func forgetter(
    _ answer: IdleTrial.Answer, _ sender: IdleTrial.Sender?, _ forgetter: IdleFinding.Forgetter?,
    _ manner: IdleFinding.Manner
  ) {
    var search = IdleSearch(plan())
    search.take(IdleTrial(.seconds(8), answer, sender: sender, evidence: "why"))
    let finding = IdleFinding(search, host: nil)
    #expect(finding.forgottenBy == forgetter && finding.manner == manner && finding.evidence == "why")
    #expect(finding.alive == nil && finding.dead == .seconds(8) && finding.end == nil && finding.hints.isEmpty)
  }

  @Test(
    "this host's own tracking, where its limit is the one that was found",
    arguments: [(20, true), (19, true), (300, false), (3, false)])
  func ownTracking(_ seconds: Int64, _ isOwn: Bool) {
    var world = World(limit: .milliseconds(19_500))
    let search = run(&world, plan())
    for isTracking in [true, false] {
      let host = IdleFinding.HostTracking(established: .seconds(seconds), isTracking: isTracking)
      let finding = IdleFinding(search, host: host)
      #expect(finding.forgottenBy == (isOwn && isTracking ? .host : .path))
    }
    var closed = World(limit: .milliseconds(19_500), answer: .fin, announces: true)
    let finding = IdleFinding(
      run(&closed, plan()), host: .init(established: .seconds(20), isTracking: true))
    #expect(finding.forgottenBy == .peer, "a FIN of the peer's is no one's memory")
  }

  @Test("nobody forgets") func nobodyForgets() {
    var world = World(limit: nil)
    let finding = IdleFinding(run(&world, plan(longest: 20)), host: .init(established: .seconds(20), isTracking: true))
    #expect(finding.forgottenBy == .nobody && finding.manner == nil && finding.dead == nil && finding.end == .longest)
    #expect(IdleFinding(IdleSearch(plan()), host: nil).alive == nil)
  }

  @Test(
    "documented limits near the bounds",
    arguments: [
      (349.0, 350.0, [350]), (349.5, 350.5, [350]), (351.5, 352.5, []), (238.5, 239.5, [240]), (7_439, 7_440, [7_440]),
      (19, 20, []), (59, 60, [60]), (3_000, 3_001, []),
    ] as [(Double, Double, [Int64])])
  func hints(_ alive: Double, _ dead: Double, _ hints: [Int64]) {
    func interval(_ seconds: Double) -> Interval { .milliseconds(Int64(seconds * 1_000)) }
    let near = KnownIdleLimit.near(interval(alive), interval(dead), resolution: .seconds(1))
    #expect(near.map { $0.time.nanoseconds / 1_000_000_000 } == hints)
  }

  @Test("the table is in order, and every row has its source") func table() {
    let times = KnownIdleLimit.all.map(\.time)
    #expect(times == times.sorted() && Set(times).count == times.count)
    #expect(KnownIdleLimit.all.allSatisfy { !$0.name.isEmpty && !$0.source.isEmpty })
  }
}
