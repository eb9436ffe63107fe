import Wire

/// What a connection made of one packet, and what that is to be read against.
public struct Judgement: Hashable, Sendable {
  /// The packet, with the refusal where it was not believed.
  public var entry: PacketLog.Entry
  /// ISS: our numbers count from it.
  public var iss: SequenceNumber
  /// IRS; nil before a SYN of the peer's was believed.
  public var irs: SequenceNumber?
  /// How many copies of our SYN had been sent.
  public var copies: Int
  /// Whether it came after the connection had ended, so that no one looked at it.
  public var isLate: Bool

  /// A judgement from its parts.
  public init(entry: PacketLog.Entry, iss: SequenceNumber, irs: SequenceNumber?, copies: Int, isLate: Bool = false) {
    self.entry = entry
    self.iss = iss
    self.irs = irs
    self.copies = copies
    self.isLate = isLate
  }
}

extension TracedConnection {
  /// What became of the packet that came last; nil before one has.
  public var lastReceived: Judgement? { judgement(connection.latest.received, isLate: connection.latest.isLate) }

  /// What one of our packets is; nil unless it is the one that was sent last.
  public func judgement(ofSent number: UInt32) -> Judgement? {
    connection.latest.sent.flatMap { $0.number == number ? judgement($0, isLate: false) : nil }
  }

  private func judgement(_ entry: PacketLog.Entry?, isLate: Bool) -> Judgement? {
    entry.map {
      Judgement(
        entry: $0, iss: connection.tcb.snd.iss, irs: connection.peerOffer == nil ? nil : connection.tcb.rcv.irs,
        copies: connection.counters.transmissions, isLate: isLate)
    }
  }
}

/// The packets of a conversation that passed last, kept even where no more are.
struct LatestPackets: Sendable {
  var sent: PacketLog.Entry?
  var received: PacketLog.Entry?
  /// Whether the one that came was too late to be looked at.
  var isLate = false

  mutating func note(_ entry: PacketLog.Entry, isLate: Bool) {
    switch entry.direction {
    case .sent: sent = entry
    case .received:
      received = entry
      self.isLate = isLate
    }
  }
}
