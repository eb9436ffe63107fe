import Timebase

/// A step of a connection that is timed, in the names that the output uses.
public enum StepKind: String, Hashable, Sendable, CaseIterable {
  /// From the look-up of the name to its address.
  case resolve
  /// From the SYN that was answered to its SYN-ACK (or the RST that refused it).
  case syn
  /// From the confirming keep-alive probe to its acknowledgment.
  case confirm
  /// From the first octet of data to the acknowledgment of the last.
  case request
  /// From the first octet of data to the first octet of the answer.
  case response
  /// From the first octet of the answer to its last.
  case transfer
  /// From our FIN to its acknowledgment.
  case fin
  /// From our FIN to the peer's, or from the peer's to the acknowledgment of ours.
  case peerFin = "peer-fin"
  /// From the first FIN to the last acknowledgment.
  case close

  /// The kind's place among all kinds.
  public var index: Int { StepKind.allCases.firstIndex(of: self) ?? 0 }
}

/// How long one step took.
public struct Step: Hashable, Sendable {
  /// Which step.
  public var kind: StepKind
  /// How long it took and by which clock; nil where that cannot be known.
  public var measurement: Measurement?
  /// Whether the time is missing because it cannot be told which copy was answered.
  public var isAmbiguous: Bool

  /// A step with its time, or with none.
  public init(_ kind: StepKind, _ measurement: Measurement?, isAmbiguous: Bool = false) {
    self.kind = kind
    self.measurement = measurement
    self.isAmbiguous = isAmbiguous
  }
}

/// Between which packets of an exchange a step lies, by their places in it.
public struct StepPlace: Hashable, Sendable {
  /// Which step.
  public var kind: StepKind
  /// The packet that it is counted from; nil where that was not kept.
  public var begin: Int?
  /// The packet that ended it; nil where that was not kept.
  public var end: Int?

  /// A step between two packets.
  public init(_ kind: StepKind, from begin: Int?, to end: Int?) {
    self.kind = kind
    self.begin = begin
    self.end = end
  }
}

/// When a segment of ours left: the number it has in its connection, and the stamp once it is known.
struct Departure: Hashable, Sendable {
  var number: UInt32
  var stamp: Stamp?

  /// Whether the segment has left and the kernel has not said when.
  var awaitsKernel: Bool { stamp.map { $0.kernel == nil } ?? false }
}
