extension Double {
  /// With so many decimals, rounded; `?` where it is no number from 0 to below the limit, as which nothing would be told.
  func decimals(_ places: Int, below limit: Double) -> String {
    guard isFinite, self >= 0, self < limit else { return "?" }
    let scale = (0..<places).reduce(1) { scale, _ in scale * 10 }
    let whole = Int((self * Double(scale)).rounded())
    return "\(whole / scale)." + padded(whole % scale, places)
  }
}
