import Judging
import Statistics
import Timebase

/// Two files compared, for people.
extension TextReport {
  /// What differs between two files, and whether anything does.
  public func comparison(_ comparison: CaptureComparison, _ first: String, _ second: String) -> String {
    let arrow = style.isUnicode ? "→" : "->"
    var text = "DIFF \(first.printable) \(arrow) \(second.printable)\n"
    text += counted(comparison.counts.first, "flow") + " and \(comparison.counts.second)"
    let pairs = comparison.matched.map { "\($0.count) matched by \($0.evidence)" }
    text += (pairs.isEmpty ? ", none matched" : ", " + pairs.joined(separator: ", ")) + "\n"
    text += lone(comparison.only.first, in: first) + lone(comparison.only.second, in: second)
    for (count, name) in [(comparison.lost.first, first), (comparison.lost.second, second)] where count > 0 {
      text += "packets of matched flows only in \(name.printable): \(count)\n"
    }
    for difference in comparison.differences {
      let how = difference.how.words(arrow)
      text += "\(difference.what.printable): \(how.printable) (" + counted(difference.count, "flow")
      text += ", as \(difference.example.0) \(arrow) \(difference.example.1))\n"
    }
    for shift in comparison.shifts { text += self.shift(shift, arrow) }
    text += gap(comparison.gaps.first, in: first) + gap(comparison.gaps.second, in: second)
    switch comparison.finding {
    case .same: text += style.paint("same", .good)
    case .different: text += style.paint("different", .bad)
    case .incomplete where comparison.counts == (0, 0):
      text += style.paint("nothing to compare: no TCP flows", .doubtful)
    case .incomplete: text += style.paint("incomplete: no difference in what was compared", .doubtful)
    }
    return text + "\n"
  }

  /// What of a file was not compared.
  private func gap(_ gap: CaptureComparison.Gap, in name: String) -> String {
    var missing: [String] = []
    if gap.flows > 0 { missing.append(counted(gap.flows, "flow") + " beyond the limit") }
    if gap.cutOptions > 0 {
      missing.append("the SYN options of " + counted(gap.cutOptions, "flow") + ", cut by the capture")
    }
    if gap.isPartlyRead { missing.append("damaged parts of the file") }
    return missing.isEmpty ? "" : "not compared in \(name.printable): " + missing.joined(separator: "; ") + "\n"
  }

  /// The first few flows that only one file has.
  private func lone(_ flows: [ComparedFlow], in name: String) -> String {
    guard !flows.isEmpty else { return "" }
    var text = "only in \(name.printable): " + counted(flows.count, "flow") + "\n"
    for flow in flows.prefix(10) {
      let end = flow.end.map { " (\($0.words.printable))" } ?? ""
      text += "  \(flow.number)  \(flow.client.endpoint.printable)  \(flow.server.endpoint.printable)\(end)\n"
    }
    return text + (flows.count > 10 ? "  and \(flows.count - 10) more\n" : "")
  }

  /// `syn p50 0.213 → 0.500 ms, 2.35 times (2.10 to 2.51), of 20 and 20: slower`.
  private func shift(_ shift: CaptureComparison.Shift, _ arrow: String) -> String {
    let medians = [shift.first, shift.second].map { $0.value(at: .p50)?.fixedMilliseconds ?? "?" }
    var text = "\(shift.step.printable) p50 \(medians[0]) \(arrow) \(medians[1]) ms"
    let count = "of \(shift.first.moments.count) and \(shift.second.moments.count)"
    guard let ratio = shift.ratio else {
      let isNone = shift.first.value(at: .p50) == .zero
      return text + ", \(count): " + (isNone ? "nothing to divide by" : "too few to compare") + "\n"
    }
    text += ", \(ratio.estimate.hundredths) times (\(ratio.lower.hundredths) to \(ratio.upper.hundredths)), \(count)"
    guard ratio.isDifferent else { return text + "\n" }
    return text + ": " + (ratio.estimate > 1 ? style.paint("slower", .doubtful) : style.paint("faster", .good)) + "\n"
  }
}

extension CaptureComparison.Change {
  /// In words: `1460 → 1380`, or what was done.
  func words(_ arrow: String = "→") -> String {
    switch self {
    case .values(let before, let after): "\(before) \(arrow) \(after)"
    case .ends(let before, let after): "\(before.words) \(arrow) \(after.words)"
    case .rewritten: "rewritten"
    case .anotherNumber: "of another number"
    case .stripped: "stripped"
    case .added: "added"
    case .anotherOrder: "in another order"
    }
  }
}

extension Double {
  fileprivate var hundredths: String { decimals(2, below: 1e12) }
}
