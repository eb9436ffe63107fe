import Wire

/// The text that has come and was not yet taken, in order or beyond a gap (RFC 9293 §3.8.6.2.2; RFC 2018 §4).
///
/// The octets lie in a ring of fixed size, each at its sequence number; which of them came beyond a gap is a short
/// sorted list of ranges. An octet that is there is never written again: the first copy wins, so that no one can
/// change what has been acknowledged. Where no octet is to be kept, only the ranges are.
struct Reassembly: Hashable, Sendable {
  /// Text beyond a gap, and when it last grew: the newest is acknowledged first (RFC 2018 §4).
  struct Island: Hashable, Sendable {
    var left: SequenceNumber
    var right: SequenceNumber
    var age: UInt32
  }

  /// The most ranges beyond a gap; what would need another is dropped, and comes again.
  static let islandLimit = 64

  /// The most octets that may be held.
  let capacity: Int
  /// Whether octets are kept, or only counted.
  let keepsOctets: Bool
  /// What came beyond the gap at `next`, in the order of its sequence numbers; no two touch.
  private(set) var islands: [Island] = []
  /// How many octets wait for the owner, in order.
  private(set) var waiting = 0

  private var ring: [UInt8] = []
  /// Where in the ring the octet at `next` lies.
  private var position = 0
  private var clock: UInt32 = 0

  init(capacity: Int, keepsOctets: Bool) {
    self.capacity = max(0, capacity)
    self.keepsOctets = keepsOctets
  }

  /// How many octets there is memory for.
  var held: Int { ring.count }

  /// How many octets more may come in order.
  var room: Int { max(0, capacity - waiting) }

  /// Takes text that lies at `offset` octets after `next`, no further than the window that was offered.
  ///
  /// - Returns: how many octets are in order now that were not.
  mutating func insert(_ text: RawSpan, count: Int, at offset: Int, next: SequenceNumber) -> Int {
    let end = offset + count
    guard count > 0, !keepsOctets || end <= room else { return 0 }
    let (left, right) = (next + UInt32(truncatingIfNeeded: offset), next + UInt32(truncatingIfNeeded: end))
    guard offset == 0 || hasRoom(for: left, right) else { return 0 }
    if keepsOctets { copyMissing(text, from: offset, next: next) }
    let fresh = inOrder(after: next, with: left, right)
    if keepsOctets {
      waiting += fresh
      position = wrapped(position + fresh)
    }
    return fresh
  }

  /// How many octets follow `next` without a gap once a range is there too; the rest stays an island.
  private mutating func inOrder(after next: SequenceNumber, with left: SequenceNumber, _ right: SequenceNumber) -> Int {
    // The common case touches no list: nothing is missing.
    if left == next, islands.isEmpty { return Int(right.distance(from: next)) }
    clock &+= 1
    merge(Island(left: left, right: right, age: clock), next: next)
    guard let first = islands.first, first.left == next else { return 0 }
    islands.removeFirst()
    return Int(first.right.distance(from: next))
  }

  /// Takes out all that is in order, in place of what `octets` held; its memory is used again.
  mutating func take(into octets: inout [UInt8]) {
    octets.removeAll(keepingCapacity: true)
    guard waiting > 0 else { return }
    let start = wrapped(position - waiting + ring.count)
    let tail = min(waiting, ring.count - start)
    octets.append(contentsOf: ring[start..<(start + tail)])
    octets.append(contentsOf: ring[0..<(waiting - tail)])
    waiting = 0
  }

  private func wrapped(_ index: Int) -> Int { index >= ring.count ? index - ring.count : index }

  /// Whether a range fits the list: it touches one that is there, or there is room for one more.
  private func hasRoom(for left: SequenceNumber, _ right: SequenceNumber) -> Bool {
    islands.count < Reassembly.islandLimit || islands.contains { !right.precedes($0.left) && !$0.right.precedes(left) }
  }

  /// Joins a range with those that it touches.
  private mutating func merge(_ new: Island, next: SequenceNumber) {
    func distance(_ number: SequenceNumber) -> UInt32 { number.distance(from: next) }
    var new = new
    var index = 0
    while index < islands.count {
      let other = islands[index]
      if distance(other.right) < distance(new.left) {
        index += 1
      } else if distance(new.right) < distance(other.left) {
        break
      } else {
        if distance(other.left) < distance(new.left) { new.left = other.left }
        if distance(new.right) < distance(other.right) { new.right = other.right }
        islands.remove(at: index)
      }
    }
    islands.insert(new, at: index)
  }

  /// Copies what is not there yet: the gaps between the islands.
  private mutating func copyMissing(_ text: RawSpan, from offset: Int, next: SequenceNumber) {
    if ring.isEmpty { ring = [UInt8](repeating: 0, count: capacity) }
    var at = offset
    let end = offset + text.byteCount
    for island in islands {
      let left = Int(island.left.distance(from: next))
      let right = Int(island.right.distance(from: next))
      if left >= end { break }
      if at < left { copy(text.extracting((at - offset)..<(left - offset)), at: at) }
      at = max(at, right)
    }
    if at < end { copy(text.extracting((at - offset)...), at: at) }
  }

  private mutating func copy(_ text: RawSpan, at offset: Int) {
    let start = wrapped(position + offset)
    let tail = min(text.byteCount, ring.count - start)
    ring.copy(text.extracting(first: tail), at: start)
    ring.copy(text.extracting(tail...), at: 0)
  }
}
