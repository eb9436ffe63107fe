import Handshake
import Timebase

/// What is due when: one thing at a time, until nothing is.
extension ConnectEngine {
  /// When the next probe is to begin, a connection wants attention, or the run is to end.
  public var nextDeadline: Instant? {
    if active == 0, nextStart == nil { return startedAt }
    var next = nextStart
    for slot in probes.indices {
      guard let deadline = deadline(of: slot) else { continue }
      next = min(next ?? deadline, deadline)
    }
    if let end, !isInterrupted { next = min(next ?? end, end) }
    return next
  }

  /// When the whole run is to end.
  private var end: Instant? { schedule.deadline.map { startedAt + min($0, Schedule.farthest) } }

  /// Ends what has ended, sends what is due, or begins the next probe.
  public mutating func expire(at now: Stamp) -> Action<Finding> {
    if let end, end <= now.instant, !isInterrupted {
      isInterrupted = true
      isOverdue = true
    }
    for slot in probes.indices {
      guard let deadline = deadline(of: slot), deadline <= now.instant else { continue }
      let action = turn(slot, at: now)
      if case .none = action { continue }
      return action
    }
    if let due = nextStart, due <= now.instant { return begin(at: now) }
    return active == 0 && nextStart == nil ? .done : .none
  }

  /// When one connection wants attention.
  ///
  /// Asked of every slot after every packet, hence of the slot's value where it lies: a copy would be large.
  private func deadline(of slot: Int) -> Instant? {
    guard let isFinished = probes[slot]?.conversation?.connection.isFinished else { return nil }
    guard isFinished else {
      return isInterrupted ? startedAt : probes[slot]?.conversation?.connection.nextDeadline
    }
    guard let reportBy = probes[slot]?.reportBy else { return startedAt }
    return probes[slot]?.conversation?.connection.awaitsStamps == true ? reportBy : startedAt
  }

  private mutating func turn(_ slot: Int, at now: Stamp) -> Action<Finding> {
    guard let connection = probes[slot]?.conversation?.connection else { return .none }
    guard connection.isFinished else {
      let (isInterrupted, isOverdue) = (isInterrupted, isOverdue)
      let outgoing = probes[slot]?.conversation?.apply {
        isInterrupted ? $0.abort(at: now, isOverdue: isOverdue) : $0.expire(at: now)
      }
      return send(outgoing, from: slot)
    }
    // The kernel's stamp of the last packet may still be on its way through the error queue.
    if connection.awaitsStamps, probes[slot]?.reportBy == nil {
      probes[slot]?.reportBy = now.instant + ConnectEngine.stampGrace
      return .none
    }
    return report(slot)
  }

  private mutating func report(_ slot: Int) -> Action<Finding> {
    guard let probe = probes[slot], let conversation = probe.conversation else { return .none }
    probes[slot] = nil
    active -= 1
    let finding = Finding(target: probe.target, sequence: probe.sequence, outcome: Outcome(conversation))
    return .report(finding, slot: slot)
  }

  /// When the next connection is to begin; nil where none is left, or none may begin yet.
  private var nextStart: Instant? {
    guard !isInterrupted, !targets.isEmpty, nextRound < schedule.count ?? .max else { return nil }
    guard active < ConnectEngine.concurrency, !isPortTaken else { return nil }
    return startedAt + schedule.due(round: nextRound, target: nextTarget, of: targets.count)
  }

  /// A source port that was asked for serves one connection to a target at a time.
  private var isPortTaken: Bool { sourcePort != 0 && active > 0 }

  private mutating func begin(at now: Stamp) -> Action<Finding> {
    let (index, sequence) = (nextTarget, nextRound + 1)
    nextTarget += 1
    if nextTarget == targets.count {
      nextTarget = 0
      nextRound += 1
    }
    let target = targets[index]
    guard let source = target.source else {
      let outcome = Outcome(unroutable: target.remote, mode: Outcome.Mode(target.plan), at: now)
      return .report(Finding(target: index, sequence: sequence, outcome: outcome), slot: nil)
    }
    let slot = probes.firstIndex { $0 == nil } ?? probes.count
    if slot == probes.count { probes.append(nil) }
    generation &+= 1
    probes[slot] = Probe(target: index, sequence: sequence, conversation: nil, generation: generation)
    active += 1
    return .open(slot: slot, address: source, port: sourcePort)
  }
}
