import Handshake
import Timebase

/// What is due when.
extension ListenEngine {
  /// When a connection wants attention, or the run is to end.
  public var nextDeadline: Instant? {
    if isEnding, table.count == 0 { return startedAt }
    return table.nextDeadline
  }

  /// Ends what has ended, or sends what is due.
  public mutating func expire(at now: Stamp) -> Action<Finding> {
    if isEnding, table.count == 0 { return .done }
    guard let slot = table.nextDue(at: now.instant) else { return .none }
    guard table.entries[slot]?.conversation.connection.isFinished == false else { return finish(slot, at: now) }
    let end = table.entries[slot]?.end(limits)
    let isOver = isCutShort(slot) || end.map { $0 <= now.instant } ?? false
    return serve(slot, at: now) { isOver ? $0.abort(at: now) : $0.expire(at: now) }
  }

  /// Whether a connection is to be ended: all of them after an interrupt, half-open ones once no more are counted, and
  /// whichever has to make room.
  private func isCutShort(_ slot: Int) -> Bool {
    isInterrupted || (isEnding && table.entries[slot]?.isHalfOpen == true) || table.entries[slot]?.isGivenUp == true
  }

  /// Lets something happen to a connection, then its application, and sends what comes of it.
  mutating func serve(
    _ slot: Int, at now: Stamp, _ body: (inout TracedConnection) -> Outgoing?
  ) -> Action<Finding> {
    lastSlot = slot
    var action = Action<Finding>.none
    // The text of what is sent may move when the application writes: it is taken before.
    if let outgoing = table.entries[slot]?.conversation.apply(body),
      let transmission = table.entries[slot]?.transmission(outgoing, from: slot)
    {
      action = .send(transmission)
    }
    noteEstablished(slot, at: now.instant)
    table.entries[slot]?.attend()
    if table.entries[slot]?.isHalfOpen == false, table.entries[slot]?.isGivenUp == false,
      table.entries[slot]?.noteProgress(at: now.instant) == true
    {
      table.noteActivity(of: slot, at: now.instant)
    }
    settle(slot)
    return action
  }

  private mutating func noteEstablished(_ slot: Int, at now: Instant) {
    guard table.entries[slot]?.isHalfOpen == true, table.entries[slot]?.conversation.connection.verdict == .open else {
      return
    }
    table.entries[slot]?.isHalfOpen = false
    halfOpen -= 1
    counts.established += 1
    makeRoom(for: slot, at: now)
    // Half-open ones that come too late to be counted are due at once.
    if isEnding { for other in table.occupied { settle(other) } }
  }

  /// Notes when a connection wants attention next.
  mutating func settle(_ slot: Int) {
    var deadline = table.entries[slot]?.deadline(limits, soon: startedAt)
    if isCutShort(slot), table.entries[slot]?.conversation.connection.isFinished == false { deadline = startedAt }
    table.setDeadline(deadline, of: slot)
  }

  /// Tells of a connection that has ended, once the kernel's last stamp has come or will not come any more.
  private mutating func finish(_ slot: Int, at now: Stamp) -> Action<Finding> {
    if table.entries[slot]?.conversation.connection.awaitsStamps == true, table.entries[slot]?.reportBy == nil {
      table.entries[slot]?.reportBy = now.instant + ListenEngine.stampGrace
      settle(slot)
      return .none
    }
    guard let entry = table.remove(slot) else { return .none }
    if entry.isGivenUp { leaving -= 1 }
    if entry.isHalfOpen {
      halfOpen -= 1
      counts.abandoned += 1
    }
    return .report(Finding(sequence: entry.sequence, outcome: Outcome(entry.conversation)), slot: nil)
  }
}
