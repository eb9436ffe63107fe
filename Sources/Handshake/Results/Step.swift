import Timebase

/// A step of a connection that is timed, in the names that the output uses; our own, or one that a capture shows.
public enum StepKind: String, Hashable, Sendable, CaseIterable {
  /// From the lookup of the name to its address.
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

/// The packets between which the steps of a connection lie, by their numbers in it.
struct StepPackets: Sendable {
  /// Which copy of the SYN was answered, and by which packet.
  var answered: AnsweredCopy?
  var answer: UInt32?

  var confirm: UInt32?
  var confirmCopies = 0
  var confirmed: UInt32?

  var request: UInt32?
  var dataRetransmitted = false
  var requestAcknowledged: UInt32?
  var firstOctet: UInt32?
  var lastOctet: UInt32?

  var fin: UInt32?
  var finCopies = 0
  var finAcknowledged: UInt32?
  var peerFin: UInt32?
  var peerClosedFirst = false
  /// Our acknowledgment of the peer's FIN: the last segment of an active close.
  var lastAck: UInt32?

  /// Whether a step may begin or end with a packet.
  func contains(_ number: UInt32) -> Bool {
    switch number {
    case answer, confirm, confirmed, request, requestAcknowledged, firstOctet, lastOctet, fin, finAcknowledged, peerFin,
      lastAck:
      true
    default: false
    }
  }
}

extension StepPackets {
  /// The steps that have happened, in the order in which they ended, with their times from the log.
  func steps(_ copies: SynCopies, in log: PacketLog) -> [Step] {
    var ended: [(step: Step, at: Instant)] = []
    // Room for the steps of an ordinary connection at once: syn, fin, peer-fin and close.
    ended.reserveCapacity(4)
    func add(_ kind: StepKind, from begin: UInt32?, to end: UInt32?, isAmbiguous: Bool = false) {
      guard log.stamp(of: begin) != nil, let came = log.stamp(of: end) else { return }
      let measurement = isAmbiguous ? nil : log.measurement(from: begin, to: end)
      ended.append(
        (Step(kind, measurement, isAmbiguous: isAmbiguous, from: isAmbiguous ? nil : begin, to: end), came.instant))
    }
    addSyn(copies, in: log, to: &ended)
    if let confirm, confirmed == nil, let at = log.stamp(of: confirm)?.instant {
      ended.append((Step(.confirm, nil, from: confirm), at))
    }
    add(.confirm, from: confirm, to: confirmed, isAmbiguous: confirmCopies > 1)
    add(.request, from: request, to: requestAcknowledged, isAmbiguous: dataRetransmitted)
    add(.response, from: request, to: firstOctet, isAmbiguous: dataRetransmitted)
    if let peerFin { add(.transfer, from: firstOctet, to: lastOctet ?? peerFin) }
    add(.fin, from: fin, to: finAcknowledged, isAmbiguous: finCopies > 1)
    addClose(in: log) { add($0, from: $1, to: $2, isAmbiguous: $3) }
    return ended.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element.step)
  }

  private func addSyn(_ copies: SynCopies, in log: PacketLog, to ended: inout [(step: Step, at: Instant)]) {
    // Of a SYN cookie no copy was kept, hence nothing that its answer could be measured from.
    guard let answered, copies.count > 0, let answer, let came = log.stamp(of: answer) else { return }
    switch answered {
    case .copy(let index):
      let copy = copies[index].number
      guard let left = log.stamp(of: copy) else { return }
      ended.append((Step(.syn, came.since(left), from: copy, to: answer), came.instant))
    case .ambiguous: ended.append((Step(.syn, nil, isAmbiguous: true, to: answer), came.instant))
    case .unknownEcho: ended.append((Step(.syn, nil, to: answer), came.instant))
    }
  }

  /// The step runs from the first FIN, whoever sent it, to what answered it (see `StepKind`).
  private func addClose(in log: PacketLog, with add: (StepKind, UInt32?, UInt32?, Bool) -> Void) {
    guard let peerFin, let fin, log.stamp(of: fin) != nil else { return }
    let isRetransmitted = finCopies > 1
    guard !peerClosedFirst else {
      add(.peerFin, peerFin, finAcknowledged, isRetransmitted)
      add(.close, peerFin, finAcknowledged, false)
      return
    }
    add(.peerFin, fin, peerFin, isRetransmitted)
    guard let acknowledged = log.stamp(of: finAcknowledged), let last = log.stamp(of: lastAck) else { return }
    // Where both closed at once, our ACK may have left before the peer's came.
    add(.close, fin, acknowledged.instant > last.instant ? finAcknowledged : lastAck, false)
  }
}
