import Timebase
import Wire

/// What the owner of an interactive connection does with it (RFC 9293 §3.9.1: SEND, RECEIVE, CLOSE).
extension Connection {
  /// Gives octets to send (SEND, RFC 9293 §3.10.2); they go out from the next `expire(at:)` on, which is due at once.
  ///
  /// May be called before the connection is open. Does nothing after `shutdown()`, once the connection has ended, and
  /// where the plan is not interactive. How much is given ahead is up to the owner: see `unacknowledged`.
  public mutating func write(_ octets: [UInt8]) {
    guard plan.isInteractive, !sender.isClosed, ending == nil, !octets.isEmpty else { return }
    sender.append(octets)
    if stage == .requesting { transmitPending = true }
  }

  /// Says that nothing more will be written (CLOSE, RFC 9293 §3.10.4): our FIN follows the last octet.
  ///
  /// The peer's text is taken as before, until its own FIN.
  public mutating func shutdown() {
    guard plan.isInteractive, !sender.isClosed, ending == nil else { return }
    sender.isClosed = true
    if stage == .requesting { transmitPending = true }
  }

  /// The text that came in order since the last call; what is taken makes room in the window (RFC 9293 §3.8.6).
  ///
  /// Empty where the plan is not interactive: then text is only counted. A window that has become much wider is told
  /// to the peer at the next `expire(at:)`, which is due at once.
  public mutating func takeReceived() -> [UInt8] {
    var octets: [UInt8] = []
    takeReceived(into: &octets)
    return octets
  }

  /// The same, in place of what `octets` held: whoever hands in the same array each time allocates nothing.
  public mutating func takeReceived(into octets: inout [UInt8]) {
    reassembly.take(into: &octets)
    if !octets.isEmpty { oweWindow() }
  }

  /// How many octets of text wait for `takeReceived()`.
  public var received: Int { reassembly.waiting }

  /// How many octets were written and are not acknowledged yet, sent or not.
  public var unacknowledged: Int { sender.length - sender.acknowledged }

  /// The number of the packet that came last; nil before one has.
  public var lastReceivedNumber: UInt32? { latest.received?.number }

  /// Whether the log keeps only packets that a step lies between, or that were asked for by `keep(_:)`.
  public var isLogFull: Bool { log.isFull }

  /// Keeps the packet of this number in the log where it is the last one that came or was made, until `release(before:)`.
  public mutating func keep(_ number: UInt32) {
    for entry in [latest.sent, latest.received] {
      if let entry, entry.number == number { log.keep(entry) }
    }
  }

  /// Lets go of the packets before this number that `keep(_:)` kept.
  public mutating func release(before number: UInt32) { log.release(before: number) }

  /// Whether the peer's FIN was taken: nothing follows what was received.
  public var isPeerDone: Bool { marks.peerFin != nil }

  /// The octets that an outgoing segment's `text` is a range of, as long as nothing else happened.
  public func octets(behind outgoing: Outgoing) -> [UInt8] {
    outgoing.isGarbage ? Connection.garbage : sender.octets
  }

  /// What a confirming probe carries.
  private static let garbage: [UInt8] = [0]
}
