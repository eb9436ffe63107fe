extension Int64 {
  /// The sum, or the nearest number there is.
  func addingClamped(_ other: Int64) -> Int64 {
    let (sum, isTooGreat) = addingReportingOverflow(other)
    return isTooGreat ? (other < 0 ? .min : .max) : sum
  }
}
