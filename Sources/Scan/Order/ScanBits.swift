import Synchronization

/// Which probes of a scan were answered: a bit each, which threads share.
///
/// Bits are only ever set. Nothing else hangs on their order, so that every access is relaxed: who reads a bit late asks
/// once more, no more than that.
public final class ScanBits: Sendable {
  /// How many bits there are.
  public let count: UInt64
  private let pages: [Page]

  /// 65,536 bits each: an array holds no atomic values.
  private final class Page: Sendable {
    let words = InlineArray<1_024, Atomic<UInt64>> { _ in Atomic(0) }
  }

  /// The most bits that a scan may have: 8 GiB.
  public static let most: UInt64 = 1 << 36

  /// So many bits, none of them set.
  public init(count: UInt64) {
    self.count = count
    pages = (0..<(count + 65_535) / 65_536).map { _ in Page() }
  }

  /// How many words of 64 bits there are; those beyond the last bit are never set.
  public var wordCount: UInt64 { (count + 63) / 64 }

  /// Bits `64 * index` and up, the first one lowest; traps beyond the last word.
  public func word(_ index: UInt64) -> UInt64 {
    pages[Int(index >> 10)].words[Int(index & 1_023)].load(ordering: .relaxed)
  }

  /// Sets the bits of a word that are set in `bits`.
  public func insert(word bits: UInt64, at index: UInt64) {
    pages[Int(index >> 10)].words[Int(index & 1_023)].bitwiseOr(bits & mask(index), ordering: .relaxed)
  }

  /// Sets a bit; whether it was not set before.
  public func insert(_ number: UInt64) -> Bool {
    let bit: UInt64 = 1 << (number & 63)
    let words = pages[Int(number >> 16)]
    return words.words[Int(number >> 6 & 1_023)].bitwiseOr(bit, ordering: .relaxed).oldValue & bit == 0
  }

  /// Whether a bit is set.
  public func contains(_ number: UInt64) -> Bool { word(number >> 6) >> (number & 63) & 1 == 1 }

  /// The bits that a word has: all 64, but for the last one.
  public func mask(_ index: UInt64) -> UInt64 {
    let left = count - min(index * 64, count)
    return left >= 64 ? .max : 1 << left - 1
  }
}
