import Handshake
import Timebase
import Wire

/// What the peer's packets mean to a conversation.
extension Play {
  /// Notes the peer's numbers; says whether the packet carries only what had come before.
  mutating func track(_ packet: PlayPacket, at now: Instant) -> Bool {
    guard case .segment(let arrived) = packet else {
      note(isSent: false, notation(of: packet), line: nil, at: now)
      return false
    }
    var bare = arrived
    bare.text = []
    note(isSent: false, notation(of: packet), bare, line: nil, at: now)
    latest = arrived
    let segment = arrived.segment
    if segment.flags.contains(.rst) {
      course.wasReset = course.wasReset || segment.ack != nil || numbers.irs == nil || isInOrder(segment)
      return false
    }
    if segment.flags.contains(.syn), numbers.irs == nil {
      numbers.irs = segment.seq.value
      numbers.rcvNxt = 1
      if segment.flags.contains(.ack) { course.hasSynAck = true }
      noteAcknowledgment(segment)
      return false
    }
    noteAcknowledgment(segment)
    guard let irs = numbers.irs, segment.len > 0 else { return false }
    let end = segment.end.value &- irs
    let isNew = Int32(truncatingIfNeeded: end &- numbers.rcvNxt) > 0
    if isNew, isInOrder(segment) {
      if !conversation.isStrict, segment.textLength > 0 { numbers.spoken &+= end &- numbers.rcvNxt }
      if received.count < setting.keeps {
        let known = Int(numbers.rcvNxt &- (segment.seq.value &- irs))
        received += arrived.text.dropFirst(known).prefix(setting.keeps - received.count)
      }
      numbers.rcvNxt = end
      if segment.flags.contains(.fin) { course.finReceived = true }
    }
    return !isNew
  }

  private func isInOrder(_ segment: Segment) -> Bool {
    guard let irs = numbers.irs else { return false }
    return Int32(truncatingIfNeeded: segment.seq.value &- irs &- numbers.rcvNxt) <= 0
  }

  private mutating func noteAcknowledgment(_ segment: Segment) {
    guard let ack = segment.ack else { return }
    let number = ack.value &- numbers.iss
    let isNew = Int32(truncatingIfNeeded: number &- numbers.sndUna) > 0
    // A hole was filled: what was sent behind it follows in order now.
    let isFilled = Int32(truncatingIfNeeded: number &- farthest) <= 0
    if isNew, isFilled, Int32(truncatingIfNeeded: number &- numbers.sndNxt) > 0 { numbers.sndNxt = number }
    let isOfOurs = Int32(truncatingIfNeeded: number &- numbers.sndNxt) <= 0
    guard isNew, isOfOurs else { return }
    numbers.sndUna = number
    if course.finSent, number == numbers.sndNxt { course.finAcknowledged = true }
  }

  /// Acknowledges text and FIN that no line of the script speaks of, so that the peer does not send them again.
  mutating func acknowledgeText(_ packet: PlayPacket, at now: Instant) {
    guard acknowledges, case .segment(let arrived) = packet, numbers.irs != nil, arrived.segment.len > 0,
      !arrived.segment.flags.contains(.syn), !course.wasReset
    else { return }
    outbox.append(PlaySend(segment: next(wnd: window, at: now), ipFields: setting.ipFields))
  }

  // MARK: Verdicts

  /// Looks at a packet with the eyes of the step that waits.
  mutating func consider(_ packet: PlayPacket, at now: Instant) {
    let words = notation(of: packet)
    switch step.action {
    case .expect(let pattern, _, let passesOver, let list):
      if pattern.matches(packet, &numbers) {
        markLatest()
        passed(words, at: now)
      } else {
        let strictly = passesOver ? nil : "came where another was expected"
        consider(packet, words, list, strictly: strictly, at: now)
      }
    case .silence(_, let list):
      // What comes again, and what the service says by itself, break a silence only where a line says so.
      let isPassedOver = !conversation.isStrict && (packet.isAgain || isUnasked(packet))
      consider(packet, words, list, strictly: isPassedOver ? nil : "came where nothing was expected", at: now)
    case .collect(let pattern, _, _, let list):
      if pattern.matches(packet, &numbers) {
        markLatest()
        counted.append(now)
      } else {
        consider(packet, words, list, strictly: nil, at: now)
      }
    case .fill(_, _, let list):
      if case .segment(let arrived) = packet, arrived.segment.wnd == 0, arrived.segment.ack != nil,
        arrived.segment.flags.isDisjoint(with: [.rst, .fin])
      {
        markLatest()
        passed(words, at: now)
      } else {
        consider(packet, words, list, strictly: nil, at: now)
        if result == nil { fill(at: now) }
      }
    case .idle(let time, let limit, let list):
      consider(packet, words, list, strictly: nil, at: now)
      guard result == nil, deadline != nil, case .segment(let arrived) = packet else { return }
      quietSince = now
      deadline = min(now + time, since + limit)
      answerKeepAlive(arrived, at: now)
    case .keepAlive(_, _, let list):
      if case .segment(let arrived) = packet, let ack = arrived.segment.ack, ack.value &- numbers.iss == numbers.sndNxt,
        arrived.segment.flags.isDisjoint(with: [.rst, .fin, .syn])
      {
        markLatest()
        passed(words, at: now)
      } else {
        consider(packet, words, list, strictly: nil, at: now)
      }
    case .send, .request, .require, .acknowledge, .end: break
    }
  }

  /// Whether it is text that acknowledges nothing new: a greeting, or what follows it.
  private func isUnasked(_ packet: PlayPacket) -> Bool {
    guard case .segment(let arrived) = packet, !arrived.text.isEmpty, let ack = arrived.segment.ack else {
      return false
    }
    return ack.value &- numbers.iss == numbers.sndUna && arrived.segment.flags.isDisjoint(with: [.syn, .rst])
  }

  private mutating func consider(
    _ packet: PlayPacket, _ words: String, _ list: [Conversation.Alternative], strictly: String?, at now: Instant
  ) {
    for alternative in list {
      let fits: Bool
      switch alternative.answer {
      case .packet(let pattern): fits = pattern.matches(packet, &numbers)
      case .anything: fits = true
      case .silence: fits = false
      }
      guard fits else { continue }
      guard let verdict = alternative.verdict else { return }
      markLatest()
      return decide(verdict, alternative.words.isEmpty ? words : "\(alternative.words): \(words)", at: now)
    }
    guard let strictly else { return }
    markLatest()
    decide(.fail, "\(words) \(strictly)", at: now)
  }

  /// Nothing came in time.
  mutating func missed(_ list: [Conversation.Alternative], otherwise: String, at now: Instant) {
    guard let alternative = list.first(where: { $0.answer == .silence }), let verdict = alternative.verdict else {
      return decide(.fail, otherwise, bySilence: true, at: now)
    }
    decide(verdict, alternative.words.isEmpty ? "no answer" : alternative.words, bySilence: true, at: now)
  }

  /// The time is over in which packets were counted.
  mutating func conclude(counting least: Int, _ list: [Conversation.Alternative], at now: Instant) {
    numbers.count = UInt32(truncatingIfNeeded: counted.count)
    var words = "\(counted.count) in time"
    if let last = counted.last, counted.count > Play.countedLimit {
      words = "\(counted.count) in \((last - since).seconds) s"
    } else if !counted.isEmpty {
      words = "after " + counted.map { ($0 - since).seconds }.joined(separator: ", ") + " s"
    }
    guard counted.count < least else { return passed(words, at: now) }
    missed(list, otherwise: "\(counted.count) of \(least) came", at: now)
  }

  mutating func require(
    _ a: ScriptNumber, _ relation: Pattern.Relation, _ b: ScriptNumber, _ list: [Conversation.Alternative],
    at now: Instant
  ) {
    guard let left = numbers.value(of: a), let right = numbers.value(of: b) else {
      // Another answer than the one that would have given it its value, and was noted.
      return remark == nil ? decide(.inconclusive, "\(a) or \(b) has no value", at: now) : done(at: now)
    }
    // What holds is no evidence by itself: the packet was, from which the number came.
    if relation.holds(left, right) { return done(at: now) }
    let otherwise = "\(a) is \(left), not \(relation.rawValue) \(right)"
    guard let alternative = list.first, let verdict = alternative.verdict else {
      return decide(.fail, otherwise, at: now)
    }
    decide(verdict, alternative.words.isEmpty ? otherwise : "\(alternative.words): \(otherwise)", at: now)
  }

  // MARK: Words

  mutating func markLatest() {
    if let index = exchange.lastIndex(where: { !$0.isSent }) { exchange[index].line = step.line }
  }

  mutating func note(
    isSent: Bool, _ text: String, _ segment: PlaySegment? = nil, line: Int?, at now: Instant
  ) {
    guard exchange.count < Play.exchangeLimit else { return }
    exchange.append(Exchanged(isSent: isSent, after: now - began, text: text, line: line, segment: segment))
  }

  private func notation(of packet: PlayPacket) -> String {
    switch packet {
    case .icmp(let notice): "icmp \(notice.type)/\(notice.code)"
    case .segment(let arrived):
      notation(of: arrived.segment, sender: numbers.irs ?? arrived.ownISS, receiver: numbers.iss)
    }
  }

  /// `S. 0:0(0) ack 1 win 65160 <mss 1460,sackOK>`.
  func notation(of segment: Segment, sender: UInt32, receiver: UInt32) -> String {
    let start = Int32(truncatingIfNeeded: segment.seq.value &- sender)
    var text = "\(segment.flags.packetdrillLetters) \(start):\(Int(start) + segment.textLength)(\(segment.textLength))"
    if let ack = segment.ack { text += " ack \(Int32(truncatingIfNeeded: ack.value &- receiver))" }
    text += " win \(segment.wnd)"
    if segment.flags.contains(.urg) { text += " urg \(segment.up)" }
    if !segment.options.isEmpty {
      let words = OptionWords.list(segment.options)
      text += " <\(words.joined(separator: ","))>"
    }
    return text
  }
}
