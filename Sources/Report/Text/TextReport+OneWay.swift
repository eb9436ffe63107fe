import Handshake
import Judging
import Path
import Statistics
import Timebase

/// Loss and reordering of each direction, for people.
extension TextReport {
  /// A line for each direction, and why something is not known.
  func oneWay(_ record: OneWayRecord) -> String {
    var text = "one-way \(record.target.printable): \(counted(record.counts.pairs, "pair"))\n"
    if record.counts.pairs > 0 {
      for direction in OneWayRecord.Direction.allCases {
        let loss = share(record.loss(direction))
        text += "  " + (direction == .forward ? "forward" : "reverse") + "  loss " + loss
        text += ", reordering " + share(record.reordering(direction)) + "\n"
      }
      text += "  (shares with 95 % confidence intervals)\n"
    }
    for doubt in record.doubts { text += doubt.words + "\n" }
    return text
  }

  /// `5.10% (4.46–5.83%, 204 of 4000)`.
  private func share(_ share: OneWayRecord.Share) -> String {
    guard let value = share.value, let interval = share.interval else { return "not known" }
    let ends = [interval.lower, interval.upper].map(BenchWords.percent)
    let dash = style.isUnicode ? "–" : "-"
    return "\(BenchWords.percent(value))% (\(ends[0])\(dash)\(ends[1])%, \(share.share.count) of \(share.share.total))"
  }
}

extension OneWayRecord.Doubt {
  fileprivate var words: String {
    switch self {
    case .unanswered: "not known: no connection was made"
    case .reset: "not known: the peer resets the connection; use a port that takes data, such as discard or echo"
    case .closed: "not known: the peer closes the connection; use a port that takes data, such as discard or echo"
    case .stalled: "not known: the peer stops acknowledging data"
    case .noSACK: "order not known: no SACK on the connection"
    case .thinned:
      "reverse loss not known: acknowledgments of the first of two segments are missing, as where they are thinned out"
    }
  }
}
