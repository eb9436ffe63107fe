import Script

/// What a scenario's segments and errors are as octets: written apart from the program's own, to be a judge of it.
extension ScriptSegment {
  /// A segment of the program's in the notation.
  init(_ segment: PeerSegment, ours: UInt32, theirs: UInt32) {
    self.init(
      flags: .init(rawValue: UInt16(segment.flags.rawValue)), seq: .constant(segment.seq &- ours),
      length: segment.payload.count, ack: segment.flags.contains(.ack) ? .constant(segment.ack &- theirs) : nil,
      window: .constant(UInt32(segment.window)))
  }

  /// Whether a segment of the program's is this one; what is not said is not compared.
  func fits(_ segment: PeerSegment, ours: UInt32, theirs: UInt32) -> Bool {
    segment.flags == PeerSegment.Flags(self) && segment.seq == ours &+ seq.value && segment.payload.count == length
      && (ack.map { segment.ack == theirs &+ $0.value } ?? true) && (window.map { segment.window == $0.value } ?? true)
  }

  /// The segment of the peer's, in answer to the program's latest.
  func segment(answering latest: PeerSegment, ours: UInt32, theirs: UInt32) -> PeerSegment {
    latest.answer(
      PeerSegment.Flags(self), seq: theirs &+ seq.value, ack: ack.map { ours &+ $0.value } ?? 0,
      window: window.map { UInt16(truncatingIfNeeded: $0.value) } ?? 65_000,
      options: options?.flatMap { $0.octets(answering: latest) } ?? [],
      payload: text ?? [UInt8](repeating: UInt8(ascii: "x"), count: length))
  }
}

extension ScriptNumber {
  /// A scenario's numbers are constants.
  fileprivate var value: UInt32 { constant ?? 0 }
}

extension PeerSegment.Flags {
  fileprivate init(_ segment: ScriptSegment) { self.init(rawValue: UInt8(segment.flags.rawValue & 0xff)) }
}

extension ScriptSegment.Option {
  fileprivate func octets(answering latest: PeerSegment) -> [UInt8] {
    switch self {
    case .octets(let octets): return octets
    case .timestamps(let value, let echo, let shift):
      var octets: [UInt8] = [8, 10]
      octets.append32(value.value)
      octets.append32(echo?.value ?? (latest.timestamp ?? 0) &+ shift)
      return octets
    }
  }
}

extension ScriptPacket {
  /// The IP packets, in answer to the program's latest segment; `other` is the address of `from=other`.
  func packets(answering latest: PeerSegment, ours: UInt32, theirs: UInt32, other: [UInt8]) -> [[UInt8]] {
    let packet: [UInt8]
    switch content {
    case .segment(let words):
      var segment = words.segment(answering: latest, ours: ours, theirs: theirs)
      segment.reserved = reserved
      if let port { segment.sourcePort = port }
      if isFromOther { segment.source = other }
      packet = segment.packet(checksum: PeerSegment.Checksum(checksum), dataOffset: dataOffset)
    case .icmp(let words):
      var error = ICMPError(words.type, words.code)
      error.word = words.word
      if isFromOther { error.sender = other }
      if checksum == .bad { error.isCorrupted = true }
      apply(words.quote, to: &error, about: latest, other: other)
      packet = error.packet(about: latest)
    }
    let sent = envelope.packets(packet)
    return (0..<copies).flatMap { _ in sent }
  }

  private func apply(_ quote: ScriptError.Quote, to error: inout ICMPError, about latest: PeerSegment, other: [UInt8]) {
    switch quote {
    case .whole: break
    case .octets(let count): error.quoted = count
    case .none: error.quote = []
    case .otherSequence: error.sequenceShift = 1
    case .otherPort: error.portShift = 1
    case .otherPeer:
      var elsewhere = latest
      elsewhere.destination = other
      error.quote = elsewhere.packet()
    case .nested: error.quote = ICMPError(error.type, error.code).packet(about: latest)
    case .extended:
      var extended = ScriptEnvelope()
      extended.extensions = [60]
      error.quote = extended.packets(latest.packet()).first
    }
  }
}

extension PeerSegment.Checksum {
  fileprivate init(_ checksum: ScriptPacket.Checksum) {
    self =
      switch checksum {
      case .right: .right
      case .bad: .corrupted
      case .unfinished: .unfinished
      }
  }
}

extension ScriptEnvelope {
  /// The packets that leave in place of a whole and right one.
  func packets(_ packet: [UInt8]) -> [[UInt8]] {
    guard packet[0] >> 4 == 4 else { return fragmented6(extended(headed6(packet))) }
    return fragmented4(optioned(headed4(packet))).map { packet in
      guard hasBadChecksum else { return packet }
      var packet = packet
      packet[10] ^= 0x5a
      return packet
    }
  }

  private func headed4(_ packet: [UInt8]) -> [UInt8] {
    var packet = packet
    packet[1] = trafficClass
    if let identification { packet.put16(identification, at: 4) }
    if let dontFragment { packet[6] = packet[6] & 0xbf | (dontFragment ? 0x40 : 0) }
    if let timeToLive { packet[8] = timeToLive }
    return packet
  }

  private func headed6(_ packet: [UInt8]) -> [UInt8] {
    var packet = packet
    packet[0] |= trafficClass >> 4
    packet[1] |= trafficClass << 4 | UInt8(flowLabel >> 16)
    packet.put16(UInt16(flowLabel & 0xffff), at: 2)
    if let timeToLive { packet[7] = timeToLive }
    return packet
  }

  private func optioned(_ packet: [UInt8]) -> [UInt8] {
    let padded = options + [UInt8](repeating: 0, count: (4 - options.count % 4) % 4)
    var packet = packet
    packet.insert(contentsOf: padded, at: 20)
    packet[0] = 0x45 + UInt8(padded.count / 4)
    packet.put16(UInt16(packet.count), at: 2)
    return ScriptEnvelope.summed(packet)
  }

  /// The packet with the right IPv4 header checksum.
  private static func summed(_ packet: [UInt8]) -> [UInt8] {
    var packet = packet
    packet.put16(0, at: 10)
    packet.put16(Array(packet[..<(Int(packet[0] & 15) * 4)]).internetChecksum, at: 10)
    return packet
  }

  private func extended(_ packet: [UInt8]) -> [UInt8] {
    var packet = packet
    var next = packet[6]
    var headers: [UInt8] = []
    for kind in extensions.reversed() {
      // Options of padding, a routing header that has arrived, a fragment that is all there is.
      let body: [UInt8] = kind == 44 || kind == 43 ? [0, 0, 0, 0, 0, 0] : [1, 4, 0, 0, 0, 0]
      headers = [next, 0] + body + headers
      next = kind
    }
    packet[6] = next
    packet.insert(contentsOf: headers, at: 40)
    packet.put16(UInt16(packet.count - 40), at: 4)
    return packet
  }

  /// The ranges of the payload that the fragments carry.
  private func pieces(of count: Int) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start = 0
    for length in fragments where start + length < count {
      ranges.append(start..<(start + length))
      start += length
    }
    return ranges + [start..<count]
  }

  private func fragmented4(_ packet: [UInt8]) -> [[UInt8]] {
    guard !fragments.isEmpty else { return [packet] }
    let length = Int(packet[0] & 15) * 4
    let payload = Array(packet[length...])
    // The kernel keeps the fragments of an incomplete packet for a minute: another one is not to be joined with them.
    let identification = UInt16.random(in: 1...UInt16.max)
    return pieces(of: payload.count).map { range in
      var header = Array(packet[..<length])
      header.put16(UInt16(length + range.count), at: 2)
      header.put16(identification, at: 4)
      header.put16(UInt16(range.lowerBound / 8) | (range.upperBound < payload.count ? 0x2000 : 0), at: 6)
      return ScriptEnvelope.summed(header) + payload[range]
    }
  }

  private func fragmented6(_ packet: [UInt8]) -> [[UInt8]] {
    guard !fragments.isEmpty else { return [packet] }
    let payload = Array(packet[40...])
    let identification = UInt32.random(in: 1...UInt32.max)
    return pieces(of: payload.count).map { range in
      var header = Array(packet[..<40])
      let next = header[6]
      header[6] = 44
      header.put16(UInt16(8 + range.count), at: 4)
      header += [next, 0]
      header.append16(UInt16(range.lowerBound) | (range.upperBound < payload.count ? 1 : 0))
      header.append32(identification)
      return header + payload[range]
    }
  }
}
