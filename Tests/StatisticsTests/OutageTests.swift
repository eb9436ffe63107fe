import Repeatable
import Testing
import Timebase

@testable import Statistics

@Suite("Outages and reordering: in the probes' order") struct OutageTests {
  private static func time(_ sequence: Int) -> WallTime { WallTime(nanoseconds: Int64(sequence) * 1_000_000_000) }

  /// A probe a second: `+` was answered, `-` was not, `?` was interrupted.
  private static func record(_ results: String, order: [Int]? = nil, least: Int = 2) -> Outages {
    let results = Array(results)
    var outages = Outages(least: least)
    for sequence in order ?? Array(1...results.count) {
      switch results[sequence - 1] {
      case "?": outages.skip(sequence: sequence)
      case let result: outages.record(sequence: sequence, at: time(sequence), isAnswered: result == "+")
      }
    }
    return outages
  }

  /// Results, how many outages, the longest one's first and last miss and its end.
  private static let histories: [(String, Int, [Int])] = [
    ("+++++", 0, []), ("+-+-+", 0, []), ("+--+", 1, [2, 3, 4]), ("--+", 1, [1, 2, 3]), ("+--+---+", 2, [5, 7, 8]),
    ("+---+--+", 2, [2, 4, 5]), ("+-?-+", 1, [2, 4, 5]), ("+----", 1, []), ("?--+", 1, [2, 3, 4]),
  ]

  @Test("misses in a row are one outage", arguments: histories)
  func runs(results: String, count: Int, longest: [Int]) {
    let outages = OutageTests.record(results)
    #expect(outages.count == count)
    #expect(outages.longest.map { [$0.first, $0.last, $0.end] } ?? [] == longest.map { OutageTests.time($0) })
    if results.hasSuffix("--") {
      #expect(outages.current?.misses == 4 && outages.current?.length == .seconds(3) && outages.current?.end == nil)
    } else {
      #expect(outages.current == nil && outages.latest != nil || count == 0)
    }
  }

  @Test("one miss is an outage where that is asked for")
  func leastOne() {
    let outages = OutageTests.record("+-+--+", least: 1)
    #expect(outages.count == 2 && outages.longest?.length == .seconds(2) && outages.longest?.misses == 2)
    #expect(Outages(least: 0).least == 1)
  }

  @Test("the order in which results come does not matter", arguments: Seed.several)
  func anyOrder(seed: Seed) {
    var random = Random(seed)
    for _ in 0..<50 {
      let results = String((0..<60).map { _ in random.happens(0.4) ? "-" : "+" } + ["+"])
      let order = Array(1...61).shuffled(using: &random)
      let (sorted, shuffled) = (OutageTests.record(results), OutageTests.record(results, order: order))
      #expect(sorted.count == shuffled.count && sorted.longest?.length == shuffled.longest?.length)
      #expect(sorted.latest == shuffled.latest && shuffled.current == nil)
    }
  }

  @Test("what waits for an earlier result is told when it is asked for, and never beyond the window")
  func gaps() {
    var outages = OutageTests.record("+--++", order: [2, 3, 4, 5])
    #expect(outages.count == 0 && outages.settled.count == 1 && outages.settled.longest?.end == OutageTests.time(4))
    outages.record(sequence: 1, at: OutageTests.time(1), isAnswered: true)
    #expect(outages.count == 1)
    var long = Outages()
    for sequence in 2...(Outages.window + 10) {
      long.record(sequence: sequence, at: OutageTests.time(sequence), isAnswered: false)
    }
    #expect(long.count == 1 && long.current?.misses == Outages.window + 9)
    // It is too late for the first one now.
    long.record(sequence: 1, at: OutageTests.time(1), isAnswered: true)
    #expect(long.settled.current?.misses == Outages.window + 9)
  }

  @Test("a clock that was stepped back makes no negative length")
  func steppedClock() {
    var outages = Outages()
    outages.record(sequence: 1, at: OutageTests.time(9), isAnswered: false)
    outages.record(sequence: 2, at: OutageTests.time(1), isAnswered: false)
    outages.record(sequence: .max, at: OutageTests.time(2), isAnswered: true)
    #expect(outages.settled.longest?.length == .zero)
  }

  /// The arrival of each probe's answer in milliseconds, a probe a millisecond, how many were overtaken, and the most
  /// that were under way when one was answered; 0 is no answer.
  private static let arrivals: [([Int64], Int, Int)] = [
    ([2, 3, 4, 5], 0, 3), ([1, 6, 5, 6], 1, 3), ([8, 7, 6, 5], 3, 4), ([10, 3, 4, 5], 1, 4), ([1, 10, 11, 5], 2, 3),
    ([9, 9, 9], 0, 3), ([1, 1, 2], 0, 2), ([3, 0, 0, 9], 0, 4), ([0, 0], 0, 0), ([1], 0, 1),
  ]

  @Test("an answer that was overtaken is counted once", arguments: arrivals)
  func reordering(times: [Int64], count: Int, pipe: Int) {
    for order in [Array(times.indices), times.indices.reversed(), times.indices.sorted { times[$0] < times[$1] }] {
      var reordering = Reordering()
      for index in order {
        let arrival = times[index] == 0 ? nil : WallTime(nanoseconds: times[index] * 1_000_000)
        let departure = WallTime(nanoseconds: Int64(index) * 1_000_000)
        reordering.record(sequence: index + 1, departure: departure, arrival: arrival)
      }
      #expect(reordering.count == count && reordering.pipe == pipe, "\(order)")
    }
  }

  @Test("only so many probes are kept")
  func bounded() {
    var reordering = Reordering()
    for sequence in 1...10_000 {
      let time = OutageTests.time(sequence)
      reordering.record(sequence: sequence, departure: time, arrival: time + .milliseconds(1))
    }
    #expect(reordering.count == 0 && reordering.pipe == 1)
    reordering.record(sequence: 5, departure: OutageTests.time(5), arrival: OutageTests.time(20_000))
    #expect(reordering.count == 1)
  }

  @Test("exactly as many results wait as are allowed") func mostWaiting() {
    var outages = Outages()
    for sequence in 2...(Outages.window + 1) {
      outages.record(sequence: sequence, at: OutageTests.time(sequence), isAnswered: false)
    }
    #expect(outages.count == 0)
    let next = Outages.window + 2
    outages.record(sequence: next, at: OutageTests.time(next), isAnswered: false)
    #expect(outages.count == 1, "the first of them waits no longer, and all others follow it")
  }

  @Test("a result that comes twice counts once") func twice() {
    var outages = Outages()
    for sequence in [2, 2, 1] {
      outages.record(sequence: sequence, at: OutageTests.time(sequence), isAnswered: sequence == 1)
    }
    #expect(outages.count == 0 && outages.current == nil)
    outages.record(sequence: 2, at: OutageTests.time(2), isAnswered: false)
    #expect(outages.current == nil)
    outages.record(sequence: 3, at: OutageTests.time(3), isAnswered: false)
    #expect(outages.current?.misses == 2)
  }

  @Test("the latest probes are the ones that are kept") func latestAreKept() {
    var reordering = Reordering()
    func time(_ milliseconds: Int) -> WallTime { WallTime(nanoseconds: Int64(milliseconds) * 1_000_000) }
    for sequence in 1...600 where sequence != 500 {
      reordering.record(sequence: sequence, departure: time(sequence * 10), arrival: time(sequence * 10 + 1))
    }
    #expect(reordering.pipe == 1)
    reordering.record(sequence: 500, departure: time(5_000), arrival: time(5_505))
    #expect(reordering.pipe == 51 && reordering.count == 1)
  }

  @Test("neither a quick answer nor a late one makes forget the greatest") func greatest() {
    func record(_ reordering: inout Reordering, _ sequence: Int, _ departure: Int64, _ arrival: Int64) {
      reordering.record(
        sequence: sequence, departure: WallTime(nanoseconds: departure), arrival: WallTime(nanoseconds: arrival))
    }
    var reordering = Reordering()
    record(&reordering, 1, 0, 100)
    record(&reordering, 2, 1, 2)
    record(&reordering, 3, 50, 60)
    #expect(reordering.pipe == 3 && reordering.count == 1)
    var stepped = Reordering()
    record(&stepped, 5, 50, 55)
    record(&stepped, 3, 30, 60)
    record(&stepped, 4, 65, 70)
    #expect(stepped.count == 2)
  }
}
