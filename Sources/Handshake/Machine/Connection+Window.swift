import Timebase
import Wire

/// What our own segments say of the text that came: the window that is offered, and what lies beyond a gap.
extension Connection {
  /// By how much the window is widened at least: two segments, or half of what there is (RFC 9293 §3.8.6.2.2).
  private var windowStep: UInt32 {
    let segment = Int(plan.offer.maximumSegmentSize ?? 536)
    return UInt32(max(1, min(2 * segment, reassembly.capacity / 2)))
  }

  /// What the window may be widened to; nil where that is not worth telling: a silly window is none (RFC 9293
  /// §3.8.6.2.2).
  ///
  /// Its right edge never moves left: what was offered is kept (§3.8.6).
  private var widerWindow: UInt32? {
    let room = UInt32(reassembly.room)
    return plan.isInteractive && room > tcb.rcv.wnd && room - tcb.rcv.wnd >= windowStep ? room : nil
  }

  /// Offers the room that there is, as long as an owner takes out what comes in.
  mutating func widenWindow() {
    if let widerWindow { tcb.rcv.wnd = widerWindow }
  }

  /// The window field of any segment after the SYN; where text is kept it is rounded down, and means what it says.
  var windowField: UInt16 {
    plan.isInteractive ? UInt16(clamping: tcb.rcv.wnd >> tcb.rcv.scale) : tcb.windowField
  }

  /// Owes the peer word of a wider window, unless what it still has of the old one lasts until our next ACK.
  mutating func oweWindow() {
    switch state {
    case .established, .finWait1, .finWait2: break
    default: return
    }
    let isNarrow = Int(tcb.rcv.wnd) < reassembly.capacity / 2
    if isNarrow, widerWindow != nil, stage == .requesting { ackPending = true }
  }

  /// Adds what the peer need not send again: what came twice (RFC 2883 §4), then what lies beyond the gap, the newest
  /// first (RFC 2018 §4).
  func appendSACK(to options: inout TCPOptionList, duplicate: SACKBlock?) {
    guard agreedOnSACK, duplicate != nil || !reassembly.islands.isEmpty else { return }
    var blocks: [SACKBlock] = []
    if let duplicate { blocks.append(duplicate) }
    for island in reassembly.islands.sorted(by: { Int32(truncatingIfNeeded: $0.age &- $1.age) > 0 }) {
      blocks.append(SACKBlock(left: island.left, right: island.right))
    }
    // Two octets of padding and two of the option's own, then eight for each block (RFC 2018 §3).
    let room = (OptionOctets.capacity - options.count - 4) / 8
    options.appendNoOperation()
    options.appendNoOperation()
    options.append(.sack(Array(blocks.prefix(room))))
  }
}

/// Timestamps on what comes in (RFC 7323 §4.3 and §5).
extension Connection {
  /// How long a value of the peer's clock says what is older: its clock may have gone half round since (RFC 7323 §5.5).
  private static let validity = Interval.seconds(24 * 86_400)

  /// Whether a segment's timestamp says that it is an old duplicate; counts those that carry none, and believes them, as
  /// Linux does where RFC 7323 §3.2 would drop them.
  mutating func isOldByItsStamp(_ segment: Segment, at now: Instant) -> Bool {
    guard let recent = recentTimestamp, segment.flags.isDisjoint(with: [.rst, .syn]) else { return false }
    guard let timestamps = segment.options.timestamps else {
      counters.unstamped += 1
      return false
    }
    return Int32(truncatingIfNeeded: timestamps.value &- recent) < 0
      && now - recentTimestampAt < Connection.validity
  }

  /// TS.Recent follows segments that start at or before the last acknowledgment (RFC 7323 §4.3).
  mutating func updateRecentTimestamp(from segment: Segment, at now: Instant) {
    guard recentTimestamp != nil, !tcb.rcv.nxt.precedes(segment.seq), let timestamps = segment.options.timestamps
    else { return }
    // What is older got here only because TS.Recent is too old to tell.
    recentTimestamp = timestamps.value
    recentTimestampAt = now
  }
}

/// What exceeds the acceptance test of RFC 9293 §3.4 on both sides.
extension Connection {
  /// The oldest number that the peer may acknowledge: the first of ours, or as far back as numbers can be distinguished.
  var oldestOfOurs: SequenceNumber {
    sender.acknowledged < 1 << 30 ? tcb.snd.iss + 1 : tcb.snd.una - (1 << 30)
  }

  /// A bare ACK with news from a peer that has filled our window, or sent an octet beyond it to probe it.
  ///
  /// Its SEG.SEQ lies at the edge or just beyond, where table 6 takes nothing; but "special allowance should be made to
  /// accept valid ACKs" (RFC 9293 §3.10.7.4), or two ends with closed windows would never hear each other.
  func isNewsAtTheEdge(_ segment: Segment) -> Bool {
    guard stage == .requesting, segment.len == 0, segment.flags.isDisjoint(with: [.syn, .rst]), let ack = segment.ack,
      segment.seq.distance(from: tcb.rcv.nxt + tcb.rcv.wnd) <= 1
    else { return false }
    return tcb.snd.una.precedes(ack) || UInt32(segment.wnd) << tcb.snd.scale != tcb.snd.wnd
  }
}
