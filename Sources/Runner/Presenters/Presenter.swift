import Engines
import Handshake
import Judging
import Kernel
import Report
import Timebase
import Wire

/// Reports a run's results as they come.
final class Presenter: ConnectionPresenter {
  private var targets: [ResolvedTarget]
  /// What was said last of a name: many ports of one host have one trouble.
  private var lastCause: String?
  private let mode: Outcome.Mode
  private let plan: Plan
  /// Whether the ladder is drawn: one target, one probe; of more there is a line each, as ping has it.
  private let isSingle: Bool
  private var teller: Teller
  private let count: Int?
  private(set) var summaries: [TargetSummary]
  private let startedAt = SystemClock.monotonic()
  private(set) var tallies: [Tally]
  private var trace: PacketTrace
  private let drawings: Drawings?
  var unsent = SendErrors()

  /// A presenter for a run over targets.
  init(_ settings: RunSettings, targets: [ResolvedTarget], drawings: Drawings? = nil) {
    self.drawings = drawings
    self.targets = targets
    plan = settings.plan
    mode = settings.usesKernel ? .connect : Outcome.Mode(settings.plan)
    isSingle = targets.count == 1 && settings.schedule.count == 1
    hasSummary = settings.schedule.count != 1
    count = settings.schedule.count
    teller = Teller(settings.presentation)
    // Of many targets that are probed once each, none is summed up: 65,535 summaries would be much memory for nothing.
    let summedUp = hasSummary ? targets : []
    summaries = summedUp.map { [mode] in TargetSummary(target: $0.name, remote: $0.remote, mode: mode) }
    tallies = targets.map { _ in Tally() }
    trace = PacketTrace(stampsLines: settings.presentation.stampsLines)
  }

  /// Whether anything is summed up: only where a target is probed more than once.
  private let hasSummary: Bool

  func name(of index: Int) -> String { targets[index].name }

  /// Says what is about to be probed, so that a long wait is not a silent one.
  func begin() throws(Errno) {
    try teller.tell(.connectionsBegin(targets: targets.map(\.name), count: count))
    if targets.count == 1 { try introduce(targets[0]) }
  }

  private func introduce(_ target: ResolvedTarget) throws(Errno) {
    guard let source = target.source else { return }
    try teller.tell(.target(target.name, remote: target.remote, source: source, words: words))
  }

  func resolved(_ index: Int, _ target: ResolvedTarget) throws(Errno) {
    targets[index] = target
    if hasSummary { summaries[index].move(to: target.remote) }
    if targets.count == 1 { try introduce(target) }
  }

  /// A result of that target alone, for whoever reads lines; a person is told why.
  func unresolved(_ index: Int, _ cause: String) throws(Errno) {
    tallies[index].addUnresolved()
    if cause != lastCause { Output.complain(cause) }
    lastCause = cause
    let record = Record(
      target: targets[index].name, sequence: 1, outcome: .unresolved(targets[index], mode: mode))
    try teller.tell(.unresolved(record, target: index))
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
    try teller.tell(.connection(record, target: index, isSingle ? .whole : .among))
  }

  func putOff(_ rounds: Int, from sequence: Int) throws(Errno) {
    for index in summaries.indices { summaries[index].putOff(rounds) }
  }

  func leaveOut(_ index: Int, sequence: Int) throws(Errno) {
    if hasSummary { summaries[index].leaveOut(sequence: sequence) }
  }

  /// Shows a packet that passed, at once and tcpdump's way, where the format does not have it with its record.
  func show(_ arrival: borrowing ReceivedPacket, at stamp: Stamp) throws(Errno) {
    if teller.showsPassingPackets { try teller.write(trace.line(arrival, at: stamp)) }
  }

  /// Writes the closing lines of a run of more than one probe.
  func conclude() throws(Errno) { try summarize(isFinal: true) }

  /// Writes the summary so far.
  func summarize() throws(Errno) { try summarize(isFinal: false) }

  private func summarize(isFinal: Bool) throws(Errno) {
    let elapsed = SystemClock.monotonic() - startedAt
    for index in summaries.indices { summaries[index].elapsed = elapsed }
    try teller.tell(.summaries(summaries, isFinal: isFinal))
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
  mutating func line(_ arrival: borrowing ReceivedPacket, at stamp: Stamp) -> String {
    let words =
      switch arrival.framing {
      case .inBand: PacketNotation.tcpdump(packet: arrival.octets)
      case .outOfBand(let envelope): PacketNotation.tcpdump(transport: arrival.octets, in: envelope)
      }
    return "\(time.words(stamp.bestWall)) \(words)\n"
  }
}
