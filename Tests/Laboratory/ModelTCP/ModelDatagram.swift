/// What an IP packet brings to the model: an upper layer's octets, whole and in its one piece.
struct ModelDatagram {
  var source: [UInt8], destination: [UInt8]
  var protocolNumber: UInt8
  var typeOfService: UInt8
  var content: [UInt8]
}

/// The model's IP: header checks, options, extension headers, and fragments that it joins.
///
/// RFC 791, RFC 1122 §3.2, RFC 8200 §4; source routes are dropped as RFC 7126 §4.3 advises.
struct ModelIP {
  let address: [UInt8]
  let fault: ModelTCP.Fault?

  /// Fragments of one packet.
  private struct Pieces {
    var key: [UInt8]
    var parts: [(at: Int, octets: [UInt8])] = []
    var total: Int?
  }

  /// The packets that are not whole yet, the oldest first: eight of them at most.
  private var pieces: [Pieces] = []
  private static let limit = 8

  /// What became of a packet.
  enum Result {
    case nothing
    case datagram(ModelDatagram)
    /// An ICMPv6 parameter problem: its code and pointer (RFC 4443 §3.4).
    case problem(code: UInt8, pointer: UInt32)
  }

  init(address: [UInt8], fault: ModelTCP.Fault?) { (self.address, self.fault) = (address, fault) }

  mutating func receive(_ packet: [UInt8]) -> Result {
    guard let version = packet.first.map({ $0 >> 4 }) else { return .nothing }
    switch (version, address.count) {
    case (4, 4): return receive4(packet)
    case (6, 16): return receive6(packet)
    default: return .nothing
    }
  }

  private func isForUs(_ destination: [UInt8]) -> Bool {
    destination == address || fault == .broadcastAnswered && isGroup(destination)
  }

  private func isGroup(_ other: [UInt8]) -> Bool {
    other.count == 16 ? other[0] == 0xff : (0xe0...0xef).contains(other[0]) || other[3] == 255
  }

  /// A source to which nothing may be sent (RFC 9293 §3.9.2.3).
  private func isImpossible(_ source: [UInt8]) -> Bool {
    if source == address { return true }
    if isGroup(source) { return fault != .multicastSourceAnswered }
    return source.count == 4 ? source[0] == 127 || source[0] == 0 : source.dropLast().allSatisfy { $0 == 0 }
  }

  private mutating func receive4(_ packet: [UInt8]) -> Result {
    guard packet.count >= 20 else { return .nothing }
    let (length, total) = (Int(packet[0] & 15) * 4, Int(packet.word16(2)))
    guard length >= 20, total >= length, packet.count >= total else { return .nothing }
    let isRight = Array(packet[..<length]).internetChecksum == 0
    guard isRight || fault == .badHeaderChecksumAccepted else { return .nothing }
    let (source, destination) = (Array(packet[12..<16]), Array(packet[16..<20]))
    guard isForUs(destination), !isImpossible(source), !isSourceRouted(Array(packet[20..<length])) else {
      return .nothing
    }
    var content = Array(packet[length..<total])
    let place = packet.word16(6)
    if place & 0x3fff != 0 {
      let key = source + packet[4..<6] + [packet[9]]
      guard
        let whole = joined(content, at: Int(place & 0x1fff) * 8, isLast: place & 0x2000 == 0, key: key)
      else { return .nothing }
      content = whole
    }
    return .datagram(
      ModelDatagram(
        source: source, destination: destination, protocolNumber: packet[9], typeOfService: packet[1],
        content: content))
  }

  private func isSourceRouted(_ options: [UInt8]) -> Bool {
    var at = 0
    while at < options.count, options[at] != 0 {
      if options[at] == 1 {
        at += 1
        continue
      }
      if [131, 137].contains(options[at]) { return true }
      guard at + 1 < options.count, options[at + 1] >= 2 else { return true }
      at += Int(options[at + 1])
    }
    return false
  }

  private mutating func receive6(_ packet: [UInt8]) -> Result {
    guard packet.count >= 40, packet.count >= 40 + Int(packet.word16(4)) else { return .nothing }
    let (source, destination) = (Array(packet[8..<24]), Array(packet[24..<40]))
    guard isForUs(destination), !isImpossible(source) else { return .nothing }
    let typeOfService = UInt8(packet.word16(0) >> 4 & 255)
    var rest = Array(packet[40..<(40 + Int(packet.word16(4)))])
    var (next, nextAt, at, isFirst) = (packet[6], 6, 40, true)
    // Every turn takes eight octets at least, so that it ends.
    while [0, 43, 44, 60].contains(next) {
      guard rest.count >= 8, next != 0 || isFirst else {
        return rest.count < 8 ? .nothing : .problem(code: 1, pointer: UInt32(nextAt))
      }
      isFirst = false
      let length = next == 44 ? 8 : 8 + 8 * Int(rest[1])
      guard rest.count >= length else { return .nothing }
      switch next {
      case 43 where rest[3] != 0: return .problem(code: 0, pointer: UInt32(at + 2))
      case 44:
        let place = rest.word16(2)
        let key = source + rest[4..<8] + [rest[0]]
        let content = Array(rest[8...])
        if place & 0xfff9 != 0 {
          guard let whole = joined(content, at: Int(place & 0xfff8), isLast: place & 1 == 0, key: key) else {
            return .nothing
          }
          rest = rest[..<8] + whole
        }
      case 0, 60: if let result = result(ofOptions: Array(rest[2..<length]), at: at + 2) { return result }
      default: break
      }
      (nextAt, next) = (at, rest[0])
      rest.removeFirst(length)
      at += length
    }
    guard [6, 58].contains(next) else { return .problem(code: 1, pointer: UInt32(nextAt)) }
    return .datagram(
      ModelDatagram(
        source: source, destination: destination, protocolNumber: next, typeOfService: typeOfService, content: rest))
  }

  /// What the options of a header ask for (RFC 8200 §4.2); nil goes on.
  private func result(ofOptions options: [UInt8], at start: Int) -> Result? {
    var at = 0
    while at < options.count {
      if options[at] == 0 {
        at += 1
        continue
      }
      guard at + 1 < options.count, at + 2 + Int(options[at + 1]) <= options.count else { return .nothing }
      if options[at] != 1 {
        switch options[at] >> 6 {
        case 0: break
        case 1: return .nothing
        default: return .problem(code: 2, pointer: UInt32(start + at))
        }
      }
      at += 2 + Int(options[at + 1])
    }
    return nil
  }

  /// Adds a fragment; the whole content where it was the missing one.
  ///
  /// Those that overlap are all dropped (RFC 5722).
  private mutating func joined(_ octets: [UInt8], at place: Int, isLast: Bool, key: [UInt8]) -> [UInt8]? {
    guard isLast || octets.count % 8 == 0, !octets.isEmpty, place + octets.count <= 65_515 else { return nil }
    let index = pieces.firstIndex { $0.key == key } ?? pieces.endIndex
    if index == pieces.endIndex { pieces.append(Pieces(key: key)) }
    var packet = pieces.remove(at: index)
    let overlaps = packet.parts.contains { $0.at < place + octets.count && place < $0.at + $0.octets.count }
    guard !overlaps, packet.parts.count < 64 else { return nil }
    packet.parts.append((place, octets))
    if isLast { packet.total = place + octets.count }
    if let total = packet.total, packet.parts.reduce(0, { $0 + $1.octets.count }) == total {
      return packet.parts.sorted { $0.at < $1.at }.flatMap(\.octets)
    }
    pieces.append(packet)
    if pieces.count > ModelIP.limit { pieces.removeFirst() }
    return nil
  }
}
