import Wire

/// What the peer has said to hold beyond a gap (RFC 2018 §5), as offsets into what we send.
struct Scoreboard: Hashable, Sendable {
  /// The most ranges that are remembered; what is forgotten is only sent once more than needed.
  static let limit = 64

  /// Sorted; no two touch.
  private(set) var ranges: [Range<Int>] = []

  /// One past the highest octet that the peer holds; 0 where it holds none beyond a gap.
  var highest: Int { ranges.last?.upperBound ?? 0 }

  /// Adds what the peer holds.
  ///
  /// - Returns: whether anything of it was new.
  mutating func insert(_ new: Range<Int>) -> Bool {
    guard !new.isEmpty, count(in: new) < new.count else { return false }
    let first = ranges.firstIndex { $0.upperBound >= new.lowerBound } ?? ranges.count
    var end = first
    var joined = new
    while end < ranges.count, ranges[end].lowerBound <= new.upperBound {
      joined = min(joined.lowerBound, ranges[end].lowerBound)..<max(joined.upperBound, ranges[end].upperBound)
      end += 1
    }
    guard end > first || ranges.count < Scoreboard.limit else { return false }
    ranges.replaceSubrange(first..<end, with: CollectionOfOne(joined))
    return true
  }

  /// Forgets what lies before an offset.
  mutating func removeAll(before offset: Int) {
    while let first = ranges.first, first.lowerBound < offset {
      if first.upperBound > offset {
        ranges[0] = offset..<first.upperBound
        return
      }
      ranges.removeFirst()
    }
  }

  /// Forgets everything: after a timeout the peer may have thrown away what it held (RFC 2018 §8).
  mutating func removeAll() { ranges.removeAll(keepingCapacity: true) }

  /// How many octets of a range the peer holds.
  func count(in range: Range<Int>) -> Int { ranges.reduce(0) { $0 + $1.clamped(to: range).count } }

  /// The first octets from an offset on that the peer does not hold: up to the next that it does, or without end.
  func gap(from offset: Int) -> Range<Int> {
    var start = offset
    for range in ranges where range.upperBound > start {
      if start < range.lowerBound { return start..<range.lowerBound }
      start = range.upperBound
    }
    return start..<Int.max
  }
}

extension TCPOptionList {
  /// Calls `body` with each block of each SACK option of proper length (RFC 2018 §3).
  func forEachSACKBlock(_ body: (SACKBlock) -> Void) {
    let bytes = bytes
    var cursor = TCPOptionCursor(bytes)
    while let option = try? cursor.next() {
      guard option.kind == TCPOption.Kind.sack, option.payload.count % 8 == 0 else { continue }
      for at in stride(from: option.payload.lowerBound, to: option.payload.upperBound, by: 8) {
        let left: UInt32 = bytes.load(bigEndian: at)
        let right: UInt32 = bytes.load(bigEndian: at + 4)
        body(SACKBlock(left: SequenceNumber(left), right: SequenceNumber(right)))
      }
    }
  }
}
