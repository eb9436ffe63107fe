import Handshake
import Timebase
import Wire

/// The timers of a benchmark: seldom over, set for every packet.
///
/// So setting one is two stores, and what is over is searched for; the searches are a millisecond apart at least.
extension BenchEngine {
  private static var tick: Int64 { 1_000_000 }

  /// Sets a slot's timer, in place of the one that it had; a connection with a request has no time beyond its lifetime.
  mutating func setTimer(_ slot: Int, at time: Instant) {
    let time = plan.mode == .http ? min(time, slots[slot].result.due + plan.lifetime) : time
    // Whole milliseconds, so that many timers are found by one search.
    let rounded = (time.nanoseconds / BenchEngine.tick &+ 1) &* BenchEngine.tick
    deadlines[slot] = rounded
    if rounded < earliest { earliest = rounded }
  }

  /// Takes a slot's timer away.
  mutating func clearTimer(_ slot: Int) { deadlines[slot] = .max }

  /// Does what the timers that are over ask for, as far as the batch has room.
  mutating func expireTimers(at now: Instant, into batch: inout PacketBatch) {
    guard earliest <= now.nanoseconds else { return }
    var next = Int64.max
    for slot in deadlines.indices {
      if deadlines[slot] <= now.nanoseconds {
        if batch.vacancies >= BenchEngine.mostPacketsPerEvent {
          deadlines[slot] = .max
          expire(slot, at: now, into: &batch)
        }
      }
      next = min(next, deadlines[slot])
    }
    earliest = next
  }

  private mutating func expire(_ slot: Int, at now: Instant, into batch: inout PacketBatch) {
    if plan.mode == .http, now >= slots[slot].result.due + plan.lifetime {
      let isOpening = slots[slot].state == .synSent || slots[slot].state == .synReceived
      if !isOpening { reset(slot, into: &batch) }
      return finish(slot, isOpening ? .lost : .abandoned)
    }
    switch slots[slot].state {
    case .synSent, .synReceived: expireSyn(slot, at: now, into: &batch)
    case .established where slots[slot].una != slots[slot].nxt:
      retransmit(slot, at: now, into: &batch) { $0.sendRequest(slot, at: now, into: &$1) }
    case .finWait1, .closing, .lastAck:
      retransmit(slot, at: now, into: &batch) { $0.sendFin(slot, at: now, into: &$1) }
    case .listen, .closeWait, .timeWait, .closed: break
    case .established, .finWait2:
      // Our part is acknowledged, and the peer's has not come in all its time.
      reset(slot, into: &batch)
      finish(slot, .abandoned)
    }
  }

  private mutating func expireSyn(_ slot: Int, at now: Instant, into batch: inout PacketBatch) {
    if slots[slot].copies <= plan.retries {
      lanes[slots[slot].result.target].counts.retransmitted += 1
      slots[slot].retransmission.backOff()
      return sendSyn(slot, at: now, into: &batch)
    }
    switch slots[slot].notice?.verdict {
    case .unreachable: finish(slot, .unreachable)
    case .open, .refused, .filtered, nil: finish(slot, .lost)
    }
  }

  private mutating func retransmit(
    _ slot: Int, at now: Instant, into batch: inout PacketBatch,
    _ send: (inout BenchEngine, inout PacketBatch) -> Void
  ) {
    if slots[slot].copies <= plan.retries {
      lanes[slots[slot].result.target].counts.retransmitted += 1
      slots[slot].retransmission.backOff()
      return send(&self, &batch)
    }
    reset(slot, into: &batch)
    finish(slot, .abandoned)
  }

  /// The connection has ended: its slot is free, and its result waits.
  mutating func finish(_ slot: Int, _ end: BenchResult.End) {
    slots[slot].state = .closed
    slots[slot].result.end = end
    results.append(slots[slot].result)
    slots[slot].generation &+= 1
    clearTimer(slot)
    underWay -= 1
    lanes[slots[slot].result.target].underWay -= 1
    lanes[slots[slot].result.target].free.append(slot)
  }
}
