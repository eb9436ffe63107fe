import Wire

/// What an ICMP error gives back of the packet that caused it, and what its sender says beside.
public struct Quotation: ~Escapable {
  /// The quoted packet from its IP header on, as much of it as came back: no extension and no padding behind it.
  public let quote: RawSpan
  /// The extension structure behind the quote, not verified yet (RFC 4884 §7); empty where there is none.
  public let extensionStructure: RawSpan
  /// Who quotes: a router on the way, or the target itself.
  public let source: IPAddress
  /// The hops that the error itself had left.
  public let hopLimit: UInt8

  @_lifetime(copy quote, copy structure)
  fileprivate init?(_ quote: RawSpan, _ structure: RawSpan, in envelope: Envelope) {
    guard let quoted = try? QuotedPacket(lax: quote) else { return nil }
    self.quote = quote.extracting(first: quoted.quotedLength)
    extensionStructure = structure
    source = envelope.source
    hopLimit = envelope.timeToLive
  }

  /// What the sender says beside the quote; parsed anew with each call.
  public var extensions: [ICMPExtension] { ICMPExtension.list(parsing: extensionStructure) }
}

extension ReceivedPacket {
  /// The quote of an ICMP error, with what goes with it; nil for any other packet, and where no IP header is quoted.
  ///
  /// Says what there is and verifies nothing: ask `judged()` first whether the error is to be believed.
  public var quotation: Quotation? {
    @_lifetime(copy self) get {
      guard !isTruncated else { return nil }
      switch dissection {
      case .icmpv4(let envelope, let message):
        return message.isError ? Quotation(message.quote, message.extensionStructure, in: envelope) : nil
      case .icmpv6(let envelope, let message):
        return message.isError ? Quotation(message.quote, message.extensionStructure, in: envelope) : nil
      case .tcp, .malformed, .foreign: return nil
      }
    }
  }
}
