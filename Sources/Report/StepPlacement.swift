import Handshake
import Timebase
import Wire

/// Which packet of an exchange completed which step (the definitions are `StepKind`'s), where the outcome does not say.
struct StepPlacement {
  private let entries: [ExchangeEntry]
  private let told: [StepPlace]?
  /// Our first FIN, and the peer's as it was taken.
  private var fin: Int?
  private var peerFin: Int?

  /// Looks for the packets that end the steps of an outcome.
  init(_ outcome: Outcome) {
    entries = outcome.exchange.entries
    told = outcome.places
    fin = entries.firstIndex { $0.sentSegment.map { $0.flags.contains(.fin) && $0.ack != nil } ?? false }
    peerFin = entries.firstIndex { entry in
      guard let segment = entry.believedSegment, segment.flags.contains(.fin) else { return false }
      switch entry.state {
      case .closeWait, .closing, .timeWait, .closed, .lastAck: return true
      default: return false
      }
    }
    // A crafted first segment with FIN closes nothing.
    if let index = fin, !entries[..<index].contains(where: { $0.believedSegment != nil }) { fin = nil }
  }

  /// The place of the packet that ended a step; nil where it cannot be told.
  func end(of kind: StepKind) -> Int? {
    if let told { return told.first { $0.kind == kind }?.end }
    return switch kind {
    case .resolve: nil
    case .syn: answer
    case .confirm: answer(to: confirm)
    case .request: acknowledgment(of: lastText)
    case .response: firstReceivedText
    case .transfer: entries.lastIndex { ($0.believedSegment?.textLength ?? 0) > 0 } ?? peerFin
    case .fin: acknowledgment(of: fin)
    case .peerFin: weClosedFirst ? peerFin : acknowledgment(of: fin)
    case .close: close
    }
  }

  /// The place of the packet that a step with a time is counted from; nil where it cannot be told.
  func begin(of step: Step) -> Int? {
    guard let measurement = step.measurement else { return nil }
    if let told { return told.first { $0.kind == step.kind }?.begin }
    return switch step.kind {
    case .resolve: nil
    case .syn: answer.flatMap { copy(answeredAt: $0, after: measurement.interval) }
    case .confirm: confirm
    case .request, .response: firstText
    case .transfer: firstReceivedText
    case .fin: fin
    case .peerFin, .close: weClosedFirst ? fin : peerFin
    }
  }

  /// Of several copies of a SYN, the one that left so long before its answer.
  private func copy(answeredAt end: Int, after interval: Interval) -> Int? {
    entries[..<end].lastIndex { entry in
      entry.direction == .sent && entries[end].elapsed(since: entry) == interval
    }
  }

  private var answer: Int? {
    // Where the peer opened the connection, what answers our SYN-ACK comes after it.
    if entries.first?.direction == .received {
      let synAck = entries.firstIndex { $0.sentSegment?.flags.contains(.syn) ?? false }
      return synAck.flatMap { sent in
        entries[sent...].firstIndex { $0.believedSegment.map { !$0.flags.contains(.syn) } ?? false }
      }
    }
    return entries.firstIndex { entry in
      entry.believedSegment.map { $0.flags.contains(.syn) || $0.flags.contains(.rst) } ?? false
    } ?? entries.firstIndex { $0.believedSegment != nil }
  }

  /// The confirming probe is the one ACK whose SEG.SEQ is ISS; where it carries an octet, that means nothing.
  private func isConfirm(_ segment: Segment) -> Bool {
    segment.flags == .ack && segment.seq == entries.first?.sentSegment?.seq
  }

  private var confirm: Int? { entries.lastIndex { $0.sentSegment.map(isConfirm) ?? false } }

  private var firstText: Int? { entries.firstIndex { $0.sentSegment.map(carriesText) ?? false } }

  private var lastText: Int? { entries.lastIndex { $0.sentSegment.map(carriesText) ?? false } }

  private func carriesText(_ segment: Segment) -> Bool {
    segment.textLength > 0 && !segment.flags.contains(.syn) && !isConfirm(segment)
  }

  private var firstReceivedText: Int? { entries.firstIndex { ($0.believedSegment?.textLength ?? 0) > 0 } }

  private var weClosedFirst: Bool {
    guard let fin, let peerFin else { return fin != nil }
    return fin < peerFin
  }

  private var close: Int? {
    guard let peerFin, fin != nil else { return nil }
    guard weClosedFirst, let end = entries[peerFin].believedSegment?.end else { return acknowledgment(of: fin) }
    let lastAck = entries[peerFin...].firstIndex { $0.sentSegment?.ack == end }
    guard let lastAck, let ofOurs = acknowledgment(of: fin) else { return nil }
    return max(lastAck, ofOurs)
  }

  private func answer(to index: Int?) -> Int? {
    guard let index else { return nil }
    return entries[index...].firstIndex { $0.believedSegment?.ack != nil }
  }

  /// The first believed packet after another that acknowledges all of it.
  private func acknowledgment(of index: Int?) -> Int? {
    guard let index, let end = entries[index].sentSegment?.end else { return nil }
    return entries[index...].firstIndex { entry in
      guard let ack = entry.believedSegment?.ack else { return false }
      return !ack.precedes(end)
    }
  }
}

extension ExchangeEntry {
  /// The segment, where it is one of ours.
  var sentSegment: Segment? {
    guard direction == .sent, case .segment(let segment) = content else { return nil }
    return segment
  }

  /// The segment, where it is one of the peer's and was believed.
  var believedSegment: Segment? {
    guard direction == .received, refusal == nil, case .segment(let segment) = content else { return nil }
    return segment
  }
}
