import Repeatable
import Testing
import Timebase
import Wire

@testable import Handshake

/// SYN cookies (RFC 4987 §3.6): what comes back is believed, whatever is invented is not.
///
/// A failure names its seed: add it to the list, and it happens again.
@Suite struct SynCookieTests {
  static let seeds: [UInt64] = [1, 2, 0xfeed_face_dead_beef]

  /// A SYN from anywhere, and the cookies that answer it.
  private struct Scene {
    var flow: Flow
    var syn: Segment
    var cookies: SynCookie
    var now: Instant

    init(_ random: inout Random) {
      let isV4 = Bool.random(using: &random)
      func address() -> IPAddress {
        isV4
          ? .v4(IPv4Address(UInt32.random(in: .min ... .max, using: &random)))
          : .v6(IPv6Address(UInt128.random(in: .min ... .max, using: &random)))
      }
      func port() -> UInt16 { UInt16.random(in: .min ... .max, using: &random) }
      flow = Flow(local: Endpoint(address(), port()), remote: Endpoint(address(), port()))
      var options = TCPOptionList()
      options.appendMaximumSegmentSize(UInt16.random(in: .min ... .max, using: &random))
      let irs = SequenceNumber(UInt32.random(in: .min ... .max, using: &random))
      syn = Segment(seq: irs, flags: .syn, wnd: 1_000, options: options)
      let (k0, k1) = (random.next(), random.next())
      cookies = SynCookie(key: SipHash.Key(k0: k0, k1: k1))
      now = Instant(nanoseconds: Int64.random(in: 0...(1 << 60), using: &random))
    }

    var cookie: SequenceNumber { cookies.sequenceNumber(for: flow, syn: syn, at: now) }
    var acknowledgment: Segment { Segment(seq: syn.seq + 1, ack: cookie + 1, wnd: 500) }
  }

  @Test(arguments: seeds)
  func comesBack(seed: UInt64) throws {
    var random = Random(seed: seed)
    for _ in 0..<2_000 {
      let scene = Scene(&random)
      let offered = try #require(scene.syn.options.maximumSegmentSize)
      let expected = SynCookie.segmentSizes.last { $0 <= offered } ?? SynCookie.segmentSizes[0]
      // Until the period after the present one begins, at the least.
      for wait in [Interval.zero, .seconds(1), SynCookie.period] {
        let size = scene.cookies.maximumSegmentSize(
          provenBy: scene.acknowledgment, of: scene.flow, at: scene.now + wait)
        #expect(size == expected, "seed \(seed)")
      }
      let late = scene.cookies.maximumSegmentSize(
        provenBy: scene.acknowledgment, of: scene.flow, at: scene.now + SynCookie.period * 2)
      #expect(late == nil, "seed \(seed): after two periods")
    }
  }

  /// Whatever is changed, the number is none of ours: a guess succeeds 16 times in 2^32.
  @Test(arguments: seeds)
  func isNotForged(seed: UInt64) {
    var random = Random(seed: seed)
    for _ in 0..<2_000 {
      let scene = Scene(&random)
      let other = Scene(&random)
      let good = scene.acknowledgment
      let forged: [(Segment, Flow, SynCookie)] = [
        (Segment(seq: good.seq + 1, ack: good.acknowledgment), scene.flow, scene.cookies),
        (Segment(seq: good.seq, ack: good.acknowledgment + 1), scene.flow, scene.cookies),
        (Segment(seq: good.seq, ack: other.cookie), scene.flow, scene.cookies),
        (good, other.flow, scene.cookies),
        (good, Flow(local: scene.flow.remote, remote: scene.flow.local), scene.cookies),
        (good, scene.flow, other.cookies),
        (Segment(seq: good.seq, flags: .psh), scene.flow, scene.cookies),
      ]
      for (index, (segment, flow, cookies)) in forged.enumerated() {
        #expect(
          cookies.maximumSegmentSize(provenBy: segment, of: flow, at: scene.now) == nil, "seed \(seed), \(index)")
      }
    }
  }

  /// The same SYN gets the same answer, and neighbours get nothing alike.
  @Test func isUnforeseeable() {
    var random = Random(seed: 7)
    let scene = Scene(&random)
    #expect(scene.cookie == scene.cookie)
    var numbers: Set<UInt32> = []
    var high = 0
    for port in 0..<UInt16(4_096) {
      var flow = scene.flow
      flow.remote.port = port
      let number = scene.cookies.sequenceNumber(for: flow, syn: scene.syn, at: scene.now).value
      numbers.insert(number)
      if number >> 31 == 1 { high += 1 }
    }
    #expect(numbers.count > 4_090)
    #expect((1_800...2_300).contains(high), "half of them in each half")
  }

  @Test func whatItCannotCarryIsNotAnswered() throws {
    let syn = Segment(
      seq: Trace.theirs, flags: .syn, wnd: 65_535, options: SynOptions().list(value: 7, echoReply: 0))
    let answer = Connection.synAck(to: syn, cookie: SequenceNumber(99), plan: Plan())
    #expect(answer.flags == [.syn, .ack] && answer.acknowledgment == Trace.theirs + 1 && answer.seq.value == 99)
    #expect(answer.options.options == [.maximumSegmentSize(1_460)])
  }

  /// The acknowledgment, and what comes with it, finds a connection as if its SYN had been kept.
  @Test func theConnectionIsBroughtBack() throws {
    let ack = Segment(seq: Trace.theirs + 1, ack: SequenceNumber(100), wnd: 777, textLength: 5)
    let now = Stamp(instant: Instant(nanoseconds: 9), wall: WallTime(nanoseconds: 9))
    var connection = Connection(
      .passive, seed: Handshake.Seed(iss: 1, timestamp: 1), provenBy: ack, maximumSegmentSize: 1_300, at: now)
    #expect(connection.state == .synReceived && connection.tcb.snd.iss.value == 99)
    let answer = connection.receive(ack, text: [1, 2, 3, 4, 5].span.raw, at: now).send
    #expect(connection.state == .established && connection.verdict == .open && connection.reason == .ack)
    #expect(connection.tcb.snd.wnd == 777, "never scaled: the cookie carries no shift")
    #expect(answer?.segment.acknowledgment == Trace.theirs + 6)
    #expect(connection.takeReceived() == [1, 2, 3, 4, 5])
    #expect(connection.notes == .synCookie && connection.steps.isEmpty)
    #expect(connection.effectiveMSS == 1_300)
  }
}
