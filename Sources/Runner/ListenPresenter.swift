import Engines
import Handshake
import Kernel
import Report
import Timebase
import Wire

/// Writes what `probe listen` has to tell as it comes.
final class ListenPresenter {
  private let settings: ListenSettings
  private let presentation: Presentation
  private let endpoint: Endpoint
  private let text: TextReport
  private let output: Output
  private var trace: PacketTrace

  /// A presenter for a port.
  init(_ settings: ListenSettings, at endpoint: Endpoint) {
    self.settings = settings
    presentation = settings.presentation
    self.endpoint = endpoint
    output = presentation.output
    text = TextReport(
      style: Style(output, allowsColor: presentation.allowsColor), isVerbose: presentation.isVerbose,
      showsTime: presentation.stampsLines)
    trace = PacketTrace(stampsLines: presentation.stampsLines)
  }

  /// Says that the port is open.
  func begin() throws(Errno) {
    if presentation.json {
      return try output.write(JSONLines.listening(at: endpoint, service: settings.service.rawValue))
    }
    guard !presentation.isQuiet else { return }
    try output.write(text.listening(at: endpoint, does: settings.service.words))
  }

  /// Tells of one connection: one alone as a ladder, of more a line each.
  func show(_ sequence: Int, _ outcome: Outcome?) throws(Errno) {
    guard let outcome else { return }
    let record = Record(target: endpoint.description, sequence: sequence, outcome: outcome)
    if presentation.json {
      var lines = ""
      if presentation.tracesPackets {
        for entry in outcome.exchange.entries { lines += JSONLines.packet(entry, of: record) }
      }
      return try output.write(lines + JSONLines.connection(record))
    }
    guard !presentation.isQuiet else { return }
    if settings.limits.count == 1, outcome.verdict == .open {
      try output.write(text.single(record))
    } else {
      try output.write(text.line(record))
      if presentation.isVerbose { try output.write(text.ladder(record)) }
    }
  }

  /// Shows a packet that passed, at once and tcpdump's way; as JSON it comes with its record.
  func show(_ arrival: borrowing Arrival, at stamp: Stamp) throws(Errno) {
    if !presentation.json { try output.write(trace.line(arrival, at: stamp)) }
  }

  /// Writes the closing line.
  func summarize(_ counts: ListenCounts) throws(Errno) {
    let tally = ListenTally(
      syns: counts.syns, established: counts.established, abandoned: counts.abandoned,
      cookiesSent: counts.cookiesSent, cookiesAccepted: counts.cookiesAccepted, refused: counts.refused,
      displaced: counts.displaced, resets: counts.resets)
    try output.write(presentation.json ? JSONLines.summary(tally, at: endpoint) : text.summary(tally))
  }
}

extension Service {
  /// What is done, for a person.
  var words: String {
    switch self {
    case .accept: "read, and close when the peer does"
    case .echo: "send back what comes"
    case .http: "a page for any HTTP request"
    }
  }
}
