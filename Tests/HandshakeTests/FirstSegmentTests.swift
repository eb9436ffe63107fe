import Handshake
import Testing
import Timebase
import Wire

/// What a plan makes of its first segment, and of that alone.
@Suite struct FirstSegmentTests {
  private let now = Stamp(instant: Instant(nanoseconds: 0), wall: WallTime(nanoseconds: 0))

  private func connection(_ body: (inout Plan) -> Void) -> Connection {
    var plan = Plan()
    body(&plan)
    return Connection(plan, seed: Seed(iss: 1_000, timestamp: 5))
  }

  private func first(_ body: (inout Plan) -> Void) throws -> Outgoing {
    var connection = connection(body)
    return try #require(connection.start(at: now).send)
  }

  @Test func urgentPointerAndAcknowledgmentSetNoFlag() throws {
    let segment = try first {
      $0.urgentPointer = 7
      $0.acknowledgment = 9
    }.segment
    #expect(segment.up == 7 && segment.acknowledgment == SequenceNumber(9))
    #expect(segment.flags == .syn && segment.ack == nil)
  }

  @Test func theAcknowledgmentNumberIsUnpredictableUnlessItIsGiven() throws {
    let drawn = try first { $0.flags = .ack }.segment
    let given = try first {
      $0.flags = .ack
      $0.acknowledgment = 0
    }.segment
    #expect(drawn.ack != SequenceNumber(0) && given.ack == SequenceNumber(0))
  }

  /// A closed port answers an ACK by an RST from its acknowledgment number (RFC 9293 §3.10.7.1).
  @Test func anAnswerToTheGivenAcknowledgment() throws {
    for (seq, isAnswer) in [(UInt32(77), true), (78, false)] {
      var connection = connection {
        $0.flags = .ack
        $0.acknowledgment = 77
      }
      _ = connection.start(at: now)
      let reset = Segment(seq: SequenceNumber(seq), flags: .rst)
      let reaction = connection.receive(reset, text: RawSpan(), at: now)
      #expect((reaction.refusal == nil) == isAnswer && (connection.verdict == .refused) == isAnswer)
    }
  }

  @Test func extraOptionsFollowTheOthers() throws {
    let extra: [UInt8] = [34, 2, 1, 1, 0xfe]
    let segment = try first { $0.offer.extra = OptionOctets(extra.span.raw) ?? OptionOctets() }.segment
    let ordinary = try first { _ in }.segment
    #expect(segment.options.bytes.octets == ordinary.options.bytes.octets + extra)
  }

  /// What answers a SYN, and what follows, is ordinary.
  @Test func onlyTheFirstSegmentIsMarked() throws {
    var connection = connection {
      $0.offer.extra = OptionOctets([30, 4, 1, 1].span.raw) ?? OptionOctets()
      $0.urgentPointer = 7
      $0.acknowledgment = 9
    }
    let syn = try #require(connection.start(at: now).send)
    #expect(syn.isFirst && !syn.isRetransmission)
    let later = Stamp(instant: Instant(nanoseconds: 1_000_000_000), wall: WallTime(nanoseconds: 1_000_000_000))
    let copy = try #require(connection.expire(at: later).send)
    #expect(copy.isFirst && copy.isRetransmission && copy.segment.up == 7)
    let answer = Segment(seq: SequenceNumber(5_000), ack: SequenceNumber(1_001), flags: .syn, wnd: 1_000)
    var sent: [Outgoing] = []
    if let send = connection.receive(answer, text: RawSpan(), at: later).send { sent.append(send) }
    while sent.count < 2, let due = connection.nextDeadline, due <= later.instant {
      if let send = connection.expire(at: later).send { sent.append(send) }
    }
    #expect(sent.count == 2 && sent.allSatisfy { !$0.isFirst && $0.segment.up == 0 })
    #expect(sent.allSatisfy { $0.segment.options.multipathCapability == nil })
  }

  /// A SYN-ACK to a SYN that crossed ours offers what RFC 7323 and RFC 2018 allow, and nothing of what was added.
  @Test func aSynAckOfOursHasNoneOfIt() throws {
    var connection = connection { $0.offer.extra = OptionOctets([30, 4, 1, 1].span.raw) ?? OptionOctets() }
    _ = connection.start(at: now)
    let syn = Segment(seq: SequenceNumber(5_000), flags: .syn, wnd: 1_000)
    let reaction = connection.receive(syn, text: RawSpan(), at: now)
    let reply = try #require(reaction.send)
    #expect(reply.segment.flags == [.syn, .ack] && !reply.isFirst)
    #expect(reply.segment.options.multipathCapability == nil)
  }

  @Test func whatThePeerAgreedTo() throws {
    var options = TCPOptionList()
    options.append(raw: [34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 30, 12, 1, 1, 0, 0xff, 0, 0, 0, 0, 0, 9].span.raw)
    var connection = connection { _ in }
    _ = connection.start(at: now)
    let answer = Segment(
      seq: SequenceNumber(5_000), ack: SequenceNumber(1_001), flags: .syn, wnd: 1_000, options: options)
    _ = connection.receive(answer, text: RawSpan(), at: now)
    let peer = try #require(connection.peerOffer)
    #expect(peer.fastOpenCookie?.description == "0102030405060708")
    #expect(peer.multipath == MultipathCapability(version: 1, key: 0x00ff_0000_0000_0009))
  }

  /// Of options that are cut short, of other subtypes and of other experiments nothing is read.
  @Test(
    arguments: [
      ([34, 2], "", nil), ([254, 4, 0xf9, 0x89], "", nil), ([254, 6, 0xf9, 0x89, 1, 2], "0102", nil),
      ([254, 4, 0xf9, 0x88], nil, nil), ([254, 3, 0xf9], nil, nil), ([30, 2], nil, nil),
      ([30, 4, 0x10, 0], nil, nil), ([30, 4, 2, 0], nil, MultipathCapability(version: 2)),
      ([30, 12, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1], nil, MultipathCapability(version: 1, key: 1)), ([34, 9, 1], nil, nil),
      ([1, 1, 30, 3, 1, 34, 4, 7, 7], "0707", nil),
    ] as [([UInt8], String?, MultipathCapability?)])
  func optionsOfOthers(_ octets: [UInt8], _ cookie: String?, _ capability: MultipathCapability?) throws {
    let list = try TCPOptionList(raw: octets.span.raw)
    #expect(list.fastOpenCookie?.description == cookie)
    #expect(list.multipathCapability == capability)
  }
}
