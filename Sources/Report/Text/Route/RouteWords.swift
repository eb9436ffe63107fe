import Handshake
import Judging
import Path
import Statistics
import Timebase
import Wire

/// What is said of a path in sentences, below the table of its hops.
struct RouteWords {
  let record: RouteRecord
  let style: Style
  /// Whether it is drawn while probes are timed: then nothing is computed that takes long.
  var isLive = false

  private var arrow: String { style.isUnicode ? "→" : "->" }
  private var table: RouteTable { record.table }

  /// Everything but the last line.
  var remarks: [Cell] {
    let hops = table.hops
    return (record.trouble.map { [Cell($0.printable, .bad)] } ?? [])
      + forms + limits(hops) + begins + ends(hops) + table.changes.map { Cell(change($0), .doubtful) }
      + extensions(hops)
      + spread(hops) + moves + paths
  }

  /// What was sent within a connection.
  private var forms: [Cell] {
    table.forms.compactMap { form in
      switch form {
      case .syn: nil
      case .beyond: Cell("probes: one byte beyond what the target expects, which it drops")
      case .keepAlive: Cell("probes: bytes that the target has already, since SACK was not agreed")
      }
    }
  }

  // MARK: Loss

  private func limits(_ hops: [RouteHop]) -> [Cell] {
    hops.filter(\.isRateLimited).map { hop in
      let own = (hop.answers.ratio ?? 0).longPercent
      let most = (hop.lostHereAtMost?.upper ?? 1).longPercent
      return Cell(
        "hop \(hop.ttl): limits its ICMP errors: \(own) of its answers are missing, but hops behind it lose at most \(most); "
          + "this is not loss")
    }
  }

  private var begins: [Cell] {
    guard let hop = table.lossBegins, let bound = hop.lostHereAtMost else { return [] }
    return [
      Cell(
        "loss begins at hop \(hop.ttl) or on the link to it: \(bound.ratio.longPercent) "
          + "(\(RouteWords.range(bound.lower, bound.upper)))", .bad)
    ]
  }

  /// `2.1 to 9.8 %`.
  private static func range(_ lower: Double, _ upper: Double) -> String {
    "\((lower * 100).decimals(1, below: 1e9)) to \(upper.longPercent)"
  }

  /// Hops that say that packets go no further.
  private func ends(_ hops: [RouteHop]) -> [Cell] {
    hops.compactMap { hop in
      guard let reason = hop.reason, let address = hop.address else { return nil }
      return Cell("hop \(hop.ttl): \(record.host(address)) reports \(reason.rawValue): packets go no further", .bad)
    }
  }

  // MARK: Changes

  /// `hop 3: MSS 1460 → 1400 (that hop or the one before)`.
  func change(_ change: RouteChange) -> String {
    var text = "hop \(change.ttl): \(short(change))"
    if change.isReverted { text += ", as it was sent" }
    if change.seen < change.quotes { text += ", in \(change.seen) of \(change.quotes) quotes" }
    if let flows = change.flows { text += ", \(RouteWords.flows(flows))" }
    return text + " (" + RouteWords.place(change) + ")"
  }

  /// `MSS 1460 → 1400`.
  func short(_ change: RouteChange) -> String {
    "\(change.field.words) \(value(change, change.from)) \(arrow) \(value(change, change.to))"
  }

  private func value(_ change: RouteChange, _ value: QuoteChange.Value) -> String {
    switch (change.field, value) {
    case (.ecn, .number(let codepoint)):
      codepoint < 4 ? ["not-ECT", "ECT(1)", "ECT(0)", "CE"][max(codepoint, 0)] : "\(codepoint)"
    case (.df, .number(let bit)): bit == 0 ? "clear" : "set"
    default: value.description.printable
    }
  }

  /// The box is the hop whose quote shows it, or one between it and the last that did not.
  private static func place(_ change: RouteChange) -> String {
    let after = change.after ?? 0
    guard change.ttl - after > 1 else { return after == 0 ? "that hop or this host" : "that hop or the one before" }
    return after == 0 ? "that hop or one before" : "between hop \(after) and hop \(change.ttl)"
  }

  /// `flow 3`, `flows 1, 4 and 5 more`.
  private static func flows(_ flows: [Int]) -> String {
    let shown = flows.prefix(8).map { "\($0)" }.together(by: ", ")
    let more = flows.count > 8 ? " and \(flows.count - 8) more" : ""
    return (flows.count == 1 ? "flow " : "flows ") + shown + more
  }

  private func extensions(_ hops: [RouteHop]) -> [Cell] {
    hops.flatMap { hop in hop.extensions.map { Cell("hop \(hop.ttl): \($0.description.printable)") } }
  }

  // MARK: Branches

  private func spread(_ hops: [RouteHop]) -> [Cell] {
    let branches = table.branches.map { branch in
      let place = branch.ttl == 0 ? "this host" : "hop \(branch.ttl)"
      let host = branch.address.map { " (\(record.host($0)))" } ?? ""
      return Cell(
        "\(place)\(host) balances per \(branch.isPerPacket ? "packet" : "flow") over \(branch.nextHops.count) next hops"
      )
    }
    let unclear = hops.filter { $0.variation == .unclear }.map { hop in
      Cell("hop \(hop.ttl): \(hop.addresses.count) addresses; too few answers to say why")
    }
    let crowded = hops.filter { $0.otherAnswers > 0 }.map { hop in
      Cell("hop \(hop.ttl): \(hop.otherAnswers) answers from more addresses than are kept", .doubtful)
    }
    return branches + unclear + crowded
  }

  /// When flows took another way: hops that changed together stand together.
  private var moves: [Cell] {
    var told: [(round: Int, flow: Int, at: WallTime, hops: [String])] = []
    for change in table.pathChanges {
      let words = "hop \(change.ttl) \(change.from) \(arrow) \(change.to)"
      if let place = told.firstIndex(where: { $0.flow == change.flow && abs($0.round - change.round) <= 1 }) {
        told[place].hops.append(words)
      } else {
        told.append((change.round, change.flow, change.at, [words]))
      }
    }
    return told.map { move in
      let flow = table.flows.count > 1 ? "flow \(move.flow): " : ""
      let time = move.at.isKnown ? " (\(move.at.second))" : ""
      return Cell(
        "\(flow)the path changed in round \(move.round + 1)\(time): \(move.hops.together(by: ", "))", .doubtful)
    }
  }

  /// The paths, where there may be more than one.
  private var paths: [Cell] {
    guard table.flows.count > 1 else { return [] }
    let paths = isLive ? table.paths : table.comparedPaths
    let share = (table.confidence * 100).decimals(1, below: 101)
    let certain = share.hasSuffix(".0") ? String(share.dropLast(2)) : share
    let rule =
      switch table.isComplete {
      case true?: ": enough to rule out another one at each hop with \(certain) % confidence"
      case false?: ": too few to rule out another one with \(certain) % confidence"
      case nil: ""
      }
    let head = Cell("\(counted(paths.count, "path")) of \(counted(table.flows.count, "flow"))\(rule)")
    let slowest = record.slowest(of: paths)
    return [head]
      + paths.enumerated().map { place, path in line(path, place, among: paths, isSlowest: place == slowest) }
  }

  private func line(_ path: RoutePath, _ place: Int, among paths: [RoutePath], isSlowest: Bool) -> Cell {
    var text = "  path \(place + 1): id \(path.id), \(RouteWords.flows(path.flows))"
    if path.reachesTarget, let ratio = path.loss.ratio {
      text += ", \(ratio.longPercent) lost"
      if let median = path.times.value(at: .p50) { text += ", p50 \(median.fixedMilliseconds) ms" }
    } else {
      text += ", target did not answer"
    }
    if isSlowest, let slowness = path.slowness {
      text += ": slowest, \(slowness.estimate.decimals(2, below: 1e9)) times the fastest "
      text += "(\(slowness.lower.decimals(2, below: 1e9)) to \(slowness.upper.decimals(2, below: 1e9)))"
    }
    let own = path.steps.enumerated().filter { index, step in
      paths.contains { other in other.steps.indices.contains(index) && other.steps[index] != step }
    }
    if !own.isEmpty {
      text += "; " + own.map { "hop \(path.firstTTL + $0) \($1.words)" }.together(by: ", ")
    }
    return Cell(text, isSlowest ? .doubtful : nil)
  }

  // MARK: The path itself

  /// The last line: what the path itself lost.
  var last: String {
    let target = record.target.printable
    guard let loss = table.targetLoss, let ratio = loss.ratio, let interval = loss.interval else {
      let last = table.hops.last { !$0.isSilent }
      guard let last, let address = last.address else {
        guard record.trouble == nil else { return "path to \(target): not probed" }
        return "no hop and no target answered: path to \(target)"
      }
      let end = "the last answer came from hop \(last.ttl), \(record.host(address))"
      if last.ttl == table.hops.last?.ttl, last.reason == nil {
        return "\(target) was not reached with a TTL of \(last.ttl); \(end)"
      }
      return "\(target) did not answer; \(end)"
    }
    var text = "path to \(target): \(counted(loss.sent, "probe")), \(ratio.longPercent) lost "
    text += "(\(RouteWords.range(interval.lower, interval.upper)))"
    if let times = table.targetTimes, let median = times.value(at: .p50), let slow = times.value(at: .p99) {
      text += ", rtt p50/p99 = \(median.fixedMilliseconds)/\(slow.fixedMilliseconds) ms"
    }
    let paths = table.paths
    if paths.count == 1, let path = paths.first { text += ", path id \(path.id)" }
    return text
  }
}

extension QuoteChange.Field {
  /// What it is called in a sentence.
  var words: String {
    switch self {
    case .mss: "MSS"
    case .wscale: "window scale"
    case .sack: "SACK"
    case .timestamps: "timestamps"
    case .option: "TCP option"
    case .isn: "ISN"
    case .dscp: "DSCP"
    case .ecn: "ECN"
    case .df: "DF"
    case .identification: "IP identification"
    case .source: "source address (NAT)"
    case .sourcePort: "source port (NAT)"
    case .destination: "destination address (NAT)"
    case .destinationPort: "destination port (NAT)"
    case .flags: "flags"
    case .window: "window"
    case .checksum: "checksum"
    }
  }
}
