import Timebase
import Wire

/// SYN cookies (RFC 4987 §3.6): an initial sequence number that is the half-open connection, so that none is kept.
///
/// The number is 32 bits of a keyed hash over flow, the peer's initial sequence number, a coarse time and which MSS of
/// a short list the peer offered. Nothing is packed into it in the clear: whoever verifies an acknowledgment tries
/// what the number may have been made of, `tries` hashes at the most, so that a guess succeeds with
/// probability `tries` / 2^32.
///
/// What it cannot carry is lost: window scale, SACK and timestamps are therefore neither answered nor used.
public struct SynCookie: Sendable {
  private let key: SipHash.Key

  /// The maximum segment sizes that a cookie distinguishes; the largest that the peer's reaches is taken.
  ///
  /// From the smallest that Linux ever sends by over IPv4's and IPv6's defaults and the usual tunnels to jumbo frames.
  public static let segmentSizes: [UInt16] = [48, 536, 1_220, 1_300, 1_400, 1_440, 1_460, 8_940]
  /// How long a cookie's time lasts: it is accepted until the next one is over too.
  public static let period = Interval.seconds(64)
  /// How many of them are accepted: the present one and the one before.
  static let periods = 2
  /// How many numbers are acceptable at any moment.
  public static let tries = periods * segmentSizes.count

  /// Cookies by a key that only this process knows.
  public init(key: SipHash.Key) { self.key = key }

  /// The initial sequence number that answers a SYN without keeping anything of it.
  public func sequenceNumber(for flow: Flow, syn: Segment, at now: Instant) -> SequenceNumber {
    let offered = syn.options.maximumSegmentSize ?? 536
    let index = SynCookie.segmentSizes.lastIndex { $0 <= offered } ?? 0
    return number(flow, irs: syn.seq, period: SynCookie.count(of: now), index: index)
  }

  /// The MSS that the peer offered, where an acknowledgment (SEG.SEQ = IRS+1, SEG.ACK = ISS+1) is of a cookie of ours.
  public func maximumSegmentSize(provenBy ack: Segment, of flow: Flow, at now: Instant) -> UInt16? {
    guard let acknowledged = ack.ack else { return nil }
    let (iss, irs) = (acknowledged - 1, ack.seq - 1)
    let present = SynCookie.count(of: now)
    for age in 0..<UInt64(SynCookie.periods) {
      for index in SynCookie.segmentSizes.indices
      where number(flow, irs: irs, period: present &- age, index: index) == iss {
        return SynCookie.segmentSizes[index]
      }
    }
    return nil
  }

  private static func count(of now: Instant) -> UInt64 {
    UInt64(truncatingIfNeeded: now.nanoseconds / period.nanoseconds)
  }

  private func number(_ flow: Flow, irs: SequenceNumber, period: UInt64, index: Int) -> SequenceNumber {
    var hash = SipHash(key)
    hash.add(flow)
    hash.add(irs.value)
    hash.add(period)
    hash.add(UInt8(truncatingIfNeeded: index))
    return SequenceNumber(UInt32(truncatingIfNeeded: hash.value))
  }
}

extension Connection {
  /// The SYN-ACK that carries a cookie; no connection is behind it.
  public static func synAck(
    to syn: Segment, cookie: SequenceNumber, plan: Plan
  ) -> Segment {
    var offer = plan.offer
    (offer.windowScale, offer.sack, offer.timestamps) = (nil, false, false)
    return Segment(
      seq: cookie, ack: syn.seq + 1, flags: .syn, wnd: plan.window, options: offer.list(value: 0, echoReply: 0))
  }

  /// The connection that an acknowledged cookie stands for: in SYN-RECEIVED, as if its SYN had been kept.
  ///
  /// The acknowledgment itself is yet to be received; what the SYN offered beyond the MSS is forgotten.
  public init(_ plan: Plan, seed: Seed, provenBy ack: Segment, maximumSegmentSize: UInt16, at now: Stamp) {
    var plan = plan
    plan.iss = ack.acknowledgment.value &- 1
    (plan.offer.windowScale, plan.offer.sack, plan.offer.timestamps) = (nil, false, false)
    self.init(plan, seed: seed)
    _ = start(at: now)
    var options = TCPOptionList()
    options.appendMaximumSegmentSize(maximumSegmentSize)
    takeSyn(Segment(seq: ack.seq - 1, flags: .syn, wnd: ack.wnd, options: options), at: now.instant)
    tcb.snd.nxt = tcb.snd.iss + 1
    state = .synReceived
    peer = .synSent
    notes.insert(.synCookie)
    counters.transmissions = 1
  }
}
