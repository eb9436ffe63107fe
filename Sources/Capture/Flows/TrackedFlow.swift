import Handshake
import Timebase
import Wire

/// One TCP connection as a capture shows it.
public struct TrackedFlow: Sendable {
  /// How far a flow came.
  public enum Ending: String, Hashable, Sendable, CaseIterable {
    /// Both FINs were sent and acknowledged.
    case fin
    /// One end reset it after the handshake.
    case rst
    /// An RST answered the SYN.
    case refused
    /// A SYN that nothing answered.
    case unanswered
    /// A SYN that nothing but an ICMP error answered, one that decides: unreachable, or prohibited.
    case unreachable
    /// A SYN-ACK that was never acknowledged.
    case halfOpen = "half-open"
    /// One end's FIN was acknowledged; the other sent none.
    case halfClosed = "half-closed"
    /// A FIN that was never acknowledged.
    case closing
    /// No one has closed it.
    case open
  }

  /// Which flow of the capture it is, from 0, as Wireshark's `tcp.stream` counts.
  public let number: Int
  /// The end that opened it, or, where that was not seen, the one that sent the first packet.
  public var client: FlowSide { isClientHigh ? high : low }
  /// The other end.
  public var server: FlowSide { isClientHigh ? low : high }
  /// Whether a SYN or a SYN-ACK told who opened it.
  public internal(set) var isOpenerKnown = false
  /// The first packet.
  public internal(set) var first: FrameMark
  /// The latest packet.
  public internal(set) var last: FrameMark

  var low: FlowSide
  var high: FlowSide
  var isClientHigh: Bool

  /// The capture's clock at the latest packet, by which the flow grows old.
  var heard = Int64.min
  /// Whether nothing of it was seen but an ICMP error that quotes a segment of it.
  var isOnlyQuoted = false
  /// Whether it was handed out while it went on.
  var isHandedOut = false

  /// The first copy of the SYN that the answer can be one to, the latest when it came, and how many there were by then.
  var synOfAnswer = FrameMark.none
  var synBeforeAnswer = FrameMark.none
  var synCopiesBeforeAnswer = 0
  /// Which copy the SYN-ACK's echo names, where it names one.
  var answeredSyn = FrameMark.none
  /// The first SYN-ACK that acknowledges the SYN, or the RST that refuses it.
  public internal(set) var answer = FrameMark.none
  /// Whether an RST answered the SYN.
  public internal(set) var isRefused = false
  /// The client's first ACK of the SYN-ACK.
  public internal(set) var established = FrameMark.none
  /// The latest SYN and SYN-ACK when it came, and how many SYN-ACKs there were.
  var synBeforeEstablished = FrameMark.none
  var synAckBeforeEstablished = FrameMark.none
  var synAckCopiesBeforeEstablished = 0
  var talk = RequestTiming()
  /// How late a segment may fill a gap and count as overtaken: the handshake's round trip, once it is known.
  var patience = SequenceGaps.patience
  /// Who sent the first FIN or RST, whichever came first; nil where no one closed.
  var isCloserHigh: Bool?
  /// Whether it was reset, or refused, before the SYN was retransmitted and answered.
  public internal(set) var isReopened = false
  /// Whether both ends had sent SYNs without ACK (RFC 9293 §3.5, figure 7).
  public internal(set) var isSimultaneous = false
  /// What ICMP errors said of it; nil without any.
  public internal(set) var errors: FlowErrors?
  /// What ended it: the first RST, or until there is one the first FIN; and which end it names as its sender.
  var end: EndMarks?
  var isEndOfHigh = false
  /// How it was cut off, if it was.
  var trace = TamperingTrace()
  /// The capture's clock when it was handed out: how long it was silent by then.
  var goneAt = Int64.min
  /// Whether it was given up for lack of room or because it was idle, not because the capture ended or it did.
  public internal(set) var isForgotten = false

  init(number: Int, _ key: FlowKey, senderIsHigh: Bool, at mark: FrameMark) {
    self.number = number
    first = mark
    last = mark
    let ends = key.ends
    low = FlowSide(ends.low)
    high = FlowSide(ends.high)
    isClientHigh = senderIsHigh
  }

  /// Whether the handshake was seen from its SYN to its last ACK.
  public var isHandshakeComplete: Bool { client.firstSyn.isSet && answer.isSet && established.isSet && !isRefused }

  /// Whether nothing more can come of it: both FINs are acknowledged, or it was reset.
  public var isOver: Bool {
    if isOnlyQuoted { return true }
    if low.reset.isSet || high.reset.isSet { return true }
    return low.finAcknowledged.isSet && high.finAcknowledged.isSet
  }

  /// How far it came.
  public var ending: Ending {
    if low.finAcknowledged.isSet, high.finAcknowledged.isSet { return .fin }
    if isRefused { return .refused }
    if low.reset.isSet || high.reset.isSet { return .rst }
    if low.finAcknowledged.isSet || high.finAcknowledged.isSet { return .halfClosed }
    if low.fin.isSet || high.fin.isSet { return .closing }
    if established.isSet || !isOpenerKnown || isOpenedUnseen { return .open }
    if server.firstSyn.isSet { return .halfOpen }
    guard client.firstSyn.isSet else { return .open }
    return reasonOfErrors == nil ? .unanswered : .unreachable
  }

  /// Whether the client sent the first FIN or RST; nil where no one closed.
  public var isClosedByClient: Bool? { isCloserHigh.map { $0 == isClientHigh } }

  /// Whether the client sent the first RST; nil without one.
  public var isResetByClient: Bool? {
    guard low.reset.isSet || high.reset.isSet else { return nil }
    let isHigh = high.reset.isSet && (!low.reset.isSet || high.reset.frame < low.reset.frame)
    return isHigh == isClientHigh
  }

  /// Whether the end that closed did so by FIN.
  public var isClosedByFin: Bool { isCloserHigh.map { self[$0].fin.isSet } ?? false }

  /// Whether the capture has the answer to its SYN before the SYN.
  var isAnsweredEarly: Bool { answer.isSet && answer.frame < client.firstSyn.frame }

  /// Whether the first packet that was captured of it is the SYN that opened it.
  var isHeadSeen: Bool { isOpenerKnown && client.firstSyn.frame == first.frame }

  /// Whether the client is the only end whose packets were captured though the other answered it; false where the
  /// server is; nil where both were, or no one answered.
  public var isOnlyClientSeen: Bool? {
    let (client, server) = (client, server)
    if server.packets == 0 { return client.hasSpoken ? true : nil }
    return client.packets == 0 && (server.hasSpoken || server.firstSyn.isSet) ? false : nil
  }

  /// Whether what one end sent says that the connection was opened, though that was not seen: it acknowledges the
  /// other's SYN, or goes on behind its own SYN-ACK while nothing of the other was captured.
  private var isOpenedUnseen: Bool { client.hasSpoken || (client.packets == 0 && server.hasSpoken) }
}

/// What both ends of a flow offered, and so agreed on.
public struct FlowAgreement: Hashable, Sendable {
  /// The largest segment that the client may send, by the server's word (RFC 9293 §3.7.1).
  public var clientMaximumSegmentSize: UInt16?
  /// The largest segment that the server may send, by the client's word.
  public var serverMaximumSegmentSize: UInt16?
  /// The shift of the client's windows; nil where they are not scaled (RFC 7323 §2.2).
  public var clientWindowScale: UInt8?
  /// The shift of the server's windows.
  public var serverWindowScale: UInt8?
  /// Whether selective acknowledgments may be sent (RFC 2018 §2).
  public var sack: Bool
  /// Whether timestamps are sent (RFC 7323 §3.2).
  public var timestamps: Bool
  /// Whether congestion is signalled by marks (RFC 3168 §6.1.1).
  public var ecn: Bool
}

extension TrackedFlow {
  /// What was agreed in the handshake; nil where one of the SYNs was not seen.
  public var agreement: FlowAgreement? {
    guard let first = client.synchronization, let second = server.synchronization, second.flags.contains(.ack) else {
      return nil
    }
    let (asked, answered) = (ParsedOptions(first.options), ParsedOptions(second.options))
    let isScaled = asked.windowScale != nil && answered.windowScale != nil
    return FlowAgreement(
      clientMaximumSegmentSize: answered.maximumSegmentSize, serverMaximumSegmentSize: asked.maximumSegmentSize,
      clientWindowScale: isScaled ? asked.windowScale.map { min($0, 14) } : nil,
      serverWindowScale: isScaled ? answered.windowScale.map { min($0, 14) } : nil,
      sack: asked.sackPermitted && answered.sackPermitted,
      timestamps: asked.timestamps != nil && answered.timestamps != nil,
      ecn: first.flags.isSuperset(of: [.ece, .cwr]) && second.flags.contains(.ece) && !second.flags.contains(.cwr))
  }
}
