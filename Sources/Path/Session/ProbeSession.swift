import Handshake
import Timebase
import Wire

/// A connection made by hand for segments that no ordinary TCP would send: it opens, keeps the numbers of both ends,
/// acknowledges what the peer says, and gives no text of its own but what its owner sends.
///
/// Nothing is retransmitted but the SYN. What cannot belong to the connection is passed over (RFC 9293 §3.10.7.4, first
/// check); an RST ends it only exactly at RCV.NXT (RFC 5961 §3).
public struct ProbeSession: Hashable, Sendable {
  /// How far it has come.
  public enum State: Hashable, Sendable {
    /// The SYN is not answered yet.
    case opening
    /// Both ends have agreed.
    case established
    /// The peer closed its side; what it says is acknowledged still.
    case closedByPeer
    /// The peer reset it, or refused it.
    case reset
    /// No SYN was answered.
    case unanswered
  }

  /// What a segment of the peer's means for the owner.
  public struct News: Sendable {
    /// What is to be sent at once: an acknowledgment, or the RST that a stranger's answer gets.
    public var reply: Segment?
    /// Whether the segment belongs to the connection.
    public var isOurs = false
    /// Whether it opened the connection.
    public var hasOpened = false
    /// Whether the state is another one than before.
    public var hasEnded = false
  }

  /// How far it has come.
  public private(set) var state = State.opening
  /// Our ISS.
  public let iss: SequenceNumber
  /// The peer's; nil before its SYN-ACK.
  public private(set) var irs: SequenceNumber?
  /// SND.NXT: what the peer expects next, as far as its owner says that it has sent.
  public private(set) var sndNxt: SequenceNumber
  /// SND.UNA: everything before it is acknowledged.
  public private(set) var sndUna: SequenceNumber
  /// RCV.NXT.
  public private(set) var rcvNxt = SequenceNumber(0)
  /// SND.WND in octets.
  public private(set) var sndWnd: UInt32 = 0
  /// Whether both ends agreed on SACK.
  public private(set) var hasSACK = false
  /// Whether both ends agreed on timestamps.
  public private(set) var hasTimestamps = false
  /// How many octets of text the peer sent.
  public private(set) var received: UInt64 = 0

  private let offer: SynOptions
  private let window: UInt16
  /// Where our timestamp clock stands at `began`.
  private let timestamp: UInt32
  private let began: Instant
  /// TS.Recent: the peer's latest TSval.
  private var recent: UInt32 = 0
  private var scale: UInt8 = 0
  private var copies = 0
  private var synDue: Instant?

  /// How often the SYN is sent, and how long its answer is waited for: doubled with each copy.
  public static let (mostSyns, firstWait) = (3, Interval.seconds(1))

  /// A connection that is to be opened with these options; its SYN is due at once.
  public init(seed: Seed, offer: SynOptions = SynOptions(), window: UInt16 = 65_535, at now: Instant) {
    iss = SequenceNumber(seed.iss)
    (sndNxt, sndUna) = (SequenceNumber(seed.iss) + 1, SequenceNumber(seed.iss))
    (self.offer, self.window) = (offer, window)
    timestamp = seed.timestamp
    began = now
    synDue = now
  }

  /// When the SYN is due again, or is to be given up; nil once it is answered.
  public var nextDeadline: Instant? { state == .opening ? synDue : nil }

  /// The SYN, where it is due; the third one that is not answered ends it.
  public mutating func expire(at now: Instant) -> Segment? {
    guard state == .opening, let due = synDue, due <= now else { return nil }
    guard copies < ProbeSession.mostSyns else {
      state = .unanswered
      return nil
    }
    synDue = now + ProbeSession.firstWait * Int64(1 << copies)
    copies += 1
    return Segment(seq: iss, flags: .syn, wnd: window, options: offer.list(value: clock(now), echoReply: 0))
  }

  /// Takes a segment of the flow; its text is counted and acknowledged, and nobody reads it.
  public mutating func receive(_ segment: Segment, at now: Instant) -> News {
    switch state {
    case .opening: open(segment, at: now)
    case .established, .closedByPeer: take(segment, at: now)
    case .reset, .unanswered: News()
    }
  }

  private mutating func open(_ segment: Segment, at now: Instant) -> News {
    var news = News()
    guard let ack = segment.ack else { return news }
    guard ack == iss + 1 else {
      // RFC 9293 §3.10.7.3, first: an acknowledgment of what we never sent; an RST is never answered.
      if !segment.flags.contains(.rst) { news.reply = Segment(seq: ack, flags: .rst) }
      return news
    }
    news.isOurs = true
    if segment.flags.contains(.rst) {
      state = .reset
      news.hasEnded = true
      return news
    }
    guard segment.flags.contains(.syn) else { return News() }
    let options = ParsedOptions(segment.options)
    irs = segment.seq
    rcvNxt = segment.seq + segment.len
    sndUna = ack
    hasSACK = offer.sack && options.sackPermitted
    hasTimestamps = offer.timestamps && options.timestamps != nil
    recent = options.timestamps?.value ?? 0
    if offer.windowScale != nil, let shift = options.windowScale { scale = min(shift, 14) }
    sndWnd = UInt32(segment.wnd)
    state = .established
    news.hasOpened = true
    news.reply = self.segment(at: now)
    return news
  }

  private mutating func take(_ segment: Segment, at now: Instant) -> News {
    var news = News()
    let isNext = segment.seq == rcvNxt
    if segment.flags.contains(.rst) {
      guard isNext else { return news }
      state = .reset
      news.isOurs = true
      news.hasEnded = true
      return news
    }
    if segment.flags.contains(.syn) {
      // The SYN-ACK again: our acknowledgment was lost.
      guard segment.seq == irs, segment.ack == iss + 1 else { return news }
      news.isOurs = true
      news.reply = self.segment(at: now)
      return news
    }
    // Within the window that we offer, or a copy of what came before: a keep-alive, a retransmission.
    guard segment.seq.isIn(rcvNxt - 65_536, length: 65_536 + UInt32(window)), let ack = segment.ack,
      ack.isIn(iss + 1, length: sndNxt.distance(from: iss + 1) &+ 1)
    else { return news }
    news.isOurs = true
    if sndUna.precedes(ack) { sndUna = ack }
    sndWnd = UInt32(segment.wnd) << UInt32(scale)
    if isNext, hasTimestamps, let stamps = ParsedOptions(segment.options).timestamps { recent = stamps.value }
    guard segment.len > 0 else { return news }
    if isNext {
      rcvNxt = segment.end
      received += UInt64(max(segment.textLength, 0))
      if segment.flags.contains(.fin), state == .established {
        state = .closedByPeer
        news.hasEnded = true
      }
    }
    news.reply = self.segment(at: now)
    return news
  }

  /// A segment of ours, at SND.NXT where nothing else is said, with what was agreed; `TSval` is the clock's.
  public func segment(
    seq: SequenceNumber? = nil, flags: TCPFlags = .ack, textLength: Int = 0, at now: Instant
  ) -> Segment {
    let options =
      hasTimestamps ? TCPOptionList.timestampsOnly(value: clock(now), echoReply: recent) : TCPOptionList()
    return Segment(
      seq: seq ?? sndNxt, ack: rcvNxt, flags: flags, wnd: window, options: options, textLength: textLength)
  }

  /// Moves SND.NXT on behind text that was sent in order.
  public mutating func advance(by length: UInt32) { sndNxt += length }

  /// What frees the peer of the connection: an RST at SND.UNA, where it expects us; nil where there is none.
  public var reset: Segment? {
    switch state {
    case .established, .closedByPeer: Segment(seq: sndUna, ack: rcvNxt, flags: .rst)
    // It may have been answered on the way.
    case .opening: copies > 0 ? Segment(seq: iss + 1, flags: .rst) : nil
    case .reset, .unanswered: nil
    }
  }

  /// Our timestamp clock: a millisecond a tick (RFC 7323 §5.4).
  private func clock(_ now: Instant) -> UInt32 {
    timestamp &+ UInt32(truncatingIfNeeded: (now - began).nanoseconds / 1_000_000)
  }
}
