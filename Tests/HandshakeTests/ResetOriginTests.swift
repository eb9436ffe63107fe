import Testing
import Timebase
import Wire

@testable import Handshake

/// Who sent an RST, by what it says beside the peer's other packets.
@Suite("Who sent an RST") struct ResetOriginTests {
  /// A packet of the peer's: hop limit, identification, and what else is compared.
  struct Packet: Sendable {
    var ttl: UInt8 = 52
    var id: UInt16?
    var df = true
    var window: UInt16 = 0
    var timestamp: UInt32?

    init(_ ttl: UInt8 = 52, id: UInt16? = nil, df: Bool = true, window: UInt16 = 0, timestamp: UInt32? = nil) {
      (self.ttl, self.id, self.df, self.window, self.timestamp) = (ttl, id, df, window, timestamp)
    }

    var ip: IPMarks { IPMarks(hopLimit: ttl, identification: id, dontFragment: df) }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var peer: [Packet]
    var reset: Packet
    var sender: ResetOrigin.Sender
    var evidence: String
    var hops: Int?
    var offset: Int32?
    var elapsed: Interval?
    var roundTrip: Interval?
    var own: UInt8? = 64
    var wentOn = false

    init(
      _ name: String, _ peer: [Packet], _ reset: Packet, _ sender: ResetOrigin.Sender, _ evidence: String,
      hops: Int? = nil, offset: Int32? = nil, elapsed: Interval? = nil, roundTrip: Interval? = nil, own: UInt8? = 64,
      wentOn: Bool = false
    ) {
      (testDescription, self.peer, self.reset, self.sender, self.evidence) = (name, peer, reset, sender, evidence)
      (self.hops, self.offset, self.elapsed, self.roundTrip) = (hops, offset, elapsed, roundTrip)
      (self.own, self.wentOn) = (own, wentOn)
    }
  }

  static let counting = [Packet(id: 0), Packet(id: 4_709), Packet(id: 4_710), Packet(id: 4_711)]

  static let rows: [Row] = [
    // The hop limit
    Row("the peer's", [Packet()], Packet(), .peer, "ttl-same"),
    Row("nearer", [Packet()], Packet(61), .path, "ttl-differs", hops: 9),
    Row("farther", [Packet()], Packet(50), .path, "ttl-differs", hops: -2),
    Row("nearer, counted down from another value", [Packet()], Packet(250), .path, "ttl-differs", hops: 7),
    Row("as this host sends", [Packet()], Packet(64), .host, "ttl-differs ttl-undecremented", hops: 12),
    Row("as another host sends, seen on the way", [Packet()], Packet(64), .path, "ttl-differs", hops: 12, own: nil),
    Row("as far below 255 as the peer's below 64", [Packet()], Packet(243), .unknown, "same-distance"),
    Row("between two of the peer's", [Packet(52), Packet(54)], Packet(53), .peer, "ttl-same"),
    Row("beyond both", [Packet(52), Packet(54)], Packet(55), .path, "ttl-differs", hops: 1),
    Row("its only packet", [], Packet(), .unknown, "only-packet"),
    Row("its only packet, undecremented", [], Packet(64), .unknown, "ttl-undecremented only-packet"),
    Row("a peer on the same link", [Packet(64)], Packet(64), .unknown, "ttl-same ttl-undecremented"),
    Row("both ends on one host", [Packet(64)], Packet(64), .peer, "ttl-same", own: nil),
    // The identification
    Row("the next number", counting, Packet(id: 4_712), .peer, "ttl-same ip-id-continues"),
    Row("past the end of the numbers", [Packet(id: 0xffff)], Packet(id: 3), .peer, "ttl-same ip-id-continues"),
    Row("a few further, after one", [Packet(id: 4_711)], Packet(id: 4_719), .peer, "ttl-same ip-id-continues"),
    Row("too far to be next, after one", [Packet(id: 4_711)], Packet(id: 4_720), .peer, "ttl-same"),
    Row("64 further", counting, Packet(id: 4_775), .peer, "ttl-same ip-id-continues"),
    Row("65 further", counting, Packet(id: 4_776), .unknown, "ttl-same ip-id-differs"),
    Row("before the latest", counting, Packet(id: 4_700), .unknown, "ttl-same ip-id-differs"),
    Row("0 beside numbers that count", counting, Packet(id: 0), .peer, "ttl-same ip-id-zero"),
    Row(
      "0, and nearer", counting, Packet(61, id: 0), .path, "ttl-differs ip-id-zero", hops: 9),
    Row("the peer's are 0 as well", [Packet(id: 0), Packet(id: 0)], Packet(id: 0), .peer, "ttl-same"),
    Row(
      "numbers drawn at random say nothing", [Packet(id: 9), Packet(id: 30_000), Packet(id: 7_000), Packet(id: 7_001)],
      Packet(id: 50_000), .peer, "ttl-same"),
    Row(
      "a peer on the same link that counts", [Packet(64, id: 7)], Packet(64, id: 8), .peer,
      "ttl-same ttl-undecremented ip-id-continues"),
    // Fragmentation, timestamps, the window
    Row("without DF", [Packet()], Packet(df: false), .unknown, "ttl-same df-differs"),
    Row("the peer's are without DF too", [Packet(df: false)], Packet(df: false), .peer, "ttl-same"),
    Row(
      "the peer's clock", [Packet(timestamp: 1_000)], Packet(timestamp: 1_000), .peer, "ttl-same timestamp-continues"),
    Row(
      "the peer's clock, which wraps", [Packet(timestamp: 0xffff_fff0)], Packet(timestamp: 3), .peer,
      "ttl-same timestamp-continues"),
    Row(
      "another clock", [Packet(timestamp: 1_000)], Packet(timestamp: 0x7000_0000), .unknown,
      "ttl-same timestamp-differs"),
    Row("no timestamp", [Packet(timestamp: 1_000)], Packet(), .peer, "ttl-same"),
    Row("the peer's window", [Packet(window: 501)], Packet(window: 501), .peer, "ttl-same window-same"),
    Row(
      "a peer on the same link, its window", [Packet(64, window: 501)], Packet(64, window: 501), .peer,
      "ttl-same ttl-undecremented window-same"),
    Row("another window says nothing", [Packet(window: 501)], Packet(window: 17), .peer, "ttl-same"),
    // The sequence number, the time, what comes later
    Row("beyond what comes next", [Packet()], Packet(), .unknown, "ttl-same sequence-differs", offset: 1_460),
    Row(
      "sooner than half a round trip", [Packet()], Packet(), .unknown, "ttl-same early", elapsed: .microseconds(9_999),
      roundTrip: .milliseconds(20)),
    Row(
      "sooner, but with the peer's next number", counting, Packet(id: 4_712), .peer, "ttl-same ip-id-continues early",
      elapsed: .milliseconds(1), roundTrip: .milliseconds(20)),
    Row(
      "too far, and its window is the peer's", [Packet(window: 9)], Packet(window: 9), .unknown,
      "ttl-same window-same sequence-differs", offset: 1),
    Row(
      "another clock, but the next number", [Packet(id: 1, timestamp: 5)], Packet(id: 2, timestamp: 0x7000_0000),
      .unknown, "ttl-same ip-id-continues timestamp-differs"),
    Row(
      "after half of it", [Packet()], Packet(), .peer, "ttl-same", elapsed: .milliseconds(10),
      roundTrip: .milliseconds(20)),
    Row(
      "of round trips below a millisecond nothing is said", [Packet()], Packet(), .peer, "ttl-same",
      elapsed: .microseconds(1), roundTrip: .microseconds(999)),
    Row("the peer goes on", [Packet()], Packet(), .path, "ttl-same peer-went-on", wentOn: true),
    Row(
      "the peer goes on, and it is this host's", [Packet()], Packet(64), .host,
      "ttl-differs ttl-undecremented peer-went-on", hops: 12, wentOn: true),
    Row(
      "a peer on the same link goes on", [Packet(64)], Packet(64), .path,
      "ttl-same ttl-undecremented peer-went-on", wentOn: true),
  ]

  private func origin(_ row: Row) -> ResetOrigin {
    var marks = SenderMarks()
    for packet in row.peer { marks.take(packet.ip, window: packet.window, timestamp: packet.timestamp) }
    var end = EndMarks(
      isReset: true, number: 4, ip: row.reset.ip, seq: SequenceNumber(1), window: row.reset.window,
      timestamp: row.reset.timestamp, offset: row.offset ?? 0, elapsed: row.elapsed, after: marks)
    end.wentOn = row.wentOn
    return ResetOrigin(end, among: marks, .init(ownHopLimit: row.own, roundTrip: row.roundTrip))
  }

  @Test("by each rule", arguments: rows) func rules(_ row: Row) {
    let found = origin(row)
    #expect(found.sender == row.sender)
    #expect(found.evidence.list.joined(separator: " ") == row.evidence)
    #expect(found.hopsNearer == row.hops)
    #expect(found.sequenceOffset == row.offset)
  }

  @Test("an RST before the peer's first packet is compared with those that follow") func before() {
    let reset = EndMarks(
      isReset: true, number: 0, ip: IPMarks(hopLimit: 52, identification: 10), seq: SequenceNumber(1), window: 0,
      timestamp: nil, after: SenderMarks())
    var marks = SenderMarks()
    marks.take(IPMarks(hopLimit: 52, identification: 12), window: 0, timestamp: nil)
    let found = ResetOrigin(reset, among: marks, .init())
    #expect(found.evidence == [.sameHopLimit, .nextIdentification])
  }

  @Test("an RST alone is compared with other connections of the run, another is not") func others() {
    var alone = origin(Row("", [], Packet(64), .unknown, ""))
    alone.compare(withOtherConnections: 52)
    #expect(alone.sender == .host && alone.hopsNearer == 12)
    #expect(alone.evidence == [.otherHopLimit, .undecremented, .otherConnections])
    var same = origin(Row("", [], Packet(52), .unknown, ""))
    same.compare(withOtherConnections: 52)
    #expect(same.sender == .peer && same.evidence == [.sameHopLimit, .otherConnections])
    var known = origin(Row("", [Packet()], Packet(), .peer, ""))
    known.compare(withOtherConnections: 64)
    #expect(known.sender == .peer && known.peerHopLimit == 52)
  }

  @Test("every kind of evidence has a name of its own") func names() {
    let names = ResetOrigin.Evidence.names
    #expect(Set(names.map(\.name)).count == names.count && names.count == 16)
    #expect(names.reduce(into: ResetOrigin.Evidence()) { $0.insert($1.evidence) }.rawValue == .max)
  }
}

/// The same of whole connections.
@Suite("Who sent the RST of a connection") struct ConnectionResetTests {
  private let flow = Flow(
    local: Endpoint(.v4(IPv4Address(10, 0, 0, 1)), 1_000), remote: Endpoint(.v4(IPv4Address(10, 0, 0, 2)), 80))

  private func stamp(_ micros: Int64) -> Stamp {
    Stamp(instant: Instant(nanoseconds: micros * 1_000), wall: WallTime(nanoseconds: micros * 1_000))
  }

  /// A connection that is open since 20 ms.
  private func opened(_ plan: Plan = Plan()) throws -> TracedConnection {
    var conversation = TracedConnection(plan, flow: flow, seed: Seed(iss: 100, timestamp: 1))
    let first = conversation.start(at: stamp(0))
    let syn = try #require(first)
    conversation.departed(syn.number, at: stamp(0))
    let answer = Segment(seq: SequenceNumber(7), ack: SequenceNumber(101), flags: .syn, wnd: 1_000)
    let reply = receive(answer, IPMarks(hopLimit: 52, identification: 0), at: 20_000, &conversation)
    conversation.departed(try #require(reply).number, at: stamp(20_100))
    return conversation
  }

  @discardableResult private func receive(
    _ segment: Segment, _ ip: IPMarks, at micros: Int64, _ conversation: inout TracedConnection
  ) -> Outgoing? {
    conversation.receive(segment, text: RawSpan(), ip: ip, at: stamp(micros))
  }

  private func reset(_ seq: UInt32 = 8, ack: UInt32? = nil) -> Segment {
    Segment(seq: SequenceNumber(seq), ack: ack.map { SequenceNumber($0) }, flags: .rst)
  }

  @Test("injected: by its distance, and sooner than the peer could answer") func injected() throws {
    var conversation = try opened()
    receive(reset(), IPMarks(hopLimit: 61, identification: 9), at: 20_500, &conversation)
    #expect(conversation.isResetDoubtful)
    let found = try #require(Outcome(conversation)?.reset)
    #expect(found.sender == .path && found.hopsNearer == 9 && found.isAccepted && found.isReset)
    #expect(found.evidence == [.otherHopLimit, .early])
    #expect(found.elapsed == .microseconds(400) && found.roundTrip == .milliseconds(20))
    #expect(Outcome(conversation)?.log.entries[found.number].content == .segment(reset()))
  }

  @Test("the peer's own") func own() throws {
    var conversation = try opened()
    receive(
      Segment(seq: SequenceNumber(8), ack: SequenceNumber(101), wnd: 1_000), IPMarks(hopLimit: 52, identification: 40),
      at: 45_000, &conversation)
    receive(reset(), IPMarks(hopLimit: 52, identification: 41), at: 60_000, &conversation)
    #expect(!conversation.isResetDoubtful)
    let found = try #require(Outcome(conversation)?.reset)
    #expect(found.sender == .peer && found.evidence == [.sameHopLimit, .nextIdentification])
  }

  @Test("data behind it betrays it, an overtaken segment does not", arguments: [(8, 4, true), (4, 4, false)])
  func wentOn(_ seq: UInt32, _ length: Int, _ isBetrayed: Bool) throws {
    var conversation = try opened()
    receive(reset(), IPMarks(hopLimit: 52), at: 60_000, &conversation)
    receive(
      Segment(seq: SequenceNumber(seq), ack: SequenceNumber(101), wnd: 1_000, textLength: length),
      IPMarks(hopLimit: 52), at: 61_000, &conversation)
    let found = try #require(Outcome(conversation)?.reset)
    #expect(found.evidence.contains(.wentOn) == isBetrayed)
    #expect(found.sender == (isBetrayed ? .path : .peer))
  }

  @Test("a SYN-ACK behind the RST that refused", arguments: [(101, true), (102, false)])
  func synAckBehind(_ ack: UInt32, _ isBetrayed: Bool) throws {
    var conversation = TracedConnection(Plan(), flow: flow, seed: Seed(iss: 100, timestamp: 1))
    _ = conversation.start(at: stamp(0))
    receive(reset(0, ack: 101), IPMarks(hopLimit: 52), at: 1_000, &conversation)
    #expect(Outcome(conversation)?.reset?.evidence == .onlyPacket)
    receive(
      Segment(seq: SequenceNumber(7), ack: SequenceNumber(ack), flags: .syn), IPMarks(hopLimit: 52), at: 2_000,
      &conversation)
    #expect(Outcome(conversation)?.reset?.sender == (isBetrayed ? .path : .unknown))
  }

  @Test("one that was rejected is told until one counts") func rejected() throws {
    var conversation = try opened()
    receive(reset(12), IPMarks(hopLimit: 61), at: 30_000, &conversation)
    let first = try #require(conversation.resetOrigin(in: conversation.log, steps: []))
    #expect(!first.isAccepted && first.sequenceOffset == 4 && first.sender == .path)
    receive(reset(8), IPMarks(hopLimit: 52), at: 40_000, &conversation)
    receive(reset(99), IPMarks(hopLimit: 61), at: 41_000, &conversation)
    let second = try #require(Outcome(conversation)?.reset)
    #expect(second.isAccepted && second.sender == .peer && second.sequenceOffset == nil)
  }

  @Test("a FIN is told where it is not the peer's", arguments: [(52, false), (61, true)])
  func fin(_ hopLimit: UInt8, _ isTold: Bool) throws {
    var conversation = try opened()
    receive(
      Segment(seq: SequenceNumber(8), ack: SequenceNumber(101), flags: .fin, wnd: 1_000), IPMarks(hopLimit: hopLimit),
      at: 60_000, &conversation)
    let found = conversation.resetOrigin(in: conversation.log, steps: [])
    #expect(found.map(\.isReset) == (isTold ? false : nil))
  }
}
