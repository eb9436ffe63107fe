// RFC 3032 §2.1 and RFC 5462 §2: an entry of an MPLS label stack; RFC 4950 §7: stacks in ICMP.
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                 Label                 | TC  |S|      TTL      |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

/// One entry of a label stack.
public struct MPLSLabelStackEntry: Hashable, Sendable {
  /// The four octets as they came.
  public var rawValue: UInt32

  /// The entry of these four octets.
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The label, twenty bits.
  @inlinable public var label: UInt32 { rawValue >> 12 }
  /// The traffic class, three bits.
  @inlinable public var trafficClass: UInt8 { UInt8(rawValue >> 9 & 7) }
  /// Whether it is the bottom of the stack.
  @inlinable public var isBottom: Bool { rawValue & 0x100 != 0 }
  /// The hops left within the label switched path.
  @inlinable public var timeToLive: UInt8 { UInt8(truncatingIfNeeded: rawValue) }

  /// The most entries that are read of a stack: more than hardware pushes.
  public static let limit = 16

  /// The entries of a payload, the top first; nil for a payload that is empty or not of whole entries.
  static func stack(parsing payload: RawSpan) -> [MPLSLabelStackEntry]? {
    guard payload.byteCount > 0, payload.byteCount.isMultiple(of: 4) else { return nil }
    return stride(from: 0, to: min(payload.byteCount, limit * 4), by: 4).map { offset in
      MPLSLabelStackEntry(rawValue: payload.load(bigEndian: offset))
    }
  }
}

extension MPLSLabelStackEntry: CustomStringConvertible {
  /// The entry in one phrase: `MPLS 16001 TC 0 TTL 1 S`, where the S marks the bottom.
  public var description: String { "MPLS \(label) TC \(trafficClass) TTL \(timeToLive)" + (isBottom ? " S" : "") }
}
