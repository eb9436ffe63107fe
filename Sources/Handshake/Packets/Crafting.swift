import Wire

/// What is done to a segment and the IP packet around it beyond what their fields say: right or wrong on purpose.
///
/// What it makes is whole IP packets, octet for octet as they are to stand on the wire. Nothing is judged: a prober must
/// be able to say what no one should.
public struct Crafting: Hashable, Sendable {
  /// What stands in the checksum field of the TCP header.
  public enum Checksum: Hashable, Sendable {
    /// The right one.
    case right
    /// The right one with its last bit changed.
    case wrong
    /// The sum of the pseudo-header alone: what is left to hardware that the packet never reaches.
    case unfinished
    /// This one.
    case value(UInt16)
  }

  /// What stands in the checksum field of the TCP header.
  public var checksum = Checksum.right
  /// The data offset in 32-bit words, of which four bits are used; nil is the right one.
  public var dataOffset: UInt8?
  /// The source port in place of the flow's.
  public var sourcePort: UInt16?
  /// The destination port in place of the flow's.
  public var destinationPort: UInt16?
  /// IPv4's identification, and IPv6's where it is fragmented; nil is 0 where no router may fragment the packet (RFC 6864
  /// §4.1), and else a number of the segment's own.
  public var identification: UInt16?
  /// Whether IPv4's routers must not fragment the packet.
  public var dontFragment = true
  /// IPv4's options, padded with zeros to 32 bits.
  public var ipOptions: [UInt8] = []
  /// Whether IPv4's header checksum is wrong by its last bit.
  public var hasBadHeaderChecksum = false
  /// Octets behind the IP header in every fragment but the last, multiples of eight; none: the packet is whole.
  ///
  /// In IPv6 they are counted behind the fragment header. Sizes that nothing is left for are not used.
  public var fragments: [Int] = []
  /// IPv6 extension headers by number, in their order: 0, 43, 44 and 60; each has eight octets that mean nothing.
  ///
  /// 44 is the fragment header, an atomic one (RFC 6946) unless `fragments` says more.
  public var extensions: [UInt8] = []
  /// IPv6's flow label, twenty bits.
  public var flowLabel: UInt32 = 0

  /// Nothing beyond the fields.
  public init() {}

  /// Whole IP packets that carry a segment: one, or several where it is fragmented.
  ///
  /// Throws `malformed` for addresses of two families, fragments that are no multiples of eight octets and extension
  /// headers of other numbers, and `noRoom` for what no packet of the family can hold.
  public func packets(
    _ segment: Segment, flow: Flow, text: [UInt8] = [], ipFields: IPFields = IPFields()
  ) throws(WireError) -> [[UInt8]] {
    let octets = try transport(segment, flow: flow, text: text)
    switch (flow.local.address, flow.remote.address) {
    case (.v4(let source), .v4(let destination)):
      return try packets(octets, from: source, to: destination, ipFields, mark: segment.seq.value)
    case (.v6(let source), .v6(let destination)):
      return try packets(octets, from: source, to: destination, ipFields, mark: segment.seq.value)
    default: throw .malformed(.ipv4, at: 0)
    }
  }

  /// The TCP header and the text.
  private func transport(_ segment: Segment, flow: Flow, text: [UInt8]) throws(WireError) -> [UInt8] {
    var header = segment.header(
      from: sourcePort ?? flow.local.port, to: destinationPort ?? flow.remote.port)
    header.dataOffset = dataOffset
    let length = header.headerLength
    var octets = [UInt8](repeating: 0, count: length) + text
    try octets.build { (out) throws(WireError) in _ = try header.serialize(into: &out) }
    let pseudoHeader = PseudoHeader(
      source: flow.local.address, destination: flow.remote.address, protocolNumber: IPProtocol.tcp,
      length: octets.count)
    octets.build { out in
      TransportChecksum.seal(&out, in: 0..<out.byteCount, pseudoHeader: pseudoHeader)
      let right: UInt16 = out.bytes.load(bigEndian: Crafting.checksumOffset)
      out.store(bigEndian: word(right, unfinished: pseudoHeader.folded), at: Crafting.checksumOffset)
    }
    return octets
  }

  /// Where the TCP header has its checksum (RFC 9293 §3.1).
  private static let checksumOffset = 16

  private func word(_ right: UInt16, unfinished: UInt16) -> UInt16 {
    switch checksum {
    case .right: right
    // Not the one that a receiver would take for unfinished.
    case .wrong: right ^ 1 == unfinished ? right ^ 2 : right ^ 1
    case .unfinished: unfinished
    case .value(let value): value
    }
  }

  /// The pieces that a payload is cut into by `fragments`, each a range of it.
  private func pieces(of count: Int, _ layer: WireError.Layer) throws(WireError) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var start = 0
    for size in fragments {
      // The offset counts units of eight octets (RFC 791 §3.1, RFC 8200 §4.5).
      guard size > 0, size % 8 == 0 else { throw .malformed(layer, at: layer == .ipv4 ? 6 : 2) }
      guard size < count - start else { break }
      pieces.append(start..<start + size)
      start += size
    }
    return pieces + [start..<count]
  }
}

// MARK: IPv4

extension Crafting {
  private func packets(
    _ payload: [UInt8], from source: IPv4Address, to destination: IPv4Address, _ ipFields: IPFields, mark: UInt32
  ) throws(WireError) -> [[UInt8]] {
    guard let first = OptionOctets(ipOptions.span.raw) else {
      throw .noRoom(.ipv4Options, need: ipOptions.count, have: OptionOctets.capacity)
    }
    let later = OptionOctets(Crafting.copied(ipOptions).span.raw) ?? first
    let pieces = try pieces(of: payload.count, .ipv4)
    let room = Int(UInt16.max) - IPv4Header.minimumLength - first.paddedCount
    guard payload.count <= room else { throw .noRoom(.ipv4, need: payload.count, have: room) }
    var packets: [[UInt8]] = []
    for piece in pieces {
      let isAtomic = dontFragment && pieces.count == 1
      let header = IPv4Header(
        source: source, destination: destination, protocolNumber: IPProtocol.tcp, totalLength: 0,
        typeOfService: ipFields.trafficClass,
        identification: identification ?? (isAtomic ? 0 : Crafting.identification(mark)), dontFragment: dontFragment,
        moreFragments: piece.upperBound < payload.count, fragmentOffset: UInt16(piece.lowerBound / 8),
        timeToLive: ipFields.hopLimit, options: piece.lowerBound == 0 ? first : later)
      packets.append(try packet(header, payload[piece]))
    }
    return packets
  }

  /// An identification that the fragments of one packet share: never 0, which the kernel would replace in each of them.
  private static func identification(_ mark: UInt32) -> UInt16 {
    max(UInt16(truncatingIfNeeded: mark ^ mark >> 16), 1)
  }

  private func packet(_ header: IPv4Header, _ payload: ArraySlice<UInt8>) throws(WireError) -> [UInt8] {
    var header = header
    let length = header.headerLength
    header.totalLength = UInt16(length + payload.count)
    var packet = [UInt8](repeating: 0, count: length) + payload
    try packet.build { (out) throws(WireError) in
      _ = try header.serialize(into: &out)
      guard hasBadHeaderChecksum else { return }
      let stored: UInt16 = out.bytes.load(bigEndian: Crafting.headerChecksumOffset)
      header.headerChecksum = stored ^ 1
      _ = try header.serialize(into: &out, keepingChecksum: true)
    }
    return packet
  }

  /// Where the IPv4 header has its checksum (RFC 791 §3.1).
  private static let headerChecksumOffset = 10

  /// The options that every fragment carries: those whose first bit says so (RFC 791 §3.1, "copied flag").
  private static func copied(_ options: [UInt8]) -> [UInt8] {
    var copied: [UInt8] = []
    var index = 0
    while index < options.count, options[index] != 0 {
      let isSingle = options[index] == 1
      let length = isSingle ? 1 : index + 1 < options.count ? Int(options[index + 1]) : 0
      guard length >= 1, isSingle || length >= 2, length <= options.count - index else { break }
      if options[index] & 0x80 != 0 { copied += options[index..<index + length] }
      index += length
    }
    return copied
  }
}

// MARK: IPv6

extension Crafting {
  private func packets(
    _ transport: [UInt8], from source: IPv6Address, to destination: IPv6Address, _ ipFields: IPFields, mark: UInt32
  ) throws(WireError) -> [[UInt8]] {
    let chain = try chain()
    var behind: [UInt8] = []
    for (index, kind) in chain.behind.enumerated() {
      let next = index + 1 < chain.behind.count ? chain.behind[index + 1] : IPProtocol.tcp
      behind += Crafting.header(kind, next: next)
    }
    let payload = behind + transport
    let inner = chain.behind.first ?? IPProtocol.tcp
    let pieces = chain.isCut ? try pieces(of: payload.count, .ipv6Extension) : [0..<payload.count]
    var packets: [[UInt8]] = []
    for piece in pieces {
      var octets: [UInt8] = []
      for (index, kind) in chain.before.enumerated() {
        let last = chain.isCut ? IPProtocol.fragment : inner
        octets += Crafting.header(kind, next: index + 1 < chain.before.count ? chain.before[index + 1] : last)
      }
      if chain.isCut {
        let field = UInt16(truncatingIfNeeded: piece.lowerBound) | (piece.upperBound < payload.count ? 1 : 0)
        let name = identification.map(UInt32.init) ?? mark
        octets += [inner, 0, UInt8(field >> 8), UInt8(field & 0xff)]
        octets += [UInt8(name >> 24), UInt8(name >> 16 & 0xff), UInt8(name >> 8 & 0xff), UInt8(name & 0xff)]
      }
      octets += payload[piece]
      guard octets.count <= Int(UInt16.max), payload.count <= Int(UInt16.max) else {
        throw .noRoom(.ipv6, need: max(octets.count, payload.count), have: Int(UInt16.max))
      }
      let header = IPv6Header(
        source: source, destination: destination,
        nextHeader: chain.before.first ?? (chain.isCut ? IPProtocol.fragment : inner),
        payloadLength: UInt16(octets.count), trafficClass: ipFields.trafficClass, flowLabel: flowLabel,
        hopLimit: ipFields.hopLimit)
      var packet = [UInt8](repeating: 0, count: IPv6Header.length) + octets
      try packet.build { (out) throws(WireError) in _ = try header.serialize(into: &out) }
      packets.append(packet)
    }
    return packets
  }

  /// Extension headers by where they stand: those that every fragment carries, and those that are cut with the rest
  /// (RFC 8200 §4.5).
  private struct Chain {
    var before: [UInt8]
    /// Whether a fragment header lies between.
    var isCut: Bool
    var behind: [UInt8]
  }

  private func chain() throws(WireError) -> Chain {
    let known: [UInt8] = [
      IPProtocol.hopByHopOptions, IPProtocol.routing, IPProtocol.fragment, IPProtocol.destinationOptions,
    ]
    guard extensions.allSatisfy(known.contains), extensions.count <= IPv6ExtensionCursor.limit,
      extensions.count(where: { $0 == IPProtocol.fragment }) <= 1
    else { throw .malformed(.ipv6Extension, at: 0) }
    if let place = extensions.firstIndex(of: IPProtocol.fragment) {
      return Chain(before: Array(extensions[..<place]), isCut: true, behind: Array(extensions[(place + 1)...]))
    }
    guard !fragments.isEmpty else { return Chain(before: extensions, isCut: false, behind: []) }
    // Up to the last one that routers on the way look at.
    let last = extensions.lastIndex { $0 == IPProtocol.hopByHopOptions || $0 == IPProtocol.routing }
    let count = last.map { $0 + 1 } ?? 0
    return Chain(before: Array(extensions.prefix(count)), isCut: true, behind: Array(extensions.dropFirst(count)))
  }

  /// A header of eight octets that asks for nothing: a PadN option of six octets, or a routing header of type 0 with no
  /// segments left.
  private static func header(_ kind: UInt8, next: UInt8) -> [UInt8] {
    kind == IPProtocol.routing ? [next, 0, 0, 0, 0, 0, 0, 0] : [next, 0, 1, 4, 0, 0, 0, 0]
  }
}

// MARK: ICMP

extension Crafting {
  /// An ICMP or ICMPv6 error that quotes a packet, which is given from its IP header on.
  ///
  /// `word` is octets 4 to 7 of the message: the MTU of "fragmentation needed", the pointer of a parameter problem.
  /// `quoting` says how many octets behind the packet's IP header are quoted; nil quotes what fits the longest error that
  /// routers send, 576 octets (RFC 1812 §4.3.2.3) or 1280 (RFC 4443 §2.4). Throws `malformed` for addresses of two
  /// families, and what the header of the packet throws.
  public static func icmpError(
    type: UInt8, code: UInt8, word: UInt32 = 0, about packet: [UInt8], quoting: Int? = nil, from: IPAddress,
    to: IPAddress, ipFields: IPFields = IPFields()
  ) throws(WireError) -> [UInt8] {
    switch (from, to) {
    case (.v4(let source), .v4(let destination)):
      let headerLength = try IPv4HeaderView(lax: packet.span.raw).headerLength
      let quote = quote(of: packet, headerLength, quoting, room: 576 - IPv4Header.minimumLength - messageLength)
      var message = [UInt8](repeating: 0, count: messageLength) + quote
      let checksum = try message.build { (out) throws(WireError) in
        var header = ICMPMessage(type: ICMPv4Type(rawValue: type), code: code, parameter: word)
        _ = try header.serialize(into: &out, at: 0)
        header.checksum = InternetChecksum.value(of: out.bytes)
        _ = try header.serialize(into: &out, at: 0)
        return header.checksum
      }
      let header = IPv4Header(
        source: source, destination: destination, protocolNumber: IPProtocol.icmpv4, totalLength: 0,
        typeOfService: ipFields.trafficClass, identification: max(checksum, 1), timeToLive: ipFields.hopLimit)
      return try Crafting().packet(header, message[...])
    case (.v6(let source), .v6(let destination)):
      _ = try IPv6HeaderView(lax: packet.span.raw)
      let quote = quote(of: packet, IPv6Header.length, quoting, room: 1280 - IPv6Header.length - messageLength)
      let header = IPv6Header(
        source: source, destination: destination, nextHeader: IPProtocol.icmpv6,
        payloadLength: UInt16(messageLength + quote.count), trafficClass: ipFields.trafficClass,
        hopLimit: ipFields.hopLimit)
      var octets = [UInt8](repeating: 0, count: IPv6Header.length + messageLength) + quote
      let pseudoHeader = PseudoHeader(
        source: from, destination: to, protocolNumber: IPProtocol.icmpv6, length: messageLength + quote.count)
      try octets.build { (out) throws(WireError) in
        let start = try header.serialize(into: &out)
        let message = ICMPMessage(type: ICMPv6Type(rawValue: type), code: code, parameter: word)
        _ = try message.serialize(into: &out, at: start)
        TransportChecksum.seal(&out, in: start..<out.byteCount, pseudoHeader: pseudoHeader)
      }
      return octets
    default: throw .malformed(.icmpv4, at: 0)
    }
  }

  /// The octets of a message before what it quotes.
  private static let messageLength = 8

  private static func quote(of packet: [UInt8], _ header: Int, _ quoting: Int?, room: Int) -> ArraySlice<UInt8> {
    packet.prefix(quoting.map { header + min(max($0, 0), Int(UInt16.max) - 256) } ?? room)
  }
}
