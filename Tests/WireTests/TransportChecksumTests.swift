// RFC 9293 §3.1 "Checksum" and RFC 8200 §8.1: segments whose sums were computed elsewhere.

import Repeatable
import Testing
import Wire

@Suite struct TransportChecksumTests {
  struct Row: Sendable, CustomStringConvertible {
    let description: String
    let source: IPAddress
    let destination: IPAddress
    let protocolNumber: UInt8
    let segment: [UInt8]
    let field: Int
    let pseudoHeaderSum: UInt16

    var pseudoHeader: PseudoHeader {
      PseudoHeader(
        source: source, destination: destination, protocolNumber: protocolNumber, length: segment.count)
    }
  }

  static let rows = [
    Row(
      description: "a SYN over IPv4",
      source: .v4(IPv4Address(10, 0, 0, 1)), destination: .v4(IPv4Address(10, 0, 0, 2)), protocolNumber: IPProtocol.tcp,
      segment: octets(
        """
        c1 68 00 50 00 00 00 7b 00 00 00 00 a0 02 fa f0 76 d8 00 00
        02 04 05 b4 04 02 08 0a 00 00 00 01 00 00 00 00 01 03 03 07
        """),
      field: 16, pseudoHeaderSum: 0x1431),
    Row(
      description: "an odd payload over IPv6",
      source: .v6(IPv6Address(0x2001_0db8 << 96 | 1)), destination: .v6(IPv6Address(0x2001_0db8 << 96 | 2)),
      protocolNumber: IPProtocol.tcp,
      segment: octets("c1 68 01 bb ff ff ff fe 00 00 00 07 50 18 01 f5 bb d1 00 00 6f 64 64"),
      field: 16, pseudoHeaderSum: 0x5b92),
  ]

  @Test(arguments: rows)
  func aRightChecksumIsGood(row: Row) {
    #expect(row.pseudoHeader.folded == row.pseudoHeaderSum)
    #expect(TransportChecksum.judge(segment: row.segment.span.raw, pseudoHeader: row.pseudoHeader) == .good)
  }

  @Test(arguments: rows)
  func anyFlippedBitIsBad(row: Row) {
    for bit in 0..<row.segment.count * 8 {
      var segment = row.segment
      segment[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(
        TransportChecksum.judge(segment: segment.span.raw, pseudoHeader: row.pseudoHeader) == .bad, "bit \(bit)")
    }
  }

  @Test(arguments: rows)
  func thePseudoHeaderSumAloneIsUnfinished(row: Row) {
    var segment = row.segment
    segment[row.field] = UInt8(row.pseudoHeaderSum >> 8)
    segment[row.field + 1] = UInt8(row.pseudoHeaderSum & 0xff)
    #expect(TransportChecksum.judge(segment: segment.span.raw, pseudoHeader: row.pseudoHeader) == .unfinished)
  }

  @Test(arguments: rows)
  func aPrefixIsNeverGoodAndNeverTraps(row: Row) {
    for count in 0..<row.segment.count {
      let part = row.segment.span.raw.extracting(first: count)
      #expect(TransportChecksum.judge(segment: part, pseudoHeader: row.pseudoHeader) == .bad, "\(count) octets")
    }
  }

  @Test(arguments: rows, [0, 1, 20, 41])
  func sealingWritesTheChecksum(row: Row, start: Int) {
    let out = written(start + row.segment.count + 5) { out in
      out.copy(row.segment.span.raw, at: start)
      out.store(bigEndian: 0xdead as UInt16, at: start + row.field)
      TransportChecksum.seal(&out, in: start..<start + row.segment.count, pseudoHeader: row.pseudoHeader)
    }
    let around = [UInt8](repeating: dirt, count: start)
    #expect(out == around + row.segment + [UInt8](repeating: dirt, count: 5))
  }

  @Test(arguments: Seed.several)
  func whatIsSealedIsGood(seed: Seed) {
    var random = Random(seed)
    for _ in 0..<500 {
      let count = Int.random(in: 20...600, using: &random)
      let payload = random.octets(count...count)
      let pseudoHeader = PseudoHeader(
        source: random.address(), destination: random.address(),
        protocolNumber: [IPProtocol.tcp, IPProtocol.udp, IPProtocol.icmpv6][Int(random.next() % 3)], length: count)
      let out = written(count) { out in
        out.copy(payload.span.raw, at: 0)
        TransportChecksum.seal(&out, in: 0..<count, pseudoHeader: pseudoHeader)
      }
      #expect(TransportChecksum.judge(segment: out.span.raw, pseudoHeader: pseudoHeader) == .good)
    }
  }

  @Test func anUnknownTransportIsBadAndLeftAlone() {
    let address = IPAddress.v4(IPv4Address(127, 0, 0, 1))
    let pseudoHeader = PseudoHeader(source: address, destination: address, protocolNumber: 132, length: 30)
    let out = written(30) { TransportChecksum.seal(&$0, in: 0..<30, pseudoHeader: pseudoHeader) }
    #expect(out == [UInt8](repeating: dirt, count: 30))
    #expect(TransportChecksum.judge(segment: out.span.raw, pseudoHeader: pseudoHeader) == .bad)
  }

  @Test func aLengthBeyond16BitsCountsItsCarry() {
    let address = IPAddress.v6(IPv6Address(1))
    let pseudoHeader = PseudoHeader(source: address, destination: address, protocolNumber: 6, length: 0x1_0002)
    #expect(pseudoHeader.folded == 1 + 1 + 6 + 1 + 2)
  }
}
