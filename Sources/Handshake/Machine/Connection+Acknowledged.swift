import Timebase
import Wire

/// What an acknowledgment of our text changes (RFC 5681, RFC 6298, RFC 6582, RFC 8985).
extension Connection {
  /// Moves the acknowledged edge of the text to SND.UNA.
  mutating func acknowledgeText(by segment: Segment, at now: Stamp) {
    guard !sender.isAllAcknowledged, plan.mode == .full else { return }
    let edge = tcb.snd.una.distance(from: sequence(at: sender.acknowledged))
    let count = min(Int(edge), sender.length - sender.acknowledged)
    guard count > 0 else { return }
    var news = news(in: segment, at: now.instant)
    sender.flight.acknowledge(upTo: sender.acknowledged + count) { news.take($0) }
    sender.acknowledged += count
    sender.next = max(sender.next, sender.acknowledged)
    sender.highest = max(sender.highest, sender.acknowledged)
    sender.isProbing = false
    sender.duplicates = 0
    sender.timeouts = 0
    take(news, of: segment)
    settleDoubt(by: segment)
    settleTailProbe(by: segment, isDuplicate: false)
    adjustPath(for: count)
    // A plan's data stay with the plan: there is nothing to gain.
    if plan.isInteractive { sender.forgetAcknowledged() }
    if sender.isAllAcknowledged, !plan.isInteractive || marks.requestAcknowledged == nil {
      marks.requestAcknowledged = current
    }
  }

  private mutating func adjustPath(for count: Int) {
    let mss = effectiveMSS
    if sender.repair != .none, sender.acknowledged >= sender.recover {
      if sender.repair == .fast { sender.congestion.endRecovery(inFlight: sender.inFlight, mss: mss) }
      sender.repair = .none
      sender.detection.endRecovery()
    } else if sender.repair == .fast {
      guard !agreedOnSACK else { return }
      // Part of what was in flight arrived: the next hole is at its end (RFC 6582 §3.2).
      sender.congestion.deflate(by: count, mss: mss)
      sender.flight.markFirstLost()
    } else {
      sender.congestion.acknowledged(count, mss: mss)
    }
  }

  /// Notes what the peer says to hold beyond a gap (RFC 2018 §5); blocks outside of what is in flight say nothing.
  ///
  /// - Returns: whether anything was new.
  mutating func noteHeldText(by segment: Segment, at now: Instant) -> Bool {
    guard agreedOnSACK, sender.inFlight > 0 else { return false }
    var news = news(in: segment, at: now)
    let before = sender.flight.held
    let oldest = sequence(at: sender.acknowledged)
    // Our FIN may be held beyond the gap too.
    let limit = sender.highest - sender.acknowledged + (sender.fin == nil ? 0 : 1)
    segment.options.forEachSACKBlock { block in
      let (left, right) = (Int(block.left.distance(from: oldest)), Int(block.right.distance(from: oldest)))
      guard left < right, right <= limit else { return }
      sender.flight.hold((sender.acknowledged + left)..<(sender.acknowledged + right)) { news.take($0) }
    }
    take(news, of: segment)
    return sender.flight.held != before
  }

  /// The peer has got something twice (RFC 2883 §4): the first block is below its acknowledgment, or within the second.
  func reportsDuplicate(_ segment: Segment) -> Bool {
    guard agreedOnSACK else { return false }
    var blocks: (first: SACKBlock?, second: SACKBlock?)
    segment.options.forEachSACKBlock { block in
      if blocks.first == nil { blocks.first = block } else if blocks.second == nil { blocks.second = block }
    }
    guard let first = blocks.first else { return false }
    if !segment.acknowledgment.precedes(first.right) { return true }
    guard let second = blocks.second else { return false }
    return !first.left.precedes(second.left) && !second.right.precedes(first.right)
  }

  /// A peer without SACK has got something beyond a gap: the third time in a row, what fills the gap is sent (RFC 5681
  /// §3.2).
  ///
  /// Not again for what was in flight at the last loss: what comes twice makes for duplicates too (RFC 6582 §3.2).
  mutating func receiveDuplicateAcknowledgment(at now: Instant) {
    sender.duplicates += 1
    if sender.repair == .fast {
      sender.congestion.inflate(mss: effectiveMSS)
    } else if sender.duplicates >= LossDetection.duplicateThreshold, sender.acknowledged >= sender.recover {
      sender.flight.markFirstLost()
      beginRecovery(at: now)
    }
    oweText(at: now)
  }
}

/// The times that an acknowledgment tells.
extension Connection {
  /// What arrived that was not known to have.
  private struct News {
    var detection: LossDetection
    /// The latest of the segments that arrived.
    var latest: Flight.Piece?
    /// A segment that left at this time or later is not the one whose clock value came back; nil where none did.
    let echoEnd: Instant?
    let now: Instant

    mutating func take(_ piece: Flight.Piece) {
      detection.note(piece, at: now, isDoubtful: echoEnd.map { piece.sentAt >= $0 } ?? false)
      if latest.map({ $0.sentAt <= piece.sentAt }) ?? true { latest = piece }
    }
  }

  private func news(in segment: Segment, at now: Instant) -> News {
    var end: Instant?
    if recentTimestamp != nil, let echo = segment.options.timestamps?.echoReply {
      // Our clock counts whole milliseconds since the start.
      let sinceTick = Interval.nanoseconds((now - startedAt).nanoseconds % 1_000_000)
      let age = max(0, Int32(truncatingIfNeeded: timestampValue(at: now) &- echo))
      end = startedAt + (now - startedAt - sinceTick + .milliseconds(1 - Int64(age)))
    }
    return News(detection: sender.detection, latest: nil, echoEnd: end, now: now)
  }

  /// Feeds the retransmission timer: by a segment that was sent once, or by the echo of our clock, which tells the
  /// copies apart (RFC 6298 §3, RFC 7323 §4.1).
  ///
  /// An old duplicate does not move the peer's TS.Recent: where its first answer was lost, the next one echoes the clock
  /// of the first copy, and a whole timeout would count as a round trip. So only an echo of the last copy, or of what
  /// was sent after it, measures anything.
  private mutating func take(_ news: News, of segment: Segment) {
    sender.detection = news.detection
    guard let latest = news.latest else { return }
    if !latest.isSentAgain {
      retransmission.sample(news.now - latest.sentAt)
    } else if recentTimestamp != nil, let echo = segment.options.timestamps?.echoReply {
      let elapsed = timestampValue(at: news.now) &- echo
      guard let last = sender.resentValue, elapsed <= timestampValue(at: news.now) &- last else { return }
      retransmission.sample(.milliseconds(Int64(elapsed)))
    }
  }
}
