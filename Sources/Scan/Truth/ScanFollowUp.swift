import Handshake
import Wire

/// What a scan found out about an open port beyond its SYN-ACK, after the passes.
public struct ScanFollowUp: Hashable, Sendable {
  /// Whether a whole handshake came about; nil where none was tried.
  public var confirmation: ScanConfirmation?
  /// What is behind the SYN-ACK; nil where that was not asked.
  public var service: ServiceState?
  /// What the service said first, by itself: nothing where it kept silent; nil where it was not listened to, or no
  /// connection came about.
  public var banner: [UInt8]?
  /// Whether its host answers for ports that cannot be; nil where that was not checked.
  public var isSuspect: Bool?
  /// Whether its whole prefix answers as it does; nil where that was not checked.
  public var isAliased: Bool?

  /// The most octets of a banner that are kept.
  public static let mostOctets = 1_024

  /// Nothing yet.
  public init() {}
}

/// What came of a whole handshake with an open port.
public enum ScanConfirmation: String, Hashable, Sendable, CaseIterable {
  /// The peer is ESTABLISHED: it acknowledged what only such a peer does.
  case confirmed
  /// Nothing showed that it is.
  case unconfirmed
  /// It sent its SYN-ACK again after our ACK, and nothing showed that it took it.
  case repeated = "syn-ack-repeated"
  /// It reset the connection after our ACK.
  case reset
  /// It answered the second SYN with an RST.
  case closed
  /// The second SYN had no valid answer.
  case noAnswer = "no-answer"

  /// What the outcome of a connection with `Plan.confirm` comes to; nil where it was never made.
  public init?(_ outcome: Outcome) {
    guard outcome.reason != .notSent else { return nil }
    switch outcome.verdict {
    case .open:
      let isConfirmed =
        outcome.measurement(of: .confirm)?.interval != nil
        && !outcome.notes.contains(.unconfirmed)
      if isConfirmed || outcome.counters.octetsReceived > 0 {
        self = .confirmed
      } else if outcome.ending == .peerRst {
        self = .reset
      } else {
        self = outcome.counters.duplicates > 0 ? .repeated : .unconfirmed
      }
    case .refused: self = .closed
    case .filtered, .unreachable: self = .noAnswer
    }
  }
}

/// What the header of a SYN-ACK says of its sender.
public struct SynAckFacts: Hashable, Sendable {
  /// The window field, which is never scaled in a SYN.
  public var window: UInt16
  /// The options in their order.
  public var options: TCPOptionList
  /// The control bits.
  public var flags: TCPFlags
  /// IPv4's don't fragment; true for IPv6.
  public var dontFragment: Bool
  /// IPv4's identification; nil for IPv6.
  public var identification: UInt16?
  /// Type of service or traffic class.
  public var trafficClass: UInt8

  /// The facts of a segment.
  public init(_ segment: Segment, _ ip: IPMarks, trafficClass: UInt8) {
    (window, options, flags) = (segment.wnd, segment.options, segment.flags)
    (dontFragment, identification, self.trafficClass) = (ip.dontFragment, ip.identification, trafficClass)
  }

  /// Whether it agrees to explicit congestion notification (RFC 3168 §6.1.1).
  public var agreesToECN: Bool { flags.contains(.ece) && !flags.contains(.cwr) }
}
