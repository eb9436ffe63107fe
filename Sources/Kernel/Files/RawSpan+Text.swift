import Wire

extension RawSpan {
  /// The text up to the first NUL or the end, as C leaves it in a fixed-size field.
  func text() -> String { String(preserving: octets.prefix { $0 != 0 }) }
}
