import Handshake
import Scan
import Testing
import Wire

@Suite struct ScanTemplateTests {
  @Test(arguments: ["192.0.2.1 198.51.100.255", "2001:db8::1 2001:db8:ffff::abcd"], [true, false])
  func packetsHaveTheChecksumsOfTheirFields(ends: String, timestamps: Bool) throws {
    let addresses = ends.split(separator: " ").compactMap { IPAddress(parsing: $0) }
    let offer = SynOptions(timestamps: timestamps)
    let template = try ScanTemplate(
      from: addresses[0], offer: offer, window: 64_240, ipFields: IPFields(hopLimit: 61, trafficClass: 0x10))
    for step in 0..<500 as Range<UInt32> {
      let fields = ScanTemplate.Fields(
        address: addresses[1], port: UInt16(truncatingIfNeeded: step &* 331), localPort: UInt16(60_000 + step),
        seq: SequenceNumber(step &* 0x9e37_79b1), timestamp: step &* 77_777_777)
      var octets = [UInt8](repeating: 0xa5, count: 128)
      let count = octets.build { out in template.write(fields, into: &out, at: 3) }
      let packet = Array(octets[3..<3 + count])
      guard case .tcp(let envelope, let header) = Dissection.ofIP(packet.span.raw) else {
        Issue.record("it does not parse")
        return
      }
      #expect(envelope.hasGoodHeaderChecksum)
      #expect(envelope.destination == addresses[1])
      #expect(envelope.timeToLive == 61)
      #expect(TransportChecksum.judge(segment: header.segment, pseudoHeader: envelope.pseudoHeader) == .good)
      let segment = try Segment(header)
      #expect(segment.seq == fields.seq)
      #expect(segment.options == offer.list(value: timestamps ? fields.timestamp : 0, echoReply: 0))
      #expect((header.sourcePort, header.destinationPort) == (fields.localPort, fields.port))
      #expect(octets[2] == 0xa5 && octets[3 + count] == 0xa5)
    }
  }

  @Test func everyFlowHasItsOwnCookie() throws {
    let cookie = ScanCookie(SipHash.Key(k0: 1, k1: 2))
    let address = try #require(IPAddress(parsing: "192.0.2.1"))
    let other = try #require(IPAddress(parsing: "192.0.2.2"))
    let one = cookie.iss(from: 50_000, to: address, port: 80)
    #expect(one == cookie.iss(from: 50_000, to: address, port: 80))
    #expect(one != cookie.iss(from: 50_001, to: address, port: 80))
    #expect(one != cookie.iss(from: 50_000, to: address, port: 81))
    #expect(one != cookie.iss(from: 50_000, to: other, port: 80))
    #expect(one != ScanCookie(SipHash.Key(k0: 1, k1: 3)).iss(from: 50_000, to: address, port: 80))
  }
}
