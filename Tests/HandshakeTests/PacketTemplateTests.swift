import Handshake
import Testing
import Wire

/// A packet from a template is octet for octet the one that `PacketAssembly` makes.
@Suite struct PacketTemplateTests {
  private static let v4 = (IPAddress.v4(IPv4Address(10, 0, 0, 1)), IPAddress.v4(IPv4Address(198, 51, 100, 7)))
  private static let v6 = (
    IPAddress.v6(IPv6Address(0x2001_0db8 << 96 | 1)), IPAddress.v6(IPv6Address(0xfd77 << 112 | 2))
  )

  private func same(_ options: TCPOptionList, _ addresses: (IPAddress, IPAddress)) throws {
    let ipFields = IPFields(hopLimit: 61, trafficClass: 0x10)
    let remote = Endpoint(addresses.1, 443)
    let template = try PacketTemplate(from: addresses.0, to: remote, options: options, ipFields: ipFields)
    var state: UInt64 = 7
    for _ in 0..<2_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let word = UInt32(truncatingIfNeeded: state >> 32)
      let fields = PacketTemplate.Fields(
        localPort: UInt16(truncatingIfNeeded: word), seq: SequenceNumber(word &* 3),
        acknowledgment: SequenceNumber(word &* 5), flags: TCPFlags(rawValue: UInt16(truncatingIfNeeded: word >> 7)),
        window: UInt16(truncatingIfNeeded: word >> 16), timestamp: word &* 7, echoReply: word &* 11)
      var batch = PacketBatch(capacity: 1, room: 128)
      batch.append(to: 0, named: 0) { out, start in template.write(fields, into: &out, at: start) }
      #expect(try batch[0].octets == assembled(fields, options, addresses, ipFields))
      #expect(batch[0].byteCount == template.length)
    }
  }

  private func assembled(
    _ fields: PacketTemplate.Fields, _ options: TCPOptionList, _ addresses: (IPAddress, IPAddress), _ ipFields: IPFields
  ) throws -> [UInt8] {
    var own = options
    if options.timestamps != nil {
      own =
        options.maximumSegmentSize == nil
        ? .timestampsOnly(value: fields.timestamp, echoReply: fields.echoReply)
        : SynOptions().list(value: fields.timestamp, echoReply: fields.echoReply)
    }
    var segment = Segment(seq: fields.seq, flags: fields.flags, wnd: fields.window, options: own)
    segment.acknowledgment = fields.acknowledgment
    let flow = Flow(local: Endpoint(addresses.0, fields.localPort), remote: Endpoint(addresses.1, 443))
    var frame = FrameBuffer()
    let count = try frame.build { out throws(WireError) in
      try PacketAssembly.write(segment, flow: flow, text: RawSpan(), ipFields: ipFields, into: &out)
    }
    return frame.view(first: count).octets
  }

  @Test func aSyn() throws { try same(SynOptions().list(value: 0, echoReply: 0), Self.v4) }
  @Test func overIPv6() throws { try same(SynOptions().list(value: 0, echoReply: 0), Self.v6) }
  @Test func withoutOptions() throws { try same(TCPOptionList(), Self.v4) }
  @Test func withTimeStampsOnly() throws { try same(.timestampsOnly(value: 0, echoReply: 0), Self.v4) }

  @Test func twoFamiliesDoNotMix() {
    #expect(throws: WireError.self) {
      try PacketTemplate(from: Self.v4.0, to: Endpoint(Self.v6.1, 1), options: TCPOptionList(), ipFields: IPFields())
    }
  }

  @Test func aFullBatchTakesNothing() {
    var batch = PacketBatch(capacity: 2, room: 4)
    for name in 0..<3 {
      batch.append(to: name, named: UInt64(name)) { out, start in
        out.store(bigEndian: UInt32(name), at: start)
        return 4
      }
    }
    #expect(batch.count == 2 && batch.vacancies == 0)
    #expect(batch[1].octets == [0, 0, 0, 1] && batch.name(of: 1) == 1 && batch.destination(of: 1) == 1)
    batch.removeAll()
    #expect(batch.count == 0 && batch.vacancies == 2)
  }
}
