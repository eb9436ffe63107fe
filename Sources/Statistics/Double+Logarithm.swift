// Logarithm and power by series: the C library's are calls that a pure room does not make. They serve pictures and
// samples, not a packet's path.

extension Double {
  private static let ln2 = 0.693147180559945309417232121458

  /// The natural logarithm of a number above 0, to about 1 part in 10¹⁵; minus infinity for 0 and below.
  public var naturalLogarithm: Double {
    guard self > 0 else { return -.infinity }
    guard isFinite else { return self }
    // self = significand · 2^exponent, the significand brought near 1; ln s = 2 artanh((s − 1) / (s + 1)).
    var (fraction, power) = (significand, Double(exponent))
    if fraction > 1.4142135623730951 {
      fraction /= 2
      power += 1
    }
    let ratio = (fraction - 1) / (fraction + 1)
    let square = ratio * ratio
    var (sum, term, divisor) = (0.0, ratio, 1.0)
    while abs(term) > 1e-18, divisor < 60 {
      sum += term / divisor
      term *= square
      divisor += 2
    }
    return 2 * sum + power * Double.ln2
  }

  /// The decimal logarithm of a number above 0.
  public var decimalLogarithm: Double { naturalLogarithm / 2.302585092994045684 }
}
