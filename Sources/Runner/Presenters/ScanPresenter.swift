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
  private let targets: ScanTargets
  private var teller: Teller
  private let started = SystemClock.monotonic()
  /// What this host refused last.
  private var refusal: Errno?
  private var hasProgress = false
  private let services = ServiceNames.ofThisMachine()
  /// What is to be shown in tables; whether there are few enough for that.
  private var results: [ScanResult] = []
  private var asTables: Bool?
  private var isQuiet: Bool { settings.run.presentation.isQuiet }

  /// The most results that are kept for tables.
  private static let mostKept: UInt64 = 65_536
  private var drawnAt = Instant(nanoseconds: 0)

  init(_ settings: ScanSettings, _ targets: ScanTargets) {
    (self.settings, self.targets) = (settings, targets)
    teller = Teller(settings.run.presentation)
  }

  /// What would be probed; sends nothing.
  func list(_ plan: ScanPlan) throws(Errno) {
    let size = plan.shard.size(of: targets.count)
    let seconds = plan.rate.map { Interval.nanoseconds(Int64(clamping: size) / Int64(max($0, 1)) * 1_000_000_000) }
    try teller.tell(.scanList(targets, probes: size, time: seconds))
  }

  func begin(_ size: UInt64) throws(Errno) {
    try teller.tell(.scanBegin(addresses: targets.addresses, ports: targets.ports.count, probes: size))
    asTables = teller.showsTables && size <= ScanPresenter.mostKept
    hasProgress = teller.isForPeople && !settings.run.presentation.isQuiet && Output.standardError.isTerminal
  }

  /// Takes a result: for a program it is written at once; for a person it waits for its table, unless there are too many.
  func take(_ result: ScanResult) throws(Errno) {
    if settings.showsOpenOnly, result.state != .open { return }
    guard teller.isForPeople || isQuiet, let asTables, asTables else {
      // So many lines are read by no one: what is not open is counted.
      guard !teller.isForPeople || result.state == .open else { return }
      clear()
      return try teller.tell(.scanResult(result, service: services.name(of: result.port)))
    }
    results.append(result)
  }

  private func tellTables() throws(Errno) {
    var hosts: [IPAddress: [ScanResult]] = [:]
    for result in results { hosts[result.address, default: []].append(result) }
    for (address, list) in hosts.sorted(by: { $0.key.number < $1.key.number }) {
      try teller.tell(.scanHost(address, list.map { ($0, services.name(of: $0.port)) }))
    }
  }

  func progress(_ engine: borrowing ScanEngine, _ dropped: UInt32, _ now: Instant) throws(Errno) {
    guard hasProgress, now - drawnAt > .milliseconds(250) else { return }
    drawnAt = now
    let done = engine.pass == 0 ? engine.next : engine.size
    let share = engine.size == 0 ? 100 : Int(Double(done) / Double(engine.size) * 100)
    try Output.standardError.write(
      "\r\u{1b}[Kpass \(engine.pass + 1): \(share) % of \(engine.size) probes sent, \(engine.rate)/s, "
        + "\(engine.tally.count(of: .open)) open, \(dropped) dropped")
  }

  func summarize(_ engine: borrowing ScanEngine) throws(Errno) {
    clear()
    try teller.tell(.scanEnd(summary(engine), isFinal: false))
  }

  func refused(_ error: Errno) {
    if refusal == nil { Output.complain("this host refused to send some packets: \(error)") }
    refusal = error
  }

  func finish(_ engine: borrowing ScanEngine, _ signal: Signal?) throws(Errno) {
    clear()
    try tellTables()
    if signal != nil { try teller.tell(.interrupted) }
    try teller.tell(.scanEnd(summary(engine), isFinal: true))
  }

  private func summary(_ engine: borrowing ScanEngine) -> ScanSummary {
    ScanSummary(
      tally: engine.tally, passes: engine.pass + 1, probes: engine.size, elapsed: SystemClock.monotonic() - started)
  }

  private func clear() {
    if hasProgress { try? Output.standardError.write("\r\u{1b}[K") }
  }
}
