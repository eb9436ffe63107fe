import Handshake
import Testing
import Timebase
import Wire

@testable import Capture

/// What packets mean to their flow where the obvious reading is wrong.
@Suite struct FlowMeaningTests {
  static let families: [Flow] = [FlowScene.v4, FlowScene.v6]

  // MARK: Who closed, who reset

  struct EndRow: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var closer: Bool?
    var resetter: Bool?
    var isByFin: Bool
    var packets: @Sendable (inout FlowScene) -> Void
  }

  static let ends: [EndRow] = [
    EndRow(testDescription: "FIN by the client, RST by the server", closer: true, resetter: false, isByFin: true) {
      $0.client(.fin, ack: 1, at: 2_000)
      $0.server(.rst, ack: 2, at: 3_000)
    },
    EndRow(testDescription: "FIN by the server, RST by the client", closer: false, resetter: true, isByFin: true) {
      $0.server(.fin, ack: 1, at: 2_000)
      $0.client(.rst, ack: 2, at: 3_000)
    },
    EndRow(testDescription: "both by one", closer: true, resetter: true, isByFin: true) {
      $0.client(.fin, ack: 1, at: 2_000)
      $0.client(.rst, seq: 1, at: 3_000)
    },
    EndRow(testDescription: "an RST from each: the first counts", closer: true, resetter: true, isByFin: false) {
      $0.client(.rst, ack: 1, at: 2_000)
      $0.server(.rst, ack: 1, at: 2_001)
    },
    EndRow(testDescription: "a FIN behind the RST closes nothing", closer: false, resetter: false, isByFin: false) {
      $0.server(.rst, ack: 1, at: 2_000)
      $0.client(.fin, ack: 1, at: 2_001)
    },
  ]

  @Test("Whoever closed and whoever reset are told apart", arguments: ends, families)
  func closers(_ row: EndRow, _ flow: Flow) throws {
    var scene = FlowScene(flow: flow)
    scene.handshake()
    row.packets(&scene)
    let found = try #require(scene.finish().first)
    #expect(found.ending == .rst)
    #expect(found.isClosedByClient == row.closer)
    #expect(found.isResetByClient == row.resetter)
    #expect(found.isClosedByFin == row.isByFin)
  }

  @Test("An RST takes no place among the numbers", arguments: [0, 1, 2, 900, 0x7000_0000] as [UInt32], [false, true])
  func resetNumbers(seq: UInt32, behindFin: Bool) throws {
    var scene = FlowScene()
    scene.handshake()
    if behindFin { scene.client(.fin, ack: 1, at: 2_000) }
    scene.client(.rst, seq: seq, at: 3_000)
    scene.client(.rst, seq: seq, at: 4_000)
    #expect(scene.sightings.suffix(2).allSatisfy { $0?.novelty == .inOrder })
    let client = try #require(scene.finish().first).client
    #expect(client.keepAlives + client.gaps + client.strays + client.retransmissions + client.outOfOrder == 0)
    #expect(client.reset.frame == (behindFin ? 5 : 4) && client.resets == 2)
  }

  // MARK: Refused or reset, then opened

  @Test("Refused, then the same SYN is accepted: timed from that one", arguments: families, [1, 2])
  func refusedThenAccepted(flow: Flow, refusals: Int) throws {
    var scene = FlowScene(flow: flow)
    for number in 0..<Int64(refusals) {
      scene.client(.syn, seq: 0, at: number * 500_000)
      scene.server(.rst, seq: 0x1000_0000, ack: 1, at: number * 500_000 + 100)
    }
    scene.client(.syn, seq: 0, at: 2_000_000)
    scene.server(.syn, seq: 0, ack: 1, at: 2_001_000)
    scene.client([], ack: 1, at: 2_001_200)
    scene.client(.psh, ack: 1, text: 50, at: 2_002_000)
    scene.server([], ack: 51, at: 2_003_000)
    let found = try #require(scene.finish().first)
    #expect(found.ending == .open && found.isReopened && !found.isRefused && found.isHandshakeComplete)
    #expect(found.time(of: .syn) == .milliseconds(1))
    #expect(found.time(of: .handshake) == .microseconds(1_200))
    #expect(found.time(of: .request) == .milliseconds(1))
    #expect(found.client.synCopies == refusals + 1)
    #expect(found.client.retransmissions == 0 && found.server.retransmissions == 0 && found.server.strays == 0)
    #expect(found.isClosedByClient == nil && found.isResetByClient == nil)
  }

  @Test("Of several copies since the refusal none can be told from the other (Karn)")
  func ambiguousAttempt() throws {
    var scene = FlowScene()
    scene.client(.syn, seq: 0, at: 0)
    scene.server(.rst, seq: 0, ack: 1, at: 100)
    scene.client(.syn, seq: 0, at: 500_000)
    scene.client(.syn, seq: 0, at: 1_500_000)
    scene.server(.syn, seq: 0, ack: 1, at: 1_501_000)
    let step = try #require(scene.finish().first?.step(.syn))
    #expect(step.isAmbiguous && step.time == nil)
    #expect(step.to.since(try #require(step.firstCopy)) == .microseconds(1_501_000))
    #expect(step.to.since(try #require(step.lastCopy)) == .milliseconds(1))
  }

  @Test("Refused time and again is refused, timed from the first SYN")
  func refusedAgain() throws {
    var scene = FlowScene()
    for number in 0..<3 as Range<Int64> {
      scene.client(.syn, seq: 0, at: number * 500_000)
      scene.server(.rst, seq: 0, ack: 1, at: number * 500_000 + 300)
    }
    let found = try #require(scene.finish().first)
    #expect(found.ending == .refused && !found.isReopened)
    #expect(found.time(of: .syn) == .microseconds(300))
  }

  @Test("A SYN-ACK that nobody asked for again opens nothing behind a refusal")
  func lateSynAck() throws {
    var scene = FlowScene()
    scene.client(.syn, seq: 0, at: 0)
    scene.server(.rst, seq: 0, ack: 1, at: 100)
    scene.server(.syn, seq: 0, ack: 1, at: 200)
    let found = try #require(scene.finish().first)
    #expect(found.ending == .refused && !found.isReopened)
    #expect(found.time(of: .syn) == .microseconds(100))
  }

  /// RFC 9293 §3.5, figure 9; the RST may be missing in the capture.
  @Test("Half-open recovery: the SYN that was answered is the one behind the RST", arguments: [true, false], families)
  func recovery(hasReset: Bool, flow: Flow) throws {
    var scene = FlowScene(flow: flow)
    scene.client(.syn, seq: 0, at: 0)
    scene.server([], seq: 0x2000_0000, ack: 0x3000_0000, at: 100)
    if hasReset { scene.client(.rst, seq: 0x3000_0000, at: 200) }
    scene.client(.syn, seq: 0, at: 1_000_000)
    scene.server(.syn, seq: 0, ack: 1, at: 1_001_000)
    scene.client([], ack: 1, at: 1_001_200)
    scene.server(.psh, ack: 1, text: 100, at: 1_002_000)
    scene.server(.psh, seq: 101, ack: 1, text: 100, at: 1_003_000)
    let found = try #require(scene.finish().first)
    #expect(found.ending == .open && found.isHandshakeComplete && found.isReopened == hasReset)
    #expect(found.time(of: .syn) == .milliseconds(1))
    #expect(found.client.synCopies == 2 && found.server.synCopies == 1)
    #expect(found.server.retransmissions == 0 && found.server.gaps == 0 && found.server.strays == 0)
    #expect(found.client.retransmissions == 0)
  }

  @Test("In the story both ends go through figure 9")
  func recoveryStory() throws {
    let outcome = try Self.outcome { scene in
      scene.client(.syn, seq: 0, at: 0)
      scene.server([], seq: 0x2000_0000, ack: 0x3000_0000, at: 100)
      scene.client(.rst, seq: 0x3000_0000, at: 200)
      scene.client(.syn, seq: 0, at: 1_000_000)
      scene.server(.syn, seq: 0, ack: 1, at: 1_001_000)
      scene.client([], ack: 1, at: 1_001_200)
    }
    let entries = outcome.log.entries
    #expect(entries.map(\.state) == [.synSent, .synSent, .synSent, .synSent, .established, .established])
    #expect(entries.map(\.peer) == [.established, .established, .closed, .closed, .synReceived, .established])
    #expect(outcome.peerAtHead == .established && outcome.verdict == .open && outcome.ending == .none)
  }

  // MARK: Fast Open

  @Test("A request in the SYN has its steps", arguments: families)
  func fastOpen(flow: Flow) throws {
    var scene = FlowScene(flow: flow)
    scene.client(.syn, seq: 0, text: 5, at: 0)
    scene.server(.syn, seq: 0, ack: 6, at: 1_000)
    scene.server(.psh, ack: 6, text: 100, at: 2_000)
    scene.server(.psh, seq: 101, ack: 6, text: 100, at: 3_000)
    scene.server(.fin, seq: 201, ack: 6, at: 3_500)
    scene.client([], seq: 6, ack: 202, at: 4_000)
    let found = try #require(scene.finish().first)
    #expect(found.time(of: .request) == .milliseconds(1))
    #expect(found.time(of: .response) == .milliseconds(2))
    #expect(found.time(of: .transfer) == .milliseconds(1))
    #expect(found.client.retransmissions == 0)
  }

  @Test("Text in a SYN that is not taken is a request when it is sent again")
  func fastOpenRefused() throws {
    var scene = FlowScene()
    scene.client(.syn, seq: 0, text: 5, at: 0)
    scene.server(.syn, seq: 0, ack: 1, at: 1_000)
    scene.client(.psh, ack: 1, text: 5, at: 1_500)
    scene.server(.psh, ack: 6, text: 100, at: 4_500)
    let found = try #require(scene.finish().first)
    #expect(found.time(of: .request) == .milliseconds(3))
    #expect(found.time(of: .response) == .milliseconds(3))
  }

  @Test("Of two SYNs with text the echo tells which was answered", arguments: [10, 1_010, 7] as [UInt32])
  func fastOpenTwice(echo: UInt32) throws {
    var scene = FlowScene()
    scene.client(.syn, seq: 0, text: 5, options: .timestamps(10), at: 0)
    scene.client(.syn, seq: 0, text: 5, options: .timestamps(1_010), at: 1_000_000)
    scene.server(.syn, seq: 0, ack: 6, options: .timestamps(1, echo: echo), at: 1_002_000)
    let found = try #require(scene.finish().first)
    let time: Interval? = echo == 7 ? nil : .microseconds(echo == 10 ? 1_002_000 : 2_000)
    #expect(found.time(of: .request) == time)
    #expect(found.time(of: .syn) == time)
  }

  @Test("The server's states follow: it may close before its SYN-ACK is acknowledged (figure 5)")
  func fastOpenStates() throws {
    let outcome = try Self.outcome { scene in
      scene.client(.syn, seq: 0, text: 5, at: 0)
      scene.server(.syn, seq: 0, ack: 6, at: 1_000)
      scene.server(.psh, ack: 6, text: 100, at: 2_000)
      scene.server(.fin, seq: 101, ack: 6, at: 3_000)
      scene.client([], seq: 6, ack: 1, at: 4_000)
      scene.client([], seq: 6, ack: 102, at: 5_000)
      scene.client(.fin, seq: 6, ack: 102, at: 6_000)
      scene.server([], seq: 102, ack: 7, at: 7_000)
    }
    let entries = outcome.log.entries
    #expect(
      entries.map(\.peer) == [
        .synReceived, .synReceived, .synReceived, .finWait1, .finWait1, .finWait2, .timeWait, .timeWait,
      ])
    #expect(
      entries.map(\.state) == [
        .synSent, .established, .established, .closeWait, .closeWait, .closeWait, .lastAck, .closed,
      ])
  }

  // MARK: Heads and ends that were not captured

  @Test("In the middle nothing is known of an end until it speaks")
  func midstream() throws {
    let outcome = try Self.outcome { scene in
      scene.client(.psh, seq: 1, ack: 1, text: 5, at: 0)
      scene.client(.psh, seq: 6, ack: 1, text: 5, at: 100)
      scene.server([], ack: 11, at: 200)
    }
    #expect(outcome.unknownBefore == UnknownStates(ours: 0, theirs: 2))
    let whole = try Self.outcome { $0.handshake() }
    #expect(whole.unknownBefore == nil)
    let headless = try Self.outcome { scene in
      scene.server(.syn, seq: 0, ack: 1, at: 0)
      scene.client([], ack: 1, at: 100)
    }
    #expect(headless.unknownBefore == UnknownStates(ours: 1, theirs: 0))
    #expect(headless.log.entries.map(\.peer) == [.synReceived, .established])
    #expect(headless.log.entries.map(\.state) == [.established, .established])
  }

  @Test("Only the client's side: what it acknowledges was there", arguments: families)
  func onlyClient(flow: Flow) throws {
    var scene = FlowScene(
      {
        var policy = FlowTracker.Policy()
        policy.followed = 0
        return policy
      }(), flow: flow)
    scene.client(.syn, seq: 0, at: 0)
    scene.client([], ack: 1, at: 1_000)
    scene.client(.psh, ack: 1, text: 50, at: 2_000)
    scene.client([], seq: 51, ack: 1_001, at: 3_000)
    let found = try #require(scene.finish().first)
    #expect(found.ending == .open && found.isOnlyClientSeen == true && !found.isHandshakeComplete)
    #expect(found.steps.isEmpty)
    let outcome = scene.tracker.story.outcome(of: found)
    #expect(outcome.verdict == .open && outcome.reason == .ack)
    #expect(outcome.log.entries.map(\.state) == [.synSent, .established, .established, .established])
    #expect(outcome.log.entries.last?.peer == .established)
  }

  @Test("Only the server's side")
  func onlyServer() throws {
    var scene = FlowScene()
    scene.server(.syn, seq: 0, ack: 1, at: 0)
    scene.server([], ack: 51, at: 1_000)
    scene.server(.psh, ack: 51, text: 50, at: 2_000)
    let found = try #require(scene.finish().first)
    #expect(found.ending == .open && found.isOnlyClientSeen == false && found.isOpenerKnown)
    #expect(found.client.endpoint == FlowScene.v4.local)
  }

  @Test("SYNs alone, and a SYN-ACK alone, say of no connection that it was opened")
  func nothingOpened() throws {
    var scene = FlowScene()
    scene.client(.syn, seq: 0, at: 0)
    scene.client(.rst, seq: 1, at: 10)
    scene.flow.local.port += 1
    scene.client(.syn, seq: 0, at: 0)
    scene.client(.syn, seq: 0, at: 1_000_000)
    scene.flow.local.port += 1
    scene.server(.syn, seq: 0, ack: 1, at: 0)
    scene.server(.syn, seq: 0, ack: 1, at: 1_000_000)
    let flows = scene.finish()
    #expect(flows.map(\.ending) == [.rst, .unanswered, .halfOpen])
    #expect(flows.map(\.isOnlyClientSeen) == [nil, nil, false])
  }

  @Test("Where the SYN-ACK alone is missing the connection was opened all the same")
  func withoutSynAck() throws {
    var scene = FlowScene()
    scene.client(.syn, seq: 0, at: 0)
    scene.client([], ack: 1, at: 1_000)
    scene.server(.psh, ack: 1, text: 10, at: 2_000)
    let found = try #require(scene.finish().first)
    #expect(found.ending == .open && found.isOnlyClientSeen == nil)
  }

  // MARK: An answer before its question

  @Test("An RST that the capture has before the SYN is the other end's", arguments: families)
  func resetFirst(flow: Flow) throws {
    var scene = FlowScene(
      {
        var policy = FlowTracker.Policy()
        policy.followed = 0
        return policy
      }(), flow: flow)
    scene.server(.rst, seq: 0, ack: 1, at: 0)
    scene.client(.syn, seq: 0, at: 10)
    let found = try #require(scene.finish().first)
    #expect(found.client.endpoint == flow.local)
    #expect(found.ending == .refused && found.isClosedByClient == false && found.isResetByClient == false)
    #expect(found.step(.syn) != nil && found.time(of: .syn) == nil)
    let outcome = scene.tracker.story.outcome(of: found)
    #expect(outcome.log.entries.map(\.direction) == [.received, .sent])
    #expect(outcome.state == .closed && outcome.peer == .closed && outcome.ending == .peerRst)
  }

  @Test("A FIN before the SYN keeps its sender as well")
  func finFirst() throws {
    var scene = FlowScene()
    scene.server(.fin, seq: 1, ack: 1, at: 0)
    scene.client(.syn, seq: 0, at: 10)
    scene.server(.syn, seq: 0, ack: 1, at: 20)
    let found = try #require(scene.finish().first)
    #expect(found.client.endpoint == FlowScene.v4.local && found.isClosedByClient == false)
  }

  @Test("An ICMP error that the capture has before the SYN that it quotes decides all the same")
  func errorFirst() throws {
    var scene = FlowScene()
    scene.pass(Self.hostUnreachable(quoting: Segment(seq: FlowScene.iss, flags: .syn), FlowScene.v4), at: 0)
    scene.client(.syn, seq: 0, at: 10)
    #expect(scene.tracker.counts.errors == 1 && scene.tracker.counts.other == 0)
    let found = try #require(scene.finish().first)
    #expect(found.ending == .unreachable && found.number == 0 && found.first.frame == 2)
  }

  // MARK: Gaps, probes

  @Test("One missing segment is one gap, however many bare ACKs follow", arguments: [1, 20])
  func gapThenAcks(acks: Int) throws {
    var scene = FlowScene()
    scene.handshake()
    for number in 0..<Int64(acks) { scene.client([], seq: 101, ack: 1, at: 2_000 + number) }
    scene.client([], seq: 101, ack: 1, text: 10, at: 3_000)
    #expect(scene.sightings[3]?.novelty == .beyondGap)
    #expect(scene.sightings.dropFirst(4).allSatisfy { $0?.novelty == .inOrder })
    scene.client([], seq: 1, ack: 1, text: 100, at: 3_010)
    #expect(scene.sightings.last??.novelty == .outOfOrder)
    #expect(try #require(scene.finish().first).client.gaps == 1)
  }

  @Test("Three gaps are remembered at once, and each is filled in time")
  func threeGaps() throws {
    var scene = FlowScene()
    scene.handshake()
    for seq in [101, 301, 501] as [UInt32] { scene.client([], seq: seq, ack: 1, text: 100, at: 2_000) }
    for seq in [1, 201, 401] as [UInt32] { scene.client([], seq: seq, ack: 1, text: 100, at: 2_500) }
    #expect(scene.sightings.suffix(3).allSatisfy { $0?.novelty == .outOfOrder })
    let client = try #require(scene.finish().first).client
    #expect(client.gaps == 3 && client.outOfOrder == 3 && client.retransmissions == 0)
  }

  struct ProbeRow: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// The probe: its place from SND.NXT, its text, and where the next text begins.
    var seq: UInt32
    var text: Int
    var next: UInt32
    var novelty: SegmentNovelty
    var window: UInt16 = 0
  }

  static let probes: [ProbeRow] = [
    ProbeRow(testDescription: "an octet that is refused", seq: 11, text: 1, next: 11, novelty: .windowProbe),
    ProbeRow(testDescription: "an octet that is taken", seq: 11, text: 1, next: 12, novelty: .windowProbe),
    ProbeRow(testDescription: "as Linux does", seq: 10, text: 0, next: 11, novelty: .windowProbe),
    ProbeRow(testDescription: "with an old octet", seq: 10, text: 1, next: 11, novelty: .windowProbe),
    ProbeRow(testDescription: "a keep-alive", seq: 10, text: 0, next: 11, novelty: .keepAlive, window: 100),
    ProbeRow(testDescription: "with an octet", seq: 10, text: 1, next: 11, novelty: .keepAlive, window: 100),
  ]

  @Test("Window probes and keep-alives are told apart by the window, and nothing is sent again", arguments: probes)
  func probing(_ row: ProbeRow) throws {
    var scene = FlowScene()
    scene.handshake()
    scene.server(.psh, ack: 1, text: 10, at: 2_000)
    scene.client([], ack: 11, wnd: row.window, at: 2_100)
    for time in [300_000, 900_000] as [Int64] {
      scene.server([], seq: row.seq, ack: 1, text: row.text, at: time)
      #expect(scene.sightings.last??.novelty == row.novelty)
      scene.client([], ack: 11, wnd: row.window, at: time + 100)
    }
    scene.client([], ack: row.next, wnd: 500, at: 1_000_000)
    scene.server(.psh, seq: row.next, ack: 1, text: 30, at: 1_001_000)
    #expect(scene.sightings.last??.novelty == .inOrder)
    let server = try #require(scene.finish().first).server
    #expect(server.retransmissions == 0 && server.gaps == 0)
    #expect(server.windowProbes == (row.novelty == .windowProbe ? 2 : 0))
    #expect(server.keepAlives == (row.novelty == .keepAlive ? 2 : 0))
  }

  @Test("A FIN just before SND.NXT is the FIN once more, no keep-alive and no text sent again", arguments: [0, 20])
  func finAgain(text: Int) throws {
    var scene = FlowScene()
    scene.handshake()
    for time in [2_000, 300_000] as [Int64] { scene.client(.fin, ack: 1, text: text, at: time) }
    #expect(scene.sightings.last??.novelty == .retransmission)
    let client = try #require(scene.finish().first).client
    #expect(client.finCopies == 2 && client.keepAlives == 0)
    #expect(client.retransmissions == (text > 0 ? 1 : 0))
  }

  @Test(
    "An ACK of a sequence number before the handshake's establishes nothing", arguments: [0, 0xffff_0000] as [UInt32])
  func oldSequence(seq: UInt32) throws {
    var scene = FlowScene()
    scene.client(.syn, seq: 0, at: 0)
    scene.server(.syn, seq: 0, ack: 1, at: 1_000)
    scene.client([], seq: seq, ack: 1, at: 1_100)
    scene.client([], seq: 1, ack: 1, at: 1_500)
    let found = try #require(scene.finish().first)
    #expect(found.established.frame == 4)
    #expect(found.time(of: .handshake) == .microseconds(1_500))
  }

  // MARK: Helpers

  static func outcome(_ packets: (inout FlowScene) -> Void) throws -> Outcome {
    var policy = FlowTracker.Policy()
    policy.followed = 0
    var scene = FlowScene(policy)
    packets(&scene)
    return scene.tracker.story.outcome(of: try #require(scene.finish().first))
  }

  /// An ICMP error of a router's that quotes so many octets of a segment.
  static func hostUnreachable(quoting segment: Segment, _ flow: Flow, transport: Int = 20) -> [UInt8] {
    let quote = FlowScene.packet(segment, flow).prefix(20 + transport)
    return PacketOctets.bigEndian(
      0x4500 as UInt16, UInt16(28 + quote.count), 0 as UInt32, 64 as UInt8, 1 as UInt8, 0 as UInt16)
      + [192, 0, 2, 254, 10, 0, 0, 1, 3, 1, 0, 0, 0, 0, 0, 0] + quote
  }
}
