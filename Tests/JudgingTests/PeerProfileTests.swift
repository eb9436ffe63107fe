import Handshake
import Judging
import Script
import Testing
import Timebase
import Wire

/// What a profile makes of answers: how sequence numbers are made, clocks, cookies, windows.
@Suite struct PeerProfileTests {
  private static let flow = Flow(
    local: Endpoint(.v4(IPv4Address(192, 0, 2, 1)), 40_000), remote: Endpoint(.v4(IPv4Address(192, 0, 2, 2)), 80))

  /// Plays one of the conversations with a peer that answers each segment of ours; `answer` is told ours and when.
  private static func play(
    _ play: ProfilePlay, iss: UInt32 = 0, at start: Int64 = 0,
    answer: (Segment, Int64) -> [(segment: Segment, text: Int, after: Int64)]
  ) throws -> Play {
    let conversation = try play.conversation(wait: 8, family: .v4)
    var now: Int64 = start
    var result = Play(
      conversation, flow: flow, iss: iss, setting: Play.Setting(request: Array("GET".utf8)),
      at: Instant(nanoseconds: now * 1_000_000))
    var coming: [(segment: Segment, text: Int, at: Int64)] = []
    for _ in 0..<2_000 where result.result == nil || result.hasSends {
      while let send = result.nextSend() {
        for (segment, text, after) in answer(send.segment, now) { coming.append((segment, text, now + after)) }
      }
      coming.sort { $0.at < $1.at }
      let due = result.nextDeadline.map { $0.nanoseconds / 1_000_000 }
      if let next = coming.first, due.map({ next.at <= $0 }) ?? true {
        now = next.at
        coming.removeFirst()
        var segment = next.segment
        segment.textLength = next.text
        result.receive(
          .segment(PlaySegment(segment, text: [UInt8](repeating: 0, count: next.text))),
          at: Instant(nanoseconds: now * 1_000_000))
      } else if let due {
        now = due
        result.expire(at: Instant(nanoseconds: due * 1_000_000))
      }
    }
    return result
  }

  /// The SYN-ACK to a SYN, by a generator that is told the port, the time and how many there were.
  private static func synAck(_ syn: Segment, _ isn: UInt32, wnd: UInt16 = 65_160) -> [(Segment, Int, Int64)] {
    guard syn.flags.contains(.syn) else { return [] }
    return [(Segment(seq: SequenceNumber(isn), ack: syn.seq + 1, flags: .syn, wnd: wnd), 0, 1)]
  }

  /// The profile of a peer whose ISNs are made so: from the port, milliseconds, and a count.
  private static func profile(_ isn: (UInt32, Int64, UInt32) -> UInt32) throws -> PeerProfile {
    var count: UInt32 = 0
    var plays: [(of: ProfilePlay, play: Play)] = []
    for (port, kind) in ([.samePorts, .cookies] + (0..<40).map(ProfilePlay.otherPort)).enumerated() {
      let play = try play(kind, at: Int64(port) * 10) { (segment, now) in
        count += segment.flags.contains(.syn) ? 1 : 0
        return synAck(segment, isn(UInt32(port), now, count))
      }
      plays.append((kind, play))
    }
    return PeerProfile(plays, waited: 8)
  }

  private static func mixed(_ value: UInt32) -> UInt32 {
    var x = value &+ 0x9e37_79b9
    x = (x ^ (x >> 16)) &* 0x85eb_ca6b
    x = (x ^ (x >> 13)) &* 0xc2b2_ae35
    return x ^ (x >> 16)
  }

  @Test func aKeyedClock() throws {
    let profile = try Self.profile { (port, now, _) in Self.mixed(port) &+ UInt32(now) &* 15_625 }
    #expect(profile.numbers.generator == .keyedClock && profile.numbers.samples == 60)
    let slope = try #require(profile.numbers.slope)
    #expect(abs(slope - 15_625_000) < 100_000, "\(slope)")
    #expect(abs((profile.numbers.spread ?? 0) - 0.289) < 0.06)
    #expect(profile.hasCookies == false)
  }

  @Test func oneClockForAll() throws {
    let profile = try Self.profile { (_, now, _) in UInt32(now) &* 250 }
    #expect(profile.numbers.generator == .clock && (profile.numbers.spread ?? 1) < 0.01)
  }

  @Test func aStepForEach() throws {
    #expect(try Self.profile { (_, _, count) in count &* 64_000 }.numbers.generator == .step)
  }

  @Test func alwaysTheSame() throws {
    let profile = try Self.profile { (_, _, _) in 77 }
    #expect(profile.numbers.generator == .constant && profile.numbers.slope == nil && profile.hasCookies == false)
  }

  @Test("with SYN cookies the numbers follow ours, and are no step") func cookieNumbers() throws {
    var plays: [(of: ProfilePlay, play: Play)] = []
    for (port, kind) in ([.samePorts, .cookies] + (0..<40).map(ProfilePlay.otherPort)).enumerated() {
      let play = try Self.play(kind) { (segment, _) in
        let mss = segment.options.options.contains { $0 == .maximumSegmentSize(536) } ? UInt32(3) : 0
        return Self.synAck(segment, Self.mixed(UInt32(port)) &+ segment.seq.value &- mss)
      }
      plays.append((kind, play))
    }
    let profile = PeerProfile(plays, waited: 8)
    #expect(profile.numbers.generator == .cookie && profile.hasCookies == true)
    #expect(profile.cookieDifferences == [0, 5_000, -3])
  }

  @Test func randomNumbers() throws {
    #expect(try Self.profile { (port, now, count) in Self.mixed(count &* 77 &+ port) }.numbers.generator == .random)
  }

  @Test func cookiesAreAFunctionOfTheSYN() throws {
    let play = try Self.play(.cookies) { (segment, _) in
      let mss = segment.options.options.contains { $0 == .maximumSegmentSize(536) } ? UInt32(3) : 0
      return Self.synAck(segment, 9_000 &+ segment.seq.value &- mss)
    }
    let profile = PeerProfile([(.cookies, play)], waited: 8)
    #expect(profile.cookieDifferences == [0, 5_000, -3] && profile.hasCookies == true)
  }

  @Test func copiesOfASYNACK() throws {
    let play = try Self.play(.withheld) { (segment, _) in
      guard segment.flags.contains(.syn) else { return [] }
      let synAck = Segment(seq: SequenceNumber(5), ack: segment.seq + 1, flags: .syn, wnd: 1)
      let reset = Segment(seq: SequenceNumber(6), flags: .rst)
      return [(synAck, 0, 1), (synAck, 0, 1_001), (synAck, 0, 3_001), (reset, 0, 7_001)]
    }
    let profile = PeerProfile([(.withheld, play)], waited: 8)
    #expect(profile.synAckGaps == [1, 2] && profile.resetAfter == 7)
  }

  @Test func aWindowAndItsRetransmissions() throws {
    let play = try Self.play(.unacknowledged) { (segment, _) in
      if segment.flags.contains(.syn) { return Self.synAck(segment, 100) }
      guard segment.textLength > 0 else { return [] }
      let first = Segment(seq: SequenceNumber(101), ack: segment.end, wnd: 1)
      let burst = (0..<4).map {
        (Segment(seq: SequenceNumber(101 + UInt32($0) * 536), ack: segment.end, wnd: 1), 536, Int64(1))
      }
      return burst + [(first, 536, 201), (first, 536, 601)]
    }
    let profile = PeerProfile([(.unacknowledged, play)], waited: 8)
    #expect(profile.initialWindow?.octets == 2_144 && profile.initialWindow?.segments == 4)
    #expect(profile.retransmissionGaps.map { ($0 * 1_000).rounded() } == [200, 400])
  }

  @Test func aProxyIsNamedByItsEvidence() throws {
    let play = try Self.play(.offer("")) { (segment, _) in Self.synAck(segment, 1, wnd: 0) }
    let profile = PeerProfile([(.offer(""), play)], waited: 8)
    #expect(profile.proxyEvidence == ["window 0 in the SYN-ACK", "no SYN-ACK retransmission in 8 s"])
  }
}
