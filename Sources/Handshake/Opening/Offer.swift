import Wire

/// The options that our SYN offers; the default is an ordinary Linux client's, because a bare SYN is dropped
/// by some firewalls.
public struct Offer: Hashable, Sendable {
  /// MSS in octets; nil leaves the option out.
  public var maximumSegmentSize: UInt16?
  /// The shift of our window; nil leaves the option out.
  public var windowScale: UInt8?
  /// Whether SACK is permitted.
  public var sack: Bool
  /// Whether time stamps are offered.
  public var timestamps: Bool

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
    return list
  }

  private func pad(_ list: inout TCPOptionList) {
    list.appendNoOperation()
    list.appendNoOperation()
  }
}

extension TCPOptionList {
  /// The list of any segment after the SYN where time stamps were agreed (RFC 7323 appendix A).
  public static func timestampsOnly(value: UInt32, echoReply: UInt32) -> TCPOptionList {
    var list = TCPOptionList()
    list.appendNoOperation()
    list.appendNoOperation()
    list.appendTimestamps(value: value, echoReply: echoReply)
    return list
  }
}
