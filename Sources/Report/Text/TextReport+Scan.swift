import Handshake
import Scan
import Timebase
import Wire

/// A scan, for people.
extension TextReport {
  /// `SCAN 65536 addresses, 1 port: 65536 probes`, and which part of them.
  func scanHeader(_ identity: ScanIdentity) -> String {
    let (addresses, ports, size) = (identity.addresses, identity.ports.count, identity.size)
    let part = identity.shard == .whole ? "" : ", shard \(identity.shard)"
    return "SCAN \(addresses) \(addresses == 1 ? "address" : "addresses"), \(ports) \(ports == 1 ? "port" : "ports"): "
      + "\(size) \(size == 1 ? "probe" : "probes")\(part)\n"
  }

  /// What would be scanned, how much that is, and how long it takes.
  func scanList(_ listing: ScanListing) -> String {
    var text = "ports " + PortRanges.text(listing.ports) + "\n"
    text += "\(listing.addresses) \(listing.addresses == 1 ? "address" : "addresses") × "
    text += "\(counted(listing.ports.count, "port")) = \(counted(listing.probes, "probe"))"
    if listing.size != listing.probes { text += ", \(listing.size) of them in this shard" }
    text += "\nat \(listing.rate) probes a second: \(listing.time.roughly) for a pass"
    if listing.passes > 1 {
      text += ", \(listing.longest.roughly) for all \(listing.passes) if nothing answers"
    }
    if listing.mostCheckSYNs > 0 {
      text += "\nthen at most \(counted(listing.mostCheckSYNs, "SYN")) to check hosts with open ports (--checks)"
    }
    return text + "\n"
  }

  /// The ports of an address, with nmap's columns; states that many of them share are counted below.
  func scanHost(
    _ address: IPAddress, _ results: [(result: ScanResult, service: String?)], _ marks: [ScanMark] = []
  ) -> String {
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
    var text = "\n\(address)\n" + marks.map { scanMark($0, of: address) }.together(by: "")
    let names = shown.map { String(($0.service ?? "").printable.prefix(TextReport.longestService)) }
    let width = max(names.map(\.count).max() ?? 0, "SERVICE".count) + 2
    if !shown.isEmpty { text += "PORT       STATE        " + "SERVICE".leading(width) + "REASON\n" }
    for (result, service) in shown.sorted(by: { $0.result.port < $1.result.port }) {
      let state = style.paint(result.state.rawValue.leading(13), result.state.colour)
      let name = String((service ?? "").printable.prefix(TextReport.longestService)).leading(width)
      var details = result.reason.rawValue
      // What another host says has its own time to live.
      if let ttl = result.hopLimit, result.router == nil { details += ", ttl \(ttl)" }
      if let rtt = result.rtt { details += ", \(rtt.replyMilliseconds) ms" }
      if result.followUp?.confirmation == .confirmed { details += ", confirmed" }
      var lines: [String] = []
      if let router = result.router {
        let from = ", from \(router)"
        if 24 + name.count + details.count + from.count <= TextReport.scanWidth {
          details += from
        } else {
          // An address of IPv6 has a line of its own.
          lines.append("from \(router)")
        }
      }
      text += ("\(result.port)/tcp".leading(11) + state + name + details).withoutTrailingSpaces + "\n"
      for line in lines + scanDetails(result) { text += "           " + line + "\n" }
    }
    for entry in hidden {
      text +=
        "\(shown.isEmpty ? "all" : "not shown:") \(entry.count) \(entry.state.rawValue) (\(entry.reason.rawValue))\n"
    }
    return text
  }

  /// A line has so many columns at most.
  private static let scanWidth = 80

  /// What was found out about a port beyond its answer, a line each.
  private func scanDetails(_ result: ScanResult) -> [String] {
    var lines: [String] = []
    let room = TextReport.scanWidth - 11
    if let confirmation = result.followUp?.confirmation, confirmation != .confirmed {
      lines.append("\(style.paint("unconfirmed", .doubtful)): \(confirmation.words)")
    }
    if let service = result.followUp?.service {
      // The longest ones say it all.
      let words = "service: \(service.rawValue), ".count + service.words.count > room ? "" : ", \(service.words)"
      lines.append("service: " + style.paint(service.rawValue, service.colour) + words)
    }
    if let banner = result.followUp?.banner {
      let text = "banner: " + (banner.isEmpty ? "none" : banner.bannerText)
      lines.append(text.count > room ? text.prefix(room - 3) + "..." : text)
    }
    if let facts = result.synAck {
      var words = ["win \(facts.window)"]
      if facts.identification != nil { words.append(facts.dontFragment ? "DF" : "no DF") }
      if facts.agreesToECN { words.append("ECN") }
      if facts.trafficClass != 0 { words.append("TOS \(facts.trafficClass)") }
      let options = "<\(OptionWords.list(facts.options).together(by: ","))>"
      let line = "profile: " + words.together(by: ", ")
      // Options may be as long as a line.
      if line.count + 1 + options.count <= room {
        lines.append(line + " " + options)
      } else {
        lines += [line, String(options.prefix(room))]
      }
    }
    return lines
  }

  /// `suspect 192.0.2.1: 3 of 3 random ports are open too`; below the address itself without it.
  func scanMark(_ mark: ScanMark, of address: IPAddress? = nil) -> String {
    let place = mark.place == address.map { "\($0)" } ? "" : " \(mark.place)"
    return style.paint(mark.word, .doubtful) + "\(place): \(mark.words)\n"
  }

  /// So much of a service's name is shown, so that a line with a router's IPv4 address has 80 columns at most.
  private static let longestService = 11

  /// Hosts that are not listed.
  func scanSilent(hosts: Int) -> String {
    "\n\(hosts) \(hosts == 1 ? "host" : "hosts") gave no answer on any port\n"
  }

  /// Beyond so many ports of a host in the same state for the same reason they are only counted.
  private static let mostAlike = 10

  /// `192.0.2.1:80 open`: where there are too many results for tables.
  func scanLine(_ result: ScanResult, service: String?) -> String {
    let words = service.map { " \($0.printable)" } ?? ""
    let confirmed = result.followUp?.confirmation == .confirmed ? ", confirmed" : ""
    return "\(Endpoint(result.address, result.port)) " + style.paint(result.state.rawValue, result.state.colour)
      + "\(words) \(result.reason.rawValue)\(confirmed)\n"
      + scanDetails(result).map { "           \($0)\n" }.together(by: "")
  }

  /// What it came to.
  func scan(_ summary: ScanSummary) -> String {
    let tally = summary.tally
    let counts = ScanTally.states.map { "\(tally.count(of: $0)) \($0.rawValue)" }.together(by: ", ")
    var text = "\n\(counted(summary.probes, "port")): \(counts)\n"
    let asked = tally.answered + tally.unanswered
    if summary.isInterrupted, asked < summary.probes {
      text += "interrupted: \(counted(summary.probes - asked, "port")) not asked\n"
    }
    text += "\(counted(tally.sent, "SYN")) sent in \(summary.elapsed.roughly)\n"
    for state in ScanTally.states {
      guard let bound = tally.missed(state, passes: summary.passes, of: summary.probes),
        bound.answers.contains(where: { $0 > 0 })
      else {
        continue
      }
      let passes = bound.answers.map(String.init).together(by: ", ")
      switch bound.value {
      case .atLeast(let count) where count < 1: break
      case .atLeast(let count):
        text += "\(state.rawValue): answers by pass \(passes); at least \(Int(count)) more were missed\n"
      // A few answers say nothing of how many are left.
      case .notConverging where (bound.answers.last ?? 0) < 5: break
      case .notConverging:
        text += "\(state.rawValue): answers by pass \(passes): not converging, more are missing\n"
      case .unknown: break
      }
      if bound.differsBetweenTargets {
        text += "\(state.rawValue): loss differs between targets, so more may be missing\n"
      }
    }
    if tally.offersAnotherPass(after: summary.passes, of: summary.probes) { text += anotherPass(summary) }
    text += checked(summary)
    if tally.rejected > 0 { text += "\(tally.rejected) packets rejected: they answer no SYN of this scan\n" }
    if summary.dropped > 0 {
      text += "\(summary.dropped) packets dropped by this host's kernel, answers perhaps among them; use a lower rate\n"
    }
    if summary.unsent > 0 { text += "\(summary.unsent) packets not sent: this host had no room, or refused them\n" }
    if summary.repeats > 0 {
      text += "\(summary.repeats) more \(summary.repeats == 1 ? "pass" : "passes"), because this host lost packets\n"
    }
    return text
  }
}

extension TextReport {
  /// What another pass would be asked for by.
  fileprivate func anotherPass(_ summary: ScanSummary) -> String {
    // A pass more than there were, without those that this host's own losses added.
    let retries = summary.passes - summary.repeats
    return retries > ScanTally.mostRetries
      ? "scan again later: losses come in bursts\n"
      : "another pass may find them: scan again, later, with --retries \(retries)\n"
  }

  /// Which hosts and prefixes were checked.
  fileprivate func checked(_ summary: ScanSummary) -> String {
    func words(_ checked: ScanSummary.Checked, _ name: String, _ plural: String, _ mark: String) -> String? {
      guard checked.asked > 0 || checked.marked > 0 else { return nil }
      let all = checked.seen > checked.asked ? "\(checked.asked) of \(checked.seen)" : "\(checked.asked)"
      let noun = checked.asked == 1 && checked.seen < 2 ? name : plural
      return "checked \(all) \(noun): \(checked.marked) \(mark) (\(counted(checked.sent, "SYN")))\n"
    }
    return [
      words(summary.hosts, "host with open ports", "hosts with open ports", "suspect"),
      words(summary.prefixes, "IPv6 prefix", "IPv6 prefixes", "aliased"),
    ].compactMap(\.self).together(by: "")
  }
}

extension ScanMark {
  /// What is marked is called this.
  var word: String { isAliased ? "aliased" : "suspect" }

  /// The address, or the prefix.
  var place: String {
    let first = IPAddress(number: block.first, block.family)
    return isAliased ? "\(first)/64" : "\(first)"
  }

  /// Why, in a few words.
  var words: String {
    switch reason {
    case .randomPorts: "\(open) of \(asked) random ports are open too"
    case .manyPorts: "\(open) ports are open"
    case .neighbors: "\(open) of \(asked) random addresses in it are open too"
    }
  }
}

extension ScanConfirmation {
  /// What it means, in a few words.
  var words: String {
    switch self {
    case .confirmed: "it took the whole handshake"
    case .unconfirmed: "nothing showed that it took our ACK"
    case .repeated: "it retransmitted its SYN-ACK after our ACK"
    case .reset: "it reset the connection after our ACK"
    case .closed: "an RST answered the second SYN"
    case .noAnswer: "no valid reply to the second SYN"
    }
  }
}

extension [UInt8] {
  /// On one line: without the line end behind it, and with those in it as `\r\n`.
  var bannerText: String {
    var rest = self[...]
    while let last = rest.last, last == 10 || last == 13 { rest.removeLast() }
    var text = ""
    for scalar in String(preserving: rest).unicodeScalars {
      switch scalar {
      case "\r": text += "\\r"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case "\\": text += "\\\\"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text.printable
  }
}

/// How many ports have the same state for the same reason.
struct ScanReasonCount {
  var state: Verdict
  var reason: Reason
  var count: Int
}

/// How far a scan is.
public struct ScanProgress: Hashable, Sendable {
  /// The pass, from 1, and how many there are at most.
  public var (pass, passes): (Int, Int)
  /// The next probe of the pass, and how many there are.
  public var (next, size): (UInt64, UInt64)
  /// How many were answered, and how many of them are open.
  public var (answered, open): (UInt64, UInt64)
  /// Probes in a second at present.
  public var rate: Int
  /// How many packets the kernel has dropped.
  public var dropped: UInt32

  /// A state of a scan.
  public init(
    pass: Int, passes: Int, next: UInt64, size: UInt64, answered: UInt64, open: UInt64, rate: Int, dropped: UInt32
  ) {
    (self.pass, self.passes, self.next, self.size) = (pass, passes, next, size)
    (self.answered, self.open, self.rate, self.dropped) = (answered, open, rate, dropped)
  }

  /// How much of the pass is done, from 0 to 1.
  var share: Double { size == 0 ? 1 : min(Double(next) / Double(size), 1) }

  /// How long it takes yet at this rate, if what was not asked yet answers as often as what was: the probes of this pass,
  /// and those of the later ones.
  var timeLeft: Interval? {
    guard rate > 0, size > 0 else { return nil }
    let asked = Double(pass == 1 ? next : size)
    let silent = asked > 0 ? max(1 - Double(answered) / asked, 0) : 1
    let ofThisPass = Double(size) * (1 - share) * (pass == 1 ? 1 : silent)
    let ofOthers = Double(size) * silent * Double(max(passes - pass, 0))
    return .nanoseconds(Int64(min((ofThisPass + ofOthers) / Double(rate) * 1e9, 9e18).rounded()))
  }

  /// `pass 1 of 3: 42 % of 65536, 10000/s, 913 open, 0 dropped, 12 s left`, of this width exactly: it is drawn over another.
  public func line(width: Int) -> String {
    var text =
      "pass \(pass) of \(passes): \(Int(share * 100)) % of \(size), \(rate)/s, \(open) open, \(dropped) dropped"
    if let timeLeft { text += ", \(timeLeft.roughly) left" }
    if text.count >= width {
      // What matters most comes first where a screen is narrow.
      text = "\(pass)/\(passes) \(Int(share * 100))%, \(open) open"
      if let timeLeft { text += ", \(timeLeft.roughly) left" }
      text += ", \(rate)/s, \(dropped) dropped"
    }
    return ScanProgress.line(text, width: width)
  }

  /// Words of this width exactly.
  public static func line(_ words: String, width: Int) -> String {
    let room = max(width - 1, 1)
    return words.count > room ? String(words.prefix(room)) : words.leading(room)
  }
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
