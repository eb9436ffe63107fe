import Wire

@testable import Capture

/// Packets that a test makes octet by octet.
enum PacketOctets {
  static func bigEndian<each T: FixedWidthInteger>(_ values: repeat each T) -> [UInt8] {
    var file = CaptureFile(isBigEndian: true)
    file.append(repeat each values)
    return file.octets
  }

  /// An IPv4 packet from 192.0.2.1 to 192.0.2.2 with a right header checksum; a piece of one where an offset is given.
  static func ipv4(
    _ payload: [UInt8], protocolNumber: UInt8 = 6, identification: UInt16 = 7, at offset: Int = 0,
    moreFragments: Bool = false, totalLength: UInt16? = nil
  ) -> [UInt8] {
    let fragment = UInt16(offset / 8) | (moreFragments ? 0x2000 : 0)
    var header = bigEndian(
      0x4500 as UInt16, totalLength ?? UInt16(20 + payload.count), identification, fragment, 64 as UInt8,
      protocolNumber, 0 as UInt16, 0xc000_0201 as UInt32, 0xc000_0202 as UInt32)
    header.replaceSubrange(10..<12, with: bigEndian(InternetChecksum.value(of: header.span.raw)))
    return header + payload
  }

  /// An IPv6 packet from ::1 to ::2.
  static func ipv6(_ payload: [UInt8], nextHeader: UInt8 = 6) -> [UInt8] {
    bigEndian(
      0x6000_0000 as UInt32, UInt16(payload.count), nextHeader, 64 as UInt8, 1 as UInt128, 2 as UInt128) + payload
  }

  /// A piece of an IPv6 packet, behind a Hop-by-Hop Options header where that is wanted.
  static func ipv6Fragment(
    _ payload: [UInt8], nextHeader: UInt8 = 6, at offset: Int, moreFragments: Bool, behindOptions: Bool = false
  ) -> [UInt8] {
    let fragment = bigEndian(nextHeader, 0 as UInt8, UInt16(offset) | (moreFragments ? 1 : 0), 0x1234_5678 as UInt32)
    guard behindOptions else { return ipv6(fragment + payload, nextHeader: IPProtocol.fragment) }
    return ipv6([IPProtocol.fragment, 0, 1, 4, 0, 0, 0, 0] + fragment + payload, nextHeader: 0)
  }

  /// What comes of frames that are opened one after the other.
  static func opened(
    _ frames: [[UInt8]], link: LinkType = .rawIP, tunnels: Bool = false, at stamps: [Int64] = [],
    cutTo length: Int = .max
  ) -> (packets: [Opened], opening: Decapsulator) {
    var opening = Decapsulator(looksIntoTunnels: tunnels)
    var packets: [Opened] = []
    for (index, frame) in frames.enumerated() {
      let kept = Array(frame.prefix(length))
      let captured = CapturedFrame(
        number: index + 1, stamp: stamps.isEmpty ? nil : .init(nanoseconds: stamps[index] * 1_000_000_000), link: link,
        interface: 0, octets: kept.span.raw, originalLength: frame.count)
      opening.open(captured) { packet in
        packets.append(
          Opened(
            number: packet.number, octets: packet.octets.octets, originalLength: packet.originalLength,
            depth: packet.depth, isReassembled: packet.isReassembled))
      }
    }
    return (packets, opening)
  }

  struct Opened: Equatable {
    var number: Int
    var octets: [UInt8]
    var originalLength: Int
    var depth = 0
    var isReassembled = false
  }
}
