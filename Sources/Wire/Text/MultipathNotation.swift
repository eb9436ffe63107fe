// RFC 8684 §3: Multipath TCP's option, in the words of tcpdump's print-mptcp.c, version 4.99.3.

/// Writes a Multipath TCP option as tcpdump does.
///
/// What it means depends on the segment's flags.
struct MultipathNotation {
  private(set) var text = ""
  private let flags: TCPFlags

  init(flags: TCPFlags) { self.flags = flags }

  /// Writes the option whose payload begins with the subtype; false where its length or place is wrong.
  ///
  /// `length` is the option's own, two octets more than the payload's.
  mutating func write(_ payload: RawSpan, length: Int) -> Bool {
    guard !payload.isEmpty else { return false }
    text = " \(length) "
    let first = payload.octet(at: 0)
    switch first >> 4 {
    case 0: return writeCapable(payload, version: first & 15)
    case 1: return writeJoin(payload, isBackup: first & 1 != 0)
    case 2: return writeData(payload)
    case 3: return writeAddAddress(payload, kind: first & 15)
    case 4: return writeRemoveAddress(payload)
    case 5: return writePriority(payload, isBackup: first & 1 != 0)
    case 6: return writeNumber(of: payload, name: "fail", label: "seq ", radix: 10)
    case 7: return writeNumber(of: payload, name: "fast-close", label: "key 0x", radix: 16)
    default:
      text += "unknown"
      return true
    }
  }

  /// MP_FAIL and MP_FASTCLOSE (RFC 8684 §3.7 and §3.5): one number of eight octets.
  private mutating func writeNumber(of payload: RawSpan, name: String, label: String, radix: Int) -> Bool {
    text += name
    guard payload.byteCount == 10 else { return false }
    text += " \(label)" + String(payload.load(bigEndian: 2, as: UInt64.self), radix: radix)
    return true
  }

  /// MP_CAPABLE (RFC 8684 §3.1): on a SYN without or with the sender's key, on an ACK with both keys.
  private mutating func writeCapable(_ payload: RawSpan, version: UInt8) -> Bool {
    text += "capable"
    let count = payload.byteCount
    let isOpening = (count == 2 || count == 10) && flags.contains(.syn)
    let isThird = (count == 18 || count == 20) && flags.intersection([.syn, .ack]) == .ack
    guard isOpening || isThird else { return false }
    guard version <= 1 else {
      text += " Unknown Version (\(version))"
      return true
    }
    text += " v\(version)"
    if payload.octet(at: 1) & 0x80 != 0 { text += " csum" }
    guard count >= 10 else { return true }
    text += " {0x" + hexadecimal(payload, at: 2)
    if count >= 18 { text += ",0x" + hexadecimal(payload, at: 10) }
    text += "}"
    return true
  }

  /// MP_JOIN (RFC 8684 §3.2): three forms, for SYN, SYN-ACK and ACK.
  private mutating func writeJoin(_ payload: RawSpan, isBackup: Bool) -> Bool {
    text += "join"
    let backup = isBackup ? " backup" : ""
    switch payload.byteCount {
    case 10 where flags.contains(.syn):
      let token = String(payload.load(bigEndian: 2, as: UInt32.self), radix: 16)
      let nonce = String(payload.load(bigEndian: 6, as: UInt32.self), radix: 16)
      text += "\(backup) id \(payload.octet(at: 1)) token 0x\(token) nonce 0x\(nonce)"
    case 14 where flags.isSuperset(of: [.syn, .ack]):
      let nonce = String(payload.load(bigEndian: 10, as: UInt32.self), radix: 16)
      text += "\(backup) id \(payload.octet(at: 1)) hmac 0x\(hexadecimal(payload, at: 2)) nonce 0x\(nonce)"
    case 22 where flags.contains(.ack):
      text += " hmac 0x" + PacketNotation.hexadecimal(payload.extracting(2...))
    default:
      return false
    }
    return true
  }

  /// DSS (RFC 8684 §3.3): acknowledgment and mapping, each of 4 or 8 octets.
  private mutating func writeData(_ payload: RawSpan) -> Bool {
    text += "dss"
    guard payload.byteCount >= 2, !flags.contains(.syn) else { return false }
    let bits = payload.octet(at: 1)
    var rest = payload.extracting(2...)
    if bits & 0x10 != 0 { text += " fin" }
    if bits & 0x01 != 0 {
      text += " ack "
      guard let left = writeNumber(rest, isLong: bits & 0x02 != 0) else { return false }
      rest = rest.extracting(droppingFirst: left)
    }
    if bits & 0x04 != 0 {
      text += " seq "
      guard let left = writeNumber(rest, isLong: bits & 0x08 != 0) else { return false }
      rest = rest.extracting(droppingFirst: left)
      guard rest.byteCount >= 4 else { return false }
      text += " subseq \(rest.load(bigEndian: 0, as: UInt32.self))"
      guard rest.byteCount >= 6 else { return false }
      text += " len \(rest.load(bigEndian: 4, as: UInt16.self))"
      rest = rest.extracting(6...)
      if rest.byteCount >= 2 {
        text += " csum 0x" + String(rest.load(bigEndian: 0, as: UInt16.self), radix: 16)
        rest = rest.extracting(2...)
      }
    }
    return rest.isEmpty
  }

  /// Writes a number of 4 or 8 octets in decimal and answers how many it took; nil when there are fewer.
  private mutating func writeNumber(_ rest: RawSpan, isLong: Bool) -> Int? {
    guard rest.byteCount >= (isLong ? 8 : 4) else { return nil }
    text += isLong ? "\(rest.load(bigEndian: 0, as: UInt64.self))" : "\(rest.load(bigEndian: 0, as: UInt32.self))"
    return isLong ? 8 : 4
  }

  /// ADD_ADDR (RFC 8684 §3.4.1): either family, with or without port and HMAC.
  private mutating func writeAddAddress(_ payload: RawSpan, kind: UInt8) -> Bool {
    text += "add-addr"
    let isLong = payload.byteCount >= 18
    let extra = payload.byteCount - (isLong ? 18 : 6)  // 2 for a port, 8 for an HMAC
    guard extra == 0 || extra == 2 || extra == 8 || extra == 10 else { return false }
    switch kind {
    case 0: text += " v1"
    case 1: text += " v1-echo"
    case 4: text += " v0-ip4"
    case 6: text += " v0-ip6"
    default: text += " [bad version/echo]"
    }
    text += " id \(payload.octet(at: 1)) "
    text += isLong ? "\(IPv6Address(payload.load(bigEndian: 2)))" : "\(IPv4Address(payload.load(bigEndian: 2)))"
    let end = payload.byteCount - extra
    if extra == 2 || extra == 10 { text += ":\(payload.load(bigEndian: end, as: UInt16.self))" }
    if extra >= 8 { text += " hmac 0x" + hexadecimal(payload, at: payload.byteCount - 8) }
    return true
  }

  /// REMOVE_ADDR (RFC 8684 §3.4.2).
  private mutating func writeRemoveAddress(_ payload: RawSpan) -> Bool {
    text += "rem-addr"
    guard payload.byteCount >= 2 else { return false }
    text += " id"
    for offset in 1..<payload.byteCount { text += " \(payload.octet(at: offset))" }
    return true
  }

  /// MP_PRIO (RFC 8684 §3.3.8).
  private mutating func writePriority(_ payload: RawSpan, isBackup: Bool) -> Bool {
    text += "prio"
    guard payload.byteCount <= 2 else { return false }
    text += isBackup ? " backup" : " non-backup"
    if payload.byteCount == 2 { text += " id \(payload.octet(at: 1))" }
    return true
  }

  private func hexadecimal(_ payload: RawSpan, at offset: Int) -> String {
    String(payload.load(bigEndian: offset, as: UInt64.self), radix: 16)
  }
}
