/// Numbers that look random and are the same for the same seed (SplitMix64).
public struct Chance: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Begins the sequence of a seed.
  public init(seed: UInt64) { state = seed }

  /// The next number.
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word >> 31)
  }

  /// Whether something happens that does so this often, from 0 to 1.
  mutating func happens(_ share: Double) -> Bool { Double(next() >> 11) < share * 0x1p53 }

  /// So many octets.
  public mutating func octets(_ count: Int) -> [UInt8] {
    var octets: [UInt8] = []
    octets.reserveCapacity(count + 8)
    while octets.count < count {
      let word = next()
      unsafe withUnsafeBytes(of: word) { unsafe octets.append(contentsOf: $0) }
    }
    octets.removeLast(octets.count - count)
    return octets
  }
}
