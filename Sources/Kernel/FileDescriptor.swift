import Glibc

/// Sole owner of a kernel descriptor: closed exactly once, never copied.
public struct FileDescriptor: ~Copyable, Sendable {
  let raw: CInt
  /// Descriptors 0, 1 and 2 belong to whoever started us: they are used, never closed.
  private let isOwned: Bool

  init(owning raw: CInt) {
    self.raw = raw
    isOwned = true
  }

  private init(borrowing raw: CInt) {
    self.raw = raw
    isOwned = false
  }

  deinit { if isOwned { _ = Glibc.close(raw) } }

  /// The descriptor that the process was started with for its input.
  public static var standardInput: FileDescriptor { FileDescriptor(borrowing: 0) }
  /// The descriptor that the process was started with for its results.
  public static var standardOutput: FileDescriptor { FileDescriptor(borrowing: 1) }
  /// The descriptor that the process was started with for its diagnostics.
  public static var standardError: FileDescriptor { FileDescriptor(borrowing: 2) }

  /// Closes now and reports what `deinit` would swallow, `close(2)`; a standard descriptor stays open.
  ///
  /// Never retried: the number is gone either way.
  public consuming func close() throws(Errno) {
    let raw = self.raw
    let isOwned = self.isOwned
    discard self
    if isOwned { _ = try kernelOnce(.close) { Glibc.close(raw) } }
  }

  /// Reads what is there, `read(2)`: 0 at the end of the file, nil where a non-blocking descriptor has nothing yet.
  @_lifetime(buffer: copy buffer)
  public func read(into buffer: inout MutableRawSpan) throws(Errno) -> Int? {
    try unsafe buffer.withUnsafeMutableBytes { bytes throws(Errno) in
      try kernelNow(.read) { unsafe Glibc.read(raw, bytes.baseAddress, bytes.count) }
    }
  }

  /// Reads what is there to the front of an array, as many octets as it has at most; see `read(into:)` above.
  public func read(into array: inout [UInt8]) throws(Errno) -> Int? {
    var octets = array.mutableSpan
    var bytes = unsafe octets.mutableBytes
    return try read(into: &bytes)
  }

  /// Writes a part, `write(2)`: how much went, or nil where a non-blocking descriptor takes nothing now.
  public func write(_ octets: RawSpan) throws(Errno) -> Int? {
    try unsafe octets.withUnsafeBytes { bytes throws(Errno) in
      try kernelNow(.write) { unsafe Glibc.write(raw, bytes.baseAddress, bytes.count) }
    }
  }
}
