import Testing
import Vectors
import Wire

/// Envelopes, extension headers and the reasons for turning packets away.
struct DissectionTests {
  @Test(
    arguments: [
      ("crafted-ipv4/udp", .transport(17)), ("crafted-ipv4/authenticated", .transport(51)),
      ("crafted-ipv4/first-fragment", .fragment), ("crafted-ipv4/later-fragment", .fragment),
      ("crafted-ipv6/udp", .transport(17)), ("crafted-ipv6/no-next-header", .transport(59)),
      ("crafted-ipv6/unknown-next-header", .transport(253)), ("crafted-ipv6/first-fragment", .fragment),
      ("crafted-ipv6/later-fragment", .fragment), ("crafted-icmpv4/in-ipv6", .transport(1)),
      ("crafted-icmpv6/in-ipv4", .transport(58)),
    ] as [(String, Dissection.Foreign)])
  func saysWhyAPacketIsNotOurs(name: String, reason: Dissection.Foreign) {
    guard case .foreign(let answer) = Dissection.ofIP(Vector.named(name).octets.span.raw) else {
      Issue.record("taken for ours")
      return
    }
    #expect(answer == reason)
  }

  @Test func theEnvelopeTellsBothVersionsAlike() throws {
    let old = try #require(Vector.named("crafted-ipv4/traffic-class").envelope)
    #expect(old.timeToLive == 255 && old.trafficClass == 0xb9 && old.dontFragment && old.identification == 7)
    #expect(old.transportLength == 24 && old.hasGoodHeaderChecksum)
    let new = try #require(Vector.named("crafted-ipv6/traffic-class").envelope)
    #expect(new.timeToLive == 255 && new.trafficClass == 0xb9 && new.identification == nil)
    let bad = try #require(Vector.named("crafted-ipv4/header-checksum-bad").envelope)
    #expect(!bad.hasGoodHeaderChecksum)
  }

  @Test(
    arguments: [
      ("routing-2", nil), ("routing-2-one-left", "2001:db8::77"), ("routing-0", nil),
      ("routing-0-left", "2001:db8::77"),
      ("segment-routing", nil), ("all-of-them", nil),
    ] as [(String, String?)])
  func checksumsGoToTheLastStop(name: String, address: String?) throws {
    let envelope = try #require(Vector.named("crafted-ipv6/\(name)").envelope)
    #expect(envelope.finalDestination?.description == address)
    #expect(envelope.destination.description == "2001:db8:0:7::50")
  }

  @Test func theCursorTellsEveryHeader() throws {
    let octets = Vector.named("crafted-ipv6/all-of-them").octets
    let header = try IPv6HeaderView(checking: octets.span.raw)
    var cursor = IPv6ExtensionCursor(nextHeader: header.nextHeader, payload: header.payload)
    var kinds: [UInt8] = []
    var end = 0
    while let step = try cursor.next() {
      #expect(step.range.lowerBound == end)
      kinds.append(step.kind)
      end = step.range.upperBound
    }
    #expect(kinds == [0, 60, 43, 44, 60] && cursor.nextHeader == IPProtocol.tcp && cursor.offset == end)
    let chain = try IPv6ExtensionChain(nextHeader: header.nextHeader, payload: header.payload)
    #expect(chain.offset == end && chain.fragment?.isAtomic == true && chain.fragment?.identification == 9)
  }

  @Test func theCursorGivesUpOnEndlessChains() throws {
    let octets = Vector.named("crafted-ipv6/headers-without-end").octets
    let header = try IPv6HeaderView(checking: octets.span.raw)
    #expect(throws: WireError.malformed(.ipv6Extension, at: 0)) {
      try IPv6ExtensionChain(nextHeader: header.nextHeader, payload: header.payload)
    }
  }

  /// A raw IPv6 socket keeps the IP header to itself and tells the addresses beside the segment.
  @Test func aTransportAloneIsTakenApartAlike() throws {
    let vector = Vector.named("crafted-tcp/plain-syn-ipv6")
    let envelope = try #require(vector.envelope)
    let segment = vector.octets.span.raw.extracting(40...)
    guard case .tcp(let same, let header) = Dissection.ofTransport(segment, in: envelope) else {
      Issue.record("no TCP")
      return
    }
    #expect(same == envelope && header.destinationPort == 8443)
    #expect(TransportChecksum.judge(segment: segment, pseudoHeader: same.pseudoHeader) == .good)
  }

  /// What follows a later fragment's header is no header, whatever it looks like.
  @Test(arguments: [UInt8(0), 43, 44, 51, 60, 6]) func aLaterFragmentEndsTheWalk(next: UInt8) throws {
    let octets: [UInt8] = [next, 0, 0, 9, 0, 0, 0, 7] + [UInt8](repeating: 0, count: 24)
    let chain = try IPv6ExtensionChain(nextHeader: IPProtocol.fragment, payload: octets.span.raw)
    #expect(chain.protocolNumber == next && chain.offset == 8)
    #expect(chain.fragment?.offset == 8 && chain.fragment?.moreFragments == true)
    #expect(chain.fragment?.identification == 7)
  }

  @Test("as many extension headers as are walked, and one more", arguments: [(32, true), (33, false)])
  func mostHeaders(count: Int, isWalked: Bool) {
    var octets: [UInt8] = []
    for number in 1...count { octets += [number == count ? 6 : 60, 0, 1, 4, 0, 0, 0, 0] }
    let chain = try? IPv6ExtensionChain(nextHeader: 60, payload: octets.span.raw)
    #expect(chain?.offset == (isWalked ? count * 8 : nil))
  }

  @Test("an Authentication Header has an octet of length that is not 0 (RFC 4302 §2.2)")
  func authentication() throws {
    var octets: [UInt8] = [6, 0] + [UInt8](repeating: 0, count: 30)
    #expect(throws: WireError.malformed(.ipv6Extension, at: 1)) {
      try IPv6ExtensionChain(nextHeader: IPProtocol.authentication, payload: octets.span.raw)
    }
    for field: UInt8 in [1, 4] {
      octets[1] = field
      let chain = try IPv6ExtensionChain(nextHeader: IPProtocol.authentication, payload: octets.span.raw)
      #expect(chain.offset == (Int(field) + 2) * 4)
    }
  }

  @Test("a fragment's offset has thirteen bits, and the flag is the last") func fragmentFields() throws {
    for (field, offset, more) in [(UInt16(0xfff8), 65_528, false), (0xfffd, 65_528, true), (0x0006, 0, false)] {
      let octets: [UInt8] = [6, 0, UInt8(field >> 8), UInt8(field & 0xff), 0, 0, 0, 7]
      let chain = try IPv6ExtensionChain(nextHeader: IPProtocol.fragment, payload: octets.span.raw)
      #expect(chain.fragment?.offset == offset && chain.fragment?.moreFragments == more)
    }
  }

  @Test("a version that is neither is no IPv4", arguments: [UInt8(0), 5, 7, 15])
  func otherVersions(version: UInt8) {
    let octets = [version << 4 | 5] + [UInt8](repeating: 0, count: 59)
    guard case .malformed(let error) = Dissection.ofIP(octets.span.raw) else {
      Issue.record("a packet")
      return
    }
    #expect(error == .malformed(.ipv4, at: 0))
  }
}
