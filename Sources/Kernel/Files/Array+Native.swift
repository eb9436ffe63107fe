extension [UInt8] {
  /// Appends an integer in the machine's byte order, which the kernel's own structures come in.
  mutating func append<T: FixedWidthInteger>(native value: T) {
    unsafe Swift.withUnsafeBytes(of: value) { unsafe append(contentsOf: $0) }
  }
}
