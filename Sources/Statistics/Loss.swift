/// What was sent and what came back.
public struct Loss: Hashable, Sendable {
  /// How many probes were sent.
  public var sent = 0
  /// How many of them were answered.
  public var received = 0

  /// Nothing sent yet.
  public init() {}

  /// The given counts.
  public init(sent: Int, received: Int) {
    self.sent = sent
    self.received = received
  }

  /// The share that was lost, from 0 to 1; nil where nothing was sent.
  public var ratio: Double? { sent == 0 ? nil : Double(sent - received) / Double(sent) }

  /// Between which shares the true loss lies, with a confidence of 95 %; nil where nothing was sent.
  public var interval: Wilson? { Wilson(sent - received, of: sent) }

  /// The share that was lost as ping prints it, `33.3333` for a third; nil where nothing was sent.
  ///
  /// C's `%g` of a `float`: six significant digits without trailing zeros.
  public var percentage: String? {
    sent == 0 ? nil : general(Double(Float(Double(sent - received) * 100.0 / Double(sent))))
  }
}

/// C's `%g` for a number that is not negative.
private func general(_ value: Double) -> String {
  guard value > 0, value.isFinite else { return "0" }
  // One digit before the point: value = scaled · 10^exponent. A float times a power of ten is exact in a double
  // as far as any loss that can be counted needs it.
  var exponent = 0
  var power = 1.0
  while value >= power * 10 {
    power *= 10
    exponent += 1
  }
  var inverse = 1.0
  while value * inverse < 1, exponent > -300 {
    inverse *= 10
    exponent -= 1
  }
  var digits = sixDigits(value, exponent: exponent)
  if digits == 1_000_000 {
    digits = 100_000
    exponent += 1
  }
  return spelled(digits, exponent: exponent)
}

/// The first six significant digits, ties to even.
private func sixDigits(_ value: Double, exponent: Int) -> Int {
  var scaled = value
  for _ in 0..<max(5 - exponent, 0) { scaled *= 10 }
  for _ in 0..<max(exponent - 5, 0) { scaled /= 10 }
  let whole = Int(scaled)
  let rest = scaled - Double(whole)
  return rest > 0.5 || (rest == 0.5 && !whole.isMultiple(of: 2)) ? whole + 1 : whole
}

/// Six digits and where the point goes, without trailing zeros.
private func spelled(_ digits: Int, exponent: Int) -> String {
  var text = Array(String(digits))
  while text.count > 1, text.last == "0" { text.removeLast() }
  if exponent < -4 || exponent > 5 {
    let fraction = text.count > 1 ? "." + String(text.dropFirst()) : ""
    let size = String(abs(exponent))
    return "\(text[0])\(fraction)e\(exponent < 0 ? "-" : "+")\(size.utf8.count < 2 ? "0" : "")\(size)"
  }
  if exponent < 0 { return "0." + String(repeating: "0", count: -exponent - 1) + String(text) }
  while text.count <= exponent { text.append("0") }
  let whole = String(text.prefix(exponent + 1))
  return text.count > exponent + 1 ? whole + "." + String(text.dropFirst(exponent + 1)) : whole
}

/// Between which shares the true one lies, with a confidence of 95 %, after so many of so many trials.
///
/// E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference (1927). Unlike the mean with a
/// standard deviation to each side it stays within 0…1, and says something where nothing, or everything, was lost.
public struct Wilson: Hashable, Sendable {
  /// The lower end, from 0.
  public let lower: Double
  /// The upper end, to 1.
  public let upper: Double

  /// The two-sided quantile of the normal distribution for 95 %.
  private static let z = 1.959963984540054

  /// The interval after so many hits in so many trials; nil without trials.
  ///
  /// More hits than trials count as all of them.
  public init?(_ hits: Int, of trials: Int) {
    guard trials > 0 else { return nil }
    let (count, hits) = (Double(trials), Double(min(max(hits, 0), trials)))
    let square = Wilson.z * Wilson.z
    let centre = (hits + square / 2) / (count + square)
    let reach = Wilson.z / (count + square) * (hits * (count - hits) / count + square / 4).squareRoot()
    // Exactly 0 and 1 where nothing, and everything, was hit: rounding must not say otherwise.
    lower = hits == 0 ? 0 : max(centre - reach, 0)
    upper = hits == count ? 1 : min(centre + reach, 1)
  }
}
