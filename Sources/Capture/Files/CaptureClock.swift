// draft-ietf-opsawg-pcapng §4.2: if_tsresol and if_tsoffset.

import Timebase

/// What the stamps of an interface count: units of a power of ten or of two of a second, from an offset on.
public struct CaptureClock: Hashable, Sendable {
  /// The exponent of ten, or of two where the highest bit is set; without its sign.
  private let resolution: UInt8
  /// Units in a second; 0 where there are more than 64 bits can count.
  private let unitsPerSecond: UInt64
  /// Nanoseconds in a unit where they are whole; 0 where they are not.
  @usableFromInline let nanosecondsPerUnit: UInt64
  /// Seconds to add to every stamp.
  @usableFromInline let offset: Int64

  private static var billion: UInt64 { 1_000_000_000 }

  /// A clock that counts microseconds, as pcap and pcapng do unless a file says otherwise.
  public static var microseconds: CaptureClock { CaptureClock(resolution: 6) }
  /// A clock that counts nanoseconds.
  public static var nanoseconds: CaptureClock { CaptureClock(resolution: 9) }

  /// A clock of a pcapng resolution: the negative exponent of ten, or of two where the highest bit is set.
  public init(resolution: UInt8, offset: Int64 = 0) {
    self.resolution = resolution
    self.offset = offset
    let exponent = Int(resolution & 0x7f)
    if resolution & 0x80 != 0 {
      unitsPerSecond = exponent < 64 ? 1 << UInt64(exponent) : 0
    } else {
      unitsPerSecond = exponent < 20 ? (0..<exponent).reduce(1) { power, _ in power * 10 } : 0
    }
    let isWhole = unitsPerSecond > 0 && Self.billion.isMultiple(of: unitsPerSecond)
    nanosecondsPerUnit = isWhole ? Self.billion / unitsPerSecond : 0
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
    guard let whole = Int64(exactly: seconds) else { return nil }
    let (second, overflows) = whole.addingReportingOverflow(offset)
    let (nanoseconds, exceeds) = second.multipliedReportingOverflow(by: Int64(Self.billion))
    let (sum, spills) = nanoseconds.addingReportingOverflow(Int64(nanosecondsOf(fraction: rest)))
    return overflows || exceeds || spills ? nil : WallTime(nanoseconds: sum)
  }

  /// The nanoseconds of less than a second's units, rounded down.
  ///
  /// Never by a division of 128 bits, which would be a call into the compiler's C library.
  private func nanosecondsOf(fraction units: UInt64) -> UInt64 {
    if nanosecondsPerUnit != 0 { return units * nanosecondsPerUnit }
    if resolution & 0x80 == 0 { return units / (unitsPerSecond / Self.billion) }
    let product = units.multipliedFullWidth(by: Self.billion)
    let exponent = UInt64(resolution & 0x7f)  // from 10 to 63: below, nanoseconds in a unit are whole
    return product.high << (64 - exponent) | product.low >> exponent
  }
}
