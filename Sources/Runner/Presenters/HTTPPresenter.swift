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
  private var each = Traffic()
  private var eachTook = Interval.zero
  /// What the connection that is kept cost.
  private var kept: CostRecord?
  private var shown = 0
  /// Whether every connection so far brought nothing but good responses.
  private var allGood = true

  init(_ settings: HTTPSettings, target: ResolvedTarget, drawings: Drawings?) {
    self.drawings = drawings
    self.settings = settings
    self.target = target
    teller = Teller(settings.run.presentation)
    trace = PacketTrace(stampsLines: settings.run.presentation.stampsLines)
  }

  /// Whether everything that was asked for was answered well.
  var isGood: Bool { allGood && shown == settings.visits.count }

  /// Says what is about to be asked.
  func begin() throws(Errno) {
    guard let source = target.source else { return }
    try teller.tell(.target(settings.url, remote: target.remote, source: source, words: words))
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
    let cost = CostRecord(finding.traffic, connections: 1, requests: session.count, took: finding.traffic.elapsed)
    if settings.compares, shown < settings.visits.count {
      each = each + finding.traffic
      eachTook = eachTook + (finding.traffic.elapsed ?? .zero)
    } else {
      kept = cost
    }
    guard let outcome = finding.outcome else { return }
    let record = Record(
      target: settings.url, sequence: finding.sequence, resolve: shown == 1 ? target.resolve : nil, outcome: outcome)
    let page = HTTPRecord(
      record: record,
      requests: session.transactions.indices.map { RequestRecord(session, $0) }, unsent: session.unsent, cost: cost)
    drawings?.take(record, requests: page.requests)
    try teller.tell(.page(page, isSummed: settings.compares))
  }

  /// Shows a packet that passed, at once and tcpdump's way, where the format does not have it with its record.
  func show(_ arrival: borrowing ReceivedPacket, at stamp: Stamp) throws(Errno) {
    if teller.showsPassingPackets { try teller.write(trace.line(arrival, at: stamp)) }
  }

  /// Writes the comparison, where one was asked for and both sides of it were made.
  func summarize() throws(Errno) {
    guard settings.compares, let kept, shown == settings.visits.count else { return }
    let each = CostRecord(each, connections: settings.requests, requests: settings.requests, took: eachTook)
    try teller.tell(.costs(target: settings.url, each: each, kept: kept))
  }
}

extension CostRecord {
  /// What packets cost.
  fileprivate init(_ traffic: Traffic, connections: Int, requests: Int, took: Interval?) {
    self.init(
      connections: connections, requests: requests, packetsSent: traffic.packetsSent,
      packetsReceived: traffic.packetsReceived, roundTrips: traffic.roundTrips, octetsSent: traffic.octetsSent,
      octetsReceived: traffic.octetsReceived, elapsed: took)
  }
}

extension RequestRecord {
  /// One request of a session.
  fileprivate init(_ session: HTTPSession, _ index: Int) {
    let transaction = session.transactions[index]
    self.init(number: index + 1, method: session.request.method.rawValue, target: session.request.target)
    version = transaction.head?.version
    status = transaction.head?.status
    reason = transaction.head?.reason
    fields = transaction.head?.fields.map { ($0.name, $0.value) } ?? []
    headLength = transaction.head?.length
    contentLength = transaction.contentLength
    interim = transaction.interim
    request = transaction.request
    response = transaction.response
    transfer = transaction.transfer
    total = transaction.total
    isAmbiguous = transaction.isAmbiguous
    fault = transaction.fault?.rawValue
  }
}
