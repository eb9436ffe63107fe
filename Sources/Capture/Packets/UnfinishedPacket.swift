// RFC 815: what has come of a packet, and what is still missing.

import Timebase
import Wire

/// A packet of which pieces have come.
struct UnfinishedPacket: Sendable {
  /// Apart pieces beyond which a packet is refused: so many gaps at once have no cause but an attack.
  static var gapLimit: Int { 128 }
  /// A packet's octets beyond which its length field would wrap.
  static var lengthLimit: Int { 65_535 }

  let key: FragmentKey
  let since: WallTime?

  /// The header of the first piece; empty while that has not come.
  private var header: [UInt8] = []
  private var nextHeader: Fragment.NextHeader?
  private var octets: [UInt8] = []
  /// What has come, in order, none touching the next.
  private var ranges: [Range<Int>] = []
  /// How long the payload is; nil while the last piece has not come.
  private var length: Int?
  /// Whether its pieces contradict each other: whatever else comes of it is passed over.
  private(set) var isRefused = false

  init(key: FragmentKey, since: WallTime?) {
    self.key = key
    self.since = since
  }

  /// Whether every octet has come.
  var isComplete: Bool {
    guard !isRefused, let length, !header.isEmpty, let only = ranges.first else { return false }
    return ranges.count == 1 && only == 0..<length
  }

  /// How many octets it holds.
  var octetsHeld: Int { header.capacity + octets.capacity + ranges.capacity * MemoryLayout<Range<Int>>.stride }

  /// Takes a piece; one that cannot be, or was cut by the capture, refuses the packet.
  mutating func take(_ piece: Fragment, of packet: RawSpan) {
    guard !isRefused else { return }
    let range = piece.offset..<piece.offset + piece.payload.count
    guard piece.isWhole, fits(range, moreFragments: piece.moreFragments) else { return refuse() }
    if !piece.moreFragments { length = range.upperBound }
    if octets.count < range.upperBound {
      octets.append(contentsOf: repeatElement(0, count: range.upperBound - octets.count))
    }
    guard place(range, packet.extracting(piece.payload)) else { return refuse() }
    if range.lowerBound == 0, header.isEmpty {
      header.append(copying: packet.extracting(first: piece.headerLength))
      nextHeader = piece.nextHeader
    }
  }

  /// Whether a piece may lie there: not empty, all but the last in units of eight octets, the last one at the end.
  private func fits(_ range: Range<Int>, moreFragments: Bool) -> Bool {
    guard !range.isEmpty, range.upperBound <= Self.lengthLimit, !moreFragments || range.count & 7 == 0 else {
      return false
    }
    let end = length ?? Self.lengthLimit
    if moreFragments { return range.upperBound <= end }
    return (length ?? range.upperBound) == range.upperBound && (ranges.last?.upperBound ?? 0) <= range.upperBound
  }

  /// The packet as it was before it was fragmented: the pieces behind the first one's header; nil where it is too long.
  var packet: [UInt8]? {
    let shared = nextHeader == nil ? 0 : IPv6Header.length  // IPv6 does not count its header
    guard let length, header.count - shared + length <= Self.lengthLimit else { return nil }
    var whole = header + octets[..<length]
    if let nextHeader {
      whole[nextHeader.field] = nextHeader.number
      whole.store(UInt16(truncatingIfNeeded: whole.count - IPv6Header.length), at: 4)
    } else {
      whole.store(UInt16(truncatingIfNeeded: whole.count), at: 2)
      whole.store(0, at: 6)
      whole.store(0, at: 10)
      whole.store(InternetChecksum.value(of: whole.span.raw.extracting(first: header.count)), at: 10)
    }
    return whole
  }

  /// Forgets everything but that it was refused.
  private mutating func refuse() {
    self = UnfinishedPacket(key: key, since: since)
    isRefused = true
  }

  /// Puts octets into their place; false where they overlap others, unless they are a copy of what is there.
  private mutating func place(_ range: Range<Int>, _ payload: RawSpan) -> Bool {
    let index = ranges.firstIndex { $0.upperBound >= range.lowerBound } ?? ranges.count
    if index < ranges.count, ranges[index].overlaps(range) {
      return ranges[index].lowerBound <= range.lowerBound && range.upperBound <= ranges[index].upperBound
        && payload.byteOffsets.allSatisfy { payload.octet(at: $0) == octets[range.lowerBound + $0] }
    }
    var merged = range
    var end = index
    while end < ranges.count, ranges[end].lowerBound <= merged.upperBound {
      guard !ranges[end].overlaps(range) else { return false }
      merged = min(merged.lowerBound, ranges[end].lowerBound)..<max(merged.upperBound, ranges[end].upperBound)
      end += 1
    }
    ranges.replaceSubrange(index..<end, with: CollectionOfOne(merged))
    octets.copy(payload, at: range.lowerBound)
    return ranges.count <= Self.gapLimit
  }
}

extension [UInt8] {
  fileprivate mutating func store(_ value: UInt16, at offset: Int) {
    self[offset] = UInt8(truncatingIfNeeded: value >> 8)
    self[offset + 1] = UInt8(truncatingIfNeeded: value)
  }
}
