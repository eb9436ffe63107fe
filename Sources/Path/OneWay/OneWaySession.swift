import Handshake
import Timebase
import Wire

/// A connection on which pairs are sent, one after the other: see `OneWayPair`.
///
/// The holes are filled after each pair, so that the peer's application gets all octets, and that Linux acknowledges the next
/// pair at once: it sends the first three duplicates without delay after each advance of RCV.NXT.
public struct OneWaySession: Sendable {
  /// Why it can carry no more pairs.
  public enum End: String, Hashable, Sendable, CaseIterable {
    /// Nothing answered the SYN.
    case unanswered
    /// The SYN was refused, or the connection reset.
    case reset
    /// The peer closed.
    case closed
    /// The peer acknowledges no more.
    case stalled
    /// Its owner wants no more.
    case done
  }

  private enum Phase: Hashable { case opening, ready, sent, filling }

  /// The connection.
  public private(set) var session: ProbeSession
  /// Why it ended; nil while it goes on.
  public private(set) var end: End?
  /// Pairs of which everything is known that can be, in order.
  public private(set) var finished: [OneWayPair] = []
  /// The smoothed round trip; nil before the first.
  public private(set) var smoothedRTT: Interval?
  /// How many pairs were sent on it.
  public private(set) var sent = 0
  private var phase = Phase.opening
  /// Pairs that are filled, and may still get an acknowledgment that was on its way, then the present one.
  private var recent: [OneWayPair] = []
  private var outbox: [Segment] = []
  private var deadline: Instant?
  /// How many octets of the present pair were sent in order.
  private var filled: UInt32 = 0
  private var tries = 0
  private var sentAt = Instant(nanoseconds: 0)
  private var isTiming = false

  /// How many pairs wait for late acknowledgments.
  private static let recentLimit = 4
  /// How often a hole is filled that nothing acknowledges.
  private static let mostTries = 8
  /// The longest wait for an acknowledgment, or for a window.
  private static let longestWait = Interval.seconds(3)
  /// An acknowledgment that takes longer than this, and four round trips, counts as lost.
  public static let leastWait = Interval.milliseconds(30)

  /// A connection that is opened at once.
  public init(seed: Seed, offer: SynOptions, at now: Instant) {
    session = ProbeSession(seed: seed, offer: offer, at: now)
  }

  /// Whether a pair can be sent now.
  public var isReady: Bool { phase == .ready && end == nil && outbox.isEmpty && hasRoom }

  /// Whether the peer's window has room for a pair: it drops what lies behind.
  private var hasRoom: Bool { session.sndWnd >= OneWayPair.length }

  /// Whether a pair was sent of which not everything is known.
  public var hasUnfinished: Bool { phase == .sent || phase == .filling }

  /// Pairs that were sent on it and were not handed out.
  public var pending: Int { recent.count + finished.count }

  /// Whether something is to be sent.
  public var hasSends: Bool { !outbox.isEmpty }

  /// What is to be sent next.
  public mutating func nextSend() -> Segment? { outbox.isEmpty ? nil : outbox.removeFirst() }

  /// When `expire(at:)` wants to be called.
  public var nextDeadline: Instant? {
    guard end == nil else { return nil }
    return phase == .opening ? session.nextDeadline : deadline
  }

  private var wait: Interval { max((smoothedRTT ?? .seconds(1)) * 4, OneWaySession.leastWait) }

  /// Sends a pair.
  public mutating func send(at now: Instant) {
    guard isReady else { return }
    let pair = OneWayPair(base: session.sndNxt, hasSACK: session.hasSACK)
    session.advance(by: OneWayPair.length)
    for start in pair.starts { outbox.append(session.segment(seq: start, textLength: 1, at: now)) }
    recent.append(pair)
    sent += 1
    (phase, filled, tries) = (.sent, 0, 0)
    (sentAt, isTiming) = (now, true)
    deadline = now + wait
  }

  /// Takes the pairs that are finished.
  public mutating func takeFinished() -> [OneWayPair] {
    defer { finished = [] }
    return finished
  }

  /// Ends it: the peer is freed of the connection.
  public mutating func close() { finish(.done) }

  private mutating func finish(_ end: End) {
    guard self.end == nil else { return }
    self.end = end
    outbox = []
    if let reset = session.reset { outbox.append(reset) }
    // A pair with a loss takes longer, and more segments, than one without. If the last pair before the peer's end counted
    // when it is finished, those with losses would count less often.
    if hasUnfinished || end != .done, !recent.isEmpty { recent.removeLast() }
    finished += recent
    recent = []
  }

  /// Does what is due.
  public mutating func expire(at now: Instant) {
    guard end == nil else { return }
    if phase == .opening {
      if let syn = session.expire(at: now) {
        // Of a copy it is not known which one is answered.
        isTiming = tries == 0
        (tries, sentAt) = (tries + 1, now)
        outbox.append(syn)
      }
      if session.state == .unanswered { finish(.unanswered) }
      return
    }
    guard let due = deadline, due <= now else { return }
    switch phase {
    case .sent: fill(at: now)
    case .filling:
      tries += 1
      guard tries < OneWaySession.mostTries else { return finish(.stalled) }
      resend(at: now)
    case .ready:
      deadline = nil
      if !hasRoom { finish(.stalled) }
    case .opening: break
    }
  }

  /// Waits for the next pair, and not for ever for the peer's window.
  private mutating func rest(at now: Instant) {
    phase = .ready
    deadline = hasRoom ? nil : now + OneWaySession.longestWait
  }

  /// Fills the next hole: all that is left where it is known what arrived.
  private mutating func fill(at now: Instant) {
    guard let pair = recent.last else { return }
    phase = .filling
    let una = session.sndUna.distance(from: pair.base)
    // The octet at SND.UNA is missing; what lies behind it may be there.
    filled = pair.nextFill(behind: una)
    tries = 0
    resend(at: now)
  }

  private mutating func resend(at now: Instant) {
    guard let pair = recent.last else { return }
    let una = session.sndUna.distance(from: pair.base)
    guard una < filled, filled <= OneWayPair.length else { return }
    outbox.append(session.segment(seq: session.sndUna, textLength: Int(filled - una), at: now))
    deadline = now + min(wait * Int64(1 << min(tries, 5)), OneWaySession.longestWait)
  }

  /// Takes a segment of the peer's.
  public mutating func receive(_ segment: Segment, at now: Instant) {
    guard end == nil else { return }
    let before = session.sndUna
    let news = session.receive(segment, at: now)
    if let reply = news.reply { outbox.append(reply) }
    guard news.isOurs else { return }
    if news.hasOpened {
      time(at: now)
      return rest(at: now)
    }
    switch session.state {
    case .reset: return finish(.reset)
    case .closedByPeer: return finish(.closed)
    case .opening, .established, .unanswered: break
    }
    if phase == .ready, deadline == nil { rest(at: now) }
    guard let ack = segment.ack else { return }
    let blocks = segment.options.sackBlocks
    if let index = recent.lastIndex(where: { $0.base == ack }) {
      if segment.textLength > 0 {
        recent[index].takeData(blocks)
      } else {
        recent[index].takeEcho(blocks)
        if index == recent.count - 1, phase == .sent {
          time(at: now)
          if recent[index].isWhole { fill(at: now) }
        }
      }
    }
    // The acknowledgment of what came in order may ride on data, as an echo service's does.
    if phase == .filling, before.precedes(session.sndUna) { advance(segment, blocks, at: now) }
  }

  /// A hole is filled: the acknowledgment shows how far it jumped.
  private mutating func advance(_ segment: Segment, _ blocks: [SACKBlock], at now: Instant) {
    let index = recent.count - 1
    guard index >= 0 else { return }
    recent[index].takeFill(session.sndUna, filled: filled, blocks)
    guard session.sndUna.distance(from: recent[index].base) < OneWayPair.length else {
      rest(at: now)
      if recent.count > OneWaySession.recentLimit { finished.append(recent.removeFirst()) }
      return
    }
    fill(at: now)
  }

  private mutating func time(at now: Instant) {
    guard isTiming else { return }
    isTiming = false
    let rtt = now - sentAt
    smoothedRTT = smoothedRTT.map { $0 + (rtt - $0) / 8 } ?? rtt
  }
}

extension TCPOptionList {
  /// All SACK blocks, in order.
  var sackBlocks: [SACKBlock] {
    for case .sack(let blocks) in options { return blocks }
    return []
  }
}
