import Judging
import Kernel
import Report
import Timebase

/// Puts events into words in the format that was asked for, and writes them.
struct Teller: ~Copyable {
  private var writer: any ResultWriter
  private let output: Output
  /// Whole lines that were not written yet, see `tellSoon`.
  private var waiting = ""

  /// What leaves by one system call at most (`Output`), so that whatever reads it has whole lines.
  private static var most: Int { 4_096 }

  /// For a run's presentation.
  init(_ presentation: Presentation) {
    output = presentation.output
    writer = presentation.format.writer(
      Wording(
        text: TextReport(presentation, on: output), remarks: { TextReport(presentation, on: .standardError) },
        isQuiet: presentation.isQuiet, tracesPackets: presentation.tracesPackets))
  }

  /// Whether packets are shown as they pass.
  var showsPassingPackets: Bool { writer.showsPassingPackets }
  /// Whether a person reads along.
  var isForPeople: Bool { writer.isForPeople }
  /// Whether results that belong together are shown as a table.
  var showsTables: Bool { writer.showsTables }
  /// What a monitoring plugin exits with; nil where the format is none.
  func state(of results: [CheckResult]) -> PluginState? { writer.state(of: results) }

  /// Writes what the format has to say of an event.
  mutating func tell(_ event: Event) throws(Errno) {
    try flush()
    var sheet = Sheet()
    writer.write(event, into: &sheet)
    if !sheet.results.isEmpty { try output.write(sheet.results) }
    if !sheet.remarks.isEmpty { try Output.standardError.write(sheet.remarks) }
  }

  /// The same, for what comes in great numbers: lines are written together, at the latest by `flush`.
  mutating func tellSoon(_ event: Event) throws(Errno) {
    var sheet = Sheet()
    writer.write(event, into: &sheet)
    if waiting.utf8.count + sheet.results.utf8.count > Teller.most { try flush() }
    waiting += sheet.results
    if !sheet.remarks.isEmpty { try Output.standardError.write(sheet.remarks) }
  }

  /// Writes what waits.
  mutating func flush() throws(Errno) {
    guard !waiting.isEmpty else { return }
    defer { waiting = "" }
    try output.write(waiting)
  }

  /// Writes a line of text as it is.
  func write(_ line: String) throws(Errno) { try output.write(line) }
}

/// What stands before the line of a packet: the local time of day, as tcpdump has it, or what `-D` asks for.
struct LineTime {
  private let format: TimeFormat?
  private var local = LocalTime()

  /// Times in a format; nil: the time of day.
  init(_ format: TimeFormat?) { self.format = format }

  /// The words for a moment; `?` where it is not known.
  mutating func words(_ moment: WallTime?) -> String {
    guard let moment else { return "?" }
    return format?.words(moment) ?? moment.timeOfDay(secondsEast: local.secondsEast(at: moment))
  }
}
