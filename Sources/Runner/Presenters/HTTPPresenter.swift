import Engines
import HTTP
import Handshake
import Judging
import Kernel
import Report
import Timebase
import Wire

/// Writes what came of HTTP requests, connection by connection.
final class HTTPPresenter {
  private let settings: HTTPSettings
  private let target: ResolvedTarget
  private var teller: Teller
  private var trace: PacketTrace
  private let drawings: Drawings?
  /// What the connections with one request each cost together.
  private var each: Traffic?
  /// What the connection that is kept cost.
  private var kept: Traffic?
  private var shown = 0
  /// Whether every connection so far brought nothing but good responses.
  private var allGood = true

  init(_ settings: HTTPSettings, target: ResolvedTarget, drawings: Drawings?) {
    self.drawings = drawings
    self.settings = settings
    self.target = target
    teller = Teller(settings.run.presentation)
    trace = PacketTrace(settings.run.presentation.timeFormat)
  }

  /// Whether everything that was asked for was answered well.
  var isGood: Bool { allGood && shown == settings.visits.count }

  /// Says what is about to be asked.
  func begin() throws(Errno) {
    guard let source = target.source else { return }
    try teller.tell(.target(settings.url, remote: target.remote, share: target.share, source: source, words: words))
  }

  private var words: String {
    var words = "HTTP/\(settings.request.version.rawValue)"
    if settings.requests > 1 { words += ", \(settings.requests) requests" }
    if settings.compares { words += ", one connection each, then" }
    if settings.requests > 1 { words += settings.compares ? " all on one connection" : " on one connection" }
    if settings.isPipelined { words += ", pipelined" }
    return words
  }

  /// Tells of one connection.
  func show(_ finding: HTTPEngine.Finding) throws(Errno) {
    shown += 1
    let session = finding.session
    if session.unsent > 0 || !session.transactions.allSatisfy(\.isGood) { allGood = false }
    if settings.compares, shown < settings.visits.count {
      each = each.map { $0 + finding.traffic } ?? finding.traffic
    } else {
      kept = finding.traffic
    }
    guard let outcome = finding.outcome else { return }
    let record = Record(
      target: settings.url, sequence: finding.sequence, resolve: shown == 1 ? target.resolve : nil, outcome: outcome)
    let page = HTTPRecord(
      record: record, requests: session.transactions, unsent: session.unsent, cost: finding.traffic)
    drawings?.take(record, requests: page.requests)
    try teller.tell(.page(page, isSummed: settings.compares))
  }

  /// Shows a packet that passed, at once and tcpdump's way, where the format does not have it with its record.
  func show(_ arrival: borrowing ReceivedPacket, at stamp: Stamp) throws(Errno) {
    if teller.showsPassingPackets { try teller.write(trace.line(arrival, at: stamp)) }
  }

  /// Writes the comparison, where one was asked for and both sides of it were made.
  func summarize() throws(Errno) {
    guard settings.compares, let each, let kept, shown == settings.visits.count else { return }
    try teller.tell(.costs(target: settings.url, each: each, kept: kept))
  }
}
