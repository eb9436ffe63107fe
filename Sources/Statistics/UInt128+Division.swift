// Division and root by shifting: the built-in division of 128 bits is a call into the compiler's C library, and
// this room calls nothing but the Swift runtime. They run once a summary.

extension UInt128 {
  /// The whole part of dividing by a number that is not 0.
  func quotient(by divisor: UInt64) -> UInt128 {
    let divisor = UInt128(divisor)
    var quotient: UInt128 = 0
    var rest: UInt128 = 0
    for bit in stride(from: UInt128.bitWidth - 1 - leadingZeroBitCount, through: 0, by: -1) {
      // The rest is below a divisor of 64 bits, so doubling it cannot overflow.
      rest = rest &<< 1 | (self &>> UInt128(bit)) & 1
      if rest >= divisor {
        rest &-= divisor
        quotient |= 1 &<< UInt128(bit)
      }
    }
    return quotient
  }

  /// The whole part of the square root.
  var squareRoot: UInt128 {
    var root: UInt128 = 0
    for bit in stride(from: (UInt128.bitWidth - leadingZeroBitCount) / 2, through: 0, by: -1) where bit < 64 {
      let trial = root | 1 &<< UInt128(bit)
      if trial &* trial <= self { root = trial }
    }
    return root
  }
}
