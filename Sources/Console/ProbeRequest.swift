import Handshake
import Runner
import Wire

/// The default verb's command line, read: what to run, and how to judge it.
struct ProbeRequest: Sendable {
  /// What to run.
  var run = RunSettings()
  /// The state that every target should be in; nil expects the usual.
  var expected: Verdict?
  /// Whether a monitoring plugin's line is wanted, and by which thresholds.
  var monitor = MonitorRequest()
  /// Whether the exit code tells the state itself.
  var exitsWithState = false
  /// Whether the help, or the version, was asked for instead.
  var wants: Instead?

  /// What may be asked for instead of a run.
  enum Instead: Hashable, Sendable {
    /// `-h`.
    case help
    /// `-V`.
    case version
  }
}

extension ProbeRequest {
  /// Allows only one family; asking for both is a contradiction.
  mutating func restrict(to family: AddressFamily) throws(UsageError) {
    guard run.family ?? family == family else {
      throw UsageError("-4 and -6 exclude each other; leave one of them out")
    }
    run.family = family
  }

  /// Refuses what contradicts itself, before anything is sent.
  func check() throws(UsageError) {
    let plan = run.plan
    try checkForms()
    if plan.mode == .halfOpen {
      if plan.confirm { throw UsageError("--confirm needs the whole handshake; leave --syn out") }
      if run.usesKernel { throw UsageError("--connect makes whole connections; leave --syn out") }
    }
    if !plan.opensConnection, plan.confirm {
      throw UsageError("--confirm needs a handshake, and --flags asks for none; leave one of them out")
    }
    if run.usesKernel, let option = handMade.first(where: \.isUsed)?.name {
      throw UsageError("\(option) needs raw sockets; leave --connect out")
    }
    if run.presentation.svgPath != nil, run.schedule.count != 1 || run.targets.flatMap(\.ports).count > 1 {
      throw UsageError("--svg draws one connection; leave -c out and name one port, or take --html FILE")
    }
    if plan.mode == .halfOpen || !plan.opensConnection, plan.data.count > ProbeRequest.firstSegmentLimit {
      throw UsageError("--data: at most \(ProbeRequest.firstSegmentLimit) octets fit into the first segment")
    }
  }

  /// Refuses what the forms for other programs cannot tell.
  private func checkForms() throws(UsageError) {
    try monitor.check()
    let shown = run.presentation
    try shown.checkTable()
    guard monitor.isPlugin || shown.isFping else { return }
    let name = monitor.isPlugin ? "--nagios" : "--fping"
    let others = [
      ("--fping", monitor.isPlugin && shown.isFping), ("--json", shown.json), ("--csv", shown.csv),
      ("--packet-trace", shown.tracesPackets),
      ("--exit-state", monitor.isPlugin && exitsWithState), ("--svg", shown.isFping && shown.svgPath != nil),
      ("--html", shown.isFping && shown.htmlPath != nil),
    ]
    if let other = others.first(where: \.1)?.0 { throw UsageError("\(name) and \(other) exclude each other") }
    guard let count = run.schedule.count else { throw UsageError("\(name) tells at the end, and -c 0 has none") }
    guard count <= ProbeRequest.fpingLimit || !shown.isFping else {
      throw UsageError("--fping: at most \(ProbeRequest.fpingLimit) probes of a target; a line has to hold them")
    }
  }

  /// The most times in a line of fping's.
  private static let fpingLimit = 10_000

  /// The text that fits beside all options into a first segment of the smallest IPv6 MTU (1,280 octets, RFC 8200 §5).
  private static let firstSegmentLimit = 1_220

  /// What the kernel's `connect()` cannot do, by option.
  private var handMade: [(name: String, isUsed: Bool)] {
    let (plan, usual) = (run.plan, Plan())
    return [
      ("--confirm", plan.confirm), ("--data", !plan.data.isEmpty), ("--flags", plan.flags != usual.flags),
      ("--packet-trace", run.presentation.tracesPackets), ("--svg", run.presentation.svgPath != nil),
      ("--pcap", run.presentation.pcapPath != nil),
      ("--isn", plan.iss != nil),
      ("--window", run.window != nil), ("--mss", run.maximumSegmentSize != nil),
      ("--wscale", plan.offer.windowScale != usual.offer.windowScale), ("--no-sack", !plan.offer.sack),
      ("--no-timestamps", !plan.offer.timestamps), ("--ttl", run.marking.hopLimit != Marking().hopLimit),
      ("-Q", run.marking.trafficClass != Marking().trafficClass),
    ]
  }
}

extension Presentation {
  /// Refuses a table together with what has no place in it.
  func checkTable() throws(UsageError) {
    let others = [("--json", json), ("--packet-trace", tracesPackets)]
    guard csv, let other = others.first(where: \.1)?.0 else { return }
    throw UsageError("--csv and \(other) exclude each other; leave one of them out")
  }
}
