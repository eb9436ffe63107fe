import Timebase

/// A step of a connection that is timed, in the names that the output uses; our own, or one that a capture shows.
public enum StepKind: String, Hashable, Sendable, CaseIterable {
  /// From the look-up of the name to its address.
  case resolve
  /// From the SYN that was answered to its SYN-ACK (or the RST that refused it).
  case syn
  /// From the SYN-ACK to its acknowledgment; of captures alone.
  case ack
  /// From the SYN to the first ACK, what Wireshark calls the initial round trip; of captures alone.
  case handshake
  /// From the confirming keep-alive probe to its acknowledgment.
  case confirm
  /// From the first octet of data to the acknowledgment of the last.
  case request
  /// From the first octet of data to the first octet of the answer.
  case response
  /// From the first octet of the answer to its last.
  case transfer
  /// From our FIN to its acknowledgment; in a capture from the first FIN, whoever sent it.
  case fin
  /// From our FIN to the peer's, or from the peer's to the acknowledgment of ours; in a capture from the first FIN to the
  /// other end's.
  case peerFin = "peer-fin"
  /// From the first FIN to the last acknowledgment.
  case close

  /// Those that a connection of our own can have.
  public static let ofConnections = allCases.filter { $0 != .ack && $0 != .handshake }

  /// The kind's place among all kinds.
  public var index: Int { StepKind.allCases.firstIndex(of: self) ?? 0 }
}

/// One step: its kind, the two packets between which it lies, and the time between them.
public struct Step: Hashable, Sendable {
  /// Which step.
  public var kind: StepKind
  /// How long it took and by which clock; nil where that cannot be known.
  public var measurement: Measurement?
  /// Whether the time is missing because it cannot be told which copy was answered.
  public var isAmbiguous: Bool
  /// The packet that it is counted from, by its number in the log; nil where that cannot be known, or no packet was seen.
  public var begin: UInt32?
  /// The packet that ended it, likewise.
  public var end: UInt32?

  /// A step with its time, or with none.
  public init(
    _ kind: StepKind, _ measurement: Measurement?, isAmbiguous: Bool = false, from begin: UInt32? = nil,
    to end: UInt32? = nil
  ) {
    self.kind = kind
    self.measurement = measurement
    self.isAmbiguous = isAmbiguous
    self.begin = begin
    self.end = end
  }
}
