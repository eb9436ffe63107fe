import Handshake
import Timebase

extension Ladder {
  /// One packet and what is said beside it.
  struct Row {
    let entry: ExchangeEntry
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
      let entries = outcome.exchange.entries
      guard let first = entries.first else { return [] }
      var steps: [Int: [Note]] = [:]
      let placement = StepPlacement(outcome)
      for step in outcome.steps {
        if let index = placement.end(of: step.kind) { steps[index, default: []].append(.step(step)) }
      }
      return entries.enumerated().map { index, entry in
        var notes: [Note] = []
        if let refusal = entry.refusal { notes.append(.refused(refusal)) }
        if entry.isRetransmission { notes.append(.again) }
        let time = entry.stamp.elapsed(since: first.stamp)?.fixedMilliseconds ?? "?"
        return Row(entry: entry, time: time, notes: notes + (steps[index] ?? []))
      }
    }
  }

  /// Something said of a packet at the end of its line.
  enum Note {
    case step(Step)
    case refused(Refusal)
    case again

    func text(_ glyphs: Glyphs, _ style: Style) -> String {
      switch self {
      case .step(let step): step.words
      case .refused(let refusal): style.paint("\(glyphs.cross) \(refusal.rawValue)", .bad)
      case .again: style.paint("\(glyphs.again) sent again", .doubtful)
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
