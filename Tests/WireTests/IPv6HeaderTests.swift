// RFC 8200 §3: IPv6 headers read, written and refused.

import Repeatable
import Testing
import Wire

@Suite struct IPv6HeaderTests {
  static let raw = octets(
    """
    6abc def0 0003 06 40 2001 0db8 0000 0000 0000 0000 0000 0001
    fe80 0000 0000 0000 0000 0000 0000 0002 616263
    """)
  static let header = IPv6Header(
    source: IPv6Address(0x2001_0db8 << 96 | 1), destination: IPv6Address(0xfe80 << 112 | 2),
    nextHeader: IPProtocol.tcp, payloadLength: 3, trafficClass: 0xab, flowLabel: 0xc_def0, hopLimit: 64)

  @Test func isRead() throws {
    #expect(try IPv6Header(parsing: Self.raw.span.raw) == Self.header)
    let payload = try IPv6HeaderView(checking: Self.raw.span.raw).payload.octets
    #expect(payload == Array("abc".utf8))
  }

  @Test(arguments: [0, 1, 14])
  func isWritten(offset: Int) throws {
    let out = try written(offset + 42) { out throws(WireError) in
      let count = try Self.header.serialize(into: &out, at: offset)
      precondition(count == 40)
    }
    #expect(out == [UInt8](repeating: dirt, count: offset) + Self.raw.prefix(40) + [dirt, dirt])
  }

  @Test func everyPrefixIsRefused() {
    for count in 0..<Self.raw.count {
      let error = refusal { () throws(WireError) in
        _ = try IPv6Header(parsing: Self.raw.span.raw.extracting(first: count))
      }
      #expect(error == .truncated(.ipv6, need: count < 40 ? 40 : 43, have: count))
    }
  }

  @Test func everyShortOutputIsRefusedAndUntouched() {
    for room in 0..<40 {
      let out = written(room) { out in
        let error = refusal { () throws(WireError) in _ = try Self.header.serialize(into: &out) }
        precondition(error == .noRoom(.ipv6, need: 40, have: room))
      }
      #expect(out == [UInt8](repeating: dirt, count: room))
    }
  }

  @Test(arguments: (0...15).filter { $0 != 6 })
  func anotherVersionIsMalformed(version: Int) {
    var raw = Self.raw
    raw[0] = UInt8(version) << 4
    let error = refusal { () throws(WireError) in _ = try IPv6HeaderView(checking: raw.span.raw) }
    #expect(error == .malformed(.ipv6, at: 0))
  }

  /// A packet of these parts, whose payload length is 0.
  private static func unstated(_ nextHeader: UInt8, _ payload: [UInt8]) -> [UInt8] {
    var packet = Array(raw.prefix(40)) + payload
    (packet[4], packet[5], packet[6]) = (0, 0, nextHeader)
    return packet
  }

  /// RFC 2675 §2: the option states the length; §3: one below 65,536 does not.
  @Test(arguments: [65_536 as UInt32, 70_028, 65_535, 8, 0])
  func jumboPayload(stated: UInt32) throws {
    let options = IPv6JumboPayload.hopByHop(nextHeader: IPProtocol.tcp, length: stated)
    #expect(options.count == 8)
    let isJumbo = stated > 65_535
    let packet = Self.unstated(0, options + [UInt8](repeating: 7, count: 70_100))
    let strict = try IPv6HeaderView(checking: packet.span.raw).payload.byteCount
    #expect(strict == (isJumbo ? Int(stated) : packet.count - 40) || !isJumbo && strict == 0)
    let lax = try IPv6HeaderView(lax: packet.span.raw)
    let statedLength = lax.statedPayloadLength
    #expect(statedLength == (isJumbo ? Int(stated) : 0))
    // Cut short it is still stated, and refused where all has to be there.
    let cut = Array(packet.prefix(60))
    let cutLength = try IPv6HeaderView(lax: cut.span.raw).statedPayloadLength
    #expect(cutLength == (isJumbo ? Int(stated) : 0))
    if isJumbo {
      let error = refusal { () throws(WireError) in _ = try IPv6HeaderView(checking: cut.span.raw) }
      #expect(error == .truncated(.ipv6, need: 40 + Int(stated), have: 60))
    }
  }

  /// The option stands behind padding, and among others; a length that leads out of the header ends the search.
  @Test func jumboPayloadAmongOptions() {
    let found = Self.unstated(0, [6, 1, 0, 1, 1, 0, 5, 2, 0, 0, 0xc2, 4, 0, 1, 0, 0])
    #expect(IPv6JumboPayload.length(statedBy: found.span.raw) == 65_536)
    for broken in [[6, 0, 0xc2, 4, 0, 1, 0], [6, 0, 1, 200, 0xc2, 4, 0, 1], [6, 255, 0, 0, 0, 0, 0, 0xc2]] as [[UInt8]]
    {
      #expect(IPv6JumboPayload.length(statedBy: Self.unstated(0, broken).span.raw) == nil)
    }
  }

  /// Linux merges segments beyond what the field counts: as long as it is.
  @Test func lengthLeftOpen() throws {
    let merged = Self.unstated(IPProtocol.tcp, [UInt8](repeating: 7, count: 65_536))
    let length = try IPv6HeaderView(checking: merged.span.raw).payload.byteCount
    #expect(length == 65_536)
    let short = Self.unstated(IPProtocol.tcp, [UInt8](repeating: 7, count: 30))
    let strict = try IPv6HeaderView(checking: short.span.raw).payload.byteCount
    let lax = try IPv6HeaderView(lax: short.span.raw).payload.byteCount
    #expect((strict, lax) == (0, 30))
    let nothing = try IPv6HeaderView(lax: Self.unstated(IPProtocol.noNextHeader, [1, 2]).span.raw).payload.byteCount
    #expect(nothing == 0)
  }

  @Test func whatLiesBeyondThePayloadLengthIsCutOff() throws {
    let raw = Self.raw + [1, 2, 3]
    let payload = try IPv6HeaderView(checking: raw.span.raw).payload.octets
    #expect(payload == Array("abc".utf8))
  }

  @Test func aQuotedPacketIsReadAsFarAsItGoes() throws {
    let view = try IPv6HeaderView(lax: Self.raw.span.raw.extracting(first: 41))
    let shown = (view.payloadLength, view.payload.octets)
    #expect(shown.0 == 3)
    #expect(shown.1 == Array("a".utf8))
  }

  @Test func aFlowLabelKeepsToItsTwentyBits() throws {
    var header = Self.header
    header.flowLabel = .max
    let out = try written(40) { out throws(WireError) in _ = try header.serialize(into: &out) }
    #expect(Array(out[0..<4]) == octets("6abfffff"))
  }

  @Test(arguments: Seed.several)
  func whatIsWrittenIsReadBack(seed: Seed) throws {
    var random = Random(seed)
    for _ in 0..<2000 {
      let payload = random.octets(0...50)
      let header = random.ipv6Header(payload: payload.count)
      let out = try written(40 + payload.count) { out throws(WireError) in
        let count = try header.serialize(into: &out)
        out.copy(payload.span.raw, at: count)
      }
      let again = try IPv6Header(parsing: out.span.raw)
      #expect(again == header)
    }
  }

  @Test func aHeaderTellsItselfInALine() {
    #expect(Self.header.description == "2001:db8::1 > fe80::2 next 6 hops 64 length 3 class 171 flow 843504")
  }

  @Test func theRoomBehindTheOffsetCounts() {
    let header = IPv6Header(
      source: IPv6Address(1), destination: IPv6Address(2), nextHeader: 6, payloadLength: 0)
    for (offset, error) in [(20, nil), (21, WireError.noRoom(.ipv6, need: 40, have: 39))] as [(Int, WireError?)] {
      var found: WireError?
      do throws(WireError) {
        _ = try written(60) { (out) throws(WireError) in _ = try header.serialize(into: &out, at: offset) }
      } catch {
        found = error
      }
      #expect(found == error)
    }
  }
}
