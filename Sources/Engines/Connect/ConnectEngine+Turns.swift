import Handshake
import Timebase

/// What is due when: one thing at a time, until nothing is.
extension ConnectEngine {
  public var nextDeadline: Instant? {
    var next = nextStart
    for probe in probes {
      guard let probe, let deadline = deadline(of: probe) else { continue }
      next = next.map { min($0, deadline) } ?? deadline
    }
    if let end = schedule.deadline, !isInterrupted { next = next.map { min($0, startedAt + end) } }
    return active == 0 && nextStart == nil ? startedAt : next
  }

  public mutating func expire(at now: Stamp) -> Action<Finding> {
    if let end = schedule.deadline, startedAt + end <= now.instant { isInterrupted = true }
    for slot in probes.indices {
      guard let probe = probes[slot], let deadline = deadline(of: probe), deadline <= now.instant else { continue }
      let action = turn(slot, at: now)
      if case .none = action { continue }
      return action
    }
    if let due = nextStart, due <= now.instant { return begin(at: now) }
    return active == 0 && nextStart == nil ? .done : .none
  }

  /// When one connection wants attention.
  private func deadline(of probe: Probe) -> Instant? {
    guard let conversation = probe.conversation else { return nil }
    if isInterrupted, !conversation.connection.isFinished { return startedAt }
    if let reportBy = probe.reportBy { return conversation.connection.awaitsStamps ? reportBy : startedAt }
    return conversation.connection.isFinished ? startedAt : conversation.connection.nextDeadline
  }

  private mutating func turn(_ slot: Int, at now: Stamp) -> Action<Finding> {
    guard let connection = probes[slot]?.conversation?.connection else { return .none }
    guard connection.isFinished else {
      let isInterrupted = isInterrupted
      let outgoing = probes[slot]?.conversation?.apply {
        isInterrupted ? $0.abort(at: now) : $0.expire(at: now)
      }
      return send(outgoing ?? nil, from: slot)
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
    slots[conversation.flow] = nil
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
      let outcome = Outcome(unroutable: target.remote, mode: Outcome.Mode(target.plan.mode), at: now)
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
