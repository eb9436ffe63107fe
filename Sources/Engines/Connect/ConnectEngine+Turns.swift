import Handshake
import Timebase

/// What is due when: one thing at a time, until nothing is.
extension ConnectEngine {
  /// When the next probe is to begin, a connection wants attention, or the run is to end.
  public var nextDeadline: Instant? {
    if isOver { return startedAt }
    var next = nextStart
    if let first = deadlines.first { next = min(next ?? first.deadline, first.deadline) }
    if let end, !isInterrupted { next = min(next ?? end, end) }
    return next
  }

  /// Whether nothing is in flight, and nothing more is to come.
  private var isOver: Bool { active == 0 && nextStart == nil && (awaited == 0 || isInterrupted) }

  /// When the whole run is to end.
  private var end: Instant? { schedule.deadline.map { startedAt + min($0, Schedule.farthest) } }

  /// Ends what has ended, sends what is due, or begins the next probe.
  public mutating func expire(at now: Stamp) -> Action<Finding> {
    if let end, end <= now.instant, !isInterrupted {
      isOverdue = true
      interrupt(at: now)
    }
    if let first = deadlines.first, first.deadline <= now.instant {
      let action = turn(first.slot, at: now)
      setDeadline(of: first.slot)
      return action
    }
    if let due = nextStart, due <= now.instant { return begin(at: now) }
    return isOver ? .done : .none
  }

  /// Notes when a connection wants attention: after whatever may have changed that.
  mutating func setDeadline(of slot: Int) { deadlines.set(deadline(of: slot), of: slot) }

  /// When one connection wants attention.
  ///
  /// Asked after every packet, hence of the slot's value where it lies: a copy would be large.
  private func deadline(of slot: Int) -> Instant? {
    guard let isFinished = places[slot].probe?.conversation?.connection.isFinished else { return nil }
    guard isFinished else {
      return isInterrupted ? startedAt : places[slot].probe?.conversation?.connection.nextDeadline
    }
    guard let reportBy = places[slot].probe?.reportBy else { return startedAt }
    return awaitsMore(slot) ? reportBy : startedAt
  }

  /// Whether what was to be said of a finished connection may yet change: stamps that are missing, a peer that goes on
  /// after an RST that does not look like its own.
  private func awaitsMore(_ slot: Int) -> Bool {
    guard places[slot].probe?.conversation?.connection.awaitsStamps == false else { return true }
    return !isInterrupted && places[slot].probe?.conversation?.isResetDoubtful == true
  }

  private mutating func turn(_ slot: Int, at now: Stamp) -> Action<Finding> {
    guard let connection = places[slot].probe?.conversation?.connection else { return .none }
    guard connection.isFinished else {
      let (isInterrupted, isOverdue) = (isInterrupted, isOverdue)
      let outgoing = places[slot].probe?.conversation?.apply {
        isInterrupted ? $0.abort(at: now, isOverdue: isOverdue) : $0.expire(at: now)
      }
      return send(outgoing, from: slot)
    }
    // The kernel's stamp of the last packet may still be on its way through the error queue.
    if places[slot].probe?.reportBy == nil, awaitsMore(slot) {
      let isDoubtful = places[slot].probe?.conversation?.isResetDoubtful == true
      let grace = isDoubtful ? ConnectEngine.doubtGrace : ConnectEngine.stampGrace
      places[slot].probe?.reportBy = now.instant + grace
      return .none
    }
    return report(slot)
  }

  private mutating func report(_ slot: Int) -> Action<Finding> {
    guard let probe = places[slot].probe, let conversation = probe.conversation else { return .none }
    vacate(slot)
    let finding = Finding(target: probe.target, sequence: probe.sequence, outcome: Outcome(conversation))
    return .report(finding, slot: slot)
  }

  /// When the next connection is to begin; nil where none is left, or none may begin yet.
  private var nextStart: Instant? {
    guard !isInterrupted, active < room.places, !isPortTaken else { return nil }
    return rota.nextStart
  }

  /// Whether the next probe has to wait for its port: one that was asked for serves one connection to a target at a time.
  ///
  /// In a run without an end it is left out instead, or a target that holds its connection would keep the others waiting.
  private var isPortTaken: Bool { schedule.count != nil && isPortTaken(for: rota.next.target) }

  private func isPortTaken(for index: Int) -> Bool {
    guard sourcePort != 0, targets.indices.contains(index), let source = targets[index].source else { return false }
    return slots.slot(of: Flow(local: Endpoint(source, sourcePort), remote: targets[index].remote)) != nil
  }

  private mutating func begin(at now: Stamp) -> Action<Finding> {
    let rounds = rota.slip(at: now.instant)
    if rounds > 0 {
      let (target, sequence) = rota.next
      return .report(Finding(target: target, sequence: sequence, putOff: rounds), slot: nil)
    }
    let (index, sequence) = rota.take(at: now.instant)
    let isCrowded = !activeOf.isEmpty && !room.allows(Int(activeOf[index]), of: active)
    if isCrowded || (schedule.count == nil && isPortTaken(for: index)) {
      return .report(Finding(target: index, sequence: sequence, isLeftOut: true), slot: nil)
    }
    let target = targets[index]
    guard let source = target.source else {
      var outcome = Outcome(unroutable: target.remote, mode: Outcome.Mode(target.plan), at: now)
      outcome.notes = target.obstacle
      return .report(Finding(target: index, sequence: sequence, outcome: outcome), slot: nil)
    }
    generation &+= 1
    let slot = occupy(Probe(target: index, sequence: sequence, conversation: nil, generation: generation))
    return .open(slot: slot, address: source, port: sourcePort)
  }

  /// Puts a probe into the place that was left last, or a new one.
  private mutating func occupy(_ probe: Probe) -> Int {
    active += 1
    if !activeOf.isEmpty { activeOf[probe.target] += 1 }
    guard firstFree >= 0 else {
      places.append(Place(probe: probe))
      return places.count - 1
    }
    let slot = firstFree
    firstFree = places[slot].nextFree
    places[slot] = Place(probe: probe)
    return slot
  }

  /// Forgets a probe, and leaves its place to the next one.
  mutating func vacate(_ slot: Int) {
    if let flow = places[slot].probe?.conversation?.flow { slots.remove(flow) }
    if !activeOf.isEmpty, let target = places[slot].probe?.target { activeOf[target] -= 1 }
    deadlines.set(nil, of: slot)
    places[slot] = Place(probe: nil, nextFree: firstFree)
    firstFree = slot
    active -= 1
  }
}
