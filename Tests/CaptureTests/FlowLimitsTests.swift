import Handshake
import Testing
import Timebase
import Wire

@testable import Capture

/// Which packets make one flow, and how long a flow is remembered.
@Suite struct FlowLimitsTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var flows: Int
    var packets: @Sendable (inout FlowScene) -> Void
  }

  static let rows = [
    Row(testDescription: "the same SYN again is a copy", flows: 1) {
      $0.client(.syn, seq: 0, at: 0)
      $0.client(.syn, seq: 0, at: 1_000)
    },
    Row(testDescription: "another number is another flow", flows: 2) {
      $0.client(.syn, seq: 0, at: 0)
      $0.client(.syn, seq: 9, at: 1_000)
    },
    Row(testDescription: "the same number is a late copy, even behind the close", flows: 1) {
      $0.handshake()
      $0.close(at: 2_000)
      $0.client(.syn, seq: 0, at: 3_000)
    },
    Row(testDescription: "another number behind the close", flows: 2) {
      $0.handshake()
      $0.close(at: 2_000)
      $0.client(.syn, seq: 7, at: 3_000)
    },
    Row(testDescription: "a SYN repeated behind a reset", flows: 1) {
      $0.client(.syn, seq: 0, at: 0)
      $0.server(.rst, seq: 0, ack: 1, at: 10)
      $0.client(.syn, seq: 0, at: 20)
    },
    Row(testDescription: "a SYN-ACK with another number stays", flows: 1) {
      $0.client(.syn, seq: 0, at: 0)
      $0.server(.syn, seq: 0, ack: 1, at: 10)
      $0.server(.syn, seq: 5, ack: 1, at: 20)
    },
    Row(testDescription: "both ends at once are one flow", flows: 1) {
      $0.client(.syn, seq: 0, at: 0)
      $0.server(.syn, seq: 0, at: 5)
    },
    Row(testDescription: "the other family is another flow", flows: 2) {
      $0.client(.syn, seq: 0, at: 0)
      $0.flow = FlowScene.v6
      $0.client(.syn, seq: 0, at: 5)
    },
    Row(testDescription: "long silence ends a flow", flows: 2) {
      $0.handshake()
      $0.client([], seq: 0x1000_0000, ack: 1, at: 9_000_000_000)
    },
    Row(testDescription: "by the other end's numbers as well", flows: 2) {
      $0.handshake()
      $0.client([], ack: 0x1000_0000, at: 9_000_000_000)
    },
    Row(testDescription: "but not where the numbers go on", flows: 1) {
      $0.handshake()
      $0.client([], ack: 1, at: 9_000_000_000)
    },
    Row(testDescription: "nor a SYN's late copy", flows: 1) {
      $0.client(.syn, seq: 0, at: 0)
      $0.client(.syn, seq: 0, at: 9_000_000_000)
    },
    Row(testDescription: "less silence does not", flows: 1) {
      $0.handshake()
      $0.client([], ack: 1, at: 7_900_000_000)
    },
    Row(testDescription: "what comes after the close is of the same flow", flows: 1) {
      $0.handshake()
      $0.close(at: 2_000)
      $0.server([], seq: 2, ack: 2, at: 100_000_000)
    },
    Row(testDescription: "but not forever", flows: 2) {
      $0.handshake()
      $0.close(at: 2_000)
      $0.server([], seq: 0x2000_0000, ack: 2, at: 300_000_000)
    },
  ]

  @Test(arguments: rows) func flows(_ row: Row) throws {
    var scene = FlowScene()
    row.packets(&scene)
    let flows = scene.finish()
    #expect(flows.count == row.flows)
    #expect(scene.tracker.counts.flows == row.flows)
    #expect(flows.map(\.number).sorted() == Array(0..<row.flows))
  }

  @Test("Both SYNs at once are noted")
  func simultaneous() throws {
    var scene = FlowScene()
    scene.client(.syn, seq: 0, at: 0)
    scene.server(.syn, seq: 0, at: 5)
    #expect(try #require(scene.finish().first).isSimultaneous)
  }

  @Test("A full table lets go of what is over first, then of what was silent for longest")
  func full() throws {
    var policy = FlowTracker.Policy()
    policy.capacity = 3
    var scene = FlowScene(policy)
    for port in [1, 2, 3] as [UInt16] {
      scene.flow.local.port = port
      scene.client(.syn, seq: 0, at: Int64(port))
    }
    scene.flow.local.port = 2
    scene.server(.rst, seq: 0, ack: 1, at: 10)
    scene.flow.local.port = 1
    scene.server(.syn, seq: 0, ack: 1, at: 11)
    for port in [4, 5] as [UInt16] {
      scene.flow.local.port = port
      scene.client(.syn, seq: 0, at: 20)
    }
    #expect(scene.ended.map(\.client.endpoint.port) == [2, 3])
    #expect(try #require(scene.ended.last).isForgotten)
    scene.ended = []
    #expect(scene.tracker.remembered == 3)
    #expect(scene.tracker.counts.evicted == 2)
    #expect(scene.finish().map(\.client.endpoint.port) == [1, 4, 5])
  }

  @Test("Whoever watches is handed a flow when it is over, and once")
  func live() throws {
    var policy = FlowTracker.Policy()
    policy.isLive = true
    var scene = FlowScene(policy)
    scene.handshake()
    #expect(scene.ended.isEmpty)
    scene.close(at: 2_000)
    #expect(scene.ended.map(\.ending) == [.fin])
    scene.ended = []
    scene.client([], seq: 2, ack: 2, at: 3_000)
    scene.client(.syn, seq: 77, at: 4_000)
    #expect(scene.ended.isEmpty)
    #expect(scene.finish().map(\.number) == [1])
  }

  @Test("A flood of flows, forged to be many, stays within the table", arguments: [1, 2, 3] as [UInt64])
  func flood(seed: UInt64) throws {
    var policy = FlowTracker.Policy()
    policy.capacity = 1_000
    var tracker = FlowTracker(policy, seed: seed)
    var ended = 0
    for number in 0..<20_000 as Range<UInt32> {
      let flow = Flow(
        local: Endpoint(.v4(IPv4Address(number &* 2_654_435_761)), UInt16(truncatingIfNeeded: number)),
        remote: FlowScene.v4.remote)
      let octets = FlowScene.packet(Segment(seq: SequenceNumber(number), flags: .syn), flow)
      let packet = CapturedPacket(number: Int(number) + 1, stamp: nil, octets: octets.span.raw)
      _ = tracker.receive(packet) { _ in ended += 1 }
      #expect(tracker.remembered <= 1_000)
    }
    tracker.finish { _ in ended += 1 }
    #expect(ended == tracker.counts.flows)
    #expect(tracker.counts.evicted == tracker.counts.flows - 1_000)
    #expect(tracker.remembered == 0)
  }
}

/// What is documented of the memory of a flow rests on its size.
@Suite("The size of a flow") struct FlowSizeTests {
  @Test func size() { #expect(MemoryLayout<TrackedFlow>.stride <= 1_408) }
}
