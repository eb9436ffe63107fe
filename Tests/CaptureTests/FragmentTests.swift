import Testing
import Timebase
import Wire

@testable import Capture

@Suite("Fragments: put together in either family, in bounded memory, or refused") struct FragmentTests {
  static let payload = (0..<100).map { UInt8($0) }

  /// The pieces of the payload in an IPv4 packet, cut at these places.
  static func pieces4(_ cuts: [Int] = [0, 40, 80], identification: UInt16 = 7) -> [[UInt8]] {
    cuts.indices.map { i in
      let end = i + 1 < cuts.count ? cuts[i + 1] : payload.count
      return PacketOctets.ipv4(
        Array(payload[cuts[i]..<end]), identification: identification, at: cuts[i], moreFragments: end < payload.count)
    }
  }

  static func pieces6(behindOptions: Bool = false) -> [[UInt8]] {
    [(0, 48), (48, 96), (96, 100)].map { start, end in
      PacketOctets.ipv6Fragment(
        Array(payload[start..<end]), at: start, moreFragments: end < 100, behindOptions: behindOptions)
    }
  }

  @Test("in any order they give the packet that was, at the last one's frame") func anyOrder() {
    let whole4 = PacketOctets.ipv4(Self.payload)
    let whole6 = PacketOctets.ipv6(Self.payload)
    let options = PacketOctets.ipv6([6, 0, 1, 4, 0, 0, 0, 0] + Self.payload, nextHeader: 0)
    for (pieces, whole) in [
      (Self.pieces4(), whole4), (Self.pieces6(), whole6), (Self.pieces6(behindOptions: true), options),
    ] {
      for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let (packets, opening) = PacketOctets.opened(order.map { pieces[$0] })
        #expect(
          packets == [.init(number: 3, octets: whole, originalLength: whole.count, isReassembled: true)], "\(order)")
        #expect(opening.counts.fragments == 3 && opening.counts.reassembled == 1 && opening.unfinished == 0)
      }
    }
  }

  @Test("a copy of a piece changes nothing") func copies() {
    let pieces = Self.pieces4()
    let (packets, opening) = PacketOctets.opened([pieces[1], pieces[1], pieces[0], pieces[0], pieces[2]])
    #expect(packets.map(\.octets) == [PacketOctets.ipv4(Self.payload)] && opening.counts.abandoned == 0)
  }

  @Test("packets of other identifications, and other interfaces, are kept apart") func apart() {
    let one = Self.pieces4(identification: 1)
    let two = Self.pieces4([0, 64], identification: 2)
    let (packets, _) = PacketOctets.opened([one[0], two[0], one[1], two[1], one[2]])
    #expect(
      packets.map(\.octets) == [
        PacketOctets.ipv4(Self.payload, identification: 2), PacketOctets.ipv4(Self.payload, identification: 1),
      ])
  }

  struct Refusal: CustomTestStringConvertible {
    var testDescription: String
    var pieces: [[UInt8]]
  }

  static let refusals = [
    Refusal(
      testDescription: "an overlap of another content (RFC 5722)",
      pieces: [
        pieces4()[0], PacketOctets.ipv4([UInt8](repeating: 9, count: 48), at: 32, moreFragments: true), pieces4()[1],
        pieces4()[2],
      ]),
    Refusal(
      testDescription: "an overlap of the same content that adds octets",
      pieces: [pieces4()[1], PacketOctets.ipv4(Array(payload[0..<48]), at: 0, moreFragments: true), pieces4()[2]]),
    Refusal(
      testDescription: "the same in IPv6",
      pieces: [
        pieces6()[1], PacketOctets.ipv6Fragment([UInt8](repeating: 9, count: 8), at: 48, moreFragments: true),
        pieces6()[0], pieces6()[2],
      ]),
    Refusal(
      testDescription: "a piece that is no multiple of eight, and not the last",
      pieces: [PacketOctets.ipv4(Array(payload[0..<41]), at: 0, moreFragments: true), pieces4()[1], pieces4()[2]]),
    Refusal(
      testDescription: "two ends",
      pieces: [pieces4()[2], PacketOctets.ipv4([1], at: 40), pieces4()[0], pieces4()[1]]),
    Refusal(
      testDescription: "a piece behind the end",
      pieces: [pieces4()[2], PacketOctets.ipv4([UInt8](repeating: 1, count: 8), at: 400, moreFragments: true)]
        + pieces4()[..<2]),
    Refusal(
      testDescription: "beyond the greatest length (ping of death)",
      pieces: [PacketOctets.ipv4([UInt8](repeating: 1, count: 100), at: 65_528), pieces4()[0]]),
    Refusal(testDescription: "no octets", pieces: [PacketOctets.ipv4([], at: 8, moreFragments: true), pieces4()[0]]),
  ]

  @Test("what contradicts itself is refused whole, and counted once", arguments: refusals)
  func refused(_ refusal: Refusal) {
    let (packets, opening) = PacketOctets.opened(refusal.pieces)
    #expect(packets.isEmpty && opening.counts.abandoned == 1 && opening.unfinished == 0)
  }

  @Test("a packet that would be too long with its header is refused at its end") func tooLongWhole() {
    let most = [UInt8](repeating: 1, count: 65_512)
    let (packets, opening) = PacketOctets.opened([
      PacketOctets.ipv4(Array(most[..<32_760]), at: 0, moreFragments: true),
      PacketOctets.ipv4(Array(most[32_760...]), at: 32_760, moreFragments: true),
      PacketOctets.ipv4([1, 2, 3, 4], at: 65_512),
    ])
    #expect(packets.isEmpty && opening.counts.abandoned == 1 && opening.counts.reassembled == 0)
  }

  @Test("a piece that the capture cut short spoils its packet") func cutShort() {
    let (packets, opening) = PacketOctets.opened(Self.pieces4(), cutTo: 50)
    #expect(packets.isEmpty && opening.counts.abandoned == 1)
  }

  @Test("what does not come in time is given up, by the capture's clock", arguments: [(30, true), (31, false)])
  func patience(last: Int64, comesWhole: Bool) {
    let (packets, opening) = PacketOctets.opened(Self.pieces4(), at: [0, 10, last])
    #expect(packets.count == (comesWhole ? 1 : 0) && opening.counts.abandoned == (comesWhole ? 0 : 1))
    let (packets6, _) = PacketOctets.opened(Self.pieces6(), at: [0, 10, last + 30])
    #expect(packets6.count == (comesWhole ? 1 : 0))
  }

  @Test("a flood of first pieces costs no more than its room, the latest are kept") func flood() {
    var reassembly = FragmentReassembly()
    let piece = [UInt8](repeating: 1, count: 65_000)
    for identification in 0..<80 {
      let packet = PacketOctets.ipv4(
        piece, identification: UInt16(identification), moreFragments: true)
      let fragment = Fragment.look(at: packet.span.raw, interface: 0)
      if let fragment { _ = reassembly.take(fragment, of: packet.span.raw, at: nil) }
      #expect(fragment != nil)
    }
    #expect(reassembly.unfinishedCount == 64 && reassembly.counts.abandoned == 16)
    #expect(reassembly.octetsHeld < 10 << 20)
  }

  @Test("a packet in pieces with gaps everywhere is refused") func gaps() {
    let pieces = (0..<200).map { PacketOctets.ipv4([UInt8](repeating: 1, count: 8), at: $0 * 16, moreFragments: true) }
    let (packets, opening) = PacketOctets.opened(pieces)
    #expect(packets.isEmpty && opening.counts.abandoned == 1)
  }

  @Test("an IPv6 packet whose fragment header says that it is whole is handed out as it is (RFC 6946)") func atomic() {
    let packet = PacketOctets.ipv6Fragment(Self.payload, at: 0, moreFragments: false)
    let (packets, opening) = PacketOctets.opened([packet])
    #expect(packets.map(\.octets) == [packet] && opening.counts.fragments == 0)
  }

  /// Pieces of which each is refused at once, or with the one before it, and not only because others are missing.
  static let refusedAtOnce = [
    Refusal(
      testDescription: "a piece that is no multiple of eight, and not the last",
      pieces: [PacketOctets.ipv4(Array(payload[0..<41]), at: 0, moreFragments: true)]),
    Refusal(
      testDescription: "the same in IPv6",
      pieces: [PacketOctets.ipv6Fragment(Array(payload[0..<41]), at: 0, moreFragments: true)]),
    Refusal(
      testDescription: "beyond the greatest length",
      pieces: [PacketOctets.ipv4([UInt8](repeating: 1, count: 8), at: 65_528, moreFragments: true)]),
    Refusal(
      testDescription: "an end before what has come",
      pieces: [PacketOctets.ipv4([UInt8](repeating: 1, count: 8), at: 400, moreFragments: true), pieces4()[2]]),
    Refusal(
      testDescription: "zeros in front of zeros that have come, and some of those again",
      pieces: [
        PacketOctets.ipv4([UInt8](repeating: 0, count: 40), at: 40, moreFragments: true),
        PacketOctets.ipv4([UInt8](repeating: 0, count: 48), at: 0, moreFragments: true),
      ]),
  ]

  @Test("what cannot be is refused at once", arguments: refusedAtOnce)
  func atOnce(_ refusal: Refusal) {
    let (packets, opening) = PacketOctets.opened(refusal.pieces)
    #expect(packets.isEmpty && opening.counts.abandoned == 1 && opening.unfinished == 0)
  }

  @Test("as many gaps as are allowed, and one more", arguments: [(128, 1), (129, 0)])
  func mostGaps(pieces: Int, unfinished: Int) {
    let octets = [UInt8](repeating: 1, count: 8)
    let (_, opening) = PacketOctets.opened(
      (0..<pieces).map { PacketOctets.ipv4(octets, at: $0 * 16, moreFragments: true) })
    #expect(opening.unfinished == unfinished && opening.counts.abandoned == 1 - unfinished)
  }

  @Test("IPv6 does not count its header: its payload may have 65,535 octets") func longestIPv6() {
    let octets = [UInt8](repeating: 1, count: 65_535)
    let (packets, opening) = PacketOctets.opened([
      PacketOctets.ipv6Fragment(Array(octets[..<32_768]), at: 0, moreFragments: true),
      PacketOctets.ipv6Fragment(Array(octets[32_768...]), at: 32_768, moreFragments: false),
    ])
    #expect(packets.map(\.octets.count) == [65_575] && opening.counts.abandoned == 0)
  }

  @Test("what was refused is counted then, and not again when its room is needed") func refusedOnce() {
    let pieces = (0..<200).map {
      PacketOctets.ipv4([], identification: UInt16($0), at: 8, moreFragments: true)
    }
    #expect(PacketOctets.opened(pieces).opening.counts.abandoned == 200)
  }

  @Test("a piece that was cut between two units of eight octets spoils its packet too") func cutEvenly() {
    for (pieces, length) in [(Self.pieces4(), 20 + 32), (Self.pieces6(), 40 + 8 + 40)] {
      let (packets, opening) = PacketOctets.opened(pieces, cutTo: length)
      #expect(packets.isEmpty && opening.counts.abandoned == 1 && opening.unfinished == 0)
    }
  }
}
