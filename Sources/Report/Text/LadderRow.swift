import Handshake
import Timebase
import Wire

extension Ladder {
  /// One packet and what is said beside it.
  struct Row {
    let entry: PacketLog.Entry
    /// Our state after the packet; nil where it is as it was.
    let state: State?
    /// The peer's state once the packet had arrived; nil where it is as it was.
    let peer: State?
    /// Milliseconds since the first packet.
    let time: String
    /// Steps, refusals and the like, a line each.
    let notes: [Note]

    /// Whether it is no segment that both ends agree on.
    var isDotted: Bool {
      if case .segment = entry.content { return entry.refusal != nil }
      return true
    }

    /// The rows of an outcome's packets.
    static func rows(of outcome: Outcome) -> [Row] {
      let entries = outcome.log.entries
      guard !entries.isEmpty else { return [] }
      let first = entries.first(where: \.stamp.bestWall.isKnown)
      let steps = completedSteps(outcome)
      let established = establishing(entries)
      return entries.indices.map { index in
        let entry = entries[index]
        var notes: [Note] = []
        if let refusal = entry.refusal { notes.append(.refused(refusal)) }
        if entry.isRetransmission { notes.append(.again) }
        if let reset = outcome.reset, reset.number == Int(entry.number), let mark = reset.mark {
          notes.append(.foreign(mark))
        }
        var (state, peer): (State?, State?) = (entry.state, entry.peer)
        if isAnsweredByReset(index, entries) {
          state = nil
          peer = entry.believedSegment.map { $0.flags.contains(.syn) } ?? false ? .synReceived : nil
        } else if let established, established.contains(index), entry.peer == .synReceived {
          peer = .established
        }
        if let unknown = outcome.unknownBefore {
          state = index < unknown.ours ? nil : state
          peer = index < unknown.theirs ? nil : peer
        }
        return Row(
          entry: entry, state: state, peer: peer,
          time: first.flatMap { entry.elapsed(since: $0) }?.fixedMilliseconds ?? "?", notes: notes + steps[index])
      }
    }

    /// The steps at the places of the packets that completed them; one without an answer has none.
    private static func completedSteps(_ outcome: Outcome) -> [[Note]] {
      var steps = [[Note]](repeating: [], count: outcome.log.entries.count)
      for step in outcome.steps where step.measurement != nil || step.isAmbiguous {
        if let index = step.end.flatMap(outcome.log.place) { steps[index].append(.step(step)) }
      }
      return steps
    }

    /// Whether it is our reset, on the next line, that closes what this packet seems to close: the machine goes
    /// from one to the other at once.
    private static func isAnsweredByReset(_ index: Int, _ entries: [PacketLog.Entry]) -> Bool {
      let entry = entries[index]
      guard entry.direction == .received, entry.state == .closed, index + 1 < entries.count else { return false }
      guard let reset = entries[index + 1].sentSegment, reset.flags.contains(.rst) else { return false }
      return !(entry.believedSegment?.flags.contains(.rst) ?? false)
    }

    /// From the ACK that made the peer ESTABLISHED to the packet that gave it away.
    ///
    /// While the connection runs no one knows whether that ACK arrived; a later acknowledgment of what only an
    /// established peer takes shows it.
    private static func establishing(_ entries: [PacketLog.Entry]) -> Range<Int>? {
      let ack = entries.firstIndex { $0.direction == .sent && $0.state.isSynchronized && $0.peer == .synReceived }
      guard let ack else { return nil }
      let proof = entries[ack...].firstIndex { $0.believedSegment != nil && $0.peer.isSynchronized }
      return proof.map { ack..<$0 }
    }
  }

  /// Something said of a packet at the end of its line.
  enum Note {
    case step(Step)
    case refused(Refusal)
    case again
    case foreign(String)

    func text(_ glyphs: Glyphs, _ style: Style) -> String {
      switch self {
      case .step(let step): step.words
      case .refused(let refusal): style.paint("\(glyphs.cross) \(refusal.rawValue)", .bad)
      case .foreign(let words): style.paint("\(glyphs.cross) \(words)", .bad)
      case .again: style.paint("\(glyphs.again) retransmission", .doubtful)
      }
    }
  }
}

extension Step {
  /// The step and its time: `syn 0.213 ms`.
  var words: String {
    guard let measurement else { return "\(kind.rawValue) " + (isAmbiguous ? "ambiguous" : "unknown") }
    return "\(kind.rawValue) \(measurement.interval.replyMilliseconds) ms"
  }
}

/// The sequence numbers that both directions are counted from, as Wireshark chooses them.
///
/// A direction begins at its SYN; without one, at the first number that was seen less one.
struct RelativeNumbers {
  private var local: SequenceNumber?
  private var remote: SequenceNumber?

  /// The bases of an outcome's packets.
  init(_ outcome: Outcome) {
    remote = outcome.irs
    for entry in outcome.log.entries {
      guard case .segment(let segment) = entry.content else { continue }
      let base = segment.flags.contains(.syn) ? segment.seq : segment.seq - 1
      switch entry.direction {
      case .sent:
        local = local ?? base
        remote = remote ?? segment.ack.map { $0 - 1 }
      case .received:
        remote = remote ?? base
        local = local ?? segment.ack.map { $0 - 1 }
      }
    }
  }

  /// SEG.SEQ, counted from its direction's base.
  func sequence(_ segment: Segment, _ direction: PacketLog.Entry.Direction) -> UInt32 {
    segment.seq.distance(from: (direction == .sent ? local : remote) ?? SequenceNumber(0))
  }

  /// SEG.ACK, counted from the other direction's base; nil without the ACK bit.
  func acknowledgment(_ segment: Segment, _ direction: PacketLog.Entry.Direction) -> UInt32? {
    segment.ack?.distance(from: (direction == .sent ? remote : local) ?? SequenceNumber(0))
  }
}

extension PacketLog.Entry {
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
