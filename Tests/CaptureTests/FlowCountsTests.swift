import Handshake
import Testing
import Timebase
import Wire

@testable import Capture

/// What is counted of each end.
@Suite struct FlowCountsTests {
  @Test("New, overtaken, sent again, beyond a gap, keep-alive, stray")
  func novelty() throws {
    var scene = FlowScene()
    scene.handshake()
    scene.client([], ack: 1, text: 100, at: 2_000)
    scene.client([], seq: 201, ack: 1, text: 100, at: 2_100)  // 101…200 is missing
    scene.client([], seq: 101, ack: 1, text: 100, at: 2_200)  // overtaken: within the round trip of 1.2 ms
    scene.client([], seq: 1, ack: 1, text: 100, at: 2_300)  // again
    scene.client([], seq: 401, ack: 1, text: 100, at: 2_400)  // 301…400 is missing
    scene.client([], seq: 301, ack: 1, text: 100, at: 9_000)  // late: sent again
    scene.client([], seq: 500, ack: 1, at: 10_000)  // keep-alive
    scene.client([], seq: 500, ack: 1, text: 1, at: 10_100)  // keep-alive with an octet
    scene.client([], seq: 0x7000_0000, ack: 1, text: 1, at: 10_200)
    scene.client([], seq: 401, ack: 1, text: 200, at: 10_300)  // half of it again, half new
    scene.client([], seq: 601, ack: 1, text: 1, at: 10_400)
    #expect(
      scene.sightings.dropFirst(3).map { $0?.novelty } == [
        .inOrder, .beyondGap, .outOfOrder, .retransmission, .beyondGap, .retransmission, .keepAlive, .keepAlive,
        .stray, .retransmission, .inOrder,
      ])
    let client = try #require(scene.finish().first).client
    #expect(client.outOfOrder == 1)
    #expect(client.retransmissions == 3)
    #expect(client.gaps == 2)
    #expect(client.keepAlives == 2)
    #expect(client.strays == 1)
  }

  @Test("A segment within a gap is overtaken, whichever part of the gap it fills")
  func partsOfGap() throws {
    var scene = FlowScene()
    scene.handshake()
    scene.client([], seq: 301, ack: 1, text: 100, at: 2_000)
    for seq in [201, 1, 101] as [UInt32] { scene.client([], seq: seq, ack: 1, text: 100, at: 2_100) }
    #expect(scene.sightings.suffix(3).allSatisfy { $0?.novelty == .outOfOrder })
  }

  @Test("Numbers wrap")
  func wraps() throws {
    var scene = FlowScene()
    scene.handshake()
    scene.server([], seq: 1, ack: 1, text: 100, at: 2_000)  // IRS is 16 below the wrap
    scene.server([], seq: 101, ack: 1, text: 100, at: 2_100)
    #expect(scene.sightings.suffix(2).allSatisfy { $0?.novelty == .inOrder })
    #expect(try #require(scene.finish().first).server.retransmissions == 0)
  }

  @Test("Zero windows, but not those of SYN, FIN and RST")
  func zeroWindows() throws {
    var scene = FlowScene()
    scene.client(.syn, seq: 0, at: 0)
    scene.server(.syn, seq: 0, ack: 1, wnd: 0, at: 1_000)
    scene.client([], ack: 1, at: 1_200)
    scene.server([], ack: 1, wnd: 0, at: 2_000)
    scene.server([], ack: 1, wnd: 0, at: 3_000)
    scene.server(.fin, ack: 1, wnd: 0, at: 4_000)
    scene.server(.rst, seq: 2, ack: 1, wnd: 0, at: 5_000)
    let flow = try #require(scene.finish().first)
    #expect(flow.server.zeroWindows == 2)
    #expect(flow.client.zeroWindows == 0)
  }

  @Test("Checksums: right, wrong, unfinished, and cut off")
  func checksums() throws {
    var scene = FlowScene()
    scene.handshake()
    let segment = Segment(seq: FlowScene.iss + 1, ack: FlowScene.irs + 1, textLength: 100)
    scene.pass(segment, scene.flow, at: 2_000) { $0[139] ^= 1 }
    scene.pass(segment, scene.flow, at: 2_100) { octets in
      let sum = PseudoHeader(
        source: FlowScene.v4.local.address, destination: FlowScene.v4.remote.address, protocolNumber: 6, length: 120
      ).folded
      (octets[36], octets[37]) = (UInt8(sum >> 8), UInt8(sum & 0xff))
    }
    scene.pass(segment, scene.flow, at: 2_200, captured: 60)
    #expect(scene.sightings.map { $0?.checksum } == [.good, .good, .good, .bad, .unfinished, nil])
    let client = try #require(scene.finish().first).client
    #expect(client.badChecksums == 1)
    #expect(client.unfinishedChecksums == 1)
    #expect(client.unverifiedChecksums == 1)
    // The text counts by what the headers say, captured or not.
    #expect(client.octets == 300)
  }

  @Test("Malformed options are counted, those that the capture cut off are not")
  func options() throws {
    var list = TCPOptionList()
    list.append(raw: ([2, 4, 5, 0xb4, 3, 0, 0, 0] as [UInt8]).span.raw)
    var scene = FlowScene()
    scene.client(.syn, seq: 0, options: list, at: 0)
    let syn = Segment(seq: FlowScene.iss, flags: .syn, options: list)
    scene.pass(syn, scene.flow, at: 100, captured: 44)
    let client = try #require(scene.finish().first).client
    #expect(client.malformedOptions == 1)
    #expect(client.synCopies == 2)
    #expect(client.synchronization?.options.maximumSegmentSize == 1_460)
  }

  @Test("What is no TCP segment is counted, and begins no flow")
  func others() throws {
    var scene = FlowScene()
    let syn = Segment(seq: FlowScene.iss, flags: .syn)
    scene.pass(syn, scene.flow, at: 0) { $0[9] = 17 }  // UDP
    scene.pass(syn, scene.flow, at: 0) { $0[6] = 0x20 }  // more fragments follow
    scene.pass(syn, scene.flow, at: 0) { $0[32] = 0x40 }  // a data offset of four
    scene.pass(syn, scene.flow, at: 0) { $0[32] = 0xf0 }  // a data offset beyond the segment
    scene.pass(syn, scene.flow, at: 0, captured: 30)
    scene.pass(syn, scene.flow, at: 0, captured: 0)
    #expect(scene.sightings.allSatisfy { $0 == nil })
    #expect(scene.tracker.counts.other == 2)
    #expect(scene.tracker.counts.malformed == 4)
    #expect(scene.tracker.counts.packets == 6)
    #expect(scene.finish().isEmpty)
  }
}
