import Wire

/// A segment that the machine wants sent: the text is a range of `Connection.octets(behind:)`.
public struct Outgoing: Hashable, Sendable {
  /// The segment, its `textLength` equal to the range's.
  public var segment: Segment
  /// Which octets of `Connection.octets(behind:)` it carries; they may move with the next event.
  public var text: Range<Int>
  /// Whether its text is no range of the data but one octet that means nothing, and lies before everything that
  /// counts (RFC 1122 §4.2.3.6).
  public var isGarbage = false
  /// The segment's number in its connection, counted from 0; its stamps are reported under it.
  public var number: UInt32
  /// Whether the same sequence space was sent before.
  public var isRetransmission: Bool
}

/// What the machine answers to any event: of fixed size, so that the per-packet path allocates nothing.
///
/// At most one segment: where more is to be sent, `Connection.nextDeadline` is already due.
public struct Reaction: Hashable, Sendable {
  /// What to send now.
  public var send: Outgoing?
  /// Why the segment that came was not believed; nil where it was.
  public var refusal: Refusal?

  /// Nothing to do.
  public static let none = Reaction()

  /// An answer of at most one segment and one judgement.
  public init(send: Outgoing? = nil, refusal: Refusal? = nil) {
    self.send = send
    self.refusal = refusal
  }
}
