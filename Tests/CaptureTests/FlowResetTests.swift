import Handshake
import Testing
import Timebase
import Wire

@testable import Capture

extension FlowScene {
  /// A packet with what its IP header says; numbers as `client` and `server` have them.
  mutating func packet(
    fromClient: Bool = false, _ flags: TCPFlags, seq: UInt32 = 1, ack: UInt32? = nil, rawAck: UInt32? = nil,
    text: Int = 0, ttl: UInt8 = 64, id: UInt16 = 0, at time: Int64
  ) {
    let (own, other) = fromClient ? (FlowScene.iss, FlowScene.irs) : (FlowScene.irs, FlowScene.iss)
    var segment = Segment(
      seq: own + seq, ack: ack.map { other + $0 }, flags: flags, wnd: flags.contains(.rst) ? 0 : 500, textLength: text)
    if let rawAck { segment.acknowledgment = SequenceNumber(rawAck) }
    let ends = fromClient ? flow : Flow(local: flow.remote, remote: flow.local)
    pass(segment, ends, at: time) { octets in
      guard octets[0] >> 4 == 4 else {
        octets[7] = ttl
        return
      }
      octets[8] = ttl
      (octets[4], octets[5]) = (UInt8(id >> 8), UInt8(id & 0xff))
    }
  }

  /// The handshake, with a server twelve hops away and a round trip of 20 ms.
  mutating func farHandshake() {
    packet(fromClient: true, .syn, seq: 0, at: 0)
    packet(.syn, seq: 0, ack: 1, ttl: 52, at: 20_000)
    packet(fromClient: true, [], ack: 1, at: 20_100)
  }
}

/// Who sent the RSTs of a capture.
@Suite("Who sent an RST of a capture") struct FlowResetTests {
  private func only(_ packets: (inout FlowScene) -> Void, _ flow: Flow = FlowScene.v4) throws -> TrackedFlow {
    var scene = FlowScene(flow: flow)
    packets(&scene)
    let flows = scene.finish()
    #expect(flows.count == 1)
    return try #require(flows.first)
  }

  @Test("of the server", arguments: FlowMeaningTests.families) func server(_ family: Flow) throws {
    let flow = try only(
      {
        $0.farHandshake()
        $0.packet(fromClient: true, [], ack: 1, text: 100, at: 21_000)
        $0.packet([], ack: 101, text: 50, ttl: 52, id: 9, at: 41_000)
        $0.packet(.rst, seq: 51, ttl: 52, id: 10, at: 42_000)
      }, family)
    let origin = try #require(flow.resetOrigin)
    #expect(origin.sender == .peer && origin.number == 6 && origin.elapsed == .microseconds(21_000))
    let continues: ResetOrigin.Evidence = family.local.address.family == .v4 ? [.nextIdentification] : []
    #expect(origin.evidence == continues.union(.sameHopLimit))
  }

  @Test("of a box nearer than the server, of the client's host, and of a box beyond it") func injected() throws {
    let rows: [(ttl: UInt8, sender: ResetOrigin.Sender, hops: Int)] = [
      (61, .path, 9), (64, .host, 12), (40, .path, -12),
    ]
    for row in rows {
      let flow = try only {
        $0.farHandshake()
        $0.packet(fromClient: true, [], ack: 1, text: 100, at: 21_000)
        $0.packet(.rst, ttl: row.ttl, at: 22_000)
      }
      let origin = try #require(flow.resetOrigin)
      #expect(origin.sender == row.sender && origin.hopsNearer == row.hops)
      #expect(origin.evidence.contains(.early))
    }
  }

  @Test("of the client, in a capture at the server") func client() throws {
    let flow = try only {
      $0.packet(fromClient: true, .syn, seq: 0, ttl: 52, at: 0)
      $0.packet(.syn, seq: 0, ack: 1, at: 100)
      $0.packet(fromClient: true, [], ack: 1, ttl: 52, at: 20_100)
      $0.packet(fromClient: true, .rst, ack: 1, ttl: 55, at: 40_000)
    }
    #expect(flow.isResetByClient == true && flow.resetOrigin?.sender == .path && flow.resetOrigin?.hopsNearer == 3)
  }

  @Test(
    "numbers that are not next: too high, too low; any that was sent may be an answer to something old",
    arguments: [
      (seq: 1, offset: nil), (20, nil), (51, nil), (52, 1), (1_511, 1_460), (0, nil), (0xffff_ffff, -1),
    ] as [(UInt32, Int32?)])
  func numbers(_ seq: UInt32, _ offset: Int32?) throws {
    let flow = try only {
      $0.farHandshake()
      $0.packet([], ack: 1, text: 50, ttl: 52, at: 41_000)
      $0.packet(.rst, seq: seq, ttl: 52, at: 62_000)
    }
    #expect(flow.resetOrigin?.sequenceOffset == offset)
  }

  @Test("the server goes on behind it") func wentOn() throws {
    let flow = try only {
      $0.farHandshake()
      $0.packet(fromClient: true, [], ack: 1, text: 100, at: 21_000)
      $0.packet(.rst, ttl: 52, at: 42_000)
      $0.packet([], ack: 101, text: 50, ttl: 52, at: 43_000)
    }
    #expect(flow.resetOrigin?.evidence.contains(.wentOn) == true && flow.resetOrigin?.sender == .path)
    let overtaken = try only {
      $0.farHandshake()
      $0.packet(.rst, seq: 51, ttl: 52, at: 42_000)
      $0.packet([], ack: 1, text: 50, ttl: 52, at: 42_010)
    }
    #expect(overtaken.resetOrigin?.evidence.contains(.wentOn) == false)
  }

  @Test("a SYN-ACK behind the RST that refused, and one to another SYN") func refused() throws {
    let injected = try only {
      $0.packet(fromClient: true, .syn, seq: 0, at: 0)
      $0.packet(.rst, seq: 0, ack: 1, ttl: 52, at: 1_000)
      $0.packet(.syn, seq: 0, ack: 1, ttl: 52, at: 20_000)
    }
    #expect(injected.resetOrigin?.sender == .path && injected.ending == .refused)
    let tried = try only {
      $0.packet(fromClient: true, .syn, seq: 0, at: 0)
      $0.packet(.rst, seq: 0, ack: 1, ttl: 52, at: 1_000)
      $0.packet(fromClient: true, .syn, seq: 0, at: 500_000)
      $0.packet(.syn, seq: 0, ack: 1, ttl: 52, at: 520_000)
    }
    #expect(tried.resetOrigin == nil && tried.isReopened)
    let closed = try only {
      $0.packet(fromClient: true, .syn, seq: 0, at: 0)
      $0.packet(.rst, seq: 0, ack: 1, ttl: 52, at: 1_000)
    }
    #expect(closed.resetOrigin?.sender == .unknown && closed.resetOrigin?.evidence == .onlyPacket)
  }

  @Test("a FIN from another distance, and one from the server's") func fins() throws {
    for (ttl, isReset) in [(52, nil), (61, false)] as [(UInt8, Bool?)] {
      let flow = try only {
        $0.farHandshake()
        $0.packet(.fin, ack: 1, ttl: ttl, at: 60_000)
      }
      #expect(flow.resetOrigin?.isReset == isReset)
    }
  }

  @Test("as a connection that its client made, by its place in the log") func told() throws {
    var policy = FlowTracker.Policy()
    policy.followed = 0
    var scene = FlowScene(policy)
    scene.farHandshake()
    scene.packet(.rst, ttl: 61, at: 60_000)
    let flow = try #require(scene.finish().first)
    let outcome = scene.tracker.story.outcome(of: flow)
    #expect(outcome.reset?.number == 3 && outcome.reset?.sender == .path)
  }
}
