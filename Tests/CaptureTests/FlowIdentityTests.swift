import Handshake
import Testing
import Timebase
import Wire

@testable import Capture

/// Which packets are one packet, which are one flow, and when they passed.
@Suite struct FlowIdentityTests {
  // MARK: One end for both

  @Test("Both ends on one address are told apart by their ports", arguments: [80, 60_000] as [UInt16])
  func oneAddress(port: UInt16) throws {
    let host = IPAddress.v4(IPv4Address(127, 0, 0, 1))
    var scene = FlowScene(flow: Flow(local: Endpoint(host, 49_512), remote: Endpoint(host, port)))
    scene.handshake()
    scene.close(at: 2_000)
    let flows = scene.finish()
    #expect(flows.count == 1)
    let flow = try #require(flows.first)
    #expect(flow.client.endpoint.port == 49_512 && flow.server.endpoint.port == port)
    #expect(flow.client.packets == 4 && flow.server.packets == 3 && flow.ending == .fin)
  }

  @Test("A total length of 0 stands for all that is there")
  func noTotalLength() throws {
    var scene = FlowScene()
    scene.handshake()
    let text = Segment(seq: FlowScene.iss + 1, ack: FlowScene.irs + 1, flags: .psh, textLength: 100)
    scene.pass(text, scene.flow, at: 2_000) { ($0[2], $0[3]) = (0, 0) }
    #expect(scene.sightings.last??.checksum == .good)
    let client = try #require(scene.finish().first).client
    #expect(client.octets == 100)
    #expect(client.sent.next == FlowScene.iss + 101)
  }

  // MARK: The same packet twice

  /// Each packet of a connection, a copy of it `after` microseconds later with another hop limit.
  private static func twice(_ scene: inout FlowScene, after: Int64, identification: UInt16? = 7) {
    var number = identification ?? 0
    func pass(_ segment: Segment, back: Bool = false, at time: Int64) {
      let flow = back ? Flow(local: scene.flow.remote, remote: scene.flow.local) : scene.flow
      for copy in 0..<2 as Range<Int64> {
        scene.pass(segment, flow, at: time + copy * after) { octets in
          guard octets[0] >> 4 == 4 else {
            octets[7] -= UInt8(copy)
            return
          }
          (octets[4], octets[5]) = (UInt8(number >> 8), UInt8(number & 0xff))
          octets[8] -= UInt8(copy)
        }
      }
      if identification != nil { number += 1 }
    }
    let (iss, irs) = (FlowScene.iss, FlowScene.irs)
    pass(Segment(seq: iss, flags: .syn, options: .timestamps(10)), at: 0)
    pass(Segment(seq: irs, ack: iss + 1, flags: .syn, options: .timestamps(5, echo: 10)), back: true, at: 1_000)
    pass(Segment(seq: iss + 1, ack: irs + 1), at: 2_000)
    pass(Segment(seq: iss + 1, ack: irs + 1, flags: .psh, textLength: 30), at: 3_000)
    pass(Segment(seq: irs + 1, ack: iss + 31), back: true, at: 4_000)
    pass(Segment(seq: irs + 1, ack: iss + 31, flags: .psh, textLength: 100), back: true, at: 5_000)
    pass(Segment(seq: iss + 31, ack: irs + 101, flags: .fin), at: 6_000)
    pass(Segment(seq: irs + 101, ack: iss + 32, flags: .fin), back: true, at: 7_000)
    pass(Segment(seq: iss + 32, ack: irs + 102), at: 8_000)
  }

  @Test(
    "What the capture has twice was sent once, and all times stay", arguments: [0, 2, 200, -2] as [Int64],
    [FlowScene.v4, FlowScene.v6])
  func duplicates(after: Int64, flow: Flow) throws {
    var policy = FlowTracker.Policy()
    policy.followed = 0
    var scene = FlowScene(policy, flow: flow)
    Self.twice(&scene, after: after)
    let found = try #require(scene.finish().first)
    #expect(found.client.duplicates == 5 && found.server.duplicates == 4)
    #expect(found.client.packets == 10 && found.server.packets == 8)
    #expect(found.client.retransmissions + found.server.retransmissions == 0)
    #expect(found.client.synCopies == 1 && found.server.synCopies == 1 && found.client.finCopies == 1)
    let times = FlowScene.steps.map { found.time(of: $0) }
    let expected: [Int64] = [1, 1, 2, 1, 2, 0, 1, 1, 2]
    #expect(times == expected.map { .milliseconds($0) })
    #expect(found.initialRTT == .milliseconds(2) && found.ending == .fin)
    #expect(scene.tracker.story.outcome(of: found).log.entries.count == 9)
  }

  @Test("Copies may come behind a whole burst of others", arguments: [4, 64])
  func duplicatesBehindBurst(burst: UInt16) throws {
    var scene = FlowScene()
    for copy in 0..<2 as Range<Int64> {
      for number in 1...burst {
        scene.flow.local.port = number
        scene.pass(Segment(seq: FlowScene.iss, flags: .syn), scene.flow, at: copy * 500 + Int64(number)) {
          ($0[4], $0[5]) = (UInt8(number >> 8), UInt8(number & 0xff))
        }
      }
    }
    let flows = scene.finish()
    #expect(flows.count == Int(burst))
    #expect(flows.allSatisfy { $0.client.duplicates == 1 && $0.client.synCopies == 1 })
  }

  @Test("Linux sends SYN-ACK and RST without an identification")
  func duplicatesWithoutIdentification() throws {
    var scene = FlowScene()
    Self.twice(&scene, after: 3, identification: nil)
    let found = try #require(scene.finish().first)
    #expect(found.client.duplicates == 5 && found.server.duplicates == 4)
    #expect(found.time(of: .syn) == .milliseconds(1))
  }

  @Test("What follows later, or differs, was sent again")
  func notDuplicates() throws {
    var scene = FlowScene()
    for time in [0, 1_000, 3_000] as [Int64] { scene.client(.syn, seq: 0, options: .timestamps(10), at: time) }
    scene.client(.syn, seq: 0, options: .timestamps(11), at: 3_001)
    scene.server(.syn, seq: 0, ack: 1, at: 4_000)
    scene.client([], ack: 1, at: 4_100)
    scene.client(.psh, ack: 1, text: 10, at: 5_000)
    // Another identification: the sender made another packet of it, however soon.
    let again = Segment(seq: FlowScene.iss + 1, ack: FlowScene.irs + 1, flags: .psh, wnd: 64_240, textLength: 10)
    scene.pass(again, scene.flow, at: 5_001) { $0[5] = 9 }
    let found = try #require(scene.finish().first)
    #expect(found.client.duplicates == 0 && found.client.synCopies == 4)
    #expect(found.client.retransmissions == 1)
  }

  @Test("Without an identification, what the other end asked for was sent again")
  func askedFor() throws {
    var scene = FlowScene(flow: FlowScene.v6)
    scene.handshake()
    scene.client(.psh, ack: 1, text: 10, at: 5_000)
    scene.server([], ack: 1, wnd: 1, at: 5_050)
    scene.client(.psh, ack: 1, text: 10, at: 5_100)
    // Bare ACKs that repeat each other ask for something: they are as many as they are.
    for time in 0..<3 as Range<Int64> { scene.server([], ack: 11, at: 6_000 + time) }
    let found = try #require(scene.finish().first)
    #expect(found.client.duplicates == 0 && found.server.duplicates == 0)
    #expect(found.client.retransmissions == 1)
  }

  @Test("Without stamps nothing is known to be a copy")
  func copiesWithoutStamps() throws {
    var scene = FlowScene()
    let syn = Segment(seq: FlowScene.iss, flags: .syn)
    for _ in 0..<2 { scene.pass(syn, scene.flow, at: nil) { $0[5] = 9 } }
    let found = try #require(scene.finish().first)
    #expect(found.client.duplicates == 0 && found.client.synCopies == 2)
  }

  // MARK: Stamps

  static let day: Int64 = 86_400_000_000

  @Test(
    "One wild stamp: one flow, and no time for what it would time", arguments: [day, -day, 25 * day, 3_600_000_000],
    Array(0...6))
  func wildStamp(off: Int64, which: Int) throws {
    var scene = FlowScene()
    // Another flow is there all the time, and does not grow old by it.
    scene.flow.local.port = 7
    scene.client(.syn, seq: 0, at: 0)
    scene.flow.local.port = 49_512
    var number = 0
    func time(_ time: Int64) -> Int64 {
      defer { number += 1 }
      return 1_000 + time + (number == which ? off : 0)
    }
    scene.client(.syn, seq: 0, at: time(0))
    scene.server(.syn, seq: 0, ack: 1, at: time(1_000))
    scene.client([], ack: 1, at: time(1_200))
    scene.client(.psh, ack: 1, text: 10, at: time(2_000))
    scene.server(.psh, ack: 11, text: 10, at: time(3_000))
    scene.client(.fin, seq: 11, ack: 11, at: time(4_000))
    scene.server(.fin, seq: 11, ack: 12, at: time(5_000))
    scene.client([], seq: 12, ack: 12, at: time(6_000))
    #expect(scene.tracker.remembered == 2 && scene.ended.isEmpty)
    let flows = scene.finish()
    #expect(flows.count == 2)
    let flow = try #require(flows.last)
    #expect(flow.ending == .fin && flow.isHandshakeComplete && !flow.isForgotten)
    let ends: [StepKind: (Int, Int, Int64)] = [
      .syn: (0, 1, 1_000), .ack: (1, 2, 200), .handshake: (0, 2, 1_200), .request: (3, 4, 1_000),
      .response: (3, 4, 1_000), .transfer: (4, 4, 0), .fin: (5, 6, 1_000), .peerFin: (5, 6, 1_000),
      .close: (5, 7, 2_000),
    ]
    for (kind, (from, to, microseconds)) in ends {
      let isTouched = from == which || to == which
      #expect(flow.time(of: kind) == (isTouched ? nil : .microseconds(microseconds)), "\(kind)")
    }
  }

  @Test("A wild stamp on the first packet of a capture: no SYN waits for a day")
  func wildBeginning() throws {
    var scene = FlowScene()
    scene.client(.syn, seq: 0, at: -Self.day)
    scene.server(.syn, seq: 0, ack: 1, at: 1_000)
    scene.client([], ack: 1, at: 1_200)
    let flows = scene.finish()
    #expect(flows.count == 1)
    #expect(flows.first?.time(of: .syn) == nil && flows.first?.time(of: .ack) == .microseconds(200))
  }

  @Test("Long silence is no wild stamp: what comes after it stays timed")
  func silence() throws {
    var scene = FlowScene()
    scene.client(.syn, seq: 0, at: 0)
    scene.flow.local.port += 1
    for hour in 1...3 as ClosedRange<Int64> {
      scene.flow.local.port += 1
      let time = hour * 7_200_000_000
      scene.client(.syn, seq: 0, at: time)
      scene.server(.syn, seq: 0, ack: 1, at: time + 500)
    }
    let flows = scene.finish()
    #expect(flows.count == 4)
    #expect(flows.dropFirst().allSatisfy { $0.time(of: .syn) == .microseconds(500) && $0.first.stamp != nil })
    #expect(scene.tracker.counts.idle == 2)
  }

  @Test("A clock that is set back once and stays there parts nothing")
  func setBack() throws {
    var scene = FlowScene()
    scene.client(.syn, seq: 0, at: 0)
    scene.server(.syn, seq: 0, ack: 1, at: 1_000)
    scene.client([], ack: 1, at: -Self.day)
    scene.client(.psh, ack: 1, text: 10, at: -Self.day + 1_000)
    scene.server(.psh, ack: 11, text: 10, at: -Self.day + 3_000)
    let flows = scene.finish()
    #expect(flows.count == 1)
    #expect(flows.first?.time(of: .syn) == .milliseconds(1) && flows.first?.time(of: .request) == .milliseconds(2))
    #expect(flows.first?.time(of: .handshake) == nil)
  }

  // MARK: Numbers

  private static let other: Flow = {
    var flow = FlowScene.v4
    flow.local.port = 33_333
    return flow
  }()

  @Test("A quoted segment of an unseen flow takes a number where tshark takes it apart", arguments: 8...20)
  func quotedNumber(octets: Int) throws {
    var scene = FlowScene()
    let syn = Segment(seq: SequenceNumber(7), flags: .syn)
    scene.pass(FlowMeaningTests.hostUnreachable(quoting: syn, Self.other, transport: octets), at: 0)
    scene.pass(FlowMeaningTests.hostUnreachable(quoting: syn, Self.other, transport: octets), at: 1)
    scene.handshake(at: 100)
    #expect(scene.tracker.counts.flows == 1 && scene.tracker.counts.errors == 0 && scene.tracker.counts.other == 2)
    let flows = scene.finish()
    #expect(flows.map(\.number) == [octets >= 16 ? 1 : 0])
    #expect(scene.tracker.numbers == (octets >= 16 ? 2 : 1))
  }

  @Test(
    "What follows of a flow that was quoted has its number, whatever the number of the SYN",
    arguments: [7, 8] as [UInt32])
  func quotedThenSeen(seq: UInt32) throws {
    var scene = FlowScene()
    let syn = Segment(seq: SequenceNumber(7), flags: .syn)
    scene.pass(FlowMeaningTests.hostUnreachable(quoting: syn, Self.other), at: 0)
    scene.handshake(at: 100)
    scene.pass(Segment(seq: SequenceNumber(seq), flags: .syn), Self.other, at: 2_000)
    let flows = scene.finish()
    #expect(flows.map(\.number) == [0, 1])
    #expect(flows.first?.client.endpoint == Self.other.local)
    #expect(flows.first?.ending == (seq == 7 ? .unreachable : .unanswered))
  }

  @Test(
    "A quoted SYN of an earlier connection of the same ports takes a number, its own SYN does not",
    arguments: [(0, 20, 1), (1, 20, 2), (1, 16, 2), (1, 15, 1)] as [(UInt32, Int, Int)])
  func quotedEarlier(difference: UInt32, transport: Int, next: Int) throws {
    var scene = FlowScene()
    scene.handshake()
    let syn = Segment(seq: FlowScene.iss + difference, flags: .syn)
    scene.pass(FlowMeaningTests.hostUnreachable(quoting: syn, FlowScene.v4, transport: transport), at: 2_000)
    scene.flow.local.port += 1
    scene.handshake(at: 3_000)
    #expect(scene.finish().map(\.number) == [0, next])
  }

  @Test("Quotes of unseen flows push none out that was seen")
  func quotesAreBounded() throws {
    var policy = FlowTracker.Policy()
    policy.capacity = 4
    var scene = FlowScene(policy)
    scene.handshake()
    for port in 1...100 as ClosedRange<UInt16> {
      var flow = FlowScene.v4
      flow.local.port = port
      let syn = Segment(seq: FlowScene.iss, flags: .syn)
      scene.pass(FlowMeaningTests.hostUnreachable(quoting: syn, flow), at: 2_000 + Int64(port))
      #expect(scene.tracker.remembered <= 4)
    }
    #expect(scene.tracker.counts.evicted == 0 && scene.ended.isEmpty)
    #expect(scene.finish().map(\.number) == [0])
    #expect(scene.tracker.numbers == 101)
  }
}
