import Engines
import Handshake
import Judging
import Kernel
import Report
import Timebase
import Wire

/// Writes what `probe listen` has to tell as it comes.
final class ListenPresenter {
  private let settings: ListenSettings
  private let endpoint: Endpoint
  private var teller: Teller
  private var trace: PacketTrace

  /// A presenter for a port.
  init(_ settings: ListenSettings, at endpoint: Endpoint) {
    self.settings = settings
    self.endpoint = endpoint
    teller = Teller(settings.presentation)
    trace = PacketTrace(settings.presentation.timeFormat)
  }

  /// Says that the port is open.
  func begin() throws(Errno) {
    try teller.tell(.listening(endpoint, service: settings.service.rawValue, words: settings.service.words))
  }

  /// Tells of one connection: one alone as a ladder, of more a line each.
  func show(_ sequence: Int, _ outcome: Outcome?) throws(Errno) {
    guard let outcome else { return }
    let record = Record(target: endpoint.description, sequence: sequence, outcome: outcome)
    let isSingle = settings.limits.count == 1 && outcome.verdict == .open
    try teller.tell(.connection(record, target: 0, isSingle ? .whole : .among))
  }

  /// Shows a packet that passed, at once and tcpdump's way, where the format does not have it with its record.
  func show(_ arrival: borrowing ReceivedPacket, at stamp: Stamp) throws(Errno) {
    if teller.showsPassingPackets { try teller.write(trace.line(arrival, at: stamp)) }
  }

  /// Writes the closing line.
  func summarize(_ counts: ListenCounts) throws(Errno) {
    let tally = ListenTally(
      syns: counts.syns, established: counts.established, abandoned: counts.abandoned,
      cookiesSent: counts.cookiesSent, cookiesAccepted: counts.cookiesAccepted, refused: counts.refused,
      displaced: counts.displaced, resets: counts.resets)
    try teller.tell(.tally(tally, endpoint))
  }
}

extension Service {
  /// What is done, for a person.
  var words: String {
    switch self {
    case .accept: "discard data, close when the peer does"
    case .echo: "echo data back"
    case .http: "a small page for every HTTP request"
    }
  }
}
