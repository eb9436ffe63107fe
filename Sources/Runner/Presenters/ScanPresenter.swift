import Engines
import Handshake
import Kernel
import Report
import Scan
import Timebase
import Wire

/// Shows what a scan finds: results as they come, and what they come to.
final class ScanPresenter {
  private let settings: ScanSettings
  /// Which scan it is; nil before it begins.
  private var identity: ScanIdentity?
  private var teller: Teller
  private let started = SystemClock.monotonic()
  /// What this host refused last.
  private var refusal: Errno?
  private var hasProgress = false
  private let services = ServiceNames.ofThisMachine()
  private let files: ScanFiles?
  /// What is to be shown in tables; whether there are few enough for that.
  private var results: [ScanResult] = []
  private var asTables = false
  /// How many packets the kernel has dropped.
  private var dropped: UInt32 = 0
  private var drawnAt = Instant(nanoseconds: 0)
  /// Open ports whose results wait for what is asked of them after the passes.
  private(set) var open: [ScanResult] = []
  /// Which hosts and prefixes are asked whether they answer for everything.
  var checks = ScanChecks(.none, ports: [], excluding: AddressBlocks(), seed: 0)
  /// SYNs of these checks.
  var (hostSYNs, prefixSYNs): (UInt64, UInt64) = (0, 0)
  /// What the passes came to, once they are over.
  private var passed: ScanSummary?

  /// Keeps where the scan is; nil where that was not asked for.
  var keeper: ScanKeeper?

  /// Opens the files of a scan; `resumed` is how long the file of results was when it was stopped, where it goes on.
  init(_ settings: ScanSettings, _ session: Session, resumed: UInt64? = nil) throws(RunError) {
    self.settings = settings
    teller = Teller(settings.run.presentation)
    files =
      settings.files.isEmpty
      ? nil : try ScanFiles(settings.files, checks: settings.followUps.checks != .none, session, resumed: resumed)
  }

  /// Writes what a scan begins with; a file that is continued has it already.
  func begin(_ identity: ScanIdentity) throws(Errno) {
    self.identity = identity
    let hosts = ScanHosts(ports: identity.ports.count, probes: identity.size)
    checks = ScanChecks(
      settings.followUps.checks, ports: identity.ports, excluding: settings.excluded, seed: identity.seed)
    // What an earlier run found is in no table.
    asTables = teller.showsTables && hosts.waits && settings.resumePath == nil
    let head = ScanHead(
      version: settings.version, words: settings.words, started: SystemClock.now().wall, ports: identity.ports)
    let event = Event.scanBegin(identity, head)
    try teller.tell(event)
    try files?.begin(event, head, hosts)
    try files?.flush()
    hasProgress = teller.isForPeople && !settings.run.presentation.isQuiet && Output.standardError.isTerminal
  }

  /// Takes a result: for a program it is written at once; for a person it waits for its table, unless there are too many.
  func take(_ result: ScanResult) throws(Errno) {
    checks.take(result)
    if settings.followUps.connects, result.state == .open { return open.append(result) }
    try tell(result)
  }

  /// Takes what was found out about an open port that waits.
  func learn(_ place: Int, _ body: (inout ScanFollowUp) -> Void) {
    var followUp = open[place].followUp ?? ScanFollowUp()
    body(&followUp)
    open[place].followUp = followUp
  }

  /// Tells of the open ports that have waited, and of what is marked.
  private func tellFollowUps() throws(Errno) {
    let waiting = open
    open = []
    for var result in waiting {
      var followUp = result.followUp ?? ScanFollowUp()
      followUp.isSuspect = checks.isSuspect(result.address)
      followUp.isAliased = checks.isAliased(result.address)
      result.followUp = followUp
      try tell(result)
    }
  }

  private func tell(_ result: ScanResult) throws(Errno) { try tell(result, service: services.name(of: result.port)) }

  /// Tells of a result whose service has a name already.
  func tell(_ result: ScanResult, service: String?) throws(Errno) {
    let isShown = !settings.showsOpenOnly || result.state == .open
    try files?.take(result, service: service, isShown: isShown, services: services)
    guard isShown else { return }
    if asTables { return results.append(result) }
    // So many lines are read by no one: what is not open is counted.
    guard !teller.isForPeople || result.state == .open else { return }
    clear()
    try teller.tellSoon(.scanResult(result, service: service))
  }

  private func tellTables() throws(Errno) {
    var hosts: [IPAddress: [ScanResult]] = [:]
    for result in results { hosts[result.address, default: []].append(result) }
    var silent = 0
    for (address, list) in hosts.sorted(by: { $0.key < $1.key }) {
      if hosts.count > ScanPresenter.mostSilent, list.allSatisfy({ $0.reason == .noResponse }) {
        silent += 1
      } else {
        let ports = list.map { ($0, services.name(of: $0.port)) }
        try teller.tell(.scanHost(address, ports, marks: checks.marks(of: address)))
      }
    }
    if silent > 0 { try teller.tell(.scanSilent(hosts: silent)) }
  }

  /// Of more hosts than these, those without any answer are only counted.
  private static let mostSilent = 4

  func progress(_ engine: borrowing ScanEngine, _ dropped: UInt32, _ now: Instant) throws(Errno) {
    try teller.flush()
    try files?.flush()
    self.dropped = dropped
    if let keeper, keeper.isDue(now) { try keep(engine, at: now) }
    guard hasProgress, now - drawnAt > .milliseconds(250) else { return }
    drawnAt = now
    let progress = ScanProgress(
      pass: engine.pass + 1, passes: engine.passes, next: engine.next, size: engine.size,
      answered: engine.tally.answered, open: engine.tally.count(of: .open), rate: engine.rate, dropped: dropped)
    let error = Output.standardError
    try error.rewriteLine(progress.line(width: error.width ?? 80))
  }

  func summarize(_ engine: borrowing ScanEngine) throws(Errno) {
    clear()
    try teller.tell(.scanEnd(summary(engine), isFinal: false))
  }

  /// The same after the passes.
  func summarize() throws(Errno) {
    clear()
    if let summary = passed.map(completed) { try teller.tell(.scanEnd(summary, isFinal: false)) }
  }

  /// Shows what is done after the passes.
  func show(_ words: String) {
    let now = SystemClock.monotonic()
    guard hasProgress, now - drawnAt > .milliseconds(100) else { return }
    drawnAt = now
    try? Output.standardError.rewriteLine(ScanProgress.line(words, width: Output.standardError.width ?? 80))
  }

  func refused(_ error: Errno) {
    if refusal == nil { Output.complain("this host refused to send some packets: \(error)") }
    refusal = error
  }

  /// The passes are over; what follows may take its time.
  func settle(_ engine: borrowing ScanEngine) throws(Errno) {
    passed = summary(engine)
    try teller.flush()
    try files?.flush()
  }

  /// A link is down, or up again.
  func link(_ name: String, _ isUp: Bool) {
    clear()
    Output.complain(isUp ? "\(name) is up again: going on" : "\(name) is down: the scan is paused")
  }

  /// Writes where the scan is; what was found before lies in its file then.
  func keep(
    _ engine: borrowing ScanEngine, at now: Instant, isComplete: Bool = false, isDurable: Bool = false
  ) throws(Errno) {
    try teller.flush()
    try files?.flush()
    try keeper?.write(
      engine, dropped: dropped, length: files?.length ?? 0, at: now, isComplete: isComplete, isDurable: isDurable)
  }

  func finish(_ signal: Signal?) throws(Errno) {
    guard var summary = passed.map(completed) else { return }
    summary.isInterrupted = signal != nil
    try finish(summary)
  }

  /// Writes what a scan came to, and what was kept until then.
  func finish(_ total: ScanSummary) throws(Errno) {
    clear()
    try tellFollowUps()
    try tellTables()
    var summary = total
    try files?.tellRest(services, checks)
    for mark in checks.marks {
      // In a table it stands with its host.
      if !asTables { try teller.tell(.scanMark(mark)) }
      try files?.tell(mark)
    }
    if summary.isInterrupted { try teller.tell(.interrupted) }
    summary.up = files?.up
    try teller.tell(.scanEnd(summary, isFinal: true))
    try files?.tell(.scanEnd(summary, isFinal: true))
  }

  /// Puts the files in their places.
  func finishFiles() throws(RunError) { try files?.finish() }

  private func summary(_ engine: borrowing ScanEngine) -> ScanSummary {
    var summary = ScanSummary(
      tally: engine.tally, passes: engine.pass + 1, probes: engine.size,
      elapsed: SystemClock.monotonic() - started + (keeper?.elapsed ?? .zero))
    (summary.addresses, summary.dropped) = (identity?.addresses ?? 0, dropped)
    (summary.unsent, summary.repeats) = (engine.unsent, engine.repeats)
    return summary
  }

  /// With what was done since the passes.
  private func completed(_ summary: ScanSummary) -> ScanSummary {
    var summary = summary
    summary.elapsed = SystemClock.monotonic() - started + (keeper?.elapsed ?? .zero)
    (summary.hosts.seen, summary.hosts.asked) = (checks.hostsSeen, UInt64(checks.hostsAsked))
    (summary.prefixes.seen, summary.prefixes.asked) = (checks.prefixesSeen, UInt64(checks.prefixesAsked))
    summary.hosts.marked = UInt64(checks.marks.count { !$0.isAliased })
    summary.prefixes.marked = UInt64(checks.marks.count { $0.isAliased })
    (summary.hosts.sent, summary.prefixes.sent) = (hostSYNs, prefixSYNs)
    return summary
  }

  private func clear() {
    if hasProgress { try? Output.standardError.rewriteLine("") }
  }
}
