import Timebase

/// What fping's `-C` writes: a line of times for each target, at the end and on standard error.
///
/// fping reports there, and SmokePing's FPing probe reads there unless told otherwise. Each time stands for one packet
/// of fping's, which it never retransmits: where the first SYN was not answered there is a dash, whatever came of its
/// retransmissions.
struct FpingFormat: ResultWriter {
  private var names: [String] = []
  /// By target and probe; nil where nothing answered, or it cannot be told how fast.
  private var times: [[Interval?]] = []
  /// Targets whose names gave no address: fping has no line for them either.
  private var unknown: Set<Int> = []

  mutating func write(_ event: Event, into sheet: inout Sheet) {
    switch event {
    case .connectionsBegin(let targets, let count):
      names = targets
      times = targets.map { _ in Array(repeating: nil, count: count ?? 1) }
    case .connection(let record, let target, _):
      guard times.indices.contains(target), times[target].indices.contains(record.sequence - 1) else { return }
      guard record.outcome.syns.lost == 0 else { return }
      times[target][record.sequence - 1] = record.outcome.measurement(of: .syn)?.interval
    case .unresolved(_, let target): unknown.insert(target)
    case .summaries:
      let width = names.map(\.unicodeScalars.count).max() ?? 0
      for (index, name) in names.enumerated() where !unknown.contains(index) {
        sheet.remarks += FpingLine.text(name, width: width, times: times[index])
      }
    default: break
    }
  }
}

/// Times as fping's `-C` tells them: `web.test:80 : 0.213 - 0.220`, which SmokePing reads.
public enum FpingLine {
  /// The line of one target, its name filled up to a width; nil stands for a probe that nothing answered.
  public static func text(_ target: String, width: Int, times: [Interval?]) -> String {
    // A name with a space in it would be two words to the reader.
    let name = String(target.printable.map { $0 == " " ? "_" : $0 })
    return "\(name.leading(width)) : \(times.map { $0.map(milliseconds) ?? "-" }.together(by: " "))\n"
  }

  /// Three significant digits and no more than three decimals, as fping's `sprint_tm` has them.
  private static func milliseconds(_ time: Interval) -> String {
    let nanoseconds = max(time.nanoseconds, 0)
    func rounded(to unit: Int64) -> Int64 { (nanoseconds + unit / 2) / unit }
    switch nanoseconds {
    case ..<1_000_000: return decimals(rounded(to: 1_000), 3)
    case ..<10_000_000: return decimals(rounded(to: 10_000), 2)
    case ..<100_000_000: return decimals(rounded(to: 100_000), 1)
    default: return String(rounded(to: 1_000_000))
    }
  }

  private static func decimals(_ number: Int64, _ places: Int) -> String {
    var unit: Int64 = 1
    for _ in 0..<places { unit *= 10 }
    return "\(number / unit).\(padded(number % unit, places))"
  }
}
