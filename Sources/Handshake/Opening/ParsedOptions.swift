import Wire

/// The options of a SYN or a SYN-ACK that change how a connection runs, read from the list.
public struct ParsedOptions: Hashable, Sendable {
  /// The time stamps of a segment (RFC 7323 §3.2).
  public struct Timestamps: Hashable, Sendable {
    /// TSval: the sender's clock.
    public var value: UInt32
    /// TSecr: the clock value that is echoed.
    public var echoReply: UInt32
  }

  /// MSS in octets (RFC 9293 §3.7.1); nil where the option is absent.
  public var maximumSegmentSize: UInt16?
  /// The window shift as sent, which may exceed 14 (RFC 7323 §2.3).
  public var windowScale: UInt8?
  /// SACK-permitted (RFC 2018 §2).
  public var sackPermitted: Bool
  /// The time stamps; nil where the option is absent.
  public var timestamps: Timestamps?
  /// Whether the walk ended at something that does not parse.
  public var isMalformed: Bool

  /// What an option list says; what parses before a malformed option counts.
  public init(_ list: TCPOptionList) {
    maximumSegmentSize = list.maximumSegmentSize
    windowScale = list.windowScale
    sackPermitted = list.isSACKPermitted
    timestamps = list.timestamps.map { Timestamps(value: $0.value, echoReply: $0.echoReply) }
    isMalformed = list.isMalformed
  }
}
