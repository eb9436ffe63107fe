import Handshake
import Wire

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
  /// Whether time stamps are sent (RFC 7323 §3.2).
  public var timestamps: Bool
  /// Whether congestion is told by marks (RFC 3168 §6.1.1).
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
