import Handshake
import Testing
import Timebase
import Wire

@testable import Capture

/// ICMP errors that quote a segment of a flow.
@Suite struct FlowErrorTests {
  private static let router4 = IPAddress.v4(IPv4Address(192, 0, 2, 254))
  private static let router6 = IPAddress(parsing: "2001:db8::ff").unsafelyKnown

  /// An ICMP error of a router's about a packet, that quotes so much of it.
  private static func error(_ type: UInt8, _ code: UInt8, quoting packet: [UInt8], _ length: Int = 28) -> [UInt8] {
    let body = [type, code, 0, 0, 0, 0, 0, 0] + packet.prefix(length)
    if packet[0] >> 4 == 6 {
      return PacketOctets.bigEndian(0x6000_0000 as UInt32, UInt16(body.count), 58 as UInt8, 64 as UInt8)
        + FlowErrorTests.octets(of: router6) + packet[8..<24] + body
    }
    return PacketOctets.bigEndian(
      0x4500 as UInt16, UInt16(20 + body.count), 0 as UInt32, 64 as UInt8, 1 as UInt8, 0 as UInt16)
      + FlowErrorTests.octets(of: router4) + packet[12..<16] + body
  }

  private static func octets(of address: IPAddress) -> [UInt8] {
    switch address {
    case .v4(let address): PacketOctets.bigEndian(address.rawValue)
    case .v6(let address): PacketOctets.bigEndian(address.rawValue)
    }
  }

  private static func syn(_ flow: Flow = FlowScene.v4) -> [UInt8] {
    FlowScene.packet(Segment(seq: FlowScene.iss, flags: .syn), flow)
  }

  private static func text(back: Bool = false) -> [UInt8] {
    let flow = back ? Flow(local: FlowScene.v4.remote, remote: FlowScene.v4.local) : FlowScene.v4
    let (seq, ack) = back ? (FlowScene.irs, FlowScene.iss) : (FlowScene.iss, FlowScene.irs)
    return FlowScene.packet(Segment(seq: seq + 1, ack: ack + 1, flags: .psh, textLength: 400), flow)
  }

  @Test("A SYN that an ICMP error alone answered", arguments: [1, 2])
  func unreachable(copies: Int) throws {
    var scene = FlowScene()
    for copy in 0..<Int64(copies) {
      scene.client(.syn, seq: 0, at: copy * 1_000_000)
      scene.pass(Self.error(3, 1, quoting: Self.syn()), at: copy * 1_000_000 + 500)
    }
    #expect(scene.tracker.counts.errors == copies && scene.tracker.counts.other == 0)
    #expect(scene.tracker.counts.segments == copies && scene.tracker.counts.packets == 2 * copies)
    let flow = try #require(scene.finish().first)
    #expect(flow.ending == .unreachable && flow.unreachable == .icmpHostUnreachable)
    let errors = try #require(flow.errors)
    #expect(errors.type == 3 && errors.code == 1 && errors.count == copies)
    #expect(errors.source == Self.router4 && errors.mark.frame == 2)
    #expect(errors.verdict?.reason == .icmpHostUnreachable && flow.isErrorAboutClient == true)
    #expect(flow.client.packets == copies && flow.server.packets == 0 && flow.isClosedByClient == nil)
  }

  @Test("The same in IPv6, behind an extension header of the error's own as well", arguments: [false, true])
  func version6(behindOptions: Bool) throws {
    var scene = FlowScene(flow: FlowScene.v6)
    scene.client(.syn, seq: 0, at: 0)
    var error = Self.error(1, 1, quoting: Self.syn(FlowScene.v6), 60)
    if behindOptions {
      error[6] = 60
      error.insert(contentsOf: [58, 0, 1, 4, 0, 0, 0, 0], at: 40)
    }
    scene.pass(error, at: 500)
    let flow = try #require(scene.finish().first)
    #expect(flow.ending == .unreachable && flow.unreachable == .icmpAdminProhibited)
    #expect(flow.errors?.source == Self.router6)
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var ending: TrackedFlow.Ending
    var errors: Int
    var packets: @Sendable (inout FlowScene) -> Void
  }

  static let rows: [Row] = [
    Row(testDescription: "a SYN-ACK came after all", ending: .open, errors: 1) {
      $0.client(.syn, seq: 0, at: 0)
      $0.pass(error(3, 1, quoting: syn()), at: 500)
      $0.server(.syn, seq: 0, ack: 1, at: 1_000)
      $0.client([], ack: 1, at: 1_200)
    },
    Row(testDescription: "an RST came after all", ending: .refused, errors: 1) {
      $0.client(.syn, seq: 0, at: 0)
      $0.pass(error(3, 1, quoting: syn()), at: 500)
      $0.server(.rst, seq: 0, ack: 1, at: 1_000)
    },
    Row(testDescription: "the packet was too big, which decides nothing", ending: .unanswered, errors: 1) {
      $0.client(.syn, seq: 0, at: 0)
      $0.pass(error(3, 4, quoting: syn()), at: 500)
    },
    Row(testDescription: "advice, which decides nothing", ending: .unanswered, errors: 2) {
      $0.client(.syn, seq: 0, at: 0)
      $0.pass(error(5, 1, quoting: syn()), at: 500)
      $0.pass(error(12, 0, quoting: syn()), at: 600)
    },
    Row(testDescription: "too big first, then unreachable", ending: .unreachable, errors: 2) {
      $0.client(.syn, seq: 0, at: 0)
      $0.pass(error(3, 4, quoting: syn()), at: 500)
      $0.pass(error(3, 0, quoting: syn()), at: 600)
    },
    Row(testDescription: "the quote is of an earlier connection of the ports", ending: .unanswered, errors: 1) {
      $0.client(.syn, seq: 0, at: 0)
      $0.pass(error(3, 1, quoting: text()), at: 500)
    },
    Row(testDescription: "ports alone are quoted", ending: .unanswered, errors: 1) {
      $0.client(.syn, seq: 0, at: 0)
      $0.pass(error(3, 1, quoting: syn(), 24), at: 500)
    },
    Row(testDescription: "less than the ports is quoted", ending: .unanswered, errors: 0) {
      $0.client(.syn, seq: 0, at: 0)
      for length in 0..<24 { $0.pass(error(3, 1, quoting: syn(), length), at: 500) }
    },
    Row(testDescription: "no error", ending: .unanswered, errors: 0) {
      $0.client(.syn, seq: 0, at: 0)
      $0.pass(error(0, 0, quoting: syn()), at: 500)
      $0.pass(error(8, 0, quoting: syn()), at: 500)
    },
    Row(testDescription: "the server's text was too big", ending: .open, errors: 1) {
      $0.handshake()
      $0.server(.psh, ack: 1, text: 400, at: 2_000)
      $0.pass(error(3, 4, quoting: text(back: true)), at: 2_100)
    },
  ]

  @Test("What errors are to a flow", arguments: rows)
  func endings(_ row: Row) throws {
    var scene = FlowScene()
    row.packets(&scene)
    #expect(scene.tracker.counts.flows == 1)
    #expect(scene.tracker.counts.errors == row.errors)
    let counts = scene.tracker.counts
    #expect(counts.packets == counts.segments + counts.malformed + counts.other + counts.errors)
    let flow = try #require(scene.finish().first)
    #expect(flow.ending == row.ending)
    #expect((flow.errors?.count ?? 0) == row.errors)
  }

  @Test("An error about nothing that was seen begins no flow")
  func stranger() {
    var scene = FlowScene()
    scene.pass(Self.error(3, 1, quoting: Self.syn()), at: 0)
    #expect(scene.tracker.counts.other == 1 && scene.tracker.counts.errors == 0)
    #expect(scene.finish().isEmpty)
  }

  @Test("However early it was cut, it is read or left alone")
  func cut() {
    for flow in [FlowScene.v4, FlowScene.v6] {
      let error = Self.error(flow == FlowScene.v4 ? 3 : 1, 1, quoting: Self.syn(flow), 200)
      for length in 1...error.count {
        var scene = FlowScene(flow: flow)
        scene.client(.syn, seq: 0, at: 0)
        scene.pass(Array(error[..<length]), at: 500)
        let counts = scene.tracker.counts
        #expect(counts.segments == 1 && counts.malformed + counts.other + counts.errors == 1)
      }
    }
  }

  @Test("In the story it goes to the end whose segment it quotes, and changes no state")
  func story() throws {
    var policy = FlowTracker.Policy()
    policy.followed = 0
    var scene = FlowScene(policy)
    scene.handshake()
    scene.server(.psh, ack: 1, text: 400, at: 2_000)
    scene.pass(Self.error(3, 4, quoting: Self.text(back: true)), at: 2_100)
    scene.client(.psh, ack: 401, text: 400, at: 3_000)
    scene.pass(Self.error(3, 4, quoting: Self.text()), at: 3_100)
    let flow = try #require(scene.finish().first)
    #expect(flow.isErrorAboutClient == false)
    let entries = scene.tracker.story.outcome(of: flow).log.entries
    try #require(entries.count == 7)
    for (index, direction) in [(4, PacketLog.Entry.Direction.sent), (6, .received)] {
      #expect(entries[index].content == .icmp(type: 3, code: 4) && entries[index].direction == direction)
      #expect(entries[index].errorSource == Self.router4)
      #expect(entries[index].state == .established && entries[index].peer == .established)
    }
  }
}
