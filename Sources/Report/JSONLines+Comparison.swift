import Statistics
import Timebase

/// Two files compared, for scripts.
extension JSONLines {
  /// What differs between two files, and whether anything does.
  public static func comparison(_ comparison: CaptureComparison, _ first: String, _ second: String) -> String {
    line("diff") { json in
      json.member("first", first)
      json.member("second", second)
      // Where not all was compared, nobody knows.
      let isSame: Bool? = comparison.finding == .incomplete ? nil : comparison.isSame
      json.member("same", isSame)
      json.member("first_flows", comparison.counts.first)
      json.member("second_flows", comparison.counts.second)
      json.member("first_gap", comparison.gaps.first) { $0.gap($1) }
      json.member("second_gap", comparison.gaps.second) { $0.gap($1) }
      json.member("matched", comparison) { json, comparison in
        for match in comparison.matched { json.member(match.evidence, match.count) }
      }
      json.member("only_first", comparison.only.first.count)
      json.member("only_second", comparison.only.second.count)
      json.member("packets_only_first", comparison.lost.first)
      json.member("packets_only_second", comparison.lost.second)
      json.key("differences")
      json.array { for difference in comparison.differences { $0.difference(difference) } }
      json.key("steps")
      json.array { for shift in comparison.shifts { $0.shift(shift) } }
    }
  }
}

extension JSONWriter {
  fileprivate mutating func gap(_ gap: CaptureComparison.Gap) {
    member("flows", gap.flows)
    member("options_cut", gap.cutOptions)
    member("partly_read", gap.isPartlyRead)
  }

  fileprivate mutating func difference(_ difference: CaptureComparison.Difference) {
    object {
      $0.member("what", difference.what)
      $0.member("how", difference.how)
      $0.member("flows", difference.count)
      $0.member("first_flow", difference.example.0)
      $0.member("second_flow", difference.example.1)
    }
  }

  fileprivate mutating func shift(_ shift: CaptureComparison.Shift) {
    object {
      $0.member("step", shift.step)
      $0.member("first", shift.first) { $0.series($1) }
      $0.member("second", shift.second) { $0.series($1) }
      $0.member("ratio", shift.ratio?.estimate)
      $0.member("ratio_lower", shift.ratio?.lower)
      $0.member("ratio_upper", shift.ratio?.upper)
      $0.member("different", shift.ratio?.isDifferent)
    }
  }
}
