// Headers that capturing programs and systems put before a frame: where the frame itself begins.

import Wire

extension LinkWalk {
  private func littleWord(at offset: Int) -> Int? {
    frame.byteCount >= offset + 4 ? Int(frame.load(bigEndian: offset, as: UInt32.self).byteSwapped) : nil
  }

  /// Darwin's PKTAP: a length, whether a frame follows, and its link type, in little-endian order.
  ///
  /// The number 149 is left to everybody's own use; Darwin writes PKTAP by it.
  mutating func behindTap(at start: Int, _ link: UInt32) -> LinkLayer {
    guard frame.byteCount >= start + 12, let length = littleWord(at: start),
      let kind = littleWord(at: start + 4), let inner = littleWord(at: start + 8)
    else { return .cut }
    guard 12...4_096 ~= length, kind < 2 else { return link == 258 ? .other : .unknownLink }
    return kind == 1 ? within(at: start + length, UInt32(inner)) : .other
  }

  /// CACE's per-packet information: its length and the link type, in little-endian order.
  mutating func behindPacketInformation(at start: Int) -> LinkLayer {
    guard frame.byteCount >= start + 8, let head = littleWord(at: start), let inner = littleWord(at: start + 4)
    else { return .cut }
    guard head >> 16 >= 8 else { return .other }
    return within(at: start + head >> 16, UInt32(inner))
  }

  /// OpenBSD's packet filter: a header that says its length, filled up to four octets.
  func behindFilterLog(at start: Int) -> LinkLayer {
    guard frame.byteCount > start else { return .cut }
    return packet(at: start + (Int(frame.octet(at: start)) + 3) & ~3)
  }

  /// Linux's NFLOG: attributes in the byte order of the machine that captured, one of which is the packet.
  func behindNetfilterLog(at start: Int) -> LinkLayer {
    guard frame.byteCount >= start + 4 else { return .cut }
    guard frame.octet(at: start + 1) == 0 else { return .other }
    guard frame.byteCount >= start + 8 else { return .cut }
    // The kinds of attributes are below 256, and none is 0.
    return netfilterPayload(at: start + 4, bigEndian: frame.octet(at: start + 6) == 0)
  }

  private func netfilterPayload(at start: Int, bigEndian: Bool) -> LinkLayer {
    var at = start
    while frame.byteCount >= at + 4 {
      let length = Int(frame.load(at, bigEndian: bigEndian) as UInt16)
      let type: UInt16 = frame.load(at + 2, bigEndian: bigEndian)
      guard length >= 4 else { return .other }
      if type & 0x7fff == 9 { return packet(at: at + 4) }
      at += (length + 3) & ~3
    }
    return .cut
  }

  /// Endace's extensible record format: sixteen octets, further headers as long as a bit says so, and the frame.
  mutating func behindExtensibleRecord(at start: Int) -> LinkLayer {
    guard frame.byteCount >= start + 16 else { return .cut }
    let type = frame.octet(at: start + 8)
    var at = start + 16
    var hasMore = type & 0x80 != 0
    while hasMore {
      guard frame.byteCount >= at + 8 else { return .cut }
      hasMore = frame.octet(at: at) & 0x80 != 0
      at += 8
    }
    switch type & 0x7f {
    case 2, 11, 16, 20: return behindEtherType(at: at + 2 + 12)
    case 1, 10, 15, 19: return behindPPP(at: at)
    case 22, 23: return packet(at: at)
    default: return .other
    }
  }
}

// MARK: IEEE 802.11

extension LinkWalk {
  /// IEEE 802.11 §9.2: a data frame that is neither encrypted nor a piece, then LLC.
  mutating func behindWireless(at start: Int, isPadded: Bool = false) -> LinkLayer {
    guard frame.byteCount >= start + 24 else { return .cut }
    let (control, flags) = (frame.octet(at: start), frame.octet(at: start + 1))
    // Version 0, data, and not one of the kinds without any; no further piece, not protected.
    guard control & 0x4f == 0x08, flags & 0x44 == 0, frame.octet(at: start + 22) & 0x0f == 0 else { return .other }
    var length = flags & 0x03 == 0x03 ? 30 : 24
    var isAggregate = false
    if control & 0x80 != 0 {
      guard frame.byteCount >= start + length + 2 else { return .cut }
      isAggregate = frame.octet(at: start + length) & 0x80 != 0
      length += flags & 0x80 != 0 ? 6 : 2
    }
    if isPadded { length = (length + 3) & ~3 }
    // Of several packets in one frame the first is taken.
    return behindLLC(at: start + length + (isAggregate ? 14 : 0))
  }

  /// Radiotap: a length in little-endian order; a flag shows whether the MAC header is padded.
  mutating func behindRadiotap(at start: Int) -> LinkLayer {
    guard frame.byteCount >= start + 8, let head = littleWord(at: start) else { return .cut }
    guard head & 0xff == 0, head >> 16 >= 8 else { return .other }
    var at = start + 4
    var fields = 0
    repeat {
      guard let more = littleWord(at: at) else { return .cut }
      if at == start + 4 { fields = more }
      at += 4
      if more & 0x8000_0000 == 0 { break }
    } while at < start + head >> 16
    if fields & 1 != 0 { at = start + (at - start + 7) & ~7 + 8 }  // eight octets of time, aligned
    let isPadded = fields & 2 != 0 && at < frame.byteCount && frame.octet(at: at) & 0x20 != 0
    return behindWireless(at: start + head >> 16, isPadded: isPadded)
  }

  /// Prism's header of 144 octets, or AVS's by its mark.
  mutating func behindPrism(at start: Int) -> LinkLayer {
    guard frame.byteCount >= start + 4 else { return .cut }
    let mark: UInt32 = frame.load(bigEndian: start)
    return mark & 0xffff_f000 == 0x8021_1000
      ? behindAVS(at: start) : behindWireless(at: start + 144)
  }

  /// AVS: a mark and a length.
  mutating func behindAVS(at start: Int) -> LinkLayer {
    guard frame.byteCount >= start + 8 else { return .cut }
    let length: UInt32 = frame.load(bigEndian: start + 4)
    guard 8...4_096 ~= length else { return .other }
    return behindWireless(at: start + Int(length))
  }
}
