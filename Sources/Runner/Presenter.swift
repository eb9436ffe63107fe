import Engines
import Handshake
import Kernel
import Report
import Timebase
import Wire

/// Writes a run's results as they come: text, JSON Lines or a table on standard output.
final class Presenter: ConnectionPresenter {
  private let presentation: Presentation
  private var targets: [ResolvedTarget]
  /// What was said last of a name: many ports of one host have one trouble.
  private var lastCause: String?
  private let mode: Outcome.Mode
  private let plan: Plan
  /// Whether the ladder is drawn: one target, one probe; of more there is a line each, as ping has it.
  private let isSingle: Bool
  private let text: TextReport
  private let output: Output
  /// Where a summary in words goes.
  private let closing: Output
  private(set) var summaries: [TargetSummary]
  private let startedAt = SystemClock.monotonic()
  private(set) var tallies: [Tally]
  private var trace: PacketTrace
  private let drawings: Drawings?
  var unsent = Unsent()

  /// A presenter for a run over targets.
  init(_ settings: RunSettings, targets: [ResolvedTarget], drawings: Drawings? = nil) {
    self.drawings = drawings
    presentation = settings.presentation
    self.targets = targets
    plan = settings.plan
    mode = settings.usesKernel ? .connect : Outcome.Mode(settings.plan)
    isSingle = targets.count == 1 && settings.schedule.count == 1
    hasSummary = settings.schedule.count != 1
    output = presentation.output
    closing = presentation.csv ? .standardError : presentation.output
    text = TextReport(presentation, on: output)
    // Of many targets that are probed once each, none is summed up: 65,535 summaries would be much memory for nothing.
    let summedUp = hasSummary ? targets : []
    summaries = summedUp.map { [mode] in TargetSummary(target: $0.name, remote: $0.remote, mode: mode) }
    tallies = targets.map { _ in Tally() }
    trace = PacketTrace(stampsLines: presentation.stampsLines)
  }

  /// Whether anything is summed up: only where a target is probed more than once.
  private let hasSummary: Bool

  func name(of index: Int) -> String { targets[index].name }

  /// Says what is about to be probed, so that a long wait is not a silent one.
  func begin() throws(Errno) {
    if presentation.csv { return try output.write(CSV.connections.header) }
    guard presentation.isText, !presentation.isQuiet else { return }
    if targets.count == 1 { try introduce(targets[0]) }
  }

  private func introduce(_ target: ResolvedTarget) throws(Errno) {
    guard let source = target.source else { return }
    try output.write(text.header(target: target.name, remote: target.remote, source: source, does: words))
  }

  func resolved(_ index: Int, _ target: ResolvedTarget) throws(Errno) {
    targets[index] = target
    if hasSummary { summaries[index].move(to: target.remote) }
    if targets.count == 1, presentation.isText, !presentation.isQuiet { try introduce(target) }
  }

  /// A result of that target alone, for whoever reads lines; a person is told why.
  func unresolved(_ index: Int, _ cause: String) throws(Errno) {
    tallies[index].addUnresolved()
    if cause != lastCause { Output.complain(cause) }
    lastCause = cause
    guard !presentation.isText else { return }
    let record = Record(
      target: targets[index].name, sequence: 1, outcome: .unresolved(targets[index], mode: mode))
    try output.write(presentation.json ? JSONLines.connection(record) : CSV.connections.line(record))
  }

  /// What is done to the target, for a person.
  private var words: String {
    plan.opensConnection ? mode.words : "one crafted segment, \(plan.flags)"
  }

  /// Tells of one probe.
  func show(_ index: Int, sequence: Int, _ outcome: Outcome?) throws(Errno) {
    guard let outcome else {
      if hasSummary { summaries[index].addUndecided(sequence: sequence) }
      return
    }
    if outcome.reason != .notSent { unsent.clear(index) }
    let target = targets[index]
    let record = Record(
      target: target.name, sequence: sequence, resolve: sequence == 1 ? target.resolve : nil, outcome: outcome)
    if hasSummary { summaries[index].add(record) }
    drawings?.take(record)
    tallies[index].add(outcome.verdict, outcome.reason)
    if presentation.json { return try output.write(json(record)) }
    if presentation.csv { return try output.write(CSV.connections.line(record)) }
    guard !presentation.isQuiet else { return }
    if isSingle {
      try output.write(text.single(record))
    } else {
      try output.write(text.line(record))
      if presentation.isVerbose { try output.write(text.ladder(record)) }
    }
  }

  func putOff(_ rounds: Int, from sequence: Int) throws(Errno) {
    for index in summaries.indices { summaries[index].putOff(rounds) }
  }

  func leaveOut(_ index: Int, sequence: Int) throws(Errno) {
    if hasSummary { summaries[index].leaveOut(sequence: sequence) }
  }

  /// The record as JSON Lines: its packets first where they are traced, each with how it was judged.
  private func json(_ record: Record) -> String {
    var lines = ""
    if presentation.tracesPackets {
      for entry in record.outcome.exchange.entries { lines += JSONLines.packet(entry, of: record) }
    }
    return lines + JSONLines.connection(record)
  }

  /// Shows a packet that passed, at once and tcpdump's way; as JSON it comes with its record.
  func show(_ arrival: borrowing Arrival, at stamp: Stamp) throws(Errno) {
    if !presentation.json { try output.write(trace.line(arrival, at: stamp)) }
  }

  /// Writes the closing lines of a run of more than one probe; a table has none.
  func conclude() throws(Errno) {
    if !presentation.csv { try summarize() }
  }

  /// Writes the summary so far: beside a table, which has no place for it, on standard error.
  func summarize() throws(Errno) {
    let elapsed = SystemClock.monotonic() - startedAt
    guard hasSummary else { return }
    for index in summaries.indices { summaries[index].elapsed = elapsed }
    if presentation.json {
      for summary in summaries { try output.write(JSONLines.summary(summary)) }
    } else {
      let words = TextReport(presentation, on: closing)
      for summary in summaries { try closing.write(words.summary(summary)) }
    }
  }
}

extension TextReport {
  /// The text that a run was asked for, as the output can show it.
  init(_ presentation: Presentation, on output: borrowing Output) {
    let style = Style(output, allowsColor: presentation.allowsColor)
    self.init(style: style, isVerbose: presentation.isVerbose, showsTime: presentation.stampsLines)
  }
}

extension Style {
  /// The style that an output allows; a terminal that is called dumb would show colours as letters.
  init(_ output: borrowing Output, allowsColor: Bool) {
    let isWanted = allowsColor && Environment.value(of: "NO_COLOR")?.isEmpty ?? true
    let mayColor = isWanted && Environment.value(of: "TERM") != "dumb"
    self.init(isColoured: output.isTerminal && mayColor, isUnicode: Environment.isUTF8, width: output.width ?? 100)
  }
}

/// One line of text a packet, as `tcpdump -nn -S` prints it.
struct PacketTrace {
  private var time: LineTime

  /// Lines that begin with seconds since the epoch (`-D`), or with the local time of day.
  init(stampsLines: Bool) { time = LineTime(countsSeconds: stampsLines) }

  /// The line, line feed included.
  mutating func line(_ arrival: borrowing Arrival, at stamp: Stamp) -> String {
    let words =
      switch arrival.framing {
      case .inBand: PacketNotation.tcpdump(packet: arrival.octets)
      case .outOfBand(let envelope): PacketNotation.tcpdump(transport: arrival.octets, in: envelope)
      }
    return "\(time.words(stamp.bestWall)) \(words)\n"
  }
}
