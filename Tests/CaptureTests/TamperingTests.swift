import Handshake
import Testing
import Timebase
import Wire

@testable import Capture

/// Which flows match one of the nineteen signatures of tampering, and which do not.
@Suite("Signatures of tampering") struct TamperingTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var found: TrackedFlow.Tampering
    var packets: @Sendable (inout FlowScene) -> Void

    init(_ name: String, _ found: TrackedFlow.Tampering, _ packets: @escaping @Sendable (inout FlowScene) -> Void) {
      (testDescription, self.found, self.packets) = (name, found, packets)
    }

    init(_ found: TamperingSignature, _ packets: @escaping @Sendable (inout FlowScene) -> Void) {
      self.init(found.rawValue, .signature(found), packets)
    }
  }

  /// Another flow's packet that tells how late it is.
  private static func passes(_ seconds: Int64, _ scene: inout FlowScene) {
    let other = Flow(
      local: Endpoint(.v4(IPv4Address(10, 0, 0, 9)), 1), remote: Endpoint(.v4(IPv4Address(10, 0, 0, 8)), 2))
    scene.pass(
      Segment(seq: SequenceNumber(1), ack: SequenceNumber(1), flags: []), other, at: seconds * 1_000_000)
  }

  private static func syn(_ scene: inout FlowScene) { scene.client(.syn, seq: 0, at: 0) }
  private static func first(_ scene: inout FlowScene) {
    scene.handshake()
    scene.client(.psh, ack: 1, text: 100, at: 2_000)
  }
  private static func later(_ scene: inout FlowScene) {
    first(&scene)
    scene.server([], ack: 101, text: 50, at: 3_000)
    scene.client(.psh, seq: 101, ack: 51, text: 100, at: 4_000)
  }

  static let signatures: [Row] = [
    Row(.synNothing) {
      syn(&$0)
      passes(3, &$0)
    },
    Row(.synReset) {
      syn(&$0)
      $0.packet(fromClient: true, .rst, seq: 1, at: 1_000)
    },
    Row(.synResetAck) {
      syn(&$0)
      $0.server(.syn, seq: 0, ack: 1, at: 500)
      $0.packet(fromClient: true, .rst, seq: 1, ack: 1, at: 1_000)
    },
    Row(.synBoth) {
      syn(&$0)
      $0.packet(.rst, seq: 0, at: 1_000)
      $0.packet(.rst, seq: 0, ack: 1, at: 1_001)
    },
    Row(.ackNothing) {
      $0.handshake()
      passes(4, &$0)
    },
    Row(.ackReset) {
      $0.handshake()
      $0.packet(.rst, at: 2_000)
    },
    Row(.ackResets) {
      $0.handshake()
      $0.packet(.rst, at: 2_000)
      $0.packet(.rst, at: 2_001)
    },
    Row(.ackResetAck) {
      $0.handshake()
      $0.packet(.rst, ack: 1, at: 2_000)
    },
    Row(.ackResetAcks) {
      $0.handshake()
      $0.packet(.rst, ack: 1, at: 2_000)
      $0.packet(.rst, seq: 5, ack: 1, at: 2_001)
    },
    Row(.pushNothing) {
      first(&$0)
      passes(4, &$0)
    },
    Row(.pushReset) {
      first(&$0)
      $0.packet(.rst, at: 3_000)
    },
    Row(.pushResetAck) {
      first(&$0)
      $0.packet(.rst, ack: 101, at: 3_000)
    },
    Row(.pushBoth) {
      first(&$0)
      $0.packet(.rst, at: 3_000)
      $0.packet(.rst, ack: 101, at: 3_001)
    },
    Row(.pushResetAcks) {
      first(&$0)
      $0.packet(.rst, ack: 101, at: 3_000)
      $0.packet(.rst, ack: 101, at: 3_001)
    },
    Row(.pushEqualResets) {
      first(&$0)
      $0.packet(.rst, rawAck: 77, at: 3_000)
      $0.packet(.rst, rawAck: 77, at: 3_300)
    },
    Row(.pushUnequalResets) {
      first(&$0)
      $0.packet(.rst, rawAck: 77, at: 3_000)
      $0.packet(.rst, rawAck: 1_537, at: 3_300)
    },
    Row(.pushZeroReset) {
      first(&$0)
      $0.packet(.rst, rawAck: 77, at: 3_000)
      $0.packet(.rst, rawAck: 0, at: 3_300)
    },
    Row(.dataReset) {
      later(&$0)
      $0.packet(.rst, seq: 51, at: 5_000)
    },
    Row(.dataResetAck) {
      later(&$0)
      $0.packet(.rst, seq: 51, ack: 201, at: 5_000)
      $0.packet(.rst, seq: 51, ack: 201, at: 5_300)
    },
  ]

  static let others: [Row] = [
    Row("an ordinary connection", .none) {
      first(&$0)
      $0.server([], ack: 101, text: 50, at: 3_000)
      $0.client([], seq: 101, ack: 51, at: 3_100)
      $0.close(seq: 101, ack: 51, at: 4_000)
    },
    Row("a closed port", .none) {
      syn(&$0)
      $0.server(.rst, seq: 0, ack: 1, at: 1_000)
    },
    Row("a closed port that opens after all", .signature(.synResetAck)) {
      syn(&$0)
      $0.server(.rst, seq: 0, ack: 1, at: 1_000)
      $0.server(.syn, seq: 0, ack: 1, at: 2_000)
    },
    Row("refused, and open to the next copy of the SYN", .none) {
      syn(&$0)
      $0.server(.rst, seq: 0, ack: 1, at: 1_000)
      $0.client(.syn, seq: 0, at: 500_000)
      $0.server(.syn, seq: 0, ack: 1, at: 501_000)
      $0.client([], ack: 1, at: 501_100)
      $0.close(at: 502_000)
    },
    Row("SYN, silence of 2.9 s", .undecided) {
      syn(&$0)
      $0.client(.syn, seq: 0, at: 1_000_000)
      passes(3, &$0)
    },
    Row("a SYN that is retransmitted", .signature(.synNothing)) {
      syn(&$0)
      $0.client(.syn, seq: 0, at: 1_000_000)
      passes(4, &$0)
    },
    Row("the capture ends with the SYN", .undecided) { syn(&$0) },
    Row("SYN-ACKs without an ACK", .signature(.synNothing)) {
      syn(&$0)
      $0.server(.syn, seq: 0, ack: 1, at: 1_000)
      $0.server(.syn, seq: 0, ack: 1, at: 1_001_000)
      $0.server(.syn, seq: 0, ack: 1, at: 3_001_000)
    },
    Row("an idle connection whose client has had a greeting", .none) {
      $0.handshake()
      $0.server([], ack: 1, text: 30, at: 2_000)
      $0.client([], ack: 31, at: 2_100)
      passes(9, &$0)
    },
    Row("an idle connection after a request and its response", .none) {
      first(&$0)
      $0.server([], ack: 101, text: 50, at: 3_000)
      $0.client([], seq: 101, ack: 51, at: 3_100)
      passes(9, &$0)
    },
    Row("a request that is retransmitted into silence", .signature(.pushNothing)) {
      first(&$0)
      $0.client(.psh, ack: 1, text: 100, at: 300_000)
      $0.client(.psh, ack: 1, text: 100, at: 3_900_000)
    },
    Row("a response that no one acknowledges", .signature(.pushNothing)) {
      first(&$0)
      $0.server([], ack: 101, text: 50, at: 3_000)
      $0.server([], ack: 101, text: 50, at: 3_300_000)
    },
    Row("the capture ends with the request", .undecided) { first(&$0) },
    Row("an RST behind a FIN", .none) {
      first(&$0)
      $0.client(.fin, seq: 101, ack: 1, at: 3_000)
      $0.packet(.rst, at: 3_500)
    },
    Row("RST and RST,ACK behind the handshake, of which there is none", .none) {
      $0.handshake()
      $0.packet(.rst, at: 2_000)
      $0.packet(.rst, ack: 1, at: 2_001)
    },
    Row("the other end's RST is an answer", .signature(.pushReset)) {
      first(&$0)
      $0.packet(.rst, at: 3_000)
      $0.packet(fromClient: true, .rst, seq: 101, ack: 1, at: 3_100)
    },
    Row("RSTs that all have 0 are alike", .signature(.pushEqualResets)) {
      first(&$0)
      $0.packet(.rst, at: 3_000)
      $0.packet(.rst, at: 3_300)
    },
    Row("two segments of one request", .signature(.dataReset)) {
      first(&$0)
      $0.client(.psh, seq: 101, ack: 1, text: 100, at: 2_001)
      $0.packet(.rst, at: 3_000)
    },
    Row("one segment, retransmitted", .signature(.pushReset)) {
      first(&$0)
      $0.client(.psh, ack: 1, text: 100, at: 300_000)
      $0.packet(.rst, at: 301_000)
    },
    Row("a connection whose beginning was not captured", .none) {
      $0.client(.psh, ack: 1, text: 100, at: 0)
      $0.packet(.rst, at: 1_000)
    },
    Row("data with the handshake's ACK", .signature(.pushResetAck)) {
      syn(&$0)
      $0.server(.syn, seq: 0, ack: 1, at: 1_000)
      $0.client(.psh, ack: 1, text: 100, at: 1_100)
      $0.packet(.rst, ack: 101, at: 2_000)
    },
  ]

  @Test("each of them, and what is near to them", arguments: signatures + others) func matches(_ row: Row) throws {
    var scene = FlowScene()
    row.packets(&scene)
    let flow = try #require(scene.finish().first { $0.client.endpoint.port != 1 })
    #expect(flow.tampering == row.found)
  }

  /// A SYN with few hops, its answer, and an RST by an end with the usual number of hops.
  private static func resetProbe(
    byClient: Bool, _ directions: (FrameDirection?, FrameDirection?), isForwarded: Bool = false
  ) throws -> TrackedFlow {
    var scene = FlowScene()
    scene.directions = directions
    scene.packet(fromClient: true, .syn, seq: 0, ttl: 6, at: 0)
    scene.packet([.syn, .ack], seq: 0, ack: 1, ttl: 59, at: 1_000)
    if isForwarded {
      scene.directions = (.inbound, .inbound)
      scene.packet(fromClient: true, .syn, seq: 0, ttl: 6, at: 1_001)
    }
    scene.packet(fromClient: byClient, .rst, seq: 1, ttl: 64, at: 1_100)
    return try #require(scene.finish().first)
  }

  @Test("what the capturing host itself has sent is no tampering, and no one else's")
  func ownResets() throws {
    for (client, server) in [(nil, nil), (.inbound, .outbound), (.inbound, nil)] as [(FrameDirection?, FrameDirection?)]
    {
      let flow = try Self.resetProbe(byClient: true, (client, server))
      #expect(flow.tampering == .signature(.synReset) && flow.resetOrigin?.sender == .path)
    }
    let own = try Self.resetProbe(byClient: true, (.outbound, .inbound))
    #expect(own.tampering == .none && own.resetOrigin == nil && own.client.reset.isSet)
    // The other end's are judged as ever.
    let theirs = try Self.resetProbe(byClient: false, (.outbound, .inbound))
    #expect(theirs.resetOrigin != nil)
    // A router has the same packet come in and go out.
    let router = try Self.resetProbe(byClient: true, (.outbound, .outbound), isForwarded: true)
    #expect(router.tampering == .signature(.synReset) && router.resetOrigin?.sender == .path)
  }

  @Test("there are nineteen, each with a row here") func all() {
    #expect(TamperingSignature.allCases.count == 19)
    let rows = Self.signatures.map(\.testDescription)
    #expect(TamperingSignature.allCases.map(\.rawValue) == rows)
  }
}
