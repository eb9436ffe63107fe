import Repeatable
import Timebase

extension Random {
  /// A duration whose magnitude is as likely small as great, from 0 to an hour.
  mutating func interval() -> Interval {
    let bits = UInt64.random(in: 0..<42, using: &self)
    return .nanoseconds(Int64(UInt64.random(in: 0...(1 << bits), using: &self) % 3_600_000_000_001))
  }
}
