// RFC 9293 §3.1, §3.2 and §3.10: what a header says that no conforming sender says.

@testable import Wire

extension TCPHeader {
  /// What a conforming sender would not have sent; judgement is apart from representation.
  struct Violations: OptionSet, Hashable, Sendable {
    /// One bit for each violation.
    let rawValue: UInt16

    /// A port is 0, which is reserved (RFC 6335 §6).
    static let portZero = Violations(rawValue: 1 << 0)
    /// SYN and FIN together: open and close at once.
    static let synWithFIN = Violations(rawValue: 1 << 1)
    /// SYN and RST together.
    static let synWithRST = Violations(rawValue: 1 << 2)
    /// FIN and RST together.
    static let finWithRST = Violations(rawValue: 1 << 3)
    /// Neither SYN, RST nor ACK: every segment after the first acknowledges (RFC 9293 §3.1).
    static let noneOfSynRstAck = Violations(rawValue: 1 << 4)
    /// A reserved bit is set (RFC 9293 §3.1: must be zero in generated segments).
    static let reservedBits = Violations(rawValue: 1 << 5)
    /// An acknowledgment number without ACK: harmless, but few stacks leave it (RFC 9293 §3.10.7.2).
    static let strayAcknowledgment = Violations(rawValue: 1 << 6)
    /// An urgent pointer without URG (RFC 9293 §3.1).
    static let strayUrgentPointer = Violations(rawValue: 1 << 7)
    /// An option length lies: below two, or beyond the header (RFC 9293 §3.2).
    static let malformedOptions = Violations(rawValue: 1 << 8)
    /// A known option has a length that its RFC does not know.
    static let wrongOptionLength = Violations(rawValue: 1 << 9)
    /// Maximum segment size, window scale or SACK permitted outside a SYN (RFC 9293 §3.2, RFC 7323 §2.2, RFC 2018 §2).
    static let optionOutsideSYN = Violations(rawValue: 1 << 10)
    /// An option other than padding comes twice.
    static let repeatedOption = Violations(rawValue: 1 << 11)
    /// A window scale above 14 (RFC 7323 §2.3).
    static let windowScaleAbove14 = Violations(rawValue: 1 << 12)
    /// The data offset to be written is not the true one.
    static let untrueDataOffset = Violations(rawValue: 1 << 13)
    /// Padding after the end of the option list is not all zeros (RFC 9293 §3.1).
    static let nonzeroPadding = Violations(rawValue: 1 << 14)
  }

  /// What a conforming sender would not have sent.
  var violations: Violations {
    var found = flagViolations.union(optionViolations)
    if sourcePort == 0 || destinationPort == 0 { found.insert(.portZero) }
    if !flags.contains(.ack), acknowledgment.value != 0 { found.insert(.strayAcknowledgment) }
    if !flags.contains(.urg), urgentPointer != 0 { found.insert(.strayUrgentPointer) }
    if let dataOffset, Int(dataOffset & 0xf) * 4 != headerLength { found.insert(.untrueDataOffset) }
    return found
  }

  private var flagViolations: Violations {
    var found: Violations = []
    if flags.isSuperset(of: [.syn, .fin]) { found.insert(.synWithFIN) }
    if flags.isSuperset(of: [.syn, .rst]) { found.insert(.synWithRST) }
    if flags.isSuperset(of: [.fin, .rst]) { found.insert(.finWithRST) }
    if flags.isDisjoint(with: [.syn, .rst, .ack]) { found.insert(.noneOfSynRstAck) }
    if !flags.isDisjoint(with: .reserved) { found.insert(.reservedBits) }
    return found
  }

  private var optionViolations: Violations {
    var found: Violations = []
    if options.isMalformed { found.insert(.malformedOptions) }
    var seen: Set<UInt8> = []
    for option in options.options where option != .noOperation {
      if !seen.insert(option.kind).inserted { found.insert(.repeatedOption) }
      if !option.hasKnownLength { found.insert(.wrongOptionLength) }
      switch option {
      case .maximumSegmentSize, .sackPermitted:
        if !flags.contains(.syn) { found.insert(.optionOutsideSYN) }
      case .windowScale(let shift):
        if !flags.contains(.syn) { found.insert(.optionOutsideSYN) }
        if shift > 14 { found.insert(.windowScaleAbove14) }
      default: break
      }
    }
    if !hasZeroPadding { found.insert(.nonzeroPadding) }
    return found
  }

  /// Whether all is zero after the end of the option list.
  private var hasZeroPadding: Bool {
    let bytes = options.bytes
    var cursor = TCPOptionCursor(bytes)
    while let option = try? cursor.next() {
      guard option.kind == TCPOption.Kind.endOfList else { continue }
      return (cursor.position..<bytes.byteCount).allSatisfy { bytes.octet(at: $0) == 0 }
    }
    return true
  }
}

extension TCPOption {
  /// Whether the option's length is one that its RFC knows; true for kinds this program does not know.
  fileprivate var hasKnownLength: Bool {
    switch self {
    case .other(let kind, _):
      let fixed: Set<UInt8> = [
        Kind.maximumSegmentSize, Kind.windowScale, Kind.sackPermitted, Kind.sack, Kind.timestamps,
      ]
      return !fixed.contains(kind)
    case .sack(let blocks): return !blocks.isEmpty
    case .md5(let digest): return digest.count == 16
    case .fastOpen(let cookie):
      return cookie.isEmpty || (4...16).contains(cookie.count) && cookie.count.isMultiple(of: 2)
    case .multipath(let payload): return !payload.isEmpty
    default: return true
    }
  }
}
