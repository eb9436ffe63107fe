import Handshake
import Testing
import Wire

/// Packets that are right or wrong on purpose, octet for octet.
@Suite struct CraftingTests {
  /// A way in one family.
  struct Way: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let flow: Flow
    let router: IPAddress

    static let v4 = Way(
      testDescription: "IPv4",
      flow: Flow(
        local: Endpoint(.v4(IPv4Address(192, 0, 2, 1)), 40_000), remote: Endpoint(.v4(IPv4Address(192, 0, 2, 2)), 80)),
      router: .v4(IPv4Address(192, 0, 2, 254)))
    static let v6 = Way(
      testDescription: "IPv6",
      flow: Flow(
        local: Endpoint(.v6(IPv6Address(0x2001_0db8 << 96 | 1)), 40_000),
        remote: Endpoint(.v6(IPv6Address(0x2001_0db8 << 96 | 2)), 80)),
      router: .v6(IPv6Address(0x2001_0db8 << 96 | 254)))
    static let both = [v4, v6]

    var header: Int { flow.local.address.family == .v4 ? 20 : 40 }
  }

  private let segment = Segment(
    seq: SequenceNumber(0xdead_beef), flags: .syn, wnd: 512, up: 3, options: SynOptions().list(value: 7, echoReply: 0))
  private let text: [UInt8] = Array(0..<61)
  private let ipFields = IPFields(hopLimit: 61, trafficClass: 0x28)

  private func packets(_ way: Way, _ body: (inout Crafting) -> Void) throws -> [[UInt8]] {
    var crafting = Crafting()
    body(&crafting)
    return try crafting.packets(segment, flow: way.flow, text: text, ipFields: ipFields)
  }

  private func packet(_ way: Way, _ body: (inout Crafting) -> Void) throws -> [UInt8] {
    let packets = try packets(way, body)
    try #require(packets.count == 1)
    return packets[0]
  }

  /// What is made where nothing is asked for: the same as ever.
  private func ordinary(_ way: Way) throws -> [UInt8] {
    var frame = FrameBuffer()
    let count = try frame.build { (out) throws(WireError) in
      try PacketAssembly.write(segment, flow: way.flow, text: text.span.raw, ipFields: ipFields, into: &out)
    }
    return frame.view(first: count).octets
  }

  @Test(arguments: Way.both) func withoutAWishItIsTheOrdinaryPacket(_ way: Way) throws {
    #expect(try packet(way) { _ in } == ordinary(way))
  }

  /// What a wish changes: the octets by their place in the packet.
  private func changes(_ way: Way, _ body: (inout Crafting) -> Void) throws -> [Int: UInt8] {
    let (made, plain) = (try packet(way, body), try ordinary(way))
    try #require(made.count == plain.count)
    return Dictionary(uniqueKeysWithValues: made.indices.filter { made[$0] != plain[$0] }.map { ($0, made[$0]) })
  }

  private func checksum(_ packet: [UInt8]) -> TransportChecksum? { Dissection.ofIP(packet.span.raw).checksum }

  @Test(arguments: Way.both) func checksums(_ way: Way) throws {
    #expect(try Set(changes(way) { $0.checksum = .wrong }.keys) == [way.header + 17])
    #expect(try checksum(packet(way) { $0.checksum = .wrong }) == .bad)
    #expect(try checksum(packet(way) { $0.checksum = .unfinished }) == .unfinished)
    #expect(try checksum(packet(way) { $0.checksum = .right }) == .good)
    let given = try packet(way) { $0.checksum = .value(0x1234) }
    #expect(Array(given[way.header + 16..<way.header + 18]) == [0x12, 0x34])
    #expect(checksum(given) == .bad)
  }

  /// The last bit changed is wrong for every right value, 0 and 0xffff among them.
  @Test func aWrongChecksumIsNeverRight() throws {
    var right = Set<UInt16>()
    for word in stride(from: UInt32(0), through: 0xffff, by: 1) {
      var other = segment
      other.wnd = UInt16(word)
      var crafting = Crafting()
      crafting.checksum = .wrong
      let packet = try crafting.packets(other, flow: Way.v4.flow)[0]
      right.insert(UInt16(packet[36]) << 8 | UInt16(packet[37]))
      guard checksum(packet) == .bad else {
        Issue.record("window \(word)")
        return
      }
    }
    #expect(right.count > 65_000, "nearly every value was met")
  }

  @Test(arguments: Way.both) func aDataOffsetThatLies(_ way: Way) throws {
    for words in UInt8(0)..<16 where words != 10 {
      let packet = try packet(way) { $0.dataOffset = words }
      #expect(packet[way.header + 12] >> 4 == words)
      #expect(packet.count == (try ordinary(way)).count)
      let isWhole = words >= 5 && Int(words) * 4 <= packet.count - way.header
      #expect(checksum(packet) == (isWhole ? .good : nil), "\(words)")
    }
  }

  @Test(arguments: Way.both) func otherPorts(_ way: Way) throws {
    let packet = try packet(way) {
      $0.sourcePort = 0
      $0.destinationPort = 0xabcd
    }
    #expect(Array(packet[way.header..<way.header + 4]) == [0, 0, 0xab, 0xcd])
    #expect(checksum(packet) == .good)
  }

  @Test func theIPv4Header() throws {
    let named = try packet(.v4) {
      $0.identification = 0x0102
      $0.dontFragment = false
    }
    let header = try IPv4Header(parsing: named.span.raw)
    #expect(header.identification == 0x0102 && !header.dontFragment && !header.moreFragments)
    #expect(header.timeToLive == 61 && header.typeOfService == 0x28)
    #expect(try Set(changes(.v4) { $0.hasBadHeaderChecksum = true }.keys) == [11])
    let bad = try packet(.v4) { $0.hasBadHeaderChecksum = true }
    #expect(try !IPv4HeaderView(checking: bad.span.raw).hasGoodChecksum)
    #expect(checksum(bad) == .good, "only the header's")
  }

  @Test func ipOptions() throws {
    let packet = try packet(.v4) { $0.ipOptions = [7, 7, 4, 0, 0] }
    #expect(Array(packet[..<28]).count == 28 && packet[0] == 0x47)
    #expect(Array(packet[20..<28]) == [7, 7, 4, 0, 0, 0, 0, 0])
    #expect(try IPv4HeaderView(checking: packet.span.raw).hasGoodChecksum)
    #expect(checksum(packet) == .good)
    #expect(throws: WireError.noRoom(.ipv4Options, need: 41, have: 40)) {
      try self.packet(.v4) { $0.ipOptions = Array(repeating: 1, count: 41) }
    }
  }

  @Test func theFlowLabel() throws {
    let label: UInt32 = 0xf_edcb
    #expect(try changes(.v6) { $0.flowLabel = label } == [1: 0x8f, 2: 0xed, 3: 0xcb])
    let tooLong = try packet(.v6) { $0.flowLabel = 0xfff0_0000 }
    #expect(try IPv6Header(parsing: tooLong.span.raw).flowLabel == 0)
  }

  // MARK: Fragments

  /// The payload that fragments carry, put together by what they say of themselves; nil where they do not fit.
  private func reassembled(_ packets: [[UInt8]]) throws -> [UInt8]? {
    var whole: [UInt8] = []
    for (index, packet) in packets.enumerated() {
      let isLast = index == packets.count - 1
      if packet[0] >> 4 == 4 {
        let view = try IPv4HeaderView(checking: packet.span.raw)
        guard view.hasGoodChecksum, Int(view.fragmentOffset) * 8 == whole.count, view.moreFragments != isLast,
          Int(view.totalLength) == packet.count
        else { return nil }
        whole += packet[view.headerLength...]
      } else {
        let view = try IPv6HeaderView(checking: packet.span.raw)
        let chain = try IPv6ExtensionChain(nextHeader: view.nextHeader, payload: view.payload)
        guard let fragment = chain.fragment, fragment.offset == whole.count, fragment.moreFragments != isLast else {
          return nil
        }
        // The fragment header ends where the chain was walked to, but for headers behind it in the first.
        whole += packet[(40 + (try fragmentHeaderEnd(packet)))...]
      }
    }
    return whole
  }

  private func fragmentHeaderEnd(_ packet: [UInt8]) throws -> Int {
    let view = try IPv6HeaderView(checking: packet.span.raw)
    var cursor = IPv6ExtensionCursor(nextHeader: view.nextHeader, payload: view.payload)
    while let header = try cursor.next() {
      if header.kind == IPProtocol.fragment { return header.range.upperBound }
    }
    return 0
  }

  @Test(
    arguments: Way.both, [[8], [24], [8, 32], [40, 8, 8], [96], Array(repeating: 8, count: 100)])
  func fragmentsAreTheWhole(_ way: Way, _ sizes: [Int]) throws {
    let fragments = try packets(way) { $0.fragments = sizes }
    let whole = try ordinary(way)
    #expect(try reassembled(fragments) == Array(whole[way.header...]))
    #expect(fragments.count == (sizes.count == 100 ? 13 : sizes.count + 1), "101 octets")
    for (packet, size) in zip(fragments, sizes).dropLast(sizes.count == 100 ? 88 : 0) {
      #expect(packet.count == way.header + (way.header == 40 ? 8 : 0) + size)
    }
  }

  /// Fragments of one packet have one identification, and never the 0 that the kernel would replace in each.
  @Test func fragmentsAreNamedAlike() throws {
    for seq: UInt32 in [0, 0x0001_0001, 0xffff_ffff, 0x1234_5678] {
      var crafting = Crafting()
      crafting.fragments = [8]
      let packets = try crafting.packets(Segment(seq: SequenceNumber(seq), flags: .syn), flow: Way.v4.flow)
      let names = try packets.map { try IPv4Header(parsing: $0.span.raw).identification }
      #expect(names.count == 2 && names[0] == names[1] && names[0] != 0)
    }
    let given = try packets(.v6) {
      $0.fragments = [8]
      $0.identification = 9
    }
    #expect(given.allSatisfy { Array($0[44..<48]) == [0, 0, 0, 9] })
  }

  @Test(arguments: Way.both) func aPacketThatFitsIsNotCut(_ way: Way) throws {
    let packets = try packets(way) { $0.fragments = [104] }
    #expect(packets.count == 1)
    #expect(try packets[0].count == ordinary(way).count + (way.header == 40 ? 8 : 0), "IPv6: an atomic fragment")
  }

  @Test(arguments: Way.both, [[0], [-8], [12], [8, 3]]) func fragmentsOfOtherSizes(_ way: Way, _ sizes: [Int]) {
    #expect(throws: WireError.self) { try packets(way) { $0.fragments = sizes } }
  }

  /// Only options with the copied flag are in every fragment (RFC 791 §3.1).
  @Test func optionsOfFragments() throws {
    let route: [UInt8] = [0x83, 7, 4, 203, 0, 113, 1]
    let fragments = try packets(.v4) {
      $0.ipOptions = [7, 7, 4, 0, 0, 0, 0, 1] + route
      $0.fragments = [24, 24]
    }
    #expect(fragments.map { Int($0[0] & 15) * 4 } == [36, 28, 28])
    #expect(Array(fragments[1][20..<28]) == route + [0])
    #expect(try reassembled(fragments) != nil)
  }

  // MARK: Extension headers

  @Test(arguments: [[0], [60], [43], [44], [0, 60, 43, 60], [0, 43, 44, 60]] as [[UInt8]])
  func extensionHeaders(_ kinds: [UInt8]) throws {
    let packet = try packet(.v6) { $0.extensions = kinds }
    #expect(packet.count == (try ordinary(.v6)).count + 8 * kinds.count)
    let view = try IPv6HeaderView(checking: packet.span.raw)
    var cursor = IPv6ExtensionCursor(nextHeader: view.nextHeader, payload: view.payload)
    var walked: [UInt8] = []
    while let header = try cursor.next() { walked.append(header.kind) }
    #expect(walked == kinds && cursor.nextHeader == IPProtocol.tcp)
    #expect(checksum(packet) == .good)
  }

  /// Headers for routers are in every fragment, the others are cut with the rest (RFC 8200 §4.5).
  @Test func extensionHeadersOfFragments() throws {
    let fragments = try packets(.v6) {
      $0.extensions = [0, 60]
      $0.fragments = [16, 24]
    }
    let whole = try packet(.v6) { $0.extensions = [0, 60] }
    #expect(fragments.map { $0[6] } == [0, 0, 0], "hop-by-hop options first")
    #expect(fragments.map { $0[40] } == [44, 44, 44], "then the fragment header")
    #expect(fragments.map { $0[48] } == [60, 60, 60])
    #expect(try reassembled(fragments) == Array(whole[48...]))
  }

  @Test func extensionHeadersThatThereAreNot() {
    for kinds: [UInt8] in [[51], [6], [44, 44], Array(repeating: 60, count: 33)] {
      #expect(throws: WireError.malformed(.ipv6Extension, at: 0)) { try packets(.v6) { $0.extensions = kinds } }
    }
  }

  // MARK: Limits

  @Test(arguments: Way.both) func whatNoPacketHolds(_ way: Way) throws {
    let most = 65_535 - (way.header == 20 ? 20 : 0) - 40
    let crafting = Crafting()
    let fitting = try crafting.packets(segment, flow: way.flow, text: [UInt8](repeating: 1, count: most))
    #expect(checksum(fitting[0]) == .good)
    #expect(throws: WireError.self) {
      try crafting.packets(segment, flow: way.flow, text: [UInt8](repeating: 1, count: most + 1))
    }
  }

  @Test func twoFamiliesDoNotMix() {
    let flow = Flow(local: Way.v4.flow.local, remote: Way.v6.flow.remote)
    #expect(throws: WireError.self) { try Crafting().packets(segment, flow: flow) }
    #expect(throws: WireError.self) {
      try Crafting.icmpError(
        type: 3, code: 0, about: ordinary(.v4), from: Way.v4.router, to: Way.v6.flow.local.address)
    }
  }

  // MARK: ICMP

  @Test(arguments: Way.both, [nil, 8, 28, 500]) func errorsQuoteThePacket(_ way: Way, _ quoting: Int?) throws {
    let packet = try ordinary(way)
    let isV4 = way.header == 20
    let error = try Crafting.icmpError(
      type: isV4 ? 3 : 2, code: isV4 ? 4 : 0, word: 1400, about: packet, quoting: quoting, from: way.router,
      to: way.flow.local.address, ipFields: IPFields(hopLimit: 64, trafficClass: 0xc0))
    #expect(checksum(error) == .good)
    // The kernel would fill in 0, and a packet socket would have to be used.
    if isV4 { #expect(try IPv4Header(parsing: error.span.raw).identification != 0) }
    let quote = error[(way.header + 8)...]
    #expect(Array(quote) == Array(packet.prefix(quoting.map { way.header + $0 } ?? packet.count)))
    let quoted = try QuotedPacket(lax: quote.span.raw)
    #expect(quoted.sourcePort == 40_000 && quoted.sequence == segment.seq)
    guard
      case .icmp(let flow, let notice, _) = ReceivedPacket(
        error.span.raw, framing: .inBand, mayBeUnfinished: false
      ).judged()
    else {
      Issue.record("no error of ours")
      return
    }
    #expect(flow == way.flow && notice.source == way.router)
  }

  /// A long packet is not quoted whole: routers keep to a size that needs no fragments.
  @Test(arguments: [(Way.v4, 576), (Way.v6, 1280)]) func errorsAreShort(_ way: Way, _ length: Int) throws {
    let packet = try Crafting().packets(segment, flow: way.flow, text: [UInt8](repeating: 1, count: 3_000))[0]
    let error = try Crafting.icmpError(
      type: 3, code: 0, about: packet, from: way.router, to: way.flow.local.address)
    #expect(error.count == length && checksum(error) == .good)
    let longest = try Crafting.icmpError(
      type: 3, code: 0, about: [UInt8](repeating: packet[0], count: 70_000), quoting: .max, from: way.router,
      to: way.flow.local.address)
    #expect(longest.count <= 65_535 && checksum(longest) == .good)
  }

  @Test(arguments: Way.both) func aPacketWithoutAHeaderIsNotQuoted(_ way: Way) {
    for octets: [UInt8] in [[], [0x45], [0x60, 0, 0], [0xff]] {
      #expect(throws: WireError.self) {
        try Crafting.icmpError(type: 3, code: 0, about: octets, from: way.router, to: way.flow.local.address)
      }
    }
  }
}
