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
  public internal(set) var mark: FrameMark
  /// Whose segment it quotes: the higher end's, or the lower's.
  let quotesHigh: Bool
  /// How many there were.
  public private(set) var count = 0
  /// Why a SYN did not arrive, by the first of them that says so of one, and the number that it quotes: it decides where
  /// its sender began with that.
  private var decisive: Decisive?

  private struct Decisive: Hashable, Sendable {
    var reason: Reason
    var number: SequenceNumber
    var quotesHigh: Bool
  }

  init(_ error: QuotingError, quotesHigh: Bool, isn: SequenceNumber?, _ mark: FrameMark) {
    type = error.type
    code = error.code
    verdict = error.verdict
    source = error.source
    self.mark = mark
    self.quotesHigh = quotesHigh
    take(error, quotesHigh: quotesHigh, isn: isn)
  }

  /// Takes one; where the number that the sender began with is known, one that quotes another decides nothing.
  mutating func take(_ error: QuotingError, quotesHigh: Bool, isn: SequenceNumber?) {
    count += 1
    guard let verdict = error.verdict, verdict.decides, let number = error.sequence else { return }
    if let decisive, isn == nil || decisive.number == isn { return }
    if isn == nil || isn == number {
      decisive = Decisive(reason: verdict.reason, number: number, quotesHigh: quotesHigh)
    }
  }

  /// Why the SYN of an end did not arrive; nil where none of them says so.
  func reason(ofSyn isn: SequenceNumber?, fromHigh: Bool) -> Reason? {
    guard let decisive, decisive.number == isn, decisive.quotesHigh == fromHigh else { return nil }
    return decisive.reason
  }
}

extension TrackedFlow {
  /// Whether the first ICMP error quotes a segment of the client's; nil where there was none.
  public var isErrorAboutClient: Bool? { errors.map { $0.quotesHigh == isClientHigh } }

  /// Why its SYN was not answered, by the first ICMP error that says so; nil without one, and where anything answered.
  public var unreachable: Reason? { ending == .unreachable ? reasonOfErrors : nil }

  /// Why the client's SYN did not arrive, by ICMP errors alone.
  var reasonOfErrors: Reason? { errors?.reason(ofSyn: client.isn, fromHigh: isClientHigh) }

  /// Takes an ICMP error that quotes a segment of one end.
  mutating func receive(_ error: QuotingError, quotesHigh: Bool, _ mark: FrameMark) {
    let isn = self[quotesHigh].isn
    if errors == nil {
      errors = FlowErrors(error, quotesHigh: quotesHigh, isn: isn, mark)
    } else {
      errors?.take(error, quotesHigh: quotesHigh, isn: isn)
    }
  }
}
