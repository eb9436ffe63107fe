import HTTP
import Handshake
import Timebase
import Wire

/// One request and its response inside each connection.
extension BenchEngine {
  /// Sends the request: the connection has just opened.
  mutating func ask(_ slot: Int, at now: Stamp, into batch: inout PacketBatch) {
    let length = lanes[slots[slot].result.target].target.request.count
    slots[slot].nxt += UInt32(truncatingIfNeeded: length)
    slots[slot].copies = 0
    readers[slot] = HTTPResponseReader()
    readers[slot].await(.get)
    sendRequest(slot, at: now.instant, into: &batch)
  }

  /// Reads the next octets of the response; at its end the connection is closed.
  mutating func takeResponse(
    _ text: RawSpan, isEnd: Bool, _ slot: Int, at now: Stamp, into batch: inout PacketBatch
  ) {
    if text.byteCount > 0, slots[slot].firstOctet == nil {
      slots[slot].firstOctet = now
      slots[slot].result.response = slots[slot].copies == 1 ? slots[slot].left.map { now.since($0) } : nil
    }
    let isWhole: Bool
    do throws(HTTPFault) {
      isWhole = try read(text, isEnd: isEnd, slot)
    } catch {
      reset(slot, into: &batch)
      return finish(slot, .garbled)
    }
    guard isWhole else {
      setTimer(slot, at: now.instant + plan.patience)
      return sendAck(slot, at: now.instant, into: &batch)
    }
    slots[slot].result.transfer = slots[slot].firstOctet.map { now.since($0, from: .arrival) }
    // Our FIN or RST acknowledges what came, but a FIN of the peer's comes first.
    if isEnd { takeFin(slot, at: now, into: &batch) }
    close(slot, at: now, into: &batch)
  }

  /// Whether the response is whole now.
  private mutating func read(_ text: RawSpan, isEnd: Bool, _ slot: Int) throws(HTTPFault) -> Bool {
    let octets = text.octets
    var offset = 0
    while let event = try readers[slot].next(octets.span, from: &offset) {
      switch event {
      case .head(let head): slots[slot].result.status = UInt16(clamping: head.status)
      case .end: return true
      case .interim, .content: break
      }
    }
    guard isEnd else { return false }
    // A response may last until the connection does; any other is cut short.
    return try readers[slot].finish() == .end
  }
}
