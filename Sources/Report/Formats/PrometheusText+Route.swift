import Handshake
import Judging
import Path
import Statistics
import Timebase
import Wire

/// What is known of a path as Prometheus reads it from a text file.
extension PrometheusText {
  /// The whole file.
  public static func document(_ record: RouteRecord) -> String {
    var writer = MetricWriter()
    let target: MetricWriter.Label = ("target", record.target)
    let (hops, paths) = (record.table.hops, record.table.paths)
    if let loss = record.table.targetLoss {
      writer.family("probe_route_target_probes_total", .counter, "Probes that should have reached the target.")
      writer.sample([target], "\(loss.sent)")
      writer.family("probe_route_target_answers_total", .counter, "Probes that the target answered.")
      writer.sample([target], "\(loss.received)")
    }
    if let distance = hops.first(where: \.isTarget)?.ttl {
      writer.family("probe_route_distance_hops", .gauge, "Hops to the target.")
      writer.sample([target], "\(distance)")
    }
    writer.family("probe_route_paths", .gauge, "Paths that flows take.")
    writer.sample([target], "\(paths.count)")
    writer.family("probe_route_path_id", .gauge, "Hash of the addresses of a path's hops (48 bits).")
    for (number, path) in paths.enumerated() { writer.sample([target, ("path", "\(number + 1)")], "\(path.id)") }
    writer.family("probe_route_path_changes", .gauge, "Hops at which a flow took another way.")
    writer.sample([target], "\(record.table.pathChanges.count)")
    write(hops, of: target, &writer)
    return writer.text
  }

  private static func write(_ hops: [RouteHop], of target: MetricWriter.Label, _ writer: inout MetricWriter) {
    func label(_ hop: RouteHop) -> MetricWriter.Label { ("hop", "\(hop.ttl)") }
    writer.family("probe_route_hop_info", .gauge, "1 for each address that answered at a hop.")
    for hop in hops {
      for address in hop.addresses { writer.sample([target, label(hop), ("address", "\(address.address)")], "1") }
    }
    let counts: [(String, String, (RouteHop) -> Int)] = [
      ("probe_route_hop_probes_total", "Probes to a hop.", { $0.answers.sent }),
      ("probe_route_hop_answers_total", "Probes that a hop answered.", { $0.answers.received }),
    ]
    for (family, help, value) in counts {
      writer.family(family, .counter, help)
      for hop in hops { writer.sample([target, label(hop)], "\(value(hop))") }
    }
    writer.family(
      "probe_route_hop_lost_at_most_ratio", .gauge, "Largest share that a hop can have dropped, by the hops behind it.")
    for hop in hops {
      if let bound = hop.lostHereAtMost { writer.sample([target, label(hop)], bound.ratio.description) }
    }
    writer.family("probe_route_hop_rate_limited", .gauge, "Whether a hop limits its ICMP errors.")
    for hop in hops { writer.sample([target, label(hop)], hop.isRateLimited ? "1" : "0") }
    writer.family(
      "probe_route_hop_rtt_seconds", .summary, "Round-trip time to a hop, by quantile (0 and 1: the extremes).")
    for hop in hops {
      let times: [(String, Interval?)] = [
        ("0", hop.times.min), ("0.5", hop.times.value(at: .p50)), ("0.99", hop.times.value(at: .p99)),
        ("1", hop.times.max),
      ]
      for (quantile, time) in times {
        if let time { writer.sample([target, label(hop), ("quantile", quantile)], time.exactSeconds) }
      }
      writer.sample([target, label(hop)], hop.times.total.exactSeconds, suffix: "_sum")
      writer.sample([target, label(hop)], "\(hop.times.count)", suffix: "_count")
    }
    writer.family("probe_route_hop_changes", .gauge, "Changes that a hop's quotes show for the first time, by field.")
    for hop in hops {
      for field in QuoteChange.Field.allCases {
        let count = hop.changes.count { $0.field == field }
        if count > 0 { writer.sample([target, label(hop), ("field", field.rawValue)], "\(count)") }
      }
    }
  }
}
