import HTTP
import Handshake
import Timebase
import Wire

/// What is due when: one thing at a time, until nothing is.
extension HTTPEngine {
  /// When the connection in flight wants attention, the next is to begin, or the run is to end.
  public var nextDeadline: Instant? {
    guard let due = visitDeadline else { return visit == nil ? startedAt : end }
    guard let end, !isInterrupted else { return due }
    return min(due, end)
  }

  private var end: Instant? { job.deadline.map { startedAt + min($0, Schedule.farthest) } }

  /// When the connection in flight wants attention; nil where none is, or its port is not reserved yet.
  private var visitDeadline: Instant? {
    guard let isFinished = visit?.conversation?.connection.isFinished else { return nil }
    if visit?.session.hasContent == true { return startedAt }
    guard !isFinished else {
      guard let reportBy = visit?.reportBy else { return startedAt }
      return awaitsStamps ? reportBy : startedAt
    }
    if isInterrupted { return startedAt }
    return earliest(earliest(visit?.conversation?.connection.nextDeadline, patienceEnds), lifetimeEnds)
  }

  /// When a server that says nothing is waited for no longer, nor one that does not close, whatever it still says.
  private var patienceEnds: Instant? {
    guard let state = visit?.conversation?.connection.state, state.isSynchronized else { return nil }
    guard let shutDownAt = visit?.shutDownAt else { return (visit?.movedAt).map { $0 + target.plan.patience } }
    // Our FIN, and what lies before it, the machine gives up by itself.
    return state == .finWait2 ? shutDownAt + target.plan.patience : nil
  }

  /// When the connection is ended whatever the server does.
  private var lifetimeEnds: Instant? {
    guard let lifetime = job.lifetime else { return nil }
    return (visit?.began).map { $0 + min(lifetime, Schedule.farthest) }
  }

  private func earliest(_ one: Instant?, _ other: Instant?) -> Instant? {
    guard let one, let other else { return one ?? other }
    return min(one, other)
  }

  private var awaitsStamps: Bool {
    guard let conversation = visit?.conversation else { return false }
    return conversation.connection.awaitsStamps || visit?.session.awaitsStamps(in: conversation.log) == true
  }

  /// Does one thing that is due.
  public mutating func expire(at now: Stamp) -> Action<News> {
    if let end, end <= now.instant, !isInterrupted {
      isInterrupted = true
      isOverdue = true
    }
    guard visit != nil else { return begin(at: now) }
    if let content = visit?.session.takeContent(), !content.isEmpty { return .report(.content(content), slot: nil) }
    guard let due = visitDeadline, due <= now.instant else { return .none }
    return visit?.conversation?.connection.isFinished == true ? conclude(at: now) : turn(at: now)
  }

  private mutating func begin(at now: Stamp) -> Action<News> {
    guard begun < job.visits.count, !isInterrupted else { return .done }
    let session = HTTPSession(
      job.request, count: job.visits[begun], isPipelined: job.isPipelined, keepsContent: job.keepsContent)
    begun += 1
    guard let source = target.source else {
      var outcome = Outcome(unroutable: target.remote, mode: .full, at: now)
      outcome.notes = target.obstacle
      return .report(
        .visit(Finding(sequence: begun, outcome: outcome, session: session, traffic: Traffic(requests: session.count))),
        slot: nil)
    }
    visit = Visit(
      sequence: begun, session: session, traffic: Traffic(requests: session.count), began: now.instant,
      movedAt: now.instant)
    return .open(slot: 0, address: source, port: job.sourcePort)
  }

  private mutating func turn(at now: Stamp) -> Action<News> {
    if isInterrupted {
      visit?.session.lost()
      let isOverdue = isOverdue
      let outgoing = visit?.conversation?.apply { $0.abort(at: now, isOverdue: isOverdue) }
      return send(outgoing ?? nil, at: now)
    }
    if let end = lifetimeEnds, end <= now.instant {
      visit?.session.lost(.timeout)
      // What has not answered by then is unanswered.
      let outgoing = visit?.conversation?.apply { $0.abort(at: now, isOverdue: true) }
      return send(outgoing ?? nil, at: now)
    }
    if let quiet = patienceEnds, quiet <= now.instant {
      guard visit?.shutDownAt == nil else {
        let outgoing = visit?.conversation?.apply { $0.abort(at: now) }
        return send(outgoing ?? nil, at: now)
      }
      visit?.session.lost(.timeout)
      visit?.shutDownWhereOver(at: now)
      return .none
    }
    let outgoing = visit?.conversation?.expire(at: now)
    follow(at: now)
    return send(outgoing ?? nil, at: now)
  }

  /// Reports a connection that has ended, once its stamps are there or have been waited for.
  private mutating func conclude(at now: Stamp) -> Action<News> {
    if awaitsStamps, visit?.reportBy == nil {
      visit?.reportBy = now.instant + ConnectEngine.stampGrace
      return .none
    }
    guard var visit, let conversation = visit.conversation else { return .none }
    visit.session.lost()
    visit.session.settle(in: conversation.log, isEnded: true)
    self.visit = nil
    var outcome = Outcome(conversation)
    // Of several requests the connection's own steps would mix the first with the last: each has its own.
    if visit.session.count > 1 { outcome?.steps.removeAll { [.request, .response, .transfer].contains($0.kind) } }
    let finding = Finding(
      sequence: visit.sequence, outcome: outcome, session: visit.session, traffic: visit.traffic)
    return .report(.visit(finding), slot: 0)
  }
}

// MARK: The application

extension HTTPEngine {
  /// Lets the application follow what the machine did.
  mutating func follow(at now: Stamp) { visit?.follow(at: now) }

  /// Names a segment, and tells session and traffic of it.
  mutating func send(_ outgoing: Outgoing?, at now: Stamp) -> Action<News> {
    guard let outgoing, let flow = visit?.conversation?.flow, let sequence = visit?.sequence,
      let data = visit?.conversation?.connection.octets(behind: outgoing)
    else { return .none }
    visit?.note(outgoing, to: flow.remote.address)
    return .send(
      Transmission(
        token: Token(slot: 0, generation: UInt32(truncatingIfNeeded: sequence), number: outgoing.number),
        flow: flow, segment: outgoing.segment, ipFields: target.plan.ipFields, data: data, text: outgoing.text))
  }
}

extension HTTPEngine.Visit {
  /// Hands what came to the session, and what the session wants written to the connection.
  ///
  /// Called after every packet, hence on the connection's value where it lies: a copy would be large.
  mutating func follow(at now: Stamp) {
    guard conversation?.connection.verdict == .open, let snd = conversation?.connection.tcb.snd,
      let packet = conversation?.connection.lastReceivedNumber
    else { return }
    traffic.acknowledged(snd.una)
    session.acknowledged(before: Int(snd.una.distance(from: snd.iss + 1)), by: packet)
    conversation?.takeReceived(into: &received)
    if !received.isEmpty {
      movedAt = now.instant
      session.take(received, with: packet)
    }
    if conversation?.connection.isPeerDone == true { session.peerClosed(with: packet) }
    keepWhereNeeded(packet)
    guard conversation?.connection.isFinished == false else { return session.lost() }
    while let request = session.nextRequest() {
      movedAt = now.instant
      conversation?.write(request)
    }
    shutDownWhereOver(at: now)
  }

  /// Keeps a packet that a request's step lies between in a full log, until that request has its times.
  private mutating func keepWhereNeeded(_ packet: UInt32) {
    guard conversation?.connection.isLogFull == true else { return }
    if session.needs(packet) { conversation?.keep(packet) }
    if let log = conversation?.log { session.settle(in: log, isEnded: false) }
    conversation?.release(before: session.firstNeeded ?? packet)
  }

  mutating func shutDownWhereOver(at now: Stamp) {
    guard session.isOver, shutDownAt == nil else { return }
    shutDownAt = now.instant
    conversation?.shutdown()
  }

  /// Tells session and traffic of a segment of ours.
  mutating func note(_ outgoing: Outgoing, to address: IPAddress) {
    let segment = outgoing.segment
    traffic.sent(segment, to: address)
    guard segment.textLength > 0, !outgoing.isGarbage, let iss = conversation?.connection.tcb.snd.iss else { return }
    let start = Int(segment.seq.distance(from: iss + 1))
    session.sent(
      start..<(start + segment.textLength), number: outgoing.number, isRetransmission: outgoing.isRetransmission)
    keepWhereNeeded(outgoing.number)
  }
}
