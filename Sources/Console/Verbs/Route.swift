import Engines
import Path
import Report
import Runner
import Timebase
import Wire

extension Verb {
  /// `probe route HOST:PORT`: the hops on the way, and what they do.
  static let route = Verb(
    "route", "HOST:PORT", of: .targets, "the path: hops, loss, load balancing, changes",
    offers: [.packets, .sourcePort, .lines, .packetLines, .capture, .outputLetter, .table],
    settings: RouteSettings(program: Version.agent),
    options: [
      .hops, .rounds, .paths,
      .oneWay(excludes: ["--csv"], " It follows the trace, and is reported on lines behind it."), .reports, .families,
      .network.without("ttl"), .syn, .output, .files,
    ],
    about: """
      Shows the path to the target: each router (hop) that answers, its round-trip
      times and loss, what changes packets on the way, and with --flows all paths
      that load balancing uses. Probes are SYNs to the port, so they pass where the
      connection itself would; with --in-session they are segments within a
      connection. A router that does not answer every probe is not a router that
      drops packets: "lost here" shows what it can have dropped at most.
      """,
    exitCode: """
      Exit code: 0 if the target answered, 1 if not, or if --one-way could not
      measure all pairs, 2 could not run; 130 interrupted, after the report.
      """,
    prepare: { (settings, operands) throws(UsageError) in
      settings.run.targets = try TargetParser.targets(operands, ports: settings.run.ports)
      guard settings.run.targets.count == 1, settings.run.targets[0].ports.count == 1 else {
        throw UsageError("route takes one target with one port; run it again for each of the others")
      }
      guard settings.first <= settings.last else {
        throw UsageError("--ttl-min \(settings.first) is above --ttl-max \(settings.last)")
      }
      settings.plan.ttls = settings.first...settings.last
      settings.plan.deadline = settings.run.schedule.deadline
    },
    run: { (settings) throws(RunError) in
      let result = try Run.route(settings)
      return Ending(result.signal, isAsExpected: result.isAsExpected)
    })
}

extension OptionGroup where Settings == RouteSettings {
  fileprivate static var hops: OptionGroup {
    OptionGroup(
      title: "Hops",
      rows: [
        .flag(
          nil, "in-session", "probe within a connection, past strict firewalls",
          """
          Opens a connection and probes within it: an octet beyond what the peer expects, so that the peer answers at once
          and its application sees nothing; without SACK, octets that it has already (as in a keep-alive probe). The
          connection is reset at the end. Passes firewalls that drop SYNs with a low TTL.
          """
        ) { $0.plan.isInSession = true },
        .value(
          "f", "ttl-min", "N", .integer(1...255), "the first TTL (default 1)",
          "The first time to live, or hop limit, from 1 to 255. Default 1."
        ) { (settings, ttl: Int) in settings.first = UInt8(clamping: ttl) },
        .value(
          "m", "ttl-max", "N", .integer(1...255), "the last TTL (default 30)",
          "The last time to live, or hop limit, from 1 to 255. Default 30. The trace ends where the target answers."
        ) { (settings, ttl: Int) in settings.last = UInt8(clamping: ttl) },
        .value(
          "N", "parallel", "N", .integer(1...64), "probes of a flow in flight at once (default 16)",
          "At most N probes of a flow are in flight at once, from 1 to 64. Default 16."
        ) { $0.plan.parallel = $1 },
        .flag(
          "n", "numeric", "show hops by address only: no DNS",
          """
          Shows hops by address only. Otherwise their names are looked up, by the configuration of this system, while the
          trace goes on; it never waits for a name.
          """
        ) { $0.showsAddressesOnly = true },
        .value(
          "p", "port", "PORT", .ports, "the port, if the target has none",
          "The port, if the target has none: `probe route -p 443 HOST`."
        ) { $0.run.ports = $1 },
        .flag(
          nil, "no-ecn", "do not test whether ECN survives",
          """
          Leaves out the three further probes of each hop that carry ECT(0), ECT(1) and CE, which show where ECN is
          cleared or set. They count in neither loss nor times.
          """
        ) { $0.plan.asksECN = false },
      ])
  }

  fileprivate static var rounds: OptionGroup {
    OptionGroup(
      title: "Times and counts",
      rows: [
        .value(
          "c", "count", "N", .integer(0...1_000_000_000), "N probes of every hop, 0: until stopped (default 10)",
          "Probes every hop N times; 0 until interrupted. Default 10."
        ) { $0.plan.rounds = $1 == 0 ? nil : $1 },
        .flag(
          nil, "until-stopped", excludes: ["--count"], "go on until interrupted, or q",
          "Goes on until interrupted, or until q is pressed."
        ) { $0.plan.rounds = nil },
        .value(
          "i", "interval", "SEC", .interval(.milliseconds(10) ... .seconds(3_600)),
          "interval between rounds (default 0.2)",
          "The interval from the start of one round to that of the next, from 10 ms to an hour. Default 0.2."
        ) { $0.plan.interval = $1 },
        .value(
          "W", "timeout", "SEC", .interval(.milliseconds(10) ... .seconds(60)), "wait for an answer (default 1)",
          "How long an answer is waited for, from 10 ms to 60 s. Default 1."
        ) { $0.plan.wait = $1 },
        .value(
          "w", "deadline", "SEC", .interval(.milliseconds(10) ... .seconds(604_800)), "stop the whole run after SEC",
          "Stops the whole run after SEC, with the report. Probes that are in flight then do not count."
        ) { $0.run.schedule.deadline = $1 },
        .value(
          nil, "rate", "PPS", .integer(1...1_000), "at most PPS probes a second (default 1000)",
          "Sends at most PPS probes a second, from 1 to 1000, which is the default."
        ) { $0.plan.rate = $1 },
      ])
  }

  fileprivate static var paths: OptionGroup {
    OptionGroup(
      title: "Paths",
      rows: [
        .value(
          nil, "flows", "N", .integer(1...512), "find load balancing with up to N flows (default 1)",
          """
          Finds load balancing: probes with as many source ports as it takes to have missed no next hop with the confidence
          of --confidence, and with N at most, from 1 to 512. Default 1, a single flow. The report says whether N was
          enough.
          """
        ) { $0.plan.flows = $1 },
        .value(
          nil, "confidence", "PERCENT", .integer(50...99), "for --flows, of each hop (default 95)",
          """
          The probability, in percent from 50 to 99, that no next hop of a hop was missed, if the hop spreads flows evenly.
          Default 95, which takes 6 flows if there is no load balancing.
          """
        ) { $0.plan.rule = MultipathRule(confidence: Double($1) / 100) },
      ])
  }

  fileprivate static var reports: OptionGroup {
    OptionGroup(
      title: "Reports",
      rows: [
        .flag(
          "r", "report", "no screen; mtr's columns at the end", "Shows no screen, and prints mtr's columns at the end."
        ) { $0.isReport = true },
        .flag(
          "v", "verbose", "print every probe as it is answered",
          "Prints every probe as it is answered, or was not in time; with --json as objects of type `probe`."
        ) { $0.run.presentation.isVerbose = true },
        .value(
          nil, "prometheus", "FILE", .file, "write metrics to FILE every interval, atomically",
          """
          Writes metrics to FILE every interval, at most once a second, for node_exporter's textfile collector: a reader
          finds the old file or the new one. Reference.md, in share/doc/probe/Docs, lists the metrics.
          """
        ) { $0.metricsPath = $1 },
        .value(
          nil, "svg", "FILE", .file, "write a picture of the paths to FILE as SVG",
          "Writes a picture of the paths to FILE as SVG, with a light and a dark colour scheme."
        ) { $0.run.presentation.svgPath = $1 },
        .value(
          nil, "html", "FILE", .file, "write an HTML report to FILE",
          "Writes the report with the picture of the paths to FILE as an HTML page. It contains no script, and loads nothing."
        ) { $0.run.presentation.htmlPath = $1 },
      ])
  }
}
