import Repeatable
import Testing
import Timebase

@testable import Handshake

/// Hostile peers: whatever comes, the machine neither traps, nor grows, nor answers without limit.
///
/// A failure names its seed: add it to the list, and it happens again.
@Suite struct FloodTests {
  static let seeds: [UInt64] = [1, 2, 3, 0xfeed_face_dead_beef]
  /// The segments of one flood.
  static let count = 100_000

  /// Data that is still to be sent where the state allows it.
  private static func data(_ count: Int, in state: State) -> [UInt8] {
    [.synSent, .synReceived, .established, .closeWait].contains(state) ? [UInt8](repeating: 0x61, count: count) : []
  }

  @Test(arguments: Trace.ourStates, seeds.prefix(2))
  func randomSegments(state: State, seed: UInt64) throws {
    var random = Random(seed: seed ^ UInt64(State.allCases.firstIndex(of: state) ?? 0) << 32)
    var flood = Flood(try Trace.reaching(state) { $0.data = FloodTests.data(3_000, in: state) })
    for _ in 0..<(FloodTests.count / Trace.ourStates.count) { flood.step(&random) }
    flood.finish()
    #expect(flood.complaints.isEmpty, "seed \(seed): \(flood.complaints.prefix(3))")
  }

  @Test(arguments: seeds.prefix(2))
  func againstManyConnections(seed: UInt64) throws {
    // A new connection wherever the old one has ended.
    var random = Random(seed: seed)
    var sent = 0
    while sent < FloodTests.count / 2 {
      let state = Trace.ourStates.randomElement(using: &random) ?? .synSent
      var flood = Flood(
        try Trace.reaching(state) {
          $0.retries = [0, 2, 15, 1_000, -5].randomElement(using: &random) ?? 0
          $0.window = [0, 1, 64_240, 65_535].randomElement(using: &random) ?? 0
          $0.data = FloodTests.data(Int.random(in: 0...3_000, using: &random), in: state)
        })
      for _ in 0..<200 {
        flood.step(&random)
        sent += 1
        if flood.conversation.connection.isFinished { break }
      }
      sent += 1
      flood.finish()
      #expect(flood.complaints.isEmpty, "seed \(seed) from \(state): \(flood.complaints.prefix(3))")
      if !flood.complaints.isEmpty { return }
    }
  }

  @Test(arguments: seeds)
  func textForAnOwner(seed: UInt64) throws {
    // With text, SACK and time stamps both ways, and an owner who writes, takes, and shuts down when he likes.
    var random = Random(seed: seed)
    for _ in 0..<20 {
      var trace = Trace(
        Plan().with {
          $0.isInteractive = true
          $0.window = [1, 999, 64_240, 65_535].randomElement(using: &random) ?? 1
          $0.receiveLimit = [nil, 0, 100_000].randomElement(using: &random) ?? nil
        })
      let time = Bool.random(using: &random) ? ",TS val 1 ecr 1000" : ""
      try trace.play("0 > S 0:0(0)\n 0.1 < S. 0:0(0) ack 1 <mss 500,sackOK,wscale 3\(time)>\n 0.1 > . 1:1(0) ack 1")
      var flood = Flood(trace)
      for _ in 0..<300 where !flood.conversation.connection.isFinished {
        flood.useAsOwner(&random)
        flood.step(&random)
      }
      _ = flood.conversation.abort(at: flood.now)
      flood.finish()
      #expect(flood.complaints.isEmpty, "seed \(seed): \(flood.complaints.prefix(3))")
    }
  }

  @Test func aClockThatStepsBackDoesNotTrap() throws {
    for state in Trace.ourStates {
      let trace = try Trace.reaching(state)
      var connection = trace.connection
      for nanoseconds: Int64 in [0, -1_000_000_000_000, 1 << 60] {
        let now = Stamp(
          instant: Instant(nanoseconds: nanoseconds), wall: WallTime(nanoseconds: nanoseconds),
          kernel: WallTime(nanoseconds: 0))
        let ack = connection.tcb.snd.nxt
        _ = connection.receive(Segment(seq: connection.tcb.rcv.nxt, ack: ack, flags: .fin, textLength: 9), at: now)
        _ = connection.expire(at: now)
        connection.departed(0, at: now)
        connection.transmitted(0, kernel: WallTime(nanoseconds: nanoseconds))
        _ = connection.steps
      }
      _ = connection.abort(at: Stamp(instant: Instant(nanoseconds: 0), wall: WallTime(nanoseconds: 0)))
      #expect(connection.isFinished)
    }
  }
}
