// draft-ietf-opsawg-pcapng §4.2: if_tsresol and if_tsoffset.

import Timebase

/// What the stamps of an interface count: units of a power of ten or of two of a second, from an offset on.
public struct CaptureClock: Hashable, Sendable {
  /// Units in a second; 0 where there are more than 64 bits can count.
  @usableFromInline let unitsPerSecond: UInt64
  /// Nanoseconds in a unit where they are whole; 0 where they are not.
  @usableFromInline let nanosecondsPerUnit: UInt64
  /// Seconds to add to every stamp.
  @usableFromInline let offset: Int64

  /// A clock that counts microseconds, as pcap and pcapng do unless a file says otherwise.
  @inlinable public static var microseconds: CaptureClock { CaptureClock(resolution: 6) }
  /// A clock that counts nanoseconds.
  @inlinable public static var nanoseconds: CaptureClock { CaptureClock(resolution: 9) }

  /// A clock of a pcapng resolution: the negative exponent of ten, or of two where the highest bit is set.
  public init(resolution: UInt8, offset: Int64 = 0) {
    self.offset = offset
    let exponent = Int(resolution & 0x7f)
    if resolution & 0x80 != 0 {
      unitsPerSecond = exponent < 64 ? 1 << UInt64(exponent) : 0
    } else {
      unitsPerSecond = exponent < 20 ? (0..<exponent).reduce(1) { power, _ in power * 10 } : 0
    }
    let billion: UInt64 = 1_000_000_000
    nanosecondsPerUnit = unitsPerSecond > 0 && billion.isMultiple(of: unitsPerSecond) ? billion / unitsPerSecond : 0
  }

  /// The moment of a stamp, rounded down to nanoseconds; nil where it cannot be told in them.
  @inlinable public func time(of units: UInt64) -> WallTime? {
    if offset == 0, nanosecondsPerUnit != 0 {
      let (nanoseconds, overflows) = units.multipliedReportingOverflow(by: nanosecondsPerUnit)
      return overflows || nanoseconds > UInt64(Int64.max) ? nil : WallTime(nanoseconds: Int64(nanoseconds))
    }
    return timeOfAnyUnits(units)
  }

  @usableFromInline func timeOfAnyUnits(_ units: UInt64) -> WallTime? {
    guard unitsPerSecond > 0 else { return nil }
    let (seconds, rest) = units.quotientAndRemainder(dividingBy: unitsPerSecond)
    // The rest is below a second's units, so the quotient is below a billion.
    let fraction = unitsPerSecond.dividingFullWidth(rest.multipliedFullWidth(by: 1_000_000_000)).quotient
    guard let whole = Int64(exactly: seconds) else { return nil }
    let (second, overflows) = whole.addingReportingOverflow(offset)
    let (nanoseconds, exceeds) = second.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, spills) = nanoseconds.addingReportingOverflow(Int64(fraction))
    return overflows || exceeds || spills ? nil : WallTime(nanoseconds: sum)
  }
}
