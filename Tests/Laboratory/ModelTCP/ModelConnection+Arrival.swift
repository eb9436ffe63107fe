import Timebase

/// A segment arrives: RFC 9293 §3.10.7.4 in its order, with RFC 5961 and RFC 7323.
extension ModelConnection {
  mutating func receive(_ segment: PeerSegment, at now: Instant) -> [PeerSegment] {
    switch state {
    case .closed: return []
    case .synSent: return opening(segment, at: now)
    default: break
    }
    let isReset = segment.flags.contains(.rst)
    if segment.flags.contains(.syn), !isReset { return synArrives(segment, at: now) }
    let options = ModelOptions(segment.options, fault: fault)
    if hasTimestamps, !isReset {
      guard let value = options.timestamps?.value else { return [] }
      guard !value.isBefore(recent) else { return [acknowledgment(at: now)] }
    }
    var segment = segment
    switch admission(of: segment) {
    case .drop: return []
    case .acknowledge:
      noteOld(segment, at: now)
      return [acknowledgment(at: now)]
    case .reset: return resetArrives(segment, at: now)
    case .closedWindow:
      (segment.payload, segment.flags) = ([], segment.flags.subtracting(.fin))
      return acknowledged(segment, mustAnswer: true, at: now)
    case .take: break
    }
    if let value = options.timestamps?.value, hasTimestamps, !lastACK.isBefore(segment.seq) { recent = value }
    return acknowledged(segment, mustAnswer: false, at: now)
  }

  // MARK: First and second: sequence numbers and RST

  private enum Admission { case drop, acknowledge, reset, closedWindow, take }

  private func isInWindow(_ seq: UInt32) -> Bool { seq &- received < receiveWindow }

  /// Whether a segment has anything in the window (RFC 9293 table 6).
  private func isAcceptable(_ segment: PeerSegment) -> Bool {
    let length = segment.length
    if length == 0 { return receiveWindow == 0 ? segment.seq == received : isInWindow(segment.seq) }
    return receiveWindow > 0 && (isInWindow(segment.seq) || isInWindow(segment.seq &+ length &- 1))
  }

  private func admission(of segment: PeerSegment) -> Admission {
    if segment.flags.contains(.rst) {
      if isAcceptable(segment) { return .reset }
      if state == .synReceived { return fault == .embryoDiesOfOldReset ? .reset : .drop }
      return fault == .anyResetKills ? .reset : .drop
    }
    if isAcceptable(segment) { return .take }
    if receiveWindow == 0, segment.seq == received {
      switch fault {
      case .closedWindowProbeIgnored: return .drop
      case .closedWindowTakesOctet: return .take
      default: return .closedWindow
      }
    }
    if fault == .timeWaitSilent, state == .timeWait { return .drop }
    if receiveWindow == 0, fault == .closedWindowProbeIgnored { return .drop }
    let isOld = segment.seq.isBefore(received)
    let isRepeatedFIN = isOld && segment.flags.contains(.fin)
    switch fault {
    case .textBeyondWindowIgnored where !isOld && !segment.payload.isEmpty: return .drop
    case .keepAliveIgnored
    where segment.seq == received &- 1 && segment.payload.count <= 1 && !isRepeatedFIN && receiveWindow > 0:
      return .drop
    case .oldTextIgnored where isOld && segment.payload.count > 1 && !isRepeatedFIN: return .drop
    case .oldTextDelivered where isOld && segment.payload.count > 1 && !isRepeatedFIN: return .take
    case .finAgainIgnored where isRepeatedFIN && hasReceivedFIN && state != .timeWait: return .drop
    default: return .acknowledge
    }
  }

  private mutating func noteOld(_ segment: PeerSegment, at now: Instant) {
    guard segment.length > 0, segment.seq.isBefore(received) else { return }
    old = (segment.seq, segment.seq &+ segment.length)
    if state == .timeWait { deadline = now + ModelConnection.twoLifetimes }
  }

  private mutating func resetArrives(_ segment: PeerSegment, at now: Instant) -> [PeerSegment] {
    let isExact = segment.seq == received
    if state == .synReceived {
      if isExact, fault == .embryoIgnoresReset { return [] }
      guard isExact || !isInWindow(segment.seq) else { return [acknowledgment(at: now)] }
      state = .closed
      return []
    }
    if isExact, fault == .resetIgnored { return [] }
    guard isExact || fault == .anyResetKills && !isInWindow(segment.seq) else { return [acknowledgment(at: now)] }
    state = .closed
    return isExact && fault == .resetAnswered ? [segment.answer(.rst, seq: segment.ack, window: 0)] : []
  }

  // MARK: Fourth: SYN

  private mutating func synArrives(_ segment: PeerSegment, at now: Instant) -> [PeerSegment] {
    guard state == .synReceived else {
      if fault == .synIgnored { return [] }
      guard fault == .synAccepted else { return [acknowledgment(at: now)] }
      state = .closed
      return [segment.answer([.syn, .ack], seq: iss &+ 0x1234_5678, ack: segment.seq &+ 1, options: [2, 4, 5, 180])]
    }
    guard segment.seq == irs else { return [acknowledgment(at: now)] }
    if segment.flags.contains(.ack) {
      // The SYN-ACK of a simultaneous open, or of a split handshake.
      guard segment.ack == nxt else { return [reset(answering: segment)] }
      _ = established(by: segment, at: now)
      return transmit(mustAnswer: true, at: now)
    }
    if fault == .synAgainNewISS {
      iss = iss &+ 0x0100_0000
      (una, nxt, cursor) = (iss, iss &+ 1, iss &+ 1)
    }
    return [synAck(at: now)]
  }

  /// The ISS of the connection that a SYN begins in TIME-WAIT; nil where it does not (RFC 6191).
  mutating func reopened(by segment: PeerSegment, at now: Instant) -> UInt32? {
    guard segment.flags.contains(.syn), segment.flags.isDisjoint(with: [.ack, .rst, .fin]) else { return nil }
    let value = ModelOptions(segment.options).timestamps?.value
    let isNewer =
      if hasTimestamps, let value { recent.isBefore(value) } else { received.isBefore(segment.seq) }
    return isNewer ? nxt &+ 65_537 : nil
  }

  // MARK: Fifth: ACK

  private mutating func acknowledged(
    _ segment: PeerSegment, mustAnswer: Bool, at now: Instant
  ) -> [PeerSegment] {
    let hasACK = segment.flags.contains(.ack)
    if !hasACK {
      let isTaken =
        fault == .textWithoutACKTaken && state != .synReceived
        || fault == .embryoTakesTextWithoutACK && state == .synReceived
      guard isTaken, !segment.payload.isEmpty else { return [] }
    }
    var (segment, mustAnswer) = (segment, mustAnswer)
    wasEstablished = state != .synReceived
    if state == .synReceived {
      if hasACK, segment.ack != nxt, fault != .embryoTakesAnyACK {
        if fault == .embryoDiesOfBadACK { state = .closed }
        return [reset(answering: segment)]
      }
      _ = established(by: segment, at: now)
      if fault == .thirdSegmentFINIgnored, segment.flags.contains(.fin) {
        segment.flags.remove(.fin)
        mustAnswer = true
      }
    } else if hasACK {
      if nxt.isBefore(segment.ack) {
        if fault == .unsentACKIgnored { return [] }
        guard fault == .unsentACKAccepted else { return [acknowledgment(at: now)] }
      } else if segment.ack.isBefore(una &- largestWindow) {
        return [acknowledgment(at: now)]
      } else {
        advance(to: segment, at: now)
        if state == .closed { return [] }
      }
    }
    return text(of: segment, mustAnswer: mustAnswer, at: now)
  }

  /// Takes the acknowledgment and the window of a segment.
  private mutating func advance(to segment: PeerSegment, at now: Instant) {
    if una.isBefore(segment.ack) {
      let count = segment.ack &- una
      let isFINAcknowledged = hasSentFIN && segment.ack == nxt
      outgoing.removeFirst(min(Int(count), outgoing.count))
      una = segment.ack
      if cursor.isBefore(una) { cursor = una }
      congestionWindow = min(congestionWindow + Int(count), 1 << 20)
      (timeout, tries, deadline) = (.seconds(1), 0, nil)
      if isFINAcknowledged {
        switch state {
        case .finWait1: state = .finWait2
        case .closing: state = .timeWait
        case .lastAck: state = .closed
        default: break
        }
      }
    }
    let isNewer =
      windowSeq.isBefore(segment.seq) || windowSeq == segment.seq && !segment.ack.isBefore(windowAck)
    guard isNewer, !segment.ack.isBefore(una) else { return }
    let wasClosed = sendWindow == 0
    sendWindow = UInt32(segment.window) << UInt32(sendShift)
    largestWindow = max(largestWindow, sendWindow)
    (windowSeq, windowAck) = (segment.seq, segment.ack)
    if wasClosed, sendWindow > 0 { (cursor, deadline) = (una, nil) }
    if sendWindow == 0 { deadline = nil }
  }

  // MARK: Seventh and eighth: text and FIN

  private mutating func text(of segment: PeerSegment, mustAnswer: Bool, at now: Instant) -> [PeerSegment] {
    var mustAnswer = mustAnswer || segment.length > 0
    if hasECN {
      if segment.flags.contains(.cwr) { echoesCongestion = false }
      if segment.typeOfService & 3 == 3 { echoesCongestion = true }
    }
    switch state {
    case .established, .finWait1, .finWait2:
      if fault == .simultaneousCloseIgnored, state == .finWait1, segment.flags.contains(.fin) { return [] }
      if isOrphan, !segment.payload.isEmpty {
        // Nobody is there to read it (RFC 1122 §4.2.2.13).
        state = .closed
        return [reset(answering: segment)]
      }
      let before = received
      take(segment)
      if hasReceivedFIN { finArrived(of: segment, before: before) }
      mustAnswer = runApplication() || mustAnswer
      if state == .closed { return [self.segment([.rst, .ack], seq: nxt, at: now)] }
    case .timeWait where fault == .timeWaitSilent: return []
    default: break
    }
    return transmit(mustAnswer: mustAnswer, at: now)
  }

  private mutating func take(_ segment: PeerSegment) {
    var (seq, text) = (segment.seq, segment.payload)
    var hasFIN = segment.flags.contains(.fin)
    if hasFIN, !text.isEmpty, fault == .finWithTextIgnored { hasFIN = false }
    if seq.isBefore(received) {
      let extra = Int(received &- seq)
      if fault == .oldTextDelivered, extra >= text.count {
        unread += text
        return
      }
      text.removeFirst(min(extra, text.count))
      seq = received
    }
    if fault != .closedWindowTakesOctet {
      let room = Int(receiveWindow) - Int(seq &- received)
      if text.count > room { (text, hasFIN) = (Array(text.prefix(max(room, 0))), false) }
    }
    guard seq == received else {
      guard !text.isEmpty || hasFIN, ahead.count < 32 else { return }
      ahead.removeAll { $0.seq == seq && $0.text.count <= text.count }
      ahead.insert((seq, text, hasFIN), at: 0)
      return
    }
    deliver(text, hasFIN: hasFIN)
    while let index = ahead.firstIndex(where: { !received.isBefore($0.seq) }) {
      let piece = ahead.remove(at: index)
      let extra = Int(received &- piece.seq)
      if extra <= piece.text.count { deliver(Array(piece.text.dropFirst(extra)), hasFIN: piece.hasFIN) }
    }
  }

  private mutating func deliver(_ text: [UInt8], hasFIN: Bool) {
    guard !hasReceivedFIN else { return }
    unread += text
    received = received &+ UInt32(text.count)
    guard hasFIN else { return }
    received = received &+ 1
    hasReceivedFIN = true
    ahead = []
  }

  private mutating func finArrived(of segment: PeerSegment, before: UInt32) {
    if fault == .halfCloseDropsText, !outgoing.isEmpty {
      outgoing = []
      una = hasSentFIN ? nxt &- 1 : nxt
      cursor = nxt
    }
    let isPlain = segment.payload.isEmpty && segment.seq == before
    if isPlain, wasEstablished, state == .established, fault == .finNotAcknowledged { hidesFIN = true }
    switch state {
    case .established: state = .closeWait
    case .finWait1: state = .closing
    case .finWait2: state = .timeWait
    default: break
    }
  }
}
