import Scan
import Testing

@Suite struct ScanOrderTests {
  /// How often each index comes, as a bitmap: whether all of them came once.
  private func isPermutation(_ count: UInt64, seed: UInt64) -> Bool {
    let order = ScanOrder(count: count, seed: seed)
    var seen = [Bool](repeating: false, count: Int(count))
    for position in 0..<count {
      let index = order.index(at: position)
      guard index < count, !seen[Int(index)] else { return false }
      seen[Int(index)] = true
    }
    return true
  }

  @Test func everyIndexOfAMillionComesOnce() { #expect(isPermutation(1 << 20, seed: 7)) }

  @Test func soItIsAroundPowersOfTwo() {
    var counts: Set<UInt64> = [1, 2, 3, 4, 5, 6, 7, 100, 1_000]
    for bits in 2...14 { counts.formUnion([1 << bits - 1, 1 << bits, 1 << bits + 1]) }
    for count in counts.sorted() {
      for seed in [0, 1, UInt64.max] { #expect(isPermutation(count, seed: seed), "count \(count), seed \(seed)") }
    }
  }

  @Test(arguments: [1, 2, 1_000, 65_537, 1 << 32, 1 << 40 + 12_345, 1 << 62] as [UInt64])
  func positionIsTheWayBack(count: UInt64) {
    let order = ScanOrder(count: count, seed: 99)
    for step in 0..<min(count, 2_000) {
      let position = count / min(count, 2_000) * step
      let index = order.index(at: position)
      #expect(index < count)
      #expect(order.position(of: index) == position)
    }
  }

  @Test func seedsGiveOtherOrders() {
    let orders = (0..<20).map { seed in (0..<50).map { ScanOrder(count: 100_000, seed: seed).index(at: $0) } }
    #expect(Set(orders).count == 20)
    #expect(orders[3] == (0..<50).map { ScanOrder(count: 100_000, seed: 3).index(at: $0) })
  }

  @Test func neighboursAreNotAskedInARow() {
    let order = ScanOrder(count: 65_536, seed: 5)
    let indexes = (0..<65_536).map { Int(order.index(at: $0)) }
    // Of two in a row about one in 256 would lie in the same 256 by chance.
    let close = zip(indexes, indexes.dropFirst()).count { $0 / 256 == $1 / 256 }
    #expect((150...380).contains(close))
  }

  @Test(arguments: [1, 2, 3, 7, 16, 1_000] as [UInt64])
  func shardsAreDisjointAndComplete(parts: UInt64) throws {
    for count in [0, 1, 6, 999, 1_024] as [UInt64] {
      var seen: [UInt64] = []
      for number in 1...parts {
        let shard = try #require(ScanShard(number: number, of: parts))
        let size = shard.size(of: count)
        for step in 0..<size {
          let position = shard.position(step)
          #expect(shard.number(of: position) == step)
          seen.append(position)
        }
      }
      #expect(seen.sorted() == Array(0..<count))
    }
    #expect(ScanShard(number: 0, of: parts) == nil)
    #expect(ScanShard(number: parts + 1, of: parts) == nil)
  }
}
