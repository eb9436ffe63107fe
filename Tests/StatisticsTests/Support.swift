import Timebase

/// The start of a random sequence; a failing test prints it as it would be written here.
struct Seed: Sendable, CustomStringConvertible {
  let value: UInt64

  init(_ value: UInt64) { self.value = value }

  var description: String { "Seed(0x\(String(value, radix: 16)))" }

  /// Two that are always tried, and a fresh one.
  static let several = [Seed(0), Seed(0x5eed_0bad_f00d), Seed(.random(in: .min ... .max))]
}

/// SplitMix64: small, fast, and the same on every machine.
struct Random: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: Seed) { state = seed.value }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// A duration whose magnitude is as likely small as great, from 0 to an hour.
  mutating func interval() -> Interval {
    let bits = UInt64.random(in: 0..<42, using: &self)
    return .nanoseconds(Int64(UInt64.random(in: 0...(1 << bits), using: &self) % 3_600_000_000_001))
  }
}
