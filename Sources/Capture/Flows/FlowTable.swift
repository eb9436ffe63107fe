import Timebase

/// The flows that are being followed: found by their key, ordered by their latest packet, bounded in number.
///
/// Open addressing with linear probing; an entry that goes closes the hole behind it, so that nothing is left to step
/// over. Two chains run through the entries, one of those that may go on and one of those that are over, each with the
/// entry that was silent for longest at its head. What finds and orders a flow lies apart from the flow, which is
/// many times as large: a packet of one touches no other.
struct FlowTable: Sendable {
  /// Which of the two chains.
  enum Chain: Int, Sendable {
    case running
    case over
  }

  /// What finds a flow and orders it, by its place.
  private struct Entry: Sendable {
    var key: FlowKey
    var hash: UInt32
    var chain = Chain.running
    var previous: Int32 = FlowTable.nowhere
    var next: Int32 = FlowTable.nowhere
  }

  private struct Bucket: Sendable {
    var hash: UInt32 = 0
    var place: Int32 = FlowTable.nowhere
  }

  private static var nowhere: Int32 { -1 }
  /// Flows lie on shelves of 64, so that none is moved when there are more.
  private static var shelfBits: Int { 6 }

  private let seed: UInt64
  private var entries: [Entry] = []
  private var shelves: [[TrackedFlow]] = []
  /// Places that are free.
  private var free: [Int32] = []
  /// Places by hash; `nowhere` where there is none.
  private var buckets: [Bucket]
  private var heads: (running: Int32, over: Int32) = (nowhere, nowhere)
  private var tails: (running: Int32, over: Int32) = (nowhere, nowhere)
  private(set) var count = 0

  /// An empty table whose hashes only those can foresee who know the seed.
  init(seed: UInt64) {
    self.seed = seed
    buckets = Array(repeating: Bucket(), count: 64)
  }

  /// The hash of a key.
  func hash(_ key: FlowKey) -> UInt32 { key.hash(seed: seed) }

  /// Where the flow of a key is; nil where there is none.
  func find(_ key: FlowKey, hash: UInt32) -> Int? {
    let mask = buckets.count &- 1
    var index = Int(hash) & mask
    while true {
      let bucket = buckets[index]
      guard bucket.place >= 0 else { return nil }
      if bucket.hash == hash, entries[Int(bucket.place)].key == key { return Int(bucket.place) }
      index = (index &+ 1) & mask
    }
  }

  /// The flow in a place, copied to whoever reads it.
  subscript(place: Int) -> TrackedFlow {
    get { shelves[place &>> FlowTable.shelfBits][FlowTable.slot(place)] }
    _modify { yield &shelves[place &>> FlowTable.shelfBits][FlowTable.slot(place)] }
  }

  /// What a question about the flow in a place comes to; the flow is not copied for it.
  @inline(__always) func ask<Answer>(_ place: Int, _ question: (borrowing TrackedFlow) -> Answer) -> Answer {
    question(shelves[place &>> FlowTable.shelfBits][FlowTable.slot(place)])
  }

  /// Whether the flow in a place was over when it was last touched.
  func isOver(_ place: Int) -> Bool { entries[place].chain == .over }

  private static func slot(_ place: Int) -> Int { place & (1 &<< shelfBits &- 1) }

  /// Takes a flow in, whose key must not be there yet, and returns its place.
  mutating func insert(_ flow: TrackedFlow, _ key: FlowKey, hash: UInt32) -> Int {
    if (count + 1) * 2 > buckets.count { grow() }
    let place = free.popLast().map { Int($0) } ?? entries.count
    if place < entries.count {
      entries[place] = Entry(key: key, hash: hash)
      self[place] = flow
    } else {
      entries.append(Entry(key: key, hash: hash))
      shelve(flow, at: place)
    }
    fill(Bucket(hash: hash, place: Int32(place)))
    append(Int32(place), to: .running)
    count += 1
    return place
  }

  private mutating func shelve(_ flow: TrackedFlow, at place: Int) {
    if FlowTable.slot(place) == 0 {
      shelves.append([])
      shelves[shelves.count - 1].reserveCapacity(1 &<< FlowTable.shelfBits)
    }
    shelves[shelves.count - 1].append(flow)
  }

  /// Takes a flow out; it can be read until the next one is taken in.
  mutating func remove(_ place: Int) {
    unlink(Int32(place))
    empty(bucketOf(place))
    free.append(Int32(place))
    count -= 1
  }

  /// Puts a flow behind all others of its chain: a packet of it has just passed.
  mutating func touch(_ place: Int) {
    let chain: Chain = ask(place) { $0.isOver } ? .over : .running
    let link = Int32(place)
    if entries[place].chain == chain, tail(of: chain) == link { return }
    unlink(link)
    append(link, to: chain)
  }

  /// Where flows are.
  var places: [Int] { buckets.lazy.filter { $0.place >= 0 }.map { Int($0.place) } }

  /// Which flow of a chain has been silent for longest.
  func first(in chain: Chain) -> Int? {
    let head = chain == .running ? heads.running : heads.over
    return head >= 0 ? Int(head) : nil
  }
}

// MARK: Buckets

extension FlowTable {
  private mutating func fill(_ bucket: Bucket) {
    let mask = buckets.count - 1
    var index = Int(bucket.hash) & mask
    while buckets[index].place >= 0 { index = (index + 1) & mask }
    buckets[index] = bucket
  }

  private func bucketOf(_ place: Int) -> Int {
    let mask = buckets.count - 1
    var index = Int(entries[place].hash) & mask
    while buckets[index].place != Int32(place) { index = (index + 1) & mask }
    return index
  }

  /// Empties a bucket and moves up what would not be found behind it.
  private mutating func empty(_ index: Int) {
    let mask = buckets.count - 1
    var hole = index
    var next = (hole + 1) & mask
    while buckets[next].place >= 0 {
      let home = Int(buckets[next].hash) & mask
      // It may move where its home does not lie between the hole and where it is.
      if (next - home) & mask >= (next - hole) & mask {
        buckets[hole] = buckets[next]
        hole = next
      }
      next = (next + 1) & mask
    }
    buckets[hole] = Bucket()
  }

  private mutating func grow() {
    let old = buckets
    buckets = Array(repeating: Bucket(), count: old.count * 2)
    for bucket in old where bucket.place >= 0 { fill(bucket) }
  }
}

// MARK: Chains

extension FlowTable {
  private func tail(of chain: Chain) -> Int32 { chain == .running ? tails.running : tails.over }

  private mutating func append(_ link: Int32, to chain: Chain) {
    let place = Int(link)
    let tail = tail(of: chain)
    entries[place].chain = chain
    entries[place].previous = tail
    entries[place].next = FlowTable.nowhere
    if tail >= 0 { entries[Int(tail)].next = link } else { setHead(link, chain) }
    setTail(link, chain)
  }

  private mutating func unlink(_ link: Int32) {
    let (chain, before, after) = {
      (entries[Int(link)].chain, entries[Int(link)].previous, entries[Int(link)].next)
    }()
    if before >= 0 { entries[Int(before)].next = after } else { setHead(after, chain) }
    if after >= 0 { entries[Int(after)].previous = before } else { setTail(before, chain) }
  }

  private mutating func setHead(_ link: Int32, _ chain: Chain) {
    if chain == .running { heads.running = link } else { heads.over = link }
  }

  private mutating func setTail(_ link: Int32, _ chain: Chain) {
    if chain == .running { tails.running = link } else { tails.over = link }
  }
}
