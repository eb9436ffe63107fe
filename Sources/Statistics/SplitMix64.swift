/// Numbers that look random and are the same for the same seed on every machine (Steele, Lea and Flood 2014).
///
/// For samples and tests; not for what nobody may guess.
public struct SplitMix64: RandomNumberGenerator, Sendable {
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

  /// A fraction, from 0 to below 1.
  public mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }
}
