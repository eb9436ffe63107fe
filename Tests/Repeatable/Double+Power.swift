extension Double {
  /// Ten to this power, to about 1 part in 10¹⁴.
  public var tenToThis: Double {
    guard abs(self) < 300 else { return self > 0 ? .infinity : 0 }
    let exponent = self * (2.302585092994045684 / 0.693147180559945309)
    let whole = exponent.rounded(.down)
    let rest = (exponent - whole) * 0.693147180559945309
    var (sum, term) = (1.0, 1.0)
    for place in 1..<24 {
      term *= rest / Double(place)
      sum += term
    }
    return sum * Double(sign: .plus, exponent: Int(whole), significand: 1)
  }
}
