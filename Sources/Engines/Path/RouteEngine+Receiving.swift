import Handshake
import Path
import Timebase
import Wire

/// What came, and which probe it answers.
extension RouteEngine {
  /// Ties a packet to the probe that it answers.
  public mutating func receive(_ arrival: borrowing ReceivedPacket, at now: Stamp) -> Action<Report> {
    lastRemark = nil
    switch arrival.judged() {
    case .segment(let flow, let segment, _, let ip):
      guard flow.remote == remote, let index = flows.firstIndex(where: { $0.local == flow.local }) else { return .none }
      if flows[index].session == nil {
        receive(segment, ip, of: index, at: now)
      } else {
        receiveInSession(segment, ip, of: index, at: now)
      }
    case .icmp(let flow, let notice, let hopLimit):
      guard let quotation = arrival.quotation else { return .none }
      receive(notice, flow, quotation, hopLimit, at: now)
    case .refused, .notOurs: break
    }
    return .none
  }

  /// An answer to SYNs.
  private mutating func receive(_ segment: Segment, _ ip: IPMarks, of index: Int, at now: Stamp) {
    guard let ack = segment.ack else { return }
    let isReset = segment.flags.contains(.rst)
    if let found = answered(by: segment, ack, of: index) {
      let kind: PathProbe.Answer.Kind = isReset ? .rst : segment.flags.contains(.syn) ? .synAck : .ack
      take(found, .init(kind: kind, address: remote.address, rtt: nil, hopLimit: ip.hopLimit), at: now)
    }
    // A SYN-ACK leaves the peer half open, and so does what it answers a SYN with that finds it so: RST with seq = SEG.ACK
    // (RFC 9293 §3.10.7.3).
    guard !isReset else { return }
    flows[index].lastReset = ack
    push(Segment(seq: ack, flags: .rst), of: index)
  }

  /// Which SYN a segment of the target's answers: the one that it acknowledges; and where it challenges one that found it
  /// half open, because our RST was lost, the only one that can have reached it.
  private func answered(by segment: Segment, _ ack: SequenceNumber, of index: Int) -> Int? {
    let isOpen = { (entry: PendingProbe) in entry.probe.flow == index && entry.probe.form == .syn && !entry.isAnswered }
    if !segment.flags.isDisjoint(with: [.syn, .rst]) { return pending.firstIndex { isOpen($0) && $0.seq + 1 == ack } }
    guard flows[index].isExplored, let end = flows[index].end else { return nil }
    let reached = pending.indices.filter { isOpen(pending[$0]) && pending[$0].probe.ttl >= end }
    return reached.count == 1 ? reached[0] : nil
  }

  /// An answer within a connection.
  private mutating func receiveInSession(_ segment: Segment, _ ip: IPMarks, of index: Int, at now: Stamp) {
    guard let news = flows[index].session?.receive(segment, at: now.instant) else { return }
    if let reply = news.reply { push(reply, of: index) }
    guard news.isOurs else { return }
    lastRemark = news.hasOpened ? "answer: open" : "of the connection"
    if news.hasOpened {
      flows[index].stage = .ready
      return
    }
    if flows[index].stage == .opening, flows[index].session?.state == .reset {
      return fail(index, "no connection for probes within it: the target refused it")
    }
    guard !segment.flags.contains(.rst), let found = answered(by: segment, of: index) else { return }
    flows[index].hits += 1
    let answer = PathProbe.Answer(kind: .ack, address: remote.address, rtt: nil, hopLimit: ip.hopLimit)
    take(found, answer, at: now)
  }

  /// Which probe a segment of the peer's answers: by its first SACK block, by the timestamp that it echoes, or because
  /// only one can have reached it.
  private func answered(by segment: Segment, of index: Int) -> Int? {
    let flow = flows[index]
    guard let session = flow.session, segment.ack == session.sndUna else { return nil }
    let isOpen = { (entry: PendingProbe) in entry.probe.flow == index && !entry.isAnswered }
    if session.hasSACK {
      guard let block = segment.options.firstSACKBlock else { return nil }
      return pending.firstIndex { isOpen($0) && $0.seq == block.left }
    }
    guard segment.textLength == 0 else { return nil }
    if session.hasTimestamps {
      guard let echoed = ParsedOptions(segment.options).timestamps?.echoReply else { return nil }
      return pending.firstIndex { isOpen($0) && $0.timestamp == echoed }
    }
    let least = flow.end ?? plan.ttls.lowerBound
    return pending.indices.filter { isOpen(pending[$0]) && pending[$0].probe.ttl >= least }
      .min { pending[$0].probe.ttl < pending[$1].probe.ttl }
  }

  /// An ICMP error: its quote names the probe.
  private mutating func receive(
    _ notice: ICMPNotice, _ flow: Flow, _ quotation: borrowing Quotation, _ hopLimit: UInt8, at now: Stamp
  ) {
    guard let verdict = notice.verdict, verdict.decides, let address = notice.source else { return }
    if let index = flows.firstIndex(where: { $0.local == flow.local && $0.stage == .opening }), flow.remote == remote,
      notice.quotedSequence == flows[index].session?.iss
    {
      return fail(index, "no connection for probes within it: \(verdict.reason.rawValue) from \(address)")
    }
    guard let packet = try? QuotedPacket(lax: quotation.quote), let found = quoted(notice, flow, packet) else { return }
    let isExceeded = verdict.reason == .icmpTTLExceeded
    var answer = PathProbe.Answer(
      kind: isExceeded ? .timeExceeded : .unreachable, address: address, rtt: nil, hopLimit: hopLimit,
      reason: verdict.reason)
    answer.quotedTTL = packet.timeToLive
    answer.quotedLength = packet.transportLength
    let sent = pending[found].octets
    answer.changes = QuoteComparison.changes(sent: sent.span.raw, quote: quotation.quote)
    answer.extensions = quotation.extensions
    take(found, answer, at: now)
  }

  /// The probe that a quote shows: by its sequence number and the ports or the target, and where a box changed that, by
  /// the identification of a packet between our ends.
  private func quoted(_ notice: ICMPNotice, _ flow: Flow, _ packet: QuotedPacket) -> Int? {
    guard let sequence = notice.quotedSequence else { return nil }
    let byNumber = pending.firstIndex { entry in
      guard !entry.isAnswered, entry.seq == sequence else { return false }
      let isToTarget = flow.remote.address == remote.address
      let hasPorts = flow.remote.port == remote.port && flow.local.port == entry.probe.sourcePort
      return isToTarget || hasPorts
    }
    if let byNumber { return byNumber }
    guard let identification = packet.identification, flow.remote == remote else { return nil }
    return pending.firstIndex {
      !$0.isAnswered && $0.identification == identification && flows[$0.probe.flow].local == flow.local
    }
  }

  /// A probe is answered.
  private mutating func take(_ index: Int, _ answer: PathProbe.Answer, at now: Stamp) {
    pending[index].probe.answer = answer
    pending[index].arrival = now
    pending[index].deadline = now.instant + RouteEngine.stampWait
    let entry = pending[index]
    lastRemark = "answer to probe \(entry.probe.number), TTL \(entry.probe.ttl)"
    if entry.departure?.kernel != nil {
      pending.remove(at: index)
      tell(entry)
    }
    learn(entry.probe, answer)
  }

  private mutating func push(_ segment: Segment, of index: Int) {
    guard outbox.count < RouteEngine.mostWaiting else { return }
    outbox.append((index, segment))
  }

  /// Takes what became of a port or a packet.
  @discardableResult public mutating func note(_ event: Happening) -> Action<Report> {
    switch event {
    case .opened(let slot, let port, let seed, let now): begin(slot, port: port, seed: seed, at: now.instant)
    case .unreserved(let slot, _): fail(slot, "no source port is free")
    case .departed(let token, let now):
      guard let index = entry(token) else { break }
      pending[index].departure = now
      pending[index].deadline = now.instant + plan.wait
    case .transmitted(let token, let kernel):
      guard let index = entry(token) else { break }
      pending[index].departure?.kernel = kernel
      if pending[index].isAnswered { tell(pending.remove(at: index)) }
    case .failed(let token, let reason):
      if let index = entry(token) { pending.remove(at: index) }
      fail(token.slot, "this host did not send a packet (\(reason.rawValue))")
    }
    return .none
  }

  private func entry(_ token: Token) -> Int? {
    guard token.generation == 0 else { return nil }
    return pending.firstIndex { UInt32(truncatingIfNeeded: $0.probe.number) == token.number }
  }
}
