import Testing
import Timebase
import Wire

@testable import Handshake

/// Two machines over a network that loses, repeats and reorders: everything arrives, once, and in order.
@Suite struct PairTests {
  static let mebibyte = 1 << 20

  private static func variant(_ name: String) -> Plan {
    Plan.log.with {
      switch name {
      case "sack": break
      case "no sack": $0.offer.sack = false
      case "no time stamps": $0.offer.timestamps = false
      case "bare": $0.offer = SynOptions(maximumSegmentSize: 536, windowScale: nil, sack: false, timestamps: false)
      default: $0.receiveLimit = 1 << 20
      }
    }
  }

  @Test(arguments: ["sack", "no sack", "no time stamps", "bare", "wide"])
  func withoutLossNothingIsSentTwice(name: String) {
    let plan = PairTests.variant(name)
    var pair = Pair(Pair.Network(), seed: 1, sizes: [PairTests.mebibyte, 300_000], plans: [plan, plan])
    pair.start()
    #expect(pair.run { $0.isFinished })
    #expect(pair.isWhole && pair.complaints.isEmpty)
    for end in pair.ends {
      #expect(end.connection.counters.retransmissions == 0 && end.connection.counters.invalid == 0)
      #expect(end.connection.ending == .fin)
      #expect(end.connection.retransmission.smoothedRTT.map { $0 <= .milliseconds(21) } == true)
    }
  }

  @Test(arguments: ["sack", "no sack", "no time stamps", "bare", "wide"], [1, 2, 3, 4] as [UInt64])
  func aMebibyteBothWaysThroughHeavyLoss(name: String, seed: UInt64) {
    let plan = PairTests.variant(name)
    let network = Pair.Network(loss: 20, duplication: 5, delay: 5...30)
    var pair = Pair(network, seed: seed, sizes: [PairTests.mebibyte, PairTests.mebibyte], plans: [plan, plan])
    pair.start()
    let isDone = pair.run(events: 60_000) { $0.isFinished }
    #expect(isDone, "seed \(seed): \(pair.figures)")
    #expect(pair.isWhole, "seed \(seed)")
    #expect(pair.complaints.isEmpty, "seed \(seed): \(pair.complaints.prefix(3))")
    #expect(pair.ends.allSatisfy { $0.connection.ending == .fin }, "seed \(seed)")
    #expect(pair.ends.allSatisfy { $0.mostWaiting <= $0.connection.reassembly.capacity }, "seed \(seed)")
  }

  /// With what a modern TCP agrees on it takes seconds rather than minutes.
  @Test(arguments: [1...1, 1...6, 5...30], 1..<9 as Range<UInt64>)
  func aMebibyteThroughHeavyLossTakesNotLong(delay: ClosedRange<Int>, seed: UInt64) {
    let plan = Plan.log.with { $0.timeWait = .zero }
    let network = Pair.Network(loss: 20, duplication: 5, delay: delay)
    var pair = Pair(network, seed: seed, sizes: [PairTests.mebibyte, 0], plans: [plan, plan])
    pair.start()
    let isWhole = pair.run(seconds: 60) { $0.isWhole }
    #expect(isWhole && pair.complaints.isEmpty, "seed \(seed), delay \(delay): \(pair.figures)")
  }

  @Test(arguments: 10..<50 as Range<UInt64>)
  func shorterOnesOverWorseNetworks(seed: UInt64) {
    let share = Int(seed) % 5 * 10
    let network = Pair.Network(loss: share, duplication: 40 - share, delay: 1...(1 + 40 * (Int(seed) % 3)))
    var pair = Pair(network, seed: seed, sizes: [Int(seed) * 1_000, Int(seed % 7) * 10_000])
    pair.start()
    #expect(pair.run(events: 30_000) { $0.isFinished }, "seed \(seed): \(pair.figures)")
    #expect(pair.isWhole && pair.complaints.isEmpty, "seed \(seed): \(pair.complaints.prefix(3))")
  }

  @Test(arguments: [0, 20])
  func aWindowThatClosesAndOpens(loss: Int) {
    var pair = Pair(Pair.Network(loss: loss, duplication: loss / 4), seed: 5, sizes: [400_000, 400_000])
    pair.start()
    for index in 0..<2 { pair.ends[index].isReading = false }
    var rounds = 0
    while !pair.isFinished, rounds < 1_000 {
      // Both windows fill up, and each owner takes what there is only every ten seconds.
      pair.run(seconds: 10) { $0.isFinished }
      for index in 0..<2 { pair.drain(index) }
      rounds += 1
    }
    #expect(pair.isWhole && pair.isFinished, "\(pair.figures)")
    #expect(pair.ends.allSatisfy { $0.mostWaiting <= 64_240 })
    #expect(rounds > 6)
  }

  @Test func theTimeoutIsBoundedByWhatWasMeasured() {
    // Lost acknowledgments must not count as slow ones.
    let network = Pair.Network(loss: 30, duplication: 5, delay: 5...30)
    var pair = Pair(network, seed: 4, sizes: [300_000, 300_000])
    pair.start()
    #expect(pair.run { $0.isFinished })
    for end in pair.ends {
      #expect(end.connection.retransmission.smoothedRTT.map { $0 < .milliseconds(1_000) } == true)
    }
  }
}

extension Pair {
  var figures: String {
    "\(now / 1_000_000) ms, \(events) events; "
      + ends.map {
        let c = $0.connection
        return "\(c.state.rawValue) sent \($0.sent) again \(c.counters.retransmissions) in \($0.incoming.count) "
          + "flight \($0.largestInFlight) waiting \($0.mostWaiting) rtt \(c.retransmission.smoothedRTT?.nanoseconds ?? 0)"
      }.joined(separator: " | ")
  }
}
