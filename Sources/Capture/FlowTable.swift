import Timebase

/// The flows that are being followed: found by their key, ordered by their latest packet, bounded in number.
///
/// Open addressing with linear probing; an entry that goes closes the hole behind it, so that nothing is left to step
/// over. Two chains run through the entries, one of those that may go on and one of those that are over, each with the
/// entry that was silent for longest at its head.
struct FlowTable: Sendable {
  /// Which of the two chains.
  enum Chain: Int, Sendable {
    case running
    case over
  }

  private struct Entry: Sendable {
    var flow: TrackedFlow
    var key: FlowKey
    var hash: UInt32
    var chain: Chain
    var previous: Int32 = FlowTable.nowhere
    var next: Int32 = FlowTable.nowhere
  }

  private static let nowhere: Int32 = -1

  private let seed: UInt64
  private var entries: [Entry] = []
  /// Places in `entries` that are free.
  private var free: [Int32] = []
  /// Places in `entries` by hash; `nowhere` where there is none.
  private var buckets: [Int32]
  private var heads: (running: Int32, over: Int32) = (nowhere, nowhere)
  private var tails: (running: Int32, over: Int32) = (nowhere, nowhere)
  private(set) var count = 0

  /// An empty table whose hashes only those can foresee who know the seed.
  init(seed: UInt64) {
    self.seed = seed
    buckets = Array(repeating: FlowTable.nowhere, count: 64)
  }

  /// The hash of a key.
  func hash(_ key: FlowKey) -> UInt32 { key.hash(seed: seed) }

  /// Where the flow of a key is; nil where there is none.
  func find(_ key: FlowKey, hash: UInt32) -> Int? {
    let mask = buckets.count - 1
    var bucket = Int(hash) & mask
    while buckets[bucket] >= 0 {
      let place = Int(buckets[bucket])
      if entries[place].hash == hash, entries[place].key == key { return place }
      bucket = (bucket + 1) & mask
    }
    return nil
  }

  /// The flow in a place.
  subscript(place: Int) -> TrackedFlow {
    get { entries[place].flow }
    _modify { yield &entries[place].flow }
  }

  /// Takes a flow in, whose key must not be there yet, and returns its place.
  mutating func insert(_ flow: TrackedFlow, _ key: FlowKey, hash: UInt32) -> Int {
    if (count + 1) * 2 > buckets.count { grow() }
    let entry = Entry(flow: flow, key: key, hash: hash, chain: .running)
    let place: Int32
    if let reused = free.popLast() {
      place = reused
      entries[Int(place)] = entry
    } else {
      place = Int32(entries.count)
      entries.append(entry)
    }
    fill(hash, with: place)
    append(place, to: .running)
    count += 1
    return Int(place)
  }

  /// Takes a flow out.
  mutating func remove(_ place: Int) -> TrackedFlow {
    unlink(Int32(place))
    empty(bucketOf(place))
    free.append(Int32(place))
    count -= 1
    return entries[place].flow
  }

  /// Puts a flow behind all others of its chain: a packet of it has just passed.
  mutating func touch(_ place: Int) {
    let chain: Chain = entries[place].flow.isOver ? .over : .running
    let link = Int32(place)
    if entries[place].chain == chain, tail(of: chain) == link { return }
    unlink(link)
    append(link, to: chain)
  }

  /// Where flows are.
  var places: [Int] { buckets.filter { $0 >= 0 }.map(Int.init) }

  /// Which flow of a chain has been silent for longest.
  func first(in chain: Chain) -> Int? {
    let head = chain == .running ? heads.running : heads.over
    return head >= 0 ? Int(head) : nil
  }
}

// MARK: Buckets

extension FlowTable {
  private mutating func fill(_ hash: UInt32, with place: Int32) {
    let mask = buckets.count - 1
    var bucket = Int(hash) & mask
    while buckets[bucket] >= 0 { bucket = (bucket + 1) & mask }
    buckets[bucket] = place
  }

  private func bucketOf(_ place: Int) -> Int {
    let mask = buckets.count - 1
    var bucket = Int(entries[place].hash) & mask
    while buckets[bucket] != Int32(place) { bucket = (bucket + 1) & mask }
    return bucket
  }

  /// Empties a bucket and moves up what would not be found behind it.
  private mutating func empty(_ bucket: Int) {
    let mask = buckets.count - 1
    var hole = bucket
    var next = (hole + 1) & mask
    while buckets[next] >= 0 {
      let home = Int(entries[Int(buckets[next])].hash) & mask
      // It may move where its home does not lie between the hole and where it is.
      if (next - home) & mask >= (next - hole) & mask {
        buckets[hole] = buckets[next]
        hole = next
      }
      next = (next + 1) & mask
    }
    buckets[hole] = FlowTable.nowhere
  }

  private mutating func grow() {
    let old = buckets
    buckets = Array(repeating: FlowTable.nowhere, count: old.count * 2)
    entries.reserveCapacity(buckets.count / 2)
    for place in old where place >= 0 { fill(entries[Int(place)].hash, with: place) }
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
