import CLinux
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

/// The three descriptors that every program expects to be started with, `stdin(3)`.
public enum StandardDescriptors {
  /// Fills the places among 0, 1 and 2 that whoever started us left closed: to be called before anything is opened.
  ///
  /// Otherwise the next socket would get such a number, and results or messages would be written into it. Input that
  /// is missing is empty, output that is missing has a reader who has gone (EPIPE), and messages go nowhere.
  public static func fill() {
    for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(number, F_GETFD) < 0 {
      // The lowest free number is the one that is given out: this very place, since those before it are filled.
      if number == STDOUT_FILENO, fillWithBrokenPipe() { continue }
      _ = unsafe open("/dev/null", O_RDWR)
    }
  }

  /// Leaves all three to whoever started us: nothing comes from them any more, and what is written goes nowhere.
  static func forget() {
    let null = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
    guard null >= 0 else { return }
    for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] { _ = dup2(null, number) }
    if null > STDERR_FILENO { _ = close(null) }
  }

  /// Puts a pipe that no one reads into the lowest free place, which must be that of standard output; false where
  /// there is none to be had.
  private static func fillWithBrokenPipe() -> Bool {
    var ends: (CInt, CInt) = (-1, -1)
    let result = unsafe withUnsafeMutableBytes(of: &ends) {
      unsafe clinux_pipe2($0.assumingMemoryBound(to: CInt.self).baseAddress, 0)
    }
    guard result == 0 else { return false }
    // The reading end was made first and has the place: the writing end takes it over, and with it the reader goes.
    let isFilled = dup2(ends.1, ends.0) == STDOUT_FILENO
    _ = close(ends.1)
    return isFilled
  }
}

/// What the system lets one process have, `getrlimit(2)`.
public enum ResourceLimit {
  /// Whether so many descriptors can be had, what is open included, `fcntl(2)` F_DUPFD.
  public static func leavesDescriptors(_ count: Int) -> Bool {
    let last = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, CInt(count) - 1)
    if last >= 0 { _ = close(last) }
    return last >= 0
  }

  /// How many more descriptors can be had, `fcntl(2)` F_GETFD; `most` where there are more.
  public static func remainingDescriptors(upTo most: Int) -> Int {
    var free = 0
    // Those that were inherited need not follow one another.
    for descriptor in 0..<CInt(clamping: raiseDescriptors()) {
      guard free < most else { break }
      if fcntl(descriptor, F_GETFD) < 0 { free += 1 }
    }
    return free
  }

  /// Raises the number of descriptors as far as the hard limit allows; answers how many there may be now.
  public static func raiseDescriptors() -> Int {
    let descriptors = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard (try? kernel(.getrlimit, { unsafe getrlimit(descriptors, &limit) })) != nil else { return 1_024 }
    let soft = limit.rlim_cur
    limit.rlim_cur = limit.rlim_max
    let isRaised = (try? kernel(.setrlimit, { unsafe setrlimit(descriptors, &limit) })) != nil
    return Int(clamping: isRaised ? limit.rlim_max : soft)
  }
}
