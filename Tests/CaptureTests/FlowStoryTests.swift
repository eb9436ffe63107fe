import Handshake
import Testing
import Timebase
import Wire

@testable import Capture

/// A flow as the outcome of a connection: states of both ends, steps, verdict.
@Suite struct FlowStoryTests {
  private func outcome(_ packets: (inout FlowScene) -> Void) throws -> Outcome {
    var policy = FlowTracker.Policy()
    policy.followed = 0
    var scene = FlowScene(policy)
    packets(&scene)
    let flow = try #require(scene.finish().first)
    return scene.tracker.story.outcome(of: flow)
  }

  @Test("A whole connection goes through the states of figure 5")
  func whole() throws {
    let outcome = try outcome {
      $0.handshake()
      $0.client(.psh, ack: 1, text: 10, at: 2_000)
      $0.server([], ack: 11, at: 2_500)
      $0.close(seq: 11, ack: 1, at: 3_000)
    }
    let entries = outcome.log.entries
    #expect(
      entries.map(\.state) == [
        .synSent, .established, .established, .established, .established, .finWait1, .finWait2, .timeWait, .timeWait,
      ])
    #expect(
      entries.map(\.peer) == [
        .synReceived, .synReceived, .established, .established, .established, .closeWait, .closeWait, .lastAck, .closed,
      ])
    #expect(outcome.verdict == .open && outcome.reason == .synAck)
    #expect(outcome.ending == .fin)
    #expect(outcome.state == .timeWait && outcome.peer == .closed)
    #expect(outcome.iss == FlowScene.iss && outcome.irs == FlowScene.irs)
    #expect(outcome.measurement(of: .syn)?.interval == .milliseconds(1))
    #expect(outcome.steps.map(\.kind) == [.syn, .ack, .handshake, .request, .fin, .peerFin, .close])
  }

  @Test("Of several requests the first is timed, and its steps lie between its own packets")
  func places() throws {
    let outcome = try outcome {
      $0.handshake()
      $0.server(.psh, ack: 1, text: 20, at: 2_000)
      $0.client([], ack: 21, at: 2_010)
      $0.client(.psh, ack: 21, text: 10, at: 3_000)
      $0.server([], seq: 21, ack: 11, at: 3_100)
      $0.server(.psh, seq: 21, ack: 11, text: 30, at: 3_200)
      $0.server(.psh, seq: 51, ack: 11, text: 30, at: 3_300)
      $0.client(.psh, seq: 11, ack: 81, text: 10, at: 4_000)
      $0.server(.psh, seq: 81, ack: 21, text: 30, at: 4_500)
      $0.close(seq: 21, ack: 111, at: 5_000)
    }
    func place(_ kind: StepKind) -> [Int?] {
      let step = outcome.steps.first { $0.kind == kind }
      return [step?.begin.flatMap(outcome.log.place), step?.end.flatMap(outcome.log.place)]
    }
    #expect(place(.request) == [5, 6])
    #expect(place(.response) == [5, 7])
    #expect(place(.transfer) == [7, 8])
    let entries = outcome.log.entries
    for step in outcome.steps {
      let place = place(step.kind)
      guard let begin = place[0], let end = place[1], let measurement = step.measurement else { continue }
      #expect(entries[end].stamp.since(entries[begin].stamp).interval == measurement.interval, "\(step.kind)")
    }
  }

  @Test("Closing from both sides at once passes CLOSING")
  func simultaneousClose() throws {
    let outcome = try outcome {
      $0.handshake()
      $0.client(.fin, ack: 1, at: 2_000)
      $0.server(.fin, ack: 1, at: 2_001)
      $0.server([], seq: 2, ack: 2, at: 2_200)
      $0.client([], seq: 2, ack: 2, at: 2_201)
    }
    #expect(outcome.log.entries.dropFirst(3).map(\.state) == [.finWait1, .closing, .timeWait, .timeWait])
    #expect(outcome.log.entries.last?.peer == .timeWait)
  }

  @Test("A refused connection")
  func refused() throws {
    let outcome = try outcome {
      $0.client(.syn, seq: 0, at: 0)
      $0.server(.rst, seq: 0, ack: 1, at: 700)
    }
    #expect(outcome.verdict == .refused && outcome.reason == .rst)
    #expect(outcome.log.entries.map(\.state) == [.synSent, .closed])
    #expect(outcome.log.entries.map(\.peer) == [.closed, .closed])
    #expect(outcome.measurement(of: .syn)?.interval == .microseconds(700))
  }

  @Test("What the wire damaged is not believed; where nearly all is wrong, the capture is to blame")
  func damaged() throws {
    let one = try outcome { scene in
      scene.handshake()
      let text = Segment(seq: FlowScene.iss + 1, ack: FlowScene.irs + 1, flags: .fin, textLength: 10)
      scene.pass(text, scene.flow, at: 2_000) { $0[49] ^= 1 }
    }
    #expect(one.log.entries.map(\.refusal) == [nil, nil, nil, .badChecksum])
    #expect(one.log.entries.last?.state == .established)
    let all = try outcome { scene in
      for flags in [TCPFlags.syn, .fin] {
        let segment = Segment(seq: FlowScene.iss, flags: flags, textLength: 10)
        scene.pass(segment, scene.flow, at: 2_000) { $0[49] ^= 1 }
      }
    }
    #expect(all.log.entries.allSatisfy { $0.refusal == nil })
  }

  @Test("More packets than are kept are counted")
  func omitted() throws {
    let outcome = try outcome { scene in
      scene.handshake()
      for number in 0..<600 as Range<UInt32> {
        scene.client([], seq: 1 + number * 10, ack: 1, text: 10, at: 2_000 + Int64(number))
      }
    }
    #expect(outcome.log.entries.count == PacketLog.capacity)
    #expect(outcome.log.omitted == 603 - PacketLog.capacity)
  }

  @Test("Every move of either end is one that the table allows")
  func movesAreOfTheTable() throws {
    let outcome = try outcome {
      $0.handshake()
      $0.server(.fin, ack: 1, at: 2_000)
      $0.client(.fin, ack: 2, at: 2_100)
      $0.client(.syn, seq: 0, ack: 2, at: 2_150)
      $0.server([], seq: 2, ack: 2, at: 2_200)
      $0.server(.rst, seq: 2, at: 2_300)
    }
    var (state, peer) = (State.closed, State.listen)
    for entry in outcome.log.entries {
      #expect(FlowStoryTests.follows(entry.state, state), "\(state) to \(entry.state)")
      #expect(FlowStoryTests.follows(entry.peer, peer), "\(peer) to \(entry.peer)")
      (state, peer) = (entry.state, entry.peer)
    }
  }

  private static func follows(_ next: State, _ state: State) -> Bool {
    TransitionEvent.allCases.contains { TransitionTable.next(from: state, on: $0).contains(next) }
  }

  @Test("Who sent nothing has no hop limit")
  func withoutAnswer() throws {
    #expect(try outcome { $0.client(.syn, seq: 0, at: 0) }.hopLimit == nil)
    #expect(try outcome { $0.handshake() }.hopLimit != nil)
  }
}
