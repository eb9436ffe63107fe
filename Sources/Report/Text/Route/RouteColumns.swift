import Judging
import Statistics
import Timebase
import Wire

/// Which columns a table of hops has room for, and how wide they are.
struct RouteColumns {
  /// A column, in the order in which they stand.
  enum Kind: Int, CaseIterable {
    case hop, host, sent, lost, here, last, mean, best, worst, median, slow, deviation
  }

  private var kinds: [Kind] = []
  private let hop: Int
  private let timeWidth: Int
  private let host: Int
  private let record: RouteRecord
  private let showsNames: Bool
  /// Whether names stand with their addresses, and times have all their digits.
  private let isFull: Bool
  private let style: Style

  /// The columns of a screen: the narrower, the fewer.
  init(screen record: RouteRecord, _ runs: [HopRun], showsNames: Bool, _ style: Style) {
    (self.record, self.showsNames, self.style, isFull) = (record, showsNames, style, false)
    (hop, timeWidth) = (RouteColumns.hopWidth(runs), 6)
    let longest = runs.flatMap { $0.hop.hosts(record, showsNames, isFull: false) }.map(\.columns).max() ?? 0
    host = max(4, min(longest, max(15, style.width * 28 / 100)))
    var rest = style.width - hop - 2 - host
    var kinds: Set<Kind> = [.hop, .host]
    for kind in [Kind.lost, .here, .last, .mean, .sent, .best, .worst, .deviation, .median, .slow] {
      let need = 2 + width(kind)
      guard rest >= need else { continue }
      rest -= need
      kinds.insert(kind)
    }
    self.kinds = Kind.allCases.filter { kinds.contains($0) }
  }

  /// The columns of a report: all that fit, and no host is cut.
  init(report record: RouteRecord, _ runs: [HopRun], _ style: Style) {
    (self.record, self.style, showsNames, isFull) = (record, style, true, true)
    hop = RouteColumns.hopWidth(runs)
    host = max(4, runs.flatMap { $0.hop.hosts(record, true, isFull: true) }.map(\.columns).max() ?? 0)
    let longest = runs.flatMap { [$0.hop.times.max, $0.hop.times.last] }.compactMap { $0?.fixedMilliseconds.columns }
    timeWidth = max(6, longest.max() ?? 0)
    let needed: [Kind] = [.hop, .host, .sent, .lost, .here, .last, .mean, .best, .worst]
    var used = needed.map { 2 + width($0) }.reduce(hop + host - 2, +)
    var kinds = Set(needed)
    for kind in [Kind.deviation, .median, .slow] {
      used += 2 + width(kind)
      if used <= style.width { kinds.insert(kind) }
    }
    self.kinds = Kind.allCases.filter { kinds.contains($0) }
  }

  /// Room for three digits, or for a run of hops.
  private static func hopWidth(_ runs: [HopRun]) -> Int { runs.map(\.number.columns).reduce(3, max) }

  private func width(_ kind: Kind) -> Int {
    switch kind {
    case .hop, .host: 0
    case .sent: 5
    // With the marker of a hop that limits its ICMP.
    case .lost: 5
    case .here: 5
    case .last, .mean, .best, .worst, .median, .slow, .deviation: timeWidth
    }
  }

  /// The columns' titles, as wide as they are.
  var titles: [Cell] {
    kinds.map { kind in
      switch kind {
      case .hop: Cell("hop", .faint).trailing(hop)
      case .host: Cell("host".leading(host), .faint)
      case .sent: titled("sent", kind)
      // The marker stands behind the number.
      case .lost: Cell("lost ".trailing(width(kind)), .faint)
      case .here: titled(style.isUnicode ? "here≤" : "here<", kind)
      case .last: titled("last", kind)
      case .mean: titled("avg", kind)
      case .best: titled("best", kind)
      case .worst: titled("worst", kind)
      case .median: titled("p50", kind)
      case .slow: titled("p99", kind)
      case .deviation: titled("stdev", kind)
      }
    }
  }

  private func titled(_ words: String, _ kind: Kind) -> Cell {
    Cell(words, .faint).trailing(width(kind))
  }

  /// A hop's lines: the first with its numbers, one more for each further address.
  func lines(_ run: HopRun) -> [[Cell]] {
    let (hop, left) = (run.hop, self.hop)
    let hosts = hop.hosts(record, showsNames, isFull: isFull)
    let first = kinds.map { kind in
      switch kind {
      case .hop: Cell(run.number).trailing(left)
      case .host:
        Cell((hosts.first ?? "*").withoutMiddle(host).leading(host), hop.isSilent ? .faint : hop.isTarget ? .good : nil)
      default: Cell(words(kind, hop), colour(kind, hop)).trailing(width(kind))
      }
    }
    return [first]
      + hosts.dropFirst().map { [Cell(String(" ", times: left)), Cell($0.withoutMiddle(host))] }
  }

  private func words(_ kind: Kind, _ hop: RouteHop) -> String {
    switch kind {
    case .hop, .host: ""
    case .sent: "\(hop.answers.sent)".columns > 5 ? "\(hop.answers.sent / 1_000)k" : "\(hop.answers.sent)"
    case .lost: (hop.answers.ratio?.shortPercent ?? "-") + (hop.isRateLimited ? "~" : " ")
    case .here: hop.lostHereAtMost?.ratio.shortPercent ?? "-"
    case .last: time(hop.times.last)
    case .mean: time(hop.times.mean)
    case .best: time(hop.times.min)
    case .worst: time(hop.times.max)
    case .median: time(hop.times.value(at: .p50))
    case .slow: time(hop.times.value(at: .p99))
    case .deviation: time(hop.times.deviation)
    }
  }

  private func time(_ interval: Interval?) -> String {
    interval.map { isFull ? $0.fixedMilliseconds : $0.replyMilliseconds } ?? "-"
  }

  private func colour(_ kind: Kind, _ hop: RouteHop) -> Style.Colour? {
    switch kind {
    case .lost where hop.isRateLimited: .doubtful
    case .lost where hop.isSilent: .faint
    case .lost: (hop.answers.ratio ?? 0) > 0 ? .doubtful : nil
    case .here: (hop.lostHereAtMost?.ratio ?? 0) > 0 ? .bad : nil
    default: nil
    }
  }
}

extension RouteHop {
  /// Who answers at it: names where they are known, or addresses.
  func hosts(_ record: RouteRecord, _ showsNames: Bool, isFull: Bool) -> [String] {
    let hosts = addresses.map { record.host($0.address, showsNames, isFull: isFull) }
    return otherAnswers == 0 ? hosts : hosts + ["and others"]
  }
}

extension RouteRecord {
  /// An address, its name, or both: `gw.test (10.0.1.1)`.
  func host(_ address: IPAddress, _ showsNames: Bool = true, isFull: Bool = true) -> String {
    guard showsNames, let name = names[address]?.printable else { return "\(address)" }
    return isFull ? "\(name) (\(address))" : name
  }
}

extension Double {
  /// A share in four columns: `0%`, `4.2%`, `35%`, `100%`; neither nothing nor all unless it is exactly that.
  var shortPercent: String {
    let tenths = Int((Swift.min(Swift.max(self, 0), 1) * 1_000).rounded())
    switch tenths {
    case 0: return self > 0 ? "0.1%" : "0%"
    case ..<100: return "\(tenths / 10).\(tenths % 10)%"
    case 995...: return self < 1 ? "99%" : "100%"
    default: return "\((tenths + 5) / 10)%"
    }
  }

  /// A share with a decimal: `4.2 %`.
  var longPercent: String { (self * 100).decimals(1, below: 1e9) + " %" }
}
