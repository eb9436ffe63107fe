// RFC 9293 §3.1: TCP headers read, written and refused.

import Repeatable
import Testing
import Wire

@Suite struct TCPHeaderTests {
  struct Row: Sendable, CustomStringConvertible {
    let description: String
    let octets: [UInt8]
    let header: TCPHeader
  }

  static let rows = [
    Row(
      description: "Linux's SYN",
      octets: octets(
        """
        c1 68 00 50 00 00 00 7b 00 00 00 00 a0 02 fa f0 76 d8 00 00
        02 04 05 b4 04 02 08 0a 00 00 00 01 00 00 00 00 01 03 03 07
        """),
      header: TCPHeader(
        sourcePort: 49512, destinationPort: 80, sequence: SequenceNumber(123), flags: .syn, window: 64240,
        checksum: 0x76d8,
        options: list(
          .maximumSegmentSize(1460), .sackPermitted, .timestamps(value: 1, echoReply: 0), .noOperation, .windowScale(7))
      )),
    Row(
      description: "every field at its most",
      octets: octets("ffff fffe fffffffd fffffffc 5fff fffb fffa fff9"),
      header: TCPHeader(
        sourcePort: 0xffff, destinationPort: 0xfffe, sequence: SequenceNumber(0xffff_fffd),
        acknowledgment: SequenceNumber(0xffff_fffc), flags: TCPFlags(rawValue: 0xfff), window: 0xfffb,
        checksum: 0xfffa, urgentPointer: 0xfff9)),
    Row(
      description: "a null segment from port 0 to port 0",
      octets: octets("0000 0000 00000000 00000000 5000 0000 0000 0000"),
      header: TCPHeader(sourcePort: 0, destinationPort: 0)),
    Row(
      description: "SYN and FIN, forty octets of NOP",
      octets: octets("0001 0002 00000003 00000004 f003 0005 0006 0007") + [UInt8](repeating: 1, count: 40),
      header: TCPHeader(
        sourcePort: 1, destinationPort: 2, sequence: SequenceNumber(3), acknowledgment: SequenceNumber(4),
        flags: [.syn, .fin], window: 5, checksum: 6, urgentPointer: 7,
        options: list([TCPOption](repeating: .noOperation, count: 40)))),
  ]

  static func list(_ options: TCPOption...) -> TCPOptionList { list(options) }
  static func list(_ options: [TCPOption]) -> TCPOptionList {
    var list = TCPOptionList()
    for option in options where !list.append(option) { preconditionFailure("no room for \(option)") }
    return list
  }

  @Test(arguments: rows)
  func isRead(row: Row) throws {
    #expect(try TCPHeader(parsing: row.octets.span.raw) == row.header)
    #expect(row.header.headerLength == row.octets.count)
  }

  @Test(arguments: rows, [0, 3, 40])
  func isWritten(row: Row, offset: Int) throws {
    let out = try written(offset + row.octets.count + 3) { out throws(WireError) in
      let count = try row.header.serialize(into: &out, at: offset)
      precondition(count == row.octets.count)
    }
    let before = [UInt8](repeating: dirt, count: offset)
    #expect(out == before + row.octets + [UInt8](repeating: dirt, count: 3))
  }

  @Test(arguments: rows)
  func everyPrefixIsRefused(row: Row) {
    for count in 0..<row.octets.count {
      let error = refusal { () throws(WireError) in
        _ = try TCPHeader(parsing: row.octets.span.raw.extracting(first: count))
      }
      #expect(error == .truncated(.tcp, need: count < 20 ? 20 : row.octets.count, have: count))
    }
  }

  @Test(arguments: rows)
  func everyShortOutputIsRefusedAndUntouched(row: Row) throws {
    for room in 0..<row.octets.count {
      let out = written(room) { out in
        let error = refusal { () throws(WireError) in _ = try row.header.serialize(into: &out) }
        precondition(error == .noRoom(.tcp, need: row.octets.count, have: room), "\(room)")
      }
      #expect(out == [UInt8](repeating: dirt, count: room))
    }
  }

  @Test(arguments: [-1, 21, Int.max, Int.min])
  func anOffsetOutsideTheOutputIsRefused(offset: Int) {
    let out = written(20) { out in
      let error = refusal { () throws(WireError) in
        _ = try TCPHeader(sourcePort: 1, destinationPort: 2).serialize(into: &out, at: offset)
      }
      precondition(error != nil)
    }
    #expect(out == [UInt8](repeating: dirt, count: 20))
  }

  @Test(arguments: 0...4)
  func aDataOffsetBelowFiveIsMalformed(words: UInt8) {
    var raw = Self.rows[0].octets
    raw[12] = words << 4
    let error = refusal { () throws(WireError) in _ = try TCPHeader(parsing: raw.span.raw) }
    #expect(error == .malformed(.tcp, at: 12))
  }

  @Test(arguments: [0, 4, 6, 15, 0xff] as [UInt8])
  func anyDataOffsetCanBeWritten(words: UInt8) throws {
    var header = Self.rows[1].header
    header.dataOffset = words
    let out = try written(20) { out throws(WireError) in _ = try header.serialize(into: &out) }
    #expect(out[12] >> 4 == words & 0xf)
    #expect(out[12] & 0xf == 0xf && out[13] == 0xff, "the flags beside it stay")
    #expect(header.violations.contains(.untrueDataOffset))
  }

  @Test func theViewShowsOptionsAndPayload() throws {
    let raw = Self.rows[0].octets + [1, 2, 3]
    let view = try TCPHeaderView(checking: raw.span.raw)
    let shown = (view.headerLength, view.options.octets, view.payload.octets)
    #expect(shown.0 == 40)
    #expect(shown.1 == Array(raw[20..<40]))
    #expect(shown.2 == [1, 2, 3])
  }

  @Test func eightOctetsTellTheFlow() throws {
    let raw = Self.rows[0].octets
    let prefix = try TCPHeaderPrefix(parsing: raw.span.raw.extracting(first: 8))
    #expect(prefix.sourcePort == 49512 && prefix.destinationPort == 80 && prefix.sequence == SequenceNumber(123))
    let error = refusal { () throws(WireError) in
      _ = try TCPHeaderPrefix(parsing: raw.span.raw.extracting(first: 7))
    }
    #expect(error == .truncated(.tcp, need: 8, have: 7))
  }

  @Test(arguments: Seed.several)
  func whatIsWrittenIsReadBack(seed: Seed) throws {
    var random = Random(seed)
    for _ in 0..<2000 {
      let header = random.tcpHeader()
      let out = try written(header.headerLength) { out throws(WireError) in _ = try header.serialize(into: &out) }
      #expect(try TCPHeader(parsing: out.span.raw) == header)
    }
  }

  @Test(arguments: Seed.several)
  func anyOctetsAreReadOrRefusedAndWrittenBack(seed: Seed) throws {
    var random = Random(seed)
    for _ in 0..<5000 {
      let raw = random.octets(0...80)
      guard let header = try? TCPHeader(parsing: raw.span.raw) else { continue }
      let out = try written(header.headerLength) { out throws(WireError) in _ = try header.serialize(into: &out) }
      #expect(out == Array(raw.prefix(header.headerLength)))
    }
  }

  @Test func unpaddedOptionsArePaddedWithZeros() throws {
    let header = TCPHeader(sourcePort: 1, destinationPort: 2, options: Self.list(.windowScale(7), .sackPermitted))
    let out = try written(28) { out throws(WireError) in _ = try header.serialize(into: &out) }
    #expect(Array(out[20...]) == octets("030307 0402 000000"))
    #expect(out[12] == 7 << 4)
  }

  @Test func aHeaderTellsItselfInALine() {
    #expect(Self.rows[2].header.description == "0 > 0 [none] seq 0 ack 0 win 0")
    var header = Self.rows[1].header
    header.options = Self.list(.sackPermitted)
    header.dataOffset = 2
    #expect(
      header.description
        == "65535 > 65534 [FIN,SYN,RST,PSH,ACK,URG,ECE,CWR,ACCECN,0xe00] seq 4294967293 ack 4294967292 win 65531"
        + " urg 65529 options 0402 offset 2")
  }

  @Test func aHeaderThatIsCutShowsTheOptionsThatAreThere() throws {
    let octets = octets("0001 0002 00000003 00000004 a010 0005 0000 0000 01020304")
    let view = try TCPHeaderView(lax: octets.span.raw)
    #expect(view.statedHeaderLength == 40 && view.headerLength == 24)
    #expect(view.options.octets == [1, 2, 3, 4] && view.payload.byteCount == 0)
    #expect(throws: WireError.truncated(.tcp, need: 40, have: 24)) { _ = try TCPHeaderView(checking: octets.span.raw) }
  }
}
