import Statistics

/// Numbers that look random and can be had again.
public typealias Random = SplitMix64

/// The start of a random sequence; a failing test prints it as it would be written in its place.
public struct Seed: Sendable, CustomStringConvertible {
  /// The number that the sequence begins with.
  public let value: UInt64

  /// The seed of this number.
  public init(_ value: UInt64) { self.value = value }

  /// `Seed(0x5eed)`.
  public var description: String { "Seed(0x\(String(value, radix: 16)))" }

  /// Two that are always tried, and a fresh one.
  public static let several = [Seed(0), Seed(0x5eed_0bad_f00d), Seed(.random(in: .min ... .max))]
}

extension SplitMix64 {
  /// The sequence of a test's seed.
  public init(_ seed: Seed) { self.init(seed: seed.value) }

  /// One of two, as likely as the other.
  public mutating func flip() -> Bool { next() & 1 == 0 }

  /// Whether something happens that does so this often, from 0 to 1.
  public mutating func happens(_ share: Double) -> Bool { fraction() < share }

  /// So many octets.
  public mutating func octets(_ count: Int) -> [UInt8] {
    var octets: [UInt8] = []
    octets.reserveCapacity(count + 8)
    while octets.count < count {
      let word = next()
      for shift in stride(from: 0, to: 64, by: 8) { octets.append(UInt8(truncatingIfNeeded: word >> UInt64(shift))) }
    }
    octets.removeLast(octets.count - count)
    return octets
  }

  /// Octets, as many as a number in the range.
  public mutating func octets(_ counts: ClosedRange<Int>) -> [UInt8] { octets(Int.random(in: counts, using: &self)) }
}
