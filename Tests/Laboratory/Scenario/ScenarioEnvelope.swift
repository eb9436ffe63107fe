/// What a scenario does to the IP packet around its segment or error.
struct ScenarioEnvelope: Sendable {
  /// Octets behind the IP header in every fragment but the last; none where the packet stays whole.
  var fragments: [Int] = []
  /// The IPv4 header's checksum is wrong.
  var hasBadChecksum = false
  /// Options of the IPv4 header, padded.
  var options: [UInt8] = []
  /// IPv6 extension headers, by their numbers, in order.
  var extensions: [UInt8] = []

  private static let names: [String: UInt8] = ["hop-by-hop": 0, "routing": 43, "fragment": 44, "destination": 60]

  /// Takes a trick of the IP header's; false where it is none.
  mutating func read(_ key: String, _ value: String, family: Int) throws(ScenarioWords.Mistake) -> Bool {
    let values = value.split(separator: ",")
    switch key {
    case "fragments":
      for value in values { fragments.append(Int(try ScenarioWords.number(value, in: 8...1400))) }
      guard fragments.allSatisfy({ $0 % 8 == 0 }) else { throw .init("a fragment has a multiple of 8 octets") }
    case "ipchecksum":
      guard family == 4, value == "bad" else { throw .init("ipchecksum=bad is for 'family: 4'") }
      hasBadChecksum = true
    case "ipoptions":
      guard family == 4, values.count <= 40 else { throw .init("up to 40 ipoptions are for 'family: 4'") }
      for value in values { options.append(try ScenarioWords.octet(value)) }
    case "extensions":
      for value in values {
        guard family == 6, let number = ScenarioEnvelope.names[String(value)] else {
          throw .init("extensions are for 'family: 6'; there is no '\(value)'")
        }
        extensions.append(number)
      }
    default: return false
    }
    return true
  }

  /// The packets that leave in place of a whole and right one.
  func packets(_ packet: [UInt8]) -> [[UInt8]] {
    guard packet[0] >> 4 == 4 else { return fragmented6(extended(packet)) }
    return fragmented4(optioned(packet)).map { packet in
      guard hasBadChecksum else { return packet }
      var packet = packet
      packet[10] ^= 0x5a
      return packet
    }
  }

  private func optioned(_ packet: [UInt8]) -> [UInt8] {
    let padded = options + [UInt8](repeating: 0, count: (4 - options.count % 4) % 4)
    var packet = packet
    packet.insert(contentsOf: padded, at: 20)
    packet[0] = 0x45 + UInt8(padded.count / 4)
    packet.put16(UInt16(packet.count), at: 2)
    return ScenarioEnvelope.summed(packet)
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
      return ScenarioEnvelope.summed(header) + payload[range]
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
