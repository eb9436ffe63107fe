import Handshake
import Wire

/// What ICMP errors said of a flow: the first of them, and how many there were.
public struct FlowErrors: Hashable, Sendable {
  /// The first one's ICMP type.
  public let type: UInt8
  /// Its ICMP code.
  public let code: UInt8
  /// What it means for TCP; nil where it means nothing.
  public let verdict: ICMPVerdict?
  /// Who sent it: a router on the way, or an end.
  public let source: IPAddress
  /// When it passed.
  public let mark: FrameMark
  /// Whose segment it quotes: the higher end's, or the lower's.
  let quotesHigh: Bool
  /// How many there were.
  public internal(set) var count = 0
  /// Why a SYN did not arrive, by the first of them that says so of one: it quotes the number that its sender began with.
  var reason: Reason?

  init(_ error: QuotingError, quotesHigh: Bool, _ mark: FrameMark) {
    type = error.type
    code = error.code
    verdict = error.verdict
    source = error.source
    self.mark = mark
    self.quotesHigh = quotesHigh
  }
}

extension TrackedFlow {
  /// Whether the first ICMP error quotes a segment of the client's; nil where there was none.
  public var isErrorAboutClient: Bool? { errors.map { $0.quotesHigh == isClientHigh } }

  /// Why its SYN was not answered, by the first ICMP error that says so; nil without one, and where anything answered.
  public var unreachable: Reason? { ending == .unreachable ? errors?.reason : nil }

  /// Takes an ICMP error that quotes a segment of one end.
  mutating func receive(_ error: QuotingError, quotesHigh: Bool, _ mark: FrameMark) {
    var all = errors ?? FlowErrors(error, quotesHigh: quotesHigh, mark)
    all.count += 1
    let isAboutSyn = quotesHigh == isClientHigh && error.sequence != nil && error.sequence == self[quotesHigh].isn
    if all.reason == nil, isAboutSyn, let verdict = error.verdict, verdict.decides { all.reason = verdict.reason }
    errors = all
  }
}
