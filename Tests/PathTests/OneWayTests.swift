import Handshake
import Testing
import Timebase
import Wire

@testable import Path

/// What pairs show, with every fate that two segments and their acknowledgments can have, in virtual time.
@Suite("Loss and order of each direction") struct OneWayTests {
  /// What becomes of a pair.
  struct Fate: Hashable, Sendable, CustomStringConvertible {
    var (losesA, losesB, swaps) = (false, false, false)
    var (losesFirstEcho, losesSecondEcho, swapsEchoes) = (false, false, false)
    var hasSACK = true
    /// How many segments that fill a hole are lost, and acknowledgments of them.
    var (losesFills, losesFillAcks) = (0, 0)
    /// Whether the first acknowledgment of all four octets is lost, so that what fills holes comes twice.
    var losesLastAck = false

    var description: String {
      "\(losesA ? "" : "A")\(losesB ? "" : "B")\(swaps ? " swapped" : "") echoes "
        + "\(losesFirstEcho ? "" : "1")\(losesSecondEcho ? "" : "2")\(swapsEchoes ? " swapped" : "") "
        + "\(hasSACK ? "sack" : "no sack") \(losesFills) \(losesFillAcks)\(losesLastAck ? " last" : "")"
    }

    static let all: [Fate] = (0..<64).flatMap { bits in
      [true, false].flatMap { sack in
        [(0, 0, false), (0, 0, true), (1, 0, false), (0, 1, true), (0, 3, false), (2, 1, false), (1, 2, true)].map {
          fills in
          func bit(_ n: Int) -> Bool { bits >> n & 1 == 1 }
          return Fate(
            losesA: bit(0), losesB: bit(1), swaps: bit(2), losesFirstEcho: bit(3), losesSecondEcho: bit(4),
            swapsEchoes: bit(5), hasSACK: sack, losesFills: fills.0, losesFillAcks: fills.1, losesLastAck: fills.2)
        }
      }
    }
  }

  /// What answers: how it acknowledges what comes in order, with nothing behind it.
  enum Service: Hashable, Sendable, CaseIterable {
    /// At once.
    case prompt
    /// On the data that it sends back; that carries no SACK blocks.
    case echo
    /// After 40 ms and 200 ms, or at once when another segment comes.
    case delays40, delays200
    /// At once, and it sends data of its own in the middle of each pair.
    case talks

    var delay: Interval {
      switch self {
      case .delays40: .milliseconds(40)
      case .delays200: .milliseconds(200)
      case .prompt, .echo, .talks: .zero
      }
    }
  }

  /// A receiver as RFC 9293, RFC 5681 and RFC 2018 ask for: acknowledges out of order at once, the newest block first.
  private struct Receiver {
    let irs = SequenceNumber(7_000)
    let hasSACK: Bool
    var next = SequenceNumber(0)
    var ahead: [SequenceNumber] = []
    var service = Service.prompt
    /// Octets of text that it sent.
    var text: UInt32 = 0

    /// What it sends when a segment has come, and when.
    mutating func answers(_ segment: Segment) -> (now: [Segment], later: Segment?) {
      let isPlain = segment.seq == next && ahead.isEmpty
      let ack = take(segment)
      switch service {
      case .prompt, .talks: return ([ack], nil)
      case .delays40, .delays200: return isPlain ? ([], ack) : ([ack], nil)
      case .echo:
        let data = talk(segment.textLength)
        return (isPlain ? [data] : [ack, data], nil)
      }
    }

    /// Data of its own.
    mutating func talk(_ length: Int) -> Segment {
      defer { text += UInt32(length) }
      return Segment(seq: irs + 1 + text, ack: next, wnd: 60_000, textLength: length)
    }

    mutating func synAck(_ syn: Segment) -> Segment {
      next = syn.seq + 1
      var options = TCPOptionList()
      options.appendMaximumSegmentSize(1_460)
      if hasSACK { options.appendSACKPermitted() }
      return Segment(seq: irs, ack: next, flags: .syn, wnd: 60_000, options: options)
    }

    /// The acknowledgment of a segment.
    mutating func take(_ segment: Segment) -> Segment {
      // What came before is reported (RFC 2883).
      let isOld = !next.precedes(segment.end) || ahead.contains(segment.seq)
      if next.precedes(segment.seq) {
        ahead.removeAll { $0 == segment.seq }
        ahead.insert(segment.seq, at: 0)
      } else if next.precedes(segment.end) {
        next = segment.end
        while let index = ahead.firstIndex(where: { !next.precedes($0) }) {
          let start = ahead.remove(at: index)
          if start == next { next = next + 1 }
        }
      }
      var options = TCPOptionList()
      var blocks = isOld ? [SACKBlock(left: segment.seq, right: segment.end)] : []
      blocks += ahead.map { SACKBlock(left: $0, right: $0 + 1) }
      if hasSACK, !blocks.isEmpty { options.append(.sack(blocks)) }
      return Segment(seq: irs + 1, ack: next, wnd: 60_000, options: options)
    }
  }

  private func opened(_ receiver: inout Receiver, at now: inout Instant) -> OneWaySession {
    var session = OneWaySession(seed: Seed(iss: 0xffff_fffe, timestamp: 1), offer: SynOptions(), at: now)
    session.expire(at: now)
    let syn = session.nextSend()
    now = now + .milliseconds(10)
    if let syn { session.receive(receiver.synAck(syn), at: now) }
    _ = session.nextSend()
    return session
  }

  /// Sends one pair through a fate, and fills its holes.
  private func pair(
    _ fate: Fate, _ session: inout OneWaySession, _ receiver: inout Receiver, at now: inout Instant
  ) {
    session.send(at: now)
    guard let a = session.nextSend(), let b = session.nextSend() else { return #expect(Bool(false), "two segments") }
    #expect(b.seq == a.seq + 2 && a.textLength == 1 && b.textLength == 1)
    var arriving = fate.swaps ? [b, a] : [a, b]
    if fate.losesA { arriving.removeAll { $0.seq == a.seq } }
    if fate.losesB { arriving.removeAll { $0.seq == b.seq } }
    var echoes = arriving.map { receiver.take($0) }
    if fate.losesSecondEcho, echoes.count == 2 { echoes.remove(at: 1) }
    if fate.losesFirstEcho, !echoes.isEmpty { echoes.remove(at: 0) }
    if fate.swapsEchoes { echoes.reverse() }
    now = now + .milliseconds(10)
    if receiver.service == .talks { session.receive(receiver.talk(5), at: now) }
    for echo in echoes { session.receive(echo, at: now) }
    var held: (ack: Segment, due: Instant)?
    var (fills, acks, losesLast) = (fate.losesFills, fate.losesFillAcks, fate.losesLastAck)
    for _ in 0..<100 where session.hasUnfinished {
      guard let fill = session.nextSend() else {
        if let ack = held, session.nextDeadline.map({ ack.due <= $0 }) ?? true {
          (now, held) = (max(now, ack.due), nil)
          session.receive(ack.ack, at: now)
        } else if let due = session.nextDeadline {
          now = max(now, due)
          session.expire(at: now)
        }
        continue
      }
      guard fill.textLength > 0 else { continue }
      if fills > 0 {
        fills -= 1
        continue
      }
      let answers = receiver.answers(fill)
      held = answers.later.map { ($0, now + receiver.service.delay) }
      guard let ack = answers.now.first else { continue }
      if acks > 0 {
        acks -= 1
        continue
      }
      if losesLast, ack.ack == b.seq + 1 {
        losesLast = false
        continue
      }
      now = now + .milliseconds(10)
      for answer in answers.now { session.receive(answer, at: now) }
    }
    #expect(!session.hasUnfinished)
  }

  @Test("every fate of a pair is found out, whatever answers", arguments: Fate.all, Service.allCases)
  func fates(_ fate: Fate, _ service: Service) throws {
    var (receiver, now) = (Receiver(hasSACK: fate.hasSACK), Instant(nanoseconds: 0))
    receiver.service = service
    var session = opened(&receiver, at: &now)
    pair(fate, &session, &receiver, at: &now)
    session.close()
    let pairs = session.takeFinished()
    let found = try #require(pairs.first)
    let reset = session.nextSend()
    #expect(session.end == .done && reset?.flags.contains(.rst) == true)
    let arrived = (fate.losesA ? 0 : 1) + (fate.losesB ? 0 : 1)
    let echoes = arrived - (fate.losesFirstEcho && arrived > 0 ? 1 : 0) - (fate.losesSecondEcho && arrived == 2 ? 1 : 0)
    #expect(found.hasA == !fate.losesA && found.hasB == !fate.losesB && found.isKnown, "\(found)")
    #expect(found.answered == echoes)
    let isOrderKnown = fate.hasSACK && arrived == 2 && echoes > 0
    #expect(found.forward == (isOrderKnown ? (fate.swaps ? .swapped : .kept) : .unknown))
    let isReverseKnown = fate.hasSACK && echoes == 2
    #expect(found.reverse == (isReverseKnown ? (fate.swapsEchoes ? .swapped : .kept) : .unknown))
  }

  @Test("one connection carries many, and late acknowledgments count") func many() throws {
    var (receiver, now) = (Receiver(hasSACK: true), Instant(nanoseconds: 0))
    var session = opened(&receiver, at: &now)
    var counts = OneWayCounts()
    var fates = [Fate](repeating: Fate(), count: 5)
    (fates[1].losesA, fates[2].swaps, fates[3].losesFirstEcho, fates[4].swapsEchoes) = (true, true, true, true)
    for _ in 0..<20 {
      for fate in fates { pair(fate, &session, &receiver, at: &now) }
      for pair in session.takeFinished() { counts.take(pair) }
    }
    session.close()
    for pair in session.takeFinished() { counts.take(pair) }
    #expect(counts.pairs == 100)
    #expect(counts.forwardLoss == .init(20, of: 200) && counts.reverseLoss == .init(20, of: 180))
    #expect(counts.forwardReordering == .init(20, of: 80) && counts.reverseReordering == .init(20, of: 60))
    #expect(counts.withoutSACK == 0 && counts.isThinned, "the first acknowledgment is missing each time")
  }

  @Test("an acknowledgment behind the filled holes is late, and not lost") func late() throws {
    var (receiver, now) = (Receiver(hasSACK: true), Instant(nanoseconds: 0))
    var session = opened(&receiver, at: &now)
    session.send(at: now)
    let (sentA, sentB) = (session.nextSend(), session.nextSend())
    let (a, b) = (try #require(sentA), try #require(sentB))
    let (first, second) = (receiver.take(a), receiver.take(b))
    session.receive(second, at: now + .milliseconds(10))
    now = now + .seconds(1)
    session.expire(at: now)
    while let fill = session.nextSend() { session.receive(receiver.take(fill), at: now) }
    #expect(session.isReady)
    session.receive(first, at: now)
    session.receive(first, at: now)
    session.close()
    let pairs = session.takeFinished()
    let found = try #require(pairs.first)
    #expect(found.answered == 2 && found.forward == .kept && found.reverse == .swapped)
  }

  @Test("the last pair before the peer's end does not count, with losses or without", arguments: [true, false])
  func lastPair(hasLoss: Bool) {
    var (receiver, now) = (Receiver(hasSACK: true), Instant(nanoseconds: 0))
    var session = opened(&receiver, at: &now)
    pair(Fate(), &session, &receiver, at: &now)
    var fate = Fate()
    fate.losesB = hasLoss
    pair(fate, &session, &receiver, at: &now)
    session.receive(Segment(seq: receiver.irs + 1, flags: .rst), at: now)
    let pairs = session.takeFinished()
    #expect(session.end == .reset && session.sent == 2 && pairs.count == 1)
  }

  @Test("a peer without room for a pair gets none, and is not waited for without end") func room() {
    var (receiver, now) = (Receiver(hasSACK: true), Instant(nanoseconds: 0))
    var session = opened(&receiver, at: &now)
    pair(Fate(), &session, &receiver, at: &now)
    session.receive(Segment(seq: receiver.irs + 1, ack: receiver.next, wnd: 3), at: now)
    #expect(!session.isReady)
    let due = session.nextDeadline
    session.receive(Segment(seq: receiver.irs + 1, ack: receiver.next, wnd: 4), at: now)
    if let due { session.expire(at: due) }
    #expect(due != nil && session.isReady && session.nextDeadline == nil)
    var closed = OneWaySession(seed: Seed(iss: 1, timestamp: 1), offer: SynOptions(), at: now)
    closed.expire(at: now)
    if let syn = closed.nextSend() {
      var answer = receiver.synAck(syn)
      answer.wnd = 0
      closed.receive(answer, at: now)
    }
    _ = closed.nextSend()
    #expect(!closed.isReady)
    if let due = closed.nextDeadline { closed.expire(at: due) }
    #expect(closed.end == .stalled)
  }

  @Test(
    "how a connection ends",
    arguments: [(0, .reset), (1, .closed), (2, .stalled), (3, .unanswered)] as [(Int, OneWaySession.End)])
  func ends(_ manner: Int, _ end: OneWaySession.End) {
    var (receiver, now) = (Receiver(hasSACK: true), Instant(nanoseconds: 0))
    guard manner < 3 else {
      var session = OneWaySession(seed: Seed(iss: 1, timestamp: 1), offer: SynOptions(), at: now)
      for _ in 0..<10 {
        if let due = session.nextDeadline { session.expire(at: due) }
      }
      return #expect(session.end == end && session.nextDeadline == nil)
    }
    var session = opened(&receiver, at: &now)
    session.send(at: now)
    while session.nextSend() != nil {}
    switch manner {
    case 0: session.receive(Segment(seq: receiver.irs + 1, flags: .rst), at: now)
    case 1: session.receive(Segment(seq: receiver.irs + 1, ack: receiver.next, flags: .fin, wnd: 1), at: now)
    default:
      while session.end == nil, let due = session.nextDeadline {
        while session.nextSend() != nil {}
        session.expire(at: due)
      }
    }
    let (pairs, reset) = (session.takeFinished(), session.nextSend())
    #expect(session.end == end && !session.isReady && pairs.isEmpty)
    #expect((reset?.flags.contains(.rst) ?? false) == (manner != 0))
  }

  /// Hostile acknowledgments neither trap nor make the session believe what it did not send.
  @Test("acknowledgments that mean nothing") func hostile() {
    var (receiver, now) = (Receiver(hasSACK: true), Instant(nanoseconds: 0))
    var session = opened(&receiver, at: &now)
    session.send(at: now)
    while session.nextSend() != nil {}
    for distance in [UInt32(4), 5, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
      var options = TCPOptionList()
      options.append(
        .sack([
          SACKBlock(left: receiver.next + distance, right: receiver.next + 1),
          SACKBlock(left: receiver.next, right: receiver.next),
        ]))
      session.receive(
        Segment(seq: receiver.irs + 1, ack: receiver.next + distance, wnd: 10, options: options), at: now)
    }
    for _ in 0..<50 {
      while session.nextSend() != nil {}
      if let due = session.nextDeadline { session.expire(at: due) }
    }
    #expect(session.end != nil)
  }

  /// What an acknowledgment or data reports: octets from the pair's first hole on.
  private static func block(_ octet: UInt32, of base: SequenceNumber) -> SACKBlock {
    SACKBlock(left: base + octet, right: base + octet + 1)
  }

  @Test("an acknowledgment that may have ridden on data is neither lost nor sent", arguments: [false, true])
  func riding(hasData: Bool) {
    let base = SequenceNumber(500)
    let (a, b) = (Self.block(1, of: base), Self.block(3, of: base))
    var pair = OneWayPair(base: base, hasSACK: true)
    if hasData { pair.takeData([a]) }
    pair.takeEcho([b, a])
    pair.takeFill(base + 4, filled: 4, [])
    #expect(pair.isKnown && pair.arrived == 2 && pair.answered == 1 && pair.unclear == (hasData ? 1 : 0))
    var counts = OneWayCounts()
    counts.take(pair)
    #expect(counts.reverseLoss == (hasData ? .init(0, of: 1) : .init(1, of: 2)))
    #expect(counts.onlySecond == (hasData ? 0 : 1))
  }

  @Test("data that repeats what an acknowledgment has said changes nothing") func repeated() {
    let base = SequenceNumber(500)
    let (a, b) = (Self.block(1, of: base), Self.block(3, of: base))
    var pair = OneWayPair(base: base, hasSACK: true)
    pair.takeEcho([a])
    pair.takeData([a])
    pair.takeData([b, a])
    pair.takeEcho([b, a])
    pair.takeFill(base + 4, filled: 4, [])
    #expect(pair.answered == 2 && pair.unclear == 0)
  }
}
