import Handshake
import Scan
import Timebase
import Wire

/// A scan, for people.
extension TextReport {
  /// `SCAN 65536 addresses, 1 port: 65536 probes`.
  func scanHeader(addresses: UInt64, ports: Int, probes: UInt64) -> String {
    "SCAN \(addresses) \(addresses == 1 ? "address" : "addresses"), \(ports) \(ports == 1 ? "port" : "ports"): "
      + "\(probes) \(probes == 1 ? "probe" : "probes")\n"
  }

  /// What would be scanned.
  func scanList(_ targets: ScanTargets, probes: UInt64, time: Interval?) -> String {
    var text = targets.blocks.map { "\($0)\n" }.together(by: "")
    text += "ports " + PortRanges.text(targets.ports) + "\n"
    text += "\(targets.addresses) addresses × \(targets.ports.count) ports = \(targets.count) probes"
    if probes != targets.count { text += ", \(probes) of them in this shard" }
    if let time { text += ", \(time.roughly) for one pass" }
    return text + "\n"
  }

  /// The ports of an address, with nmap's columns; states that many of them share are counted below.
  func scanHost(_ address: IPAddress, _ results: [(result: ScanResult, service: String?)]) -> String {
    var hidden: [ScanReasonCount] = []
    var shown = results
    for state in ScanTally.states.dropFirst() {
      for reason in Reason.allCases {
        let alike = shown.count { $0.result.state == state && $0.result.reason == reason }
        guard alike > TextReport.mostAlike else { continue }
        hidden.append(ScanReasonCount(state: state, reason: reason, count: alike))
        shown.removeAll { $0.result.state == state && $0.result.reason == reason }
      }
    }
    var text = "\n\(address)\n"
    if !shown.isEmpty { text += "PORT       STATE        SERVICE         REASON\n" }
    for (result, service) in shown.sorted(by: { $0.result.port < $1.result.port }) {
      let state = style.paint(result.state.rawValue.leading(13), result.state.colour)
      let name = (service ?? "").printable.leading(16)
      var details = result.reason.rawValue
      if let ttl = result.hopLimit { details += ", ttl \(ttl)" }
      if let rtt = result.rtt { details += ", \(rtt.compact)" }
      if let router = result.router { details += ", from \(router)" }
      text += ("\(result.port)/tcp".leading(11) + state + name + details).withoutTrailingSpaces + "\n"
    }
    for entry in hidden {
      text +=
        "\(shown.isEmpty ? "all" : "not shown:") \(entry.count) \(entry.state.rawValue) (\(entry.reason.rawValue))\n"
    }
    return text
  }

  /// Beyond so many ports of a host in the same state for the same reason they are only counted.
  private static let mostAlike = 10

  /// `192.0.2.1:80 open`: where there are too many results for tables.
  func scanLine(_ result: ScanResult, service: String?) -> String {
    let words = service.map { " \($0.printable)" } ?? ""
    return "\(Endpoint(result.address, result.port)) " + style.paint(result.state.rawValue, result.state.colour)
      + "\(words) \(result.reason.rawValue)\n"
  }

  /// What it came to.
  func scan(_ summary: ScanSummary) -> String {
    let tally = summary.tally
    let counts = ScanTally.states.map { "\(tally.count(of: $0)) \($0.rawValue)" }.together(by: ", ")
    var text = "\n\(summary.probes) ports: \(counts); \(tally.sent) SYNs sent in \(summary.elapsed.roughly)\n"
    for state in ScanTally.states {
      guard let bound = tally.missed(state, passes: summary.passes), bound.answers.contains(where: { $0 > 0 }) else {
        continue
      }
      let passes = bound.answers.map(String.init).together(by: ", ")
      switch bound.value {
      case .atLeast(let count) where count < 0.5 && bound.answers.dropFirst().allSatisfy({ $0 == 0 }): break
      case .atLeast(let count):
        text += "\(state.rawValue): answers by pass \(passes); at least \(Int(count.rounded())) more were missed\n"
      case .notConverging:
        text +=
          "\(state.rawValue): answers by pass \(passes): not converging, more passes (--retries) would find more\n"
      case .unknown: break
      }
      if bound.differsBetweenTargets {
        text += "\(state.rawValue): loss differs between targets, so more may be missing; scan again later\n"
      }
    }
    if tally.rejected > 0 { text += "\(tally.rejected) packets rejected: they answer no SYN of this scan\n" }
    return text
  }
}

/// How many ports have the same state for the same reason.
struct ScanReasonCount {
  var state: Verdict
  var reason: Reason
  var count: Int
}

/// Ports as a list of ranges.
enum PortRanges {
  /// `22,80,8000-8010`.
  static func text(_ ports: [UInt16]) -> String {
    var parts: [String] = []
    let sorted = ports.sorted()
    var start = 0
    for index in sorted.indices where index + 1 == sorted.count || sorted[index + 1] > sorted[index] + 1 {
      parts.append(start == index ? "\(sorted[index])" : "\(sorted[start])-\(sorted[index])")
      start = index + 1
    }
    return parts.together(by: ",")
  }
}
