import Timebase

/// The moments between which the steps of a connection are measured.
struct Marks: Sendable {
  /// Which copy of the SYN was answered, and when the answer came.
  var answered: AnsweredCopy?
  var answer: Stamp?

  var confirm: Departure?
  var confirmCopies = 0
  var confirmed: Stamp?

  var request: Departure?
  var dataRetransmitted = false
  var requestAcknowledged: Stamp?
  var firstOctet: Stamp?
  var lastOctet: Stamp?

  var fin: Departure?
  var finCopies = 0
  var finAcknowledged: Stamp?
  var peerFin: Stamp?
  var peerClosedFirst = false
  /// Our acknowledgment of the peer's FIN: the last segment of an active close.
  var lastAck: Departure?

  mutating func update(number: UInt32, _ body: (inout Departure) -> Void) {
    func apply(_ departure: inout Departure?) {
      guard var value = departure, value.number == number else { return }
      body(&value)
      departure = value
    }
    apply(&confirm)
    apply(&request)
    apply(&fin)
    apply(&lastAck)
  }

  var awaitsKernel: Bool {
    [confirm, request, fin, lastAck].contains { $0?.awaitsKernel ?? false }
  }
}

extension Marks {
  /// The steps that have happened, in the order in which they ended.
  func steps(_ copies: SynCopies) -> [Step] {
    var ended: [(step: Step, at: Instant)] = []
    func add(
      _ kind: StepKind, from: Stamp?, _ begin: Stamp.Passage = .departure, to: Stamp?, _ end: Stamp.Passage = .arrival,
      ambiguous: Bool = false
    ) {
      guard let from, let to else { return }
      let step = ambiguous ? Step(kind, nil, isAmbiguous: true) : Step(kind, to.since(from, from: begin, to: end))
      ended.append((step, to.instant))
    }
    addSyn(copies, to: &ended)
    if let confirm, confirmed == nil, let at = confirm.stamp?.instant { ended.append((Step(.confirm, nil), at)) }
    add(.confirm, from: confirm?.stamp, to: confirmed, ambiguous: confirmCopies > 1)
    add(.request, from: request?.stamp, to: requestAcknowledged, ambiguous: dataRetransmitted)
    add(.response, from: request?.stamp, to: firstOctet, ambiguous: dataRetransmitted)
    if let peerFin { add(.transfer, from: firstOctet, .arrival, to: lastOctet ?? peerFin) }
    add(.fin, from: fin?.stamp, to: finAcknowledged, ambiguous: finCopies > 1)
    addClose { add($0, from: $1, $2, to: $3, $4, ambiguous: $5) }
    return ended.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element.step)
  }

  private func addSyn(_ copies: SynCopies, to ended: inout [(step: Step, at: Instant)]) {
    // Of a SYN cookie no copy was kept, hence nothing that its answer could be measured from.
    guard let answer, let answered, copies.count > 0 else { return }
    switch answered {
    case .copy(let index):
      guard let left = copies[index].departure.stamp else { return }
      ended.append((Step(.syn, answer.since(left)), answer.instant))
    case .ambiguous: ended.append((Step(.syn, nil, isAmbiguous: true), answer.instant))
    case .unknownEcho: ended.append((Step(.syn, nil), answer.instant))
    }
  }

  /// Whoever sent its FIN first, the step runs from the first FIN to what answered it (see `StepKind`).
  private func addClose(with add: (StepKind, Stamp?, Stamp.Passage, Stamp?, Stamp.Passage, Bool) -> Void) {
    guard let peerFin, let left = fin?.stamp else { return }
    let retransmitted = finCopies > 1
    if !peerClosedFirst {
      add(.peerFin, left, .departure, peerFin, .arrival, retransmitted)
      guard finAcknowledged != nil, let last = lastAck?.stamp else { return }
      let simultaneous = finAcknowledged.map { $0.instant > last.instant } ?? false
      if simultaneous {
        add(.close, left, .departure, finAcknowledged, .arrival, false)
      } else {
        add(.close, left, .departure, last, .departure, false)
      }
    } else {
      add(.peerFin, peerFin, .arrival, finAcknowledged, .arrival, retransmitted)
      add(.close, peerFin, .arrival, finAcknowledged, .arrival, false)
    }
  }
}
