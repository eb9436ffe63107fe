// RFC 791 §3.1: IPv4 headers read, written and refused.

import Repeatable
import Testing
import Wire

@Suite struct IPv4HeaderTests {
  struct Row: Sendable, CustomStringConvertible {
    let description: String
    let octets: [UInt8]
    let header: IPv4Header
  }

  static let rows = [
    Row(
      description: "a UDP datagram's",
      octets: octets("4500 0014 0000 4000 4011 b8c0 c0a8 0001 c0a8 00c7"),
      header: IPv4Header(
        source: IPv4Address(192, 168, 0, 1), destination: IPv4Address(192, 168, 0, 199),
        protocolNumber: IPProtocol.udp, totalLength: 20, dontFragment: true, headerChecksum: 0xb8c0)),
    Row(
      description: "every flag, an offset and options",
      octets: octets("47ab 001c 1234 ffff ff06 faef 0a00 0001 0a00 0002 0102 0304 9404 0000"),
      header: IPv4Header(
        source: IPv4Address(10, 0, 0, 1), destination: IPv4Address(10, 0, 0, 2), protocolNumber: IPProtocol.tcp,
        totalLength: 28, typeOfService: 0xab, identification: 0x1234, reservedBit: true, dontFragment: true,
        moreFragments: true, fragmentOffset: 0x1fff, timeToLive: 255, headerChecksum: 0xfaef,
        options: options("0102 0304 9404 0000"))),
  ]

  static func options(_ hex: String) -> OptionOctets {
    guard let options = OptionOctets(octets(hex).span.raw) else { preconditionFailure("too many: \(hex)") }
    return options
  }

  /// Linux writes 0 where it has merged more octets than the field can count, and nowhere else is that a length.
  @Test(arguments: [65_536, 185_000, 65_535, 40])
  func totalLengthOfWhatIsMerged(count: Int) throws {
    var packet = [UInt8](repeating: 0, count: count)
    packet[0] = 0x45
    guard count > 65_535 else {
      let error = refusal { () throws(WireError) in _ = try IPv4HeaderView(checking: packet.span.raw) }
      #expect(error == .malformed(.ipv4, at: 2))
      return
    }
    let length = try IPv4HeaderView(checking: packet.span.raw).payload.byteCount
    #expect(length == count - 20)
  }

  @Test(arguments: rows)
  func isRead(row: Row) throws {
    #expect(try IPv4Header(parsing: row.octets.span.raw) == row.header)
    #expect(row.header.headerLength == row.octets.count)
    let isGood = try IPv4HeaderView(checking: row.octets.span.raw).hasGoodChecksum
    #expect(isGood)
  }

  @Test(arguments: rows, [0, 1, 14])
  func isWrittenWithItsChecksum(row: Row, offset: Int) throws {
    var header = row.header
    header.headerChecksum = 0xdead
    let out = try written(offset + row.octets.count + 2) { out throws(WireError) in
      let count = try header.serialize(into: &out, at: offset)
      precondition(count == row.octets.count)
    }
    let before = [UInt8](repeating: dirt, count: offset)
    #expect(out == before + row.octets + [dirt, dirt])
  }

  @Test(arguments: rows)
  func aWrongChecksumCanBeKept(row: Row) throws {
    var header = row.header
    header.headerChecksum = 0xdead
    let out = try written(row.octets.count) { out throws(WireError) in
      _ = try header.serialize(into: &out, keepingChecksum: true)
    }
    #expect(out[10] == 0xde && out[11] == 0xad)
    let isGood = try IPv4HeaderView(checking: out.span.raw).hasGoodChecksum
    #expect(!isGood)
    #expect(try IPv4Header(parsing: out.span.raw) == header)
  }

  @Test(arguments: rows)
  func everyPrefixIsRefused(row: Row) {
    for count in 0..<row.octets.count {
      let error = refusal { () throws(WireError) in
        _ = try IPv4Header(parsing: row.octets.span.raw.extracting(first: count))
      }
      #expect(error == .truncated(.ipv4, need: count < 20 ? 20 : row.octets.count, have: count))
    }
  }

  @Test(arguments: rows)
  func everyShortOutputIsRefusedAndUntouched(row: Row) {
    for room in 0..<row.octets.count {
      let out = written(room) { out in
        let error = refusal { () throws(WireError) in _ = try row.header.serialize(into: &out) }
        precondition(error == .noRoom(.ipv4, need: row.octets.count, have: room))
      }
      #expect(out == [UInt8](repeating: dirt, count: room))
    }
  }

  struct Damage: Sendable, CustomStringConvertible {
    let description: String
    let at: Int
    let octet: UInt8
    let error: WireError
    let isReadLaxly: Bool
  }

  static let damages = [
    Damage(description: "version 6", at: 0, octet: 0x65, error: .malformed(.ipv4, at: 0), isReadLaxly: false),
    Damage(description: "version 0", at: 0, octet: 0x05, error: .malformed(.ipv4, at: 0), isReadLaxly: false),
    Damage(description: "a header of 16", at: 0, octet: 0x44, error: .malformed(.ipv4, at: 0), isReadLaxly: false),
    Damage(
      description: "a header of 60", at: 0, octet: 0x4f, error: .truncated(.ipv4, need: 60, have: 20),
      isReadLaxly: false),
    Damage(description: "a total of 19", at: 3, octet: 19, error: .malformed(.ipv4, at: 2), isReadLaxly: true),
    Damage(
      description: "a total of 21", at: 3, octet: 21, error: .truncated(.ipv4, need: 21, have: 20), isReadLaxly: true),
  ]

  @Test(arguments: damages)
  func damageIsTold(damage: Damage) {
    var raw = Self.rows[0].octets
    raw[damage.at] = damage.octet
    let strict = refusal { () throws(WireError) in _ = try IPv4HeaderView(checking: raw.span.raw) }
    #expect(strict == damage.error)
    let lax = refusal { () throws(WireError) in _ = try IPv4HeaderView(lax: raw.span.raw) }
    #expect((lax == nil) == damage.isReadLaxly)
  }

  @Test func whatLiesBeyondTheTotalLengthIsCutOff() throws {
    var raw = Self.rows[0].octets + [1, 2, 3, 4, 5, 6]
    raw[3] = 23
    let strict = try IPv4HeaderView(checking: raw.span.raw).payload.octets
    let lax = try IPv4HeaderView(lax: raw.span.raw).payload.octets
    #expect(strict == [1, 2, 3])
    #expect(lax == [1, 2, 3])
  }

  @Test func aQuotedPacketIsReadAsFarAsItGoes() throws {
    var raw = Self.rows[0].octets + [1, 2, 3]
    raw[2] = 0x05
    let view = try IPv4HeaderView(lax: raw.span.raw)
    let shown = (view.totalLength, view.payload.octets)
    #expect(shown.0 == 0x0514)
    #expect(shown.1 == [1, 2, 3])
  }

  @Test(arguments: Seed.several)
  func whatIsWrittenIsReadBack(seed: Seed) throws {
    var random = Random(seed)
    for _ in 0..<2000 {
      let payload = random.octets(0...50)
      let header = random.ipv4Header(payload: payload.count)
      let out = try written(header.headerLength + payload.count) { out throws(WireError) in
        let count = try header.serialize(into: &out)
        out.copy(payload.span.raw, at: count)
      }
      var again = try IPv4Header(parsing: out.span.raw)
      let view = try IPv4HeaderView(checking: out.span.raw)
      let shown = (view.payload.octets, view.hasGoodChecksum, view.isFragment)
      #expect(shown.0 == payload)
      #expect(shown.1)
      #expect(shown.2 == (header.moreFragments || header.fragmentOffset != 0))
      again.headerChecksum = header.headerChecksum
      #expect(again == header)
    }
  }

  @Test(arguments: Seed.several)
  func anyOctetsAreReadOrRefusedAndWrittenBack(seed: Seed) throws {
    var random = Random(seed)
    for _ in 0..<5000 {
      var raw = random.octets(1...80)
      raw[0] = 0x40 | raw[0] & 0xf
      if raw.count > 3 { raw[2] = 0 }
      guard let header = try? IPv4Header(parsing: raw.span.raw) else { continue }
      let out = try written(header.headerLength) { out throws(WireError) in
        _ = try header.serialize(into: &out, keepingChecksum: true)
      }
      #expect(out == Array(raw.prefix(header.headerLength)))
    }
  }

  @Test func aHeaderTellsItselfInALine() {
    #expect(
      Self.rows[1].header.description
        == "10.0.0.1 > 10.0.0.2 protocol 6 ttl 255 length 28 tos 171 id 4660 RF DF MF offset 65528 options 0102030494040000"
    )
  }

  /// Ethernet pads short frames; a packet without payload has none, whatever follows it.
  @Test func paddingIsNoPayload() throws {
    let packet = octets("4500 0014 0000 0000 4006 0000 c0000201 c0000202") + [UInt8](repeating: 0xee, count: 26)
    #expect(try IPv4HeaderView(lax: packet.span.raw).payload.byteCount == 0)
    #expect(try IPv4HeaderView(checking: packet.span.raw).payload.byteCount == 0)
  }
}
