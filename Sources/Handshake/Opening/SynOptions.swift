import Wire

/// The options that our SYN offers; the default is an ordinary Linux client's, because a bare SYN is dropped
/// by some firewalls.
public struct SynOptions: Hashable, Sendable {
  /// MSS in octets; nil leaves the option out.
  public var maximumSegmentSize: UInt16?
  /// The shift of our window; nil leaves the option out.
  public var windowScale: UInt8?
  /// Whether SACK is permitted.
  public var sack: Bool
  /// Whether timestamps are offered.
  public var timestamps: Bool
  /// Octets that follow these options in a SYN of ours as they are, right or wrong.
  public var extra = OptionOctets()

  /// An offer of the given options.
  public init(
    maximumSegmentSize: UInt16? = 1460, windowScale: UInt8? = 7, sack: Bool = true, timestamps: Bool = true
  ) {
    self.maximumSegmentSize = maximumSegmentSize
    self.windowScale = windowScale
    self.sack = sack
    self.timestamps = timestamps
  }

  /// The option list of a SYN or SYN-ACK, in the order and with the padding that Linux uses.
  public func list(value: UInt32, echoReply: UInt32) -> TCPOptionList {
    var list = TCPOptionList()
    if let maximumSegmentSize { list.appendMaximumSegmentSize(maximumSegmentSize) }
    if sack {
      if !timestamps { pad(&list) }
      list.appendSACKPermitted()
    } else if timestamps {
      pad(&list)
    }
    if timestamps { list.appendTimestamps(value: value, echoReply: echoReply) }
    if let windowScale {
      list.appendNoOperation()
      list.appendWindowScale(windowScale)
    }
    if !extra.isEmpty { list.append(raw: extra.bytes) }
    return list
  }

  private func pad(_ list: inout TCPOptionList) {
    list.appendNoOperation()
    list.appendNoOperation()
  }
}

extension TCPOptionList {
  /// The list of any segment after the SYN where timestamps were agreed (RFC 7323 appendix A).
  public static func timestampsOnly(value: UInt32, echoReply: UInt32) -> TCPOptionList {
    var list = TCPOptionList()
    list.appendNoOperation()
    list.appendNoOperation()
    list.appendTimestamps(value: value, echoReply: echoReply)
    return list
  }
}

/// The options of a SYN or a SYN-ACK that change how a connection runs, read from the list.
public struct ParsedOptions: Hashable, Sendable {
  /// The timestamps of a segment (RFC 7323 §3.2).
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
  /// The timestamps; nil where the option is absent.
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

extension TCPOptionList {
  /// Calls `body` with each block of each SACK option of proper length (RFC 2018 §3).
  func forEachSACKBlock(_ body: (SACKBlock) -> Void) {
    let bytes = bytes
    var cursor = TCPOptionCursor(bytes)
    while let option = try? cursor.next() {
      guard option.kind == TCPOption.Kind.sack, option.payload.count % 8 == 0 else { continue }
      for at in stride(from: option.payload.lowerBound, to: option.payload.upperBound, by: 8) {
        let left: UInt32 = bytes.load(bigEndian: at)
        let right: UInt32 = bytes.load(bigEndian: at + 4)
        body(SACKBlock(left: SequenceNumber(left), right: SequenceNumber(right)))
      }
    }
  }
}
