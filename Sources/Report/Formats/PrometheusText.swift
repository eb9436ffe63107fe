import Handshake
import Judging
import Statistics
import Timebase
import Wire

/// What is known of watched targets as Prometheus reads it from a text file (exposition format 0.0.4).
///
/// Names are the blackbox exporter's where it has one for the same thing.
public enum PrometheusText {
  /// The whole file; a family of metrics has its targets together, as the format asks for.
  public static func document(_ targets: [WatchedTarget]) -> String {
    var writer = MetricWriter()
    let probed = targets.filter { $0.state != nil }
    gauges(&writer, targets, probed)
    counters(&writer, targets)
    histograms(&writer, targets)
    return writer.text
  }

  private static func gauges(_ writer: inout MetricWriter, _ targets: [WatchedTarget], _ probed: [WatchedTarget]) {
    writer.family("probe_success", .gauge, "Whether the latest probe found the expected state.")
    for target in probed { writer.sample([name(target)], target.isAsExpected == true ? "1" : "0") }
    writer.family(
      "probe_duration_seconds", .gauge, "Duration of the latest probe, from its first packet to its last.")
    for target in probed {
      guard let took = target.took else { continue }
      writer.sample([name(target)], took.exactSeconds)
    }
    writer.family("probe_ip_protocol", .gauge, "IP protocol version of the probe (4 or 6).")
    let known = targets.filter { $0.remote.knownAddress != nil }
    for target in known { writer.sample([name(target)], target.remote.address.family == .v4 ? "4" : "6") }
    writer.family("probe_ip_addr_hash", .gauge, "Hash of the probed address (FNV-1a, 32 bits).")
    for target in known { writer.sample([name(target)], "\(hash(target.remote.address))") }
    writer.family("probe_dns_lookup_time_seconds", .gauge, "Duration of the latest name lookup.")
    for target in known { writer.sample([name(target)], (target.resolve ?? .zero).exactSeconds) }
    writer.family("probe_state", .gauge, "1 for the state that the latest probe found, 0 for all others.")
    for target in probed {
      for state in Verdict.allCases {
        writer.sample([name(target), ("state", state.rawValue)], state == target.state ? "1" : "0")
      }
    }
    writer.family("probe_last_timestamp_seconds", .gauge, "Unix time at which the latest probe was sent.")
    for target in probed {
      guard let latest = target.latest else { continue }
      writer.sample([name(target)], Interval.nanoseconds(latest.nanoseconds).exactSeconds)
    }
  }

  private static func counters(_ writer: inout MetricWriter, _ targets: [WatchedTarget]) {
    let counts: [(String, String, (WatchedTarget) -> String)] = [
      ("probe_attempts_total", "Probes with a result.", { "\($0.summary.loss.sent)" }),
      ("probe_successes_total", "Probes that found the expected state.", { "\($0.successes)" }),
      (
        "probe_lost_total", "Probes that received neither SYN-ACK nor RST.",
        { "\($0.summary.loss.sent - $0.summary.loss.received)" }
      ),
      ("probe_syns_sent_total", "SYNs sent, retransmissions included.", { "\($0.summary.syns.sent)" }),
      ("probe_syns_retransmitted_total", "Retransmitted SYNs.", { "\($0.summary.synsRetransmitted)" }),
      ("probe_syns_answered_total", "SYNs that were answered, by ICMP errors too.", { "\($0.summary.syns.answered)" }),
      ("probe_syns_lost_total", "SYNs without an answer.", { "\($0.summary.syns.lost)" }),
      ("probe_retransmissions_total", "Retransmitted packets.", { "\($0.summary.retransmitted)" }),
      ("probe_duplicates_total", "Duplicate replies.", { "\($0.summary.duplicates)" }),
      ("probe_invalid_replies_total", "Packets that failed verification.", { "\($0.summary.invalid)" }),
      (
        "probe_not_started_total", "Intervals in which a probe was due but not started.",
        { "\($0.summary.notStarted)" }
      ),
      ("probe_state_changes_total", "Number of state changes.", { "\($0.changes)" }),
      ("probe_outages_total", "Number of outages (two or more consecutive lost probes).", { "\($0.outages.count)" }),
      (
        "probe_outage_seconds_total",
        "Total duration of outages, in seconds; an ongoing one up to its latest lost probe.",
        { $0.outageTime.exactSeconds }
      ),
    ]
    for (family, help, value) in counts {
      writer.family(family, .counter, help)
      for target in targets { writer.sample([name(target)], value(target)) }
    }
  }

  private static func histograms(_ writer: inout MetricWriter, _ targets: [WatchedTarget]) {
    writer.family("probe_step_seconds", .histogram, "Duration of each step of the connection.")
    for target in targets {
      for step in StepKind.allCases {
        guard let buckets = target[step] else { continue }
        let labels = [name(target), ("step", step.rawValue)]
        for (bound, count) in zip(BucketCounts.bounds, buckets.cumulative) {
          writer.sample(labels + [("le", bound.shortSeconds)], "\(count)", suffix: "_bucket")
        }
        writer.sample(labels + [("le", "+Inf")], "\(buckets.count)", suffix: "_bucket")
        writer.sample(labels, buckets.sum.exactSeconds, suffix: "_sum")
        writer.sample(labels, "\(buckets.count)", suffix: "_count")
      }
    }
  }

  private static func name(_ target: WatchedTarget) -> MetricWriter.Label { ("target", target.name) }

  /// As the blackbox exporter hashes an address: the octets in network order, 4 or 16.
  static func hash(_ address: IPAddress) -> UInt32 {
    var hash: UInt32 = 2_166_136_261
    for octet in address.octets { hash = (hash ^ UInt32(octet)) &* 16_777_619 }
    return hash
  }
}

/// Writes the text exposition format: a family's heading, then its samples.
struct MetricWriter {
  /// A label's name, and its value, not escaped yet.
  typealias Label = (name: String, value: String)

  /// What a family is.
  enum Kind: String {
    case gauge, counter, histogram, summary
  }

  private(set) var text = ""
  private var family = ""

  /// Begins a family.
  mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    family = name
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  /// One sample of the family.
  mutating func sample(_ labels: [Label], _ value: String, suffix: String = "") {
    let list = labels.map { "\($0.name)=\"\(MetricWriter.escaped($0.value))\"" }.together(by: ",")
    text += "\(family)\(suffix){\(list)} \(value)\n"
  }

  /// A label's value: backslash, quotation mark and line feed are escaped, as the format says, and what is not shown, which
  /// the format would let stand, as `\\u{1b}`.
  static func escaped(_ value: String) -> String {
    var text = ""
    for scalar in value.showingOctets.unicodeScalars {
      switch scalar {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      case _ where scalar.isUnprintable: text += "\\" + String(scalar).printable
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

extension Interval {
  /// In seconds, without zeros that say nothing: `0.00025`, `2.5`.
  fileprivate var shortSeconds: String {
    var text = exactSeconds
    while text.utf8.last == UInt8(ascii: "0") { text.removeLast() }
    return text.utf8.last == UInt8(ascii: ".") ? String(text.dropLast()) : text
  }
}
