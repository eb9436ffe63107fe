import Repeatable
import Testing
import Timebase
import Wire

@testable import Handshake

/// Whatever a peer does, a connection of a plan ends in the time that the plan gives it; and as long as it has not
/// ended, it says when it wants to be looked at again.
@Suite struct PatienceTests {
  /// How a peer tries to hold a connection.
  enum Tactic: CaseIterable {
    /// An octet of text now and then, all of ours acknowledged.
    case drip
    /// An octet of text now and then, nothing of ours acknowledged.
    case dripUnacknowledged
    /// Our octets acknowledged one at a time.
    case trickle
    /// Its FIN again and again.
    case finAgain
    /// Its FIN again and again, ours never acknowledged.
    case finUnacknowledged
    /// Its SYN-ACK again and again.
    case synAckAgain
    /// A window without room.
    case noRoom
    /// Text beyond a gap that is never filled.
    case gap

    func segment(for connection: Connection) -> Segment {
      let (snd, rcv) = (connection.tcb.snd, connection.tcb.rcv)
      let isFinTaken = connection.isPeerDone
      let next = snd.una.precedes(snd.nxt) ? snd.una + 1 : snd.una
      return switch self {
      case .drip: Segment(seq: rcv.nxt, ack: snd.nxt, flags: .psh, wnd: 65_535, textLength: 1)
      case .dripUnacknowledged: Segment(seq: rcv.nxt, ack: snd.una, flags: .psh, wnd: 65_535, textLength: 1)
      case .trickle: Segment(seq: rcv.nxt, ack: next, wnd: 1)
      case .finAgain: Segment(seq: isFinTaken ? rcv.nxt - 1 : rcv.nxt, ack: snd.nxt, flags: .fin, wnd: 65_535)
      case .finUnacknowledged: Segment(seq: isFinTaken ? rcv.nxt - 1 : rcv.nxt, ack: snd.una, flags: .fin, wnd: 9)
      case .synAckAgain: Segment(seq: rcv.irs, ack: snd.iss + 1, flags: .syn, wnd: 65_535)
      case .noRoom: Segment(seq: rcv.nxt, ack: snd.una, wnd: 0)
      case .gap: Segment(seq: rcv.nxt + 1, ack: snd.nxt, flags: .psh, wnd: 65_535, textLength: 1)
      }
    }
  }

  /// The longest that a connection of a plan may last: each stage as long as it has.
  private static func bound(of plan: Plan) -> Interval {
    var (copies, wait) = (Interval.zero, plan.wait)
    for _ in 0...plan.retransmissions {
      copies = copies + wait
      wait = min(wait * 2, max(plan.wait, Retransmission.ceiling))
    }
    // The handshake; the confirmation, our data and our FIN; the wait for an answer, the peer's FIN, TIME-WAIT.
    let stages = copies + plan.longestStage * 3 + plan.answerWait + plan.patience * 2 + plan.timeWait
    return stages + .seconds(1)
  }

  private static func plan(_ random: inout Random) -> Plan {
    .plain {
      $0.wait = [.milliseconds(100), .seconds(1), .seconds(3)].randomElement(using: &random) ?? .seconds(1)
      $0.retries = [0, 1, 2, 5].randomElement(using: &random) ?? 2
      $0.data = [UInt8](repeating: 0x61, count: [0, 1, 5_000].randomElement(using: &random) ?? 0)
      $0.confirm = Bool.random(using: &random)
      $0.timeWait = [.zero, .seconds(2), .seconds(30)].randomElement(using: &random) ?? .zero
      $0.window = [0, 1, 64_240].randomElement(using: &random) ?? 64_240
      $0.offer.sack = Bool.random(using: &random)
    }
  }

  @Test(arguments: Tactic.allCases, Repeatable.Seed.several)
  func noPeerHoldsAConnection(tactic: Tactic, seed: Repeatable.Seed) throws {
    var random = Random(seed)
    for round in 0..<40 {
      let plan = PatienceTests.plan(&random)
      let pace = Interval.milliseconds([5, 200, 2_000, 20_000].randomElement(using: &random) ?? 200)
      // Half of the peers change their mind all the time.
      let isFickle = round.isMultiple(of: 2)
      var match = Match(plan)
      let bound = PatienceTests.bound(of: plan)
      while !match.connection.isFinished, match.elapsed <= bound {
        let deadline = try #require(match.connection.nextDeadline, "hangs in \(match.connection.state)")
        #expect(deadline - match.now <= bound, "too far ahead in \(match.connection.state)")
        let next = match.now + .nanoseconds(Int64.random(in: 1...pace.nanoseconds, using: &random))
        guard next < deadline else {
          match.expire(at: deadline)
          continue
        }
        let chosen = isFickle ? Tactic.allCases.randomElement(using: &random) ?? tactic : tactic
        match.receive(match.answer(by: chosen), at: next)
      }
      #expect(match.connection.isFinished, "\(tactic) holds \(match.connection.state) beyond \(bound): \(plan)")
      if !match.connection.isFinished { return }
    }
  }

  /// Data that are taken an octet at a time: given up after a minute, and said so.
  @Test func aPeerThatTakesTheDataTooSlowly() {
    var match = Match(.plain { $0.data = [UInt8](repeating: 0x61, count: 5_000) })
    while !match.connection.isFinished, match.elapsed < .seconds(600) {
      match.expire(at: match.now)
      match.receive(match.answer(by: .trickle), at: match.now + .milliseconds(500))
    }
    #expect(match.connection.notes == .tooSlow)
    #expect(match.connection.ending == .timeout && match.connection.verdict == .open)
    #expect(match.elapsed >= .seconds(60) && match.elapsed <= .seconds(61))
  }
}

/// One connection and the clock that it lives by.
private struct Match {
  private(set) var connection: Connection
  private(set) var now: Instant
  private let start = Instant(nanoseconds: 77_000_000_000)

  init(_ plan: Plan) {
    connection = Connection(plan, seed: Seed(iss: 1_000_000, timestamp: 1_000))
    now = start
    send(connection.start(at: stamp))
  }

  var elapsed: Interval { now - start }
  private var stamp: Stamp { Stamp(instant: now, wall: WallTime(nanoseconds: now.nanoseconds)) }

  /// The peer opens as it should, and then does what its tactic says.
  func answer(by tactic: PatienceTests.Tactic) -> Segment {
    guard connection.verdict == nil else { return tactic.segment(for: connection) }
    return Segment(seq: SequenceNumber(5_000), ack: connection.tcb.snd.nxt, flags: .syn, wnd: 65_535)
  }

  mutating func expire(at time: Instant) {
    now = max(now, time)
    while let due = connection.nextDeadline, due <= now { send(connection.expire(at: stamp)) }
  }

  mutating func receive(_ segment: Segment, at time: Instant) {
    expire(at: time)
    send(connection.receive(segment, at: stamp))
  }

  private mutating func send(_ reaction: Reaction) {
    if let outgoing = reaction.send { connection.departed(outgoing.number, at: stamp) }
  }
}
