import Handshake
import Testing
import Timebase
import Wire

@testable import Capture

@Suite struct FlowTrackerTests {
  @Test("A whole connection: who opened, every step, who closed", arguments: [FlowScene.v4, FlowScene.v6])
  func whole(flow: Flow) throws {
    var scene = FlowScene(flow: flow)
    scene.handshake()
    scene.client(.psh, ack: 1, text: 100, at: 2_000)
    scene.server([], ack: 101, at: 3_000)
    scene.server(.psh, ack: 101, text: 500, at: 5_000)
    scene.server(.psh, seq: 501, ack: 101, text: 500, at: 5_500)
    scene.client([], seq: 101, ack: 1_001, at: 6_000)
    scene.close(seq: 101, ack: 1_001, at: 10_000)
    let all = scene.finish()
    let found = try #require(all.first)
    #expect(all.count == 1)
    #expect(found.number == 0)
    #expect(found.client.endpoint == flow.local)
    #expect(found.server.endpoint == flow.remote)
    #expect(found.isOpenerKnown && found.isHandshakeComplete && !found.isForgotten)
    #expect(found.client.isn == FlowScene.iss)
    #expect(found.server.isn == FlowScene.irs)
    #expect(found.ending == .fin)
    #expect(found.isClosedByClient == true)
    #expect(found.client.octets == 100)
    #expect(found.server.octets == 1_000)
    #expect(found.client.packets == 6)
    #expect(found.server.packets == 6)
    let times = FlowScene.steps.map { found.time(of: $0)?.nanoseconds }
    #expect(
      times == [1_000_000, 200_000, 1_200_000, 1_000_000, 3_000_000, 500_000, 300_000, 400_000, 500_000])
    #expect(found.initialRTT == .microseconds(1_200))
    #expect(scene.sightings.allSatisfy { $0?.checksum == .good && $0?.novelty == .inOrder })
  }

  @Test("A server's SYN-ACK alone tells who opened")
  func withoutSyn() throws {
    var scene = FlowScene()
    scene.server(.syn, seq: 0, ack: 1, at: 0)
    scene.client([], ack: 1, at: 100)
    let flow = try #require(scene.finish().first)
    #expect(flow.isOpenerKnown)
    #expect(flow.client.endpoint == FlowScene.v4.local)
    #expect(!flow.isHandshakeComplete)
    #expect(flow.steps.isEmpty)
    #expect(flow.ending == .open)
  }

  @Test("From the middle: the first to speak stands for the client, and nothing is timed")
  func midstream() throws {
    var scene = FlowScene()
    scene.server(.psh, seq: 5_000, ack: 700, text: 10, at: 0)
    scene.client([], seq: 700, ack: 5_010, at: 100)
    let flow = try #require(scene.finish().first)
    #expect(!flow.isOpenerKnown)
    #expect(flow.client.endpoint == FlowScene.v4.remote)
    #expect(flow.steps.isEmpty && flow.initialRTT == nil)
    #expect(flow.ending == .open)
    #expect(flow.client.isn == nil && flow.server.isn == nil)
  }

  @Test("How flows end", arguments: FlowTrackerTests.endings)
  func ends(_ row: EndingRow) throws {
    var scene = FlowScene()
    row.packets(&scene)
    let flow = try #require(scene.finish().first)
    #expect(flow.ending == row.ending)
    #expect(flow.isClosedByClient == row.byClient)
  }

  struct EndingRow: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var ending: TrackedFlow.Ending
    var byClient: Bool?
    var packets: @Sendable (inout FlowScene) -> Void
  }

  static let endings: [EndingRow] = [
    EndingRow(testDescription: "no answer", ending: .unanswered) { $0.client(.syn, seq: 0, at: 0) },
    EndingRow(testDescription: "refused", ending: .refused, byClient: false) {
      $0.client(.syn, seq: 0, at: 0)
      $0.server(.rst, seq: 0, ack: 1, at: 10)
    },
    EndingRow(testDescription: "half-open, then reset by the prober", ending: .rst, byClient: true) {
      $0.client(.syn, seq: 0, at: 0)
      $0.server(.syn, seq: 0, ack: 1, at: 10)
      $0.client(.rst, seq: 1, at: 20)
    },
    EndingRow(testDescription: "half-open", ending: .halfOpen) {
      $0.client(.syn, seq: 0, at: 0)
      $0.server(.syn, seq: 0, ack: 1, at: 10)
    },
    EndingRow(testDescription: "open", ending: .open) { $0.handshake() },
    EndingRow(testDescription: "a FIN that nobody acknowledges", ending: .closing, byClient: false) {
      $0.handshake()
      $0.server(.fin, ack: 1, at: 2_000)
    },
    EndingRow(testDescription: "one way closed", ending: .halfClosed, byClient: false) {
      $0.handshake()
      $0.server(.fin, ack: 1, at: 2_000)
      $0.client([], ack: 2, at: 2_100)
    },
    EndingRow(testDescription: "FIN by the server first", ending: .fin, byClient: false) {
      $0.handshake()
      $0.server(.fin, ack: 1, at: 2_000)
      $0.client(.fin, ack: 2, at: 2_100)
      $0.server([], seq: 2, ack: 2, at: 2_200)
    },
    EndingRow(testDescription: "both at once", ending: .fin, byClient: true) {
      $0.handshake()
      $0.client(.fin, ack: 1, at: 2_000)
      $0.server(.fin, ack: 1, at: 2_001)
      $0.server([], seq: 2, ack: 2, at: 2_200)
      $0.client([], seq: 2, ack: 2, at: 2_201)
    },
    EndingRow(testDescription: "reset after the handshake", ending: .rst, byClient: false) {
      $0.handshake()
      $0.server(.rst, ack: 1, at: 2_000)
    },
    EndingRow(testDescription: "FIN, then reset by the other", ending: .rst, byClient: true) {
      $0.handshake()
      $0.client(.fin, ack: 1, at: 2_000)
      $0.server(.rst, seq: 1, ack: 1, at: 2_100)
    },
    EndingRow(testDescription: "an RST of something else refuses nothing", ending: .rst, byClient: false) {
      $0.client(.syn, seq: 0, at: 0)
      $0.server(.rst, seq: 0, ack: 7, at: 10)
    },
  ]

  @Test("Wrong acknowledgments answer no SYN", arguments: [0, 2, 0x8000_0000] as [UInt32])
  func otherAck(ack: UInt32) throws {
    var scene = FlowScene()
    scene.client(.syn, seq: 0, at: 0)
    scene.server(.syn, seq: 0, ack: ack, at: 10)
    scene.client([], ack: 1, at: 20)
    let flow = try #require(scene.finish().first)
    #expect(!flow.isHandshakeComplete)
    #expect(flow.time(of: .syn) == nil)
  }

  @Test("A SYN-ACK that the capture has before its SYN: both were seen, and no time lies between them")
  func answerFirst() throws {
    var scene = FlowScene()
    scene.server(.syn, seq: 0, ack: 1, at: 1_000)
    scene.client(.syn, seq: 0, at: 2_000)
    scene.client([], ack: 1, at: 3_000)
    let flow = try #require(scene.finish().first)
    #expect(flow.isHandshakeComplete)
    #expect(flow.time(of: .syn) == nil)
    #expect(flow.time(of: .ack) == .milliseconds(2))
  }

  @Test("Text in the SYN may be acknowledged with it")
  func fastOpen() throws {
    var scene = FlowScene()
    scene.client(.syn, seq: 0, text: 20, at: 0)
    scene.server(.syn, seq: 0, ack: 21, at: 1_000)
    scene.client([], seq: 21, ack: 1, at: 1_100)
    let flow = try #require(scene.finish().first)
    #expect(flow.time(of: .syn) == .milliseconds(1))
    #expect(flow.client.synchronization?.textLength == 20)
    #expect(flow.client.retransmissions == 0)
  }

  @Test("What is left at the end comes by number, whoever's place it has")
  func numbersAtTheEnd() {
    var scene = FlowScene()
    scene.client(.syn, seq: 0, at: 0)
    scene.flow = FlowScene.v6
    scene.client(.syn, seq: 0, at: 10)
    scene.flow = FlowScene.v4
    // Another connection of the first one's ends takes its place.
    scene.client(.syn, seq: 5_000, at: 20)
    #expect(scene.finish().map(\.number) == [0, 1, 2])
  }

  @Test("Whatever was idle too long is marked as forgotten") func forgotten() throws {
    var policy = FlowTracker.Policy()
    policy.idle = .seconds(1)
    var scene = FlowScene(policy)
    scene.client(.syn, seq: 0, at: 0)
    scene.flow = FlowScene.v6
    scene.client(.syn, seq: 0, at: 3_000_000)
    #expect(scene.ended.map(\.isForgotten) == [true] && scene.tracker.counts.idle == 1)
    #expect(scene.finish().map(\.isForgotten) == [true, false])
  }

  @Test("A segment behind extension headers is as long as what lies behind those") func behindExtensionHeaders() throws
  {
    var scene = FlowScene(flow: FlowScene.v6)
    scene.handshake()
    let segment = Segment(
      seq: FlowScene.iss + 1, ack: FlowScene.irs + 1, flags: .psh, wnd: 9, textLength: 30)
    var octets = FlowScene.packet(segment, scene.flow)
    let next = octets[6]
    octets[6] = 0
    octets.insert(contentsOf: [next, 0, 1, 4, 0, 0, 0, 0], at: 40)
    octets[5] += 8
    scene.pass(octets, at: 2_000)
    #expect(scene.sightings.last??.checksum == .good)
    let flow = try #require(scene.finish().first)
    #expect(flow.client.octets == 30 && flow.client.packets == 3)
  }
}
