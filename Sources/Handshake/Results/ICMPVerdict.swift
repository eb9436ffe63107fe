/// What an ICMP error means for a SYN that it quotes.
public struct ICMPVerdict: Hashable, Sendable {
  /// The reason it gives.
  public var reason: Reason
  /// Whether it may decide a state once the wait for a TCP answer is over.
  public var decides: Bool

  /// Reads an ICMPv4 error (RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1); nil where it is none of TCP's affair.
  ///
  /// Source quench and redirect are advice and say nothing of the port; so does a parameter problem.
  public init?(v4 type: UInt8, code: UInt8) {
    switch (type, code) {
    case (3, 0), (3, 5), (3, 6), (3, 11): self.init(.icmpNetUnreachable)
    case (3, 1), (3, 7), (3, 8), (3, 12): self.init(.icmpHostUnreachable)
    case (3, 2): self.init(.icmpProtoUnreachable)
    case (3, 3): self.init(.icmpPortUnreachable)
    case (3, 4): self.init(.icmpFragNeeded, decides: false)
    case (3, 9), (3, 10), (3, 13), (3, 14), (3, 15): self.init(.icmpAdminProhibited)
    case (11, _): self.init(.icmpTTLExceeded)
    default: return nil
    }
  }

  /// Reads an ICMPv6 error (RFC 4443 §3); nil where it is none of TCP's affair.
  public init?(v6 type: UInt8, code: UInt8) {
    switch (type, code) {
    case (1, 0), (1, 2), (1, 7): self.init(.icmpNetUnreachable)
    case (1, 1), (1, 5), (1, 6): self.init(.icmpAdminProhibited)
    case (1, 3): self.init(.icmpHostUnreachable)
    case (1, 4): self.init(.icmpPortUnreachable)
    case (2, _): self.init(.icmpFragNeeded, decides: false)
    case (3, _): self.init(.icmpTTLExceeded)
    case (4, 1): self.init(.icmpProtoUnreachable)
    default: return nil
    }
  }

  private init(_ reason: Reason, decides: Bool = true) {
    self.reason = reason
    self.decides = decides
  }
}

extension Reason {
  /// The state that goes with a reason.
  public var verdict: Verdict {
    switch self {
    case .synAck, .ack: .open
    case .rst: .refused
    case .noResponse, .invalidReplies, .icmpAdminProhibited, .icmpFragNeeded: .filtered
    case .icmpHostUnreachable, .icmpNetUnreachable, .icmpPortUnreachable, .icmpProtoUnreachable, .icmpTTLExceeded,
      .noRoute, .notSent:
      .unreachable
    }
  }
}
