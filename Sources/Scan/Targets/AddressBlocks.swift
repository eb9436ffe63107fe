import Wire

/// Addresses from a first one to a last one, as numbers of their family's width.
private struct AddressRun<Number: FixedWidthInteger & UnsignedInteger & Sendable>: Hashable, Sendable {
  var first: Number
  var last: Number
}

/// Many blocks of addresses in little memory: 8 bytes for one of IPv4, 32 for one of IPv6, IPv4 first.
///
/// Blocks that are added are joined now and then, so that a list of very many neighbours stays short.
public struct AddressBlocks: Hashable, Sendable {
  private var v4: [AddressRun<UInt32>] = []
  private var v6: [AddressRun<UInt128>] = []
  /// So many blocks there may be before they are joined again.
  private var limit = AddressBlocks.fewest

  /// Fewer blocks than these are not joined while they are added.
  private static let fewest = 65_536

  /// No blocks yet.
  public init() {}

  /// Some blocks.
  public init(_ blocks: some Sequence<AddressBlock>) { for block in blocks { append(block) } }

  /// Adds a block.
  public mutating func append(_ block: AddressBlock) {
    switch block.family {
    case .v4: v4.append(AddressRun(first: UInt32(clamping: block.first), last: UInt32(clamping: block.last)))
    case .v6: v6.append(AddressRun(first: block.first, last: block.last))
    }
    guard count >= limit else { return }
    join()
    limit = Swift.max(count * 2, AddressBlocks.fewest)
  }

  /// Sorts the blocks, and makes one of those that meet or touch.
  public mutating func join() {
    AddressBlocks.join(&v4)
    AddressBlocks.join(&v6)
  }

  /// The blocks, sorted and apart, without the addresses of others.
  public func subtracting(_ others: AddressBlocks) -> AddressBlocks {
    var (result, unwanted) = (self, others)
    result.join()
    unwanted.join()
    if !unwanted.v4.isEmpty { result.v4 = AddressBlocks.subtract(unwanted.v4, from: result.v4) }
    if !unwanted.v6.isEmpty { result.v6 = AddressBlocks.subtract(unwanted.v6, from: result.v6) }
    // What joins them later is of no use to blocks that are compared.
    result.limit = AddressBlocks.fewest
    return result
  }

  /// The same blocks, of which each ends where another one is to begin.
  ///
  /// They must lie sorted and apart, as `subtracting` leaves them.
  func divided(at starts: [IPAddress]) -> AddressBlocks {
    var result = self
    let numbers = starts.sorted()
    result.v4 = AddressBlocks.divide(
      v4, at: numbers.compactMap { if case .v4(let address) = $0 { address.rawValue } else { nil } })
    result.v6 = AddressBlocks.divide(
      v6, at: numbers.compactMap { if case .v6(let address) = $0 { address.rawValue } else { nil } })
    return result
  }

  private static func divide<Number>(_ runs: [AddressRun<Number>], at starts: [Number]) -> [AddressRun<Number>] {
    var result: [AddressRun<Number>] = []
    var next = 0
    for run in runs {
      var first = run.first
      while next < starts.count, starts[next] <= run.last {
        if starts[next] > first {
          result.append(AddressRun(first: first, last: starts[next] - 1))
          first = starts[next]
        }
        next += 1
      }
      result.append(AddressRun(first: first, last: run.last))
    }
    return result
  }

  /// The block of an address, where they are sorted and apart; nil where none has it.
  public func block(of address: IPAddress) -> AddressBlock? { place(of: address).map { self[$0.block] } }

  /// The address at a place of a block.
  func address(ofBlock index: Int, at offset: UInt64) -> IPAddress {
    index < v4.count
      ? .v4(IPv4Address(v4[index].first &+ UInt32(truncatingIfNeeded: offset)))
      : .v6(IPv6Address(v6[index - v4.count].first &+ UInt128(offset)))
  }

  /// The block of an address and its place there, where the blocks are sorted and apart; nil where none has it.
  func place(of address: IPAddress) -> (block: Int, offset: UInt128)? {
    switch address {
    case .v4(let address):
      AddressBlocks.place(of: address.rawValue, in: v4).map { ($0.block, UInt128($0.offset)) }
    case .v6(let address):
      AddressBlocks.place(of: address.rawValue, in: v6).map { ($0.block + v4.count, $0.offset) }
    }
  }

  private static func place<Number>(
    of number: Number, in runs: [AddressRun<Number>]
  ) -> (block: Int, offset: Number)? {
    guard let first = runs.first, first.first <= number else { return nil }
    let index = runs.lastPlace { $0.first <= number }
    return number <= runs[index].last ? (index, number - runs[index].first) : nil
  }

  private static func join<Number>(_ runs: inout [AddressRun<Number>]) {
    guard runs.count > 1 else { return }
    runs.sort { $0.first < $1.first }
    var end = 0
    for index in 1..<runs.count {
      let run = runs[index]
      if runs[end].last == .max || run.first <= runs[end].last + 1 {
        runs[end].last = Swift.max(runs[end].last, run.last)
      } else {
        end += 1
        runs[end] = run
      }
    }
    runs.removeLast(runs.count - end - 1)
  }

  /// What is left of runs without others, both sorted and apart.
  private static func subtract<Number>(
    _ unwanted: [AddressRun<Number>], from wanted: [AddressRun<Number>]
  ) -> [AddressRun<Number>] {
    var result: [AddressRun<Number>] = []
    var next = 0
    for run in wanted {
      while next < unwanted.count, unwanted[next].last < run.first { next += 1 }
      var first = run.first
      var isUsedUp = false
      var index = next
      while index < unwanted.count, unwanted[index].first <= run.last {
        let hole = unwanted[index]
        if hole.first > first { result.append(AddressRun(first: first, last: hole.first - 1)) }
        if hole.last >= run.last {
          isUsedUp = true
          break
        }
        first = Swift.max(first, hole.last + 1)
        index += 1
      }
      if !isUsedUp { result.append(AddressRun(first: first, last: run.last)) }
    }
    return result
  }
}

extension AddressBlocks: RandomAccessCollection {
  /// The first block's place.
  public var startIndex: Int { 0 }
  /// The place behind the last block.
  public var endIndex: Int { v4.count + v6.count }

  /// The block at a place: those of IPv4 come first.
  public subscript(index: Int) -> AddressBlock {
    guard index < v4.count else {
      let run = v6[index - v4.count]
      return AddressBlock(unchecked: .v6, run.first, run.last)
    }
    return AddressBlock(unchecked: .v4, UInt128(v4[index].first), UInt128(v4[index].last))
  }
}

extension Array {
  /// The last place whose element fits, where all that fit come before all that do not; 0 where none fits.
  func lastPlace(where fits: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if fits(self[middle]) { low = middle } else { high = middle }
    }
    return low
  }
}
