import Testing
import Timebase
import Wire

@testable import Handshake

/// Every state and every event: the table has one row for it, and the machine does what the row says.
@Suite struct TransitionTableTests {
  static let pairs = State.allCases.flatMap { state in TransitionEvent.allCases.map { (state, $0) } }

  @Test func everyPairHasExactlyOneRow() {
    for (state, event) in TransitionTableTests.pairs {
      let rows = TransitionTable.rows.filter { $0.states.contains(state) && $0.events.contains(event) }
      #expect(rows.count == 1, "\(state.rawValue) on \(event.rawValue)")
    }
    #expect(TransitionTable.rows.allSatisfy { !$0.rule.isEmpty && !$0.states.isEmpty && !$0.events.isEmpty })
  }

  /// The plans that can make an event lead elsewhere.
  private static func variants(_ state: State, _ event: TransitionEvent) -> [(inout Plan) -> Void] {
    switch (state, event) {
    case (.closed, .open): [{ _ in }, { $0.isPassive = true }]
    case (.listen, _): [{ $0.isPassive = true }]
    case (.synReceived, _):
      [
        { _ in }, { $0.mode = .halfOpen },
        {
          $0.isPassive = true
          $0.isInteractive = true
        },
      ]
    case (.synSent, _): [{ _ in }, { $0.mode = .halfOpen }]
    case (.established, .close), (.closeWait, .close): [{ _ in }, { $0.close = .rst }]
    case (.established, .giveUp):
      [
        { _ in },
        {
          $0.confirm = false
          $0.data = [1]
        },
      ]
    default: [{ _ in }]
    }
  }

  @Test(arguments: [State.listen] + Trace.ourStates)
  func theMachineDoesWhatTheTableSays(state: State) throws {
    for event in TransitionEvent.allCases {
      var reached: Set<State> = []
      for change in TransitionTableTests.variants(state, event) {
        // Half-open, ours is decided by the answer: whatever lies behind it is not reached.
        guard let next = try TransitionTableTests.drive(state, event, change) else { continue }
        reached.insert(next)
      }
      let expected = TransitionTable.next(from: state, on: event)
      #expect(reached == expected, "\(state.rawValue) on \(event.rawValue)")
    }
  }

  /// The table holds for an owner's connection as well; where only a plan goes on, it stays.
  @Test(arguments: Trace.ourStates)
  func anOwnersConnectionObeysTheTable(state: State) throws {
    for event in TransitionEvent.allCases where state != .closed {
      guard let next = try TransitionTableTests.drive(state, event, { $0.isInteractive = true }) else { continue }
      let expected = TransitionTable.next(from: state, on: event)
      let mayStay = event == .patience && next == state
      #expect(expected.contains(next) || mayStay, "\(state.rawValue) on \(event.rawValue): \(next.rawValue)")
      if event == .close, state == .established { #expect(next == .finWait1) }
      if event == .close, state == .closeWait { #expect(next == .lastAck) }
    }
  }

  /// Brings a connection to the state, lets the event happen, and says where it stands then.
  private static func drive(
    _ state: State, _ event: TransitionEvent, _ change: (inout Plan) -> Void
  ) throws -> State? {
    if state == .closed, event == .open {
      var connection = Connection(.plain(change), seed: Seed(iss: 1, timestamp: 1))
      _ = connection.start(at: Stamp(instant: Instant(nanoseconds: 0), wall: WallTime(nanoseconds: 0)))
      return connection.state
    }
    var plan = Plan()
    change(&plan)
    let owes = state == .established && (event == .close || !plan.data.isEmpty)
    let trace = try Trace.reaching(state, owesClose: owes) {
      change(&$0)
      if event == .giveUp { $0.retries = 0 }
    }
    var connection = trace.connection
    #expect(connection.state == state)
    var now = Stamp(instant: trace.now, wall: WallTime(nanoseconds: 0))
    if owes, event == .giveUp { _ = connection.expire(at: now) }
    switch event {
    case .open: break
    case .close:
      connection.shutdown()
      _ = connection.expire(at: now)
    case .abort: _ = connection.abort(at: now)
    case .icmp:
      _ = ICMPVerdict(v4: 3, code: 1).map {
        connection.receive(
          ICMPNotice(type: 3, code: 1, verdict: $0, quotedSequence: connection.tcb.snd.iss, source: nil), at: now)
      }
    case .retransmit, .giveUp:
      // Without retransmissions the end of the wait for a vanished peer has still to come.
      for _ in 0..<(event == .giveUp ? 2 : 1) {
        guard let timer = connection.timer else { break }
        now.instant = timer
        _ = connection.expire(at: now)
      }
    case .patience:
      if let end = connection.stageDeadline {
        now.instant = end
        _ = connection.expire(at: now)
      }
    default: _ = connection.receive(segment(event, for: connection), at: now)
    }
    return connection.state
  }

  /// The segment of an event, for a connection as it stands.
  private static func segment(_ event: TransitionEvent, for connection: Connection) -> Segment {
    let (snd, rcv) = (connection.tcb.snd, connection.tcb.rcv)
    let isOpening = connection.state == .synSent || connection.state == .listen
    let seq = isOpening ? Trace.theirs : rcv.nxt
    let all = snd.nxt
    let allButFin = connection.sender.fin ?? all
    switch event {
    case .synAck: return Segment(seq: isOpening ? seq : rcv.irs, ack: snd.iss + 1, flags: .syn, wnd: 9)
    case .otherSynAck: return Segment(seq: isOpening ? seq : rcv.irs + 9, ack: snd.iss + 9, flags: .syn, wnd: 9)
    case .syn: return Segment(seq: isOpening ? seq : rcv.nxt + 9, flags: .syn, wnd: 9)
    case .reset: return Segment(seq: seq, ack: isOpening ? all : nil, flags: .rst)
    case .otherReset: return Segment(seq: isOpening ? seq : seq + 9, flags: .rst)
    case .ack: return Segment(seq: seq, ack: all, wnd: 9)
    case .otherAck: return Segment(seq: seq, ack: all + 9, wnd: 9)
    case .text: return Segment(seq: seq, ack: allButFin, wnd: 9, textLength: 5)
    case .fin: return Segment(seq: seq, ack: allButFin, flags: .fin, wnd: 9)
    case .finAck: return Segment(seq: seq, ack: all, flags: .fin, wnd: 9)
    case .stray: return Segment(seq: seq + 1_000_000, ack: all, wnd: 9, textLength: 5)
    default: return Segment(seq: seq, flags: .psh, wnd: 9)
    }
  }
}
