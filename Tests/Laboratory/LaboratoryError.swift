import Glibc

/// The laboratory itself failed: not a finding about the program under test.
public struct LaboratoryError: Error, CustomStringConvertible {
  /// What was tried and what went wrong.
  public var description: String

  /// A failure in words.
  public init(_ description: String) { self.description = description }

  /// A system call that failed, with `errno` in words.
  static func system(_ call: String) -> LaboratoryError {
    let code = errno
    return LaboratoryError("\(call): \(unsafe String(cString: strerror(code)))")
  }
}

/// The monotonic clock in seconds.
public func monotonicSeconds() -> Double {
  var now = timespec()
  _ = unsafe clock_gettime(CLOCK_MONOTONIC, &now)
  return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
}

/// Asks again every millisecond until the answer is there or the time is over.
public func waitUntil<Answer>(seconds: Double, _ ask: () throws -> Answer?) rethrows -> Answer? {
  let deadline = monotonicSeconds() + seconds
  while true {
    if let answer = try ask() { return answer }
    if monotonicSeconds() >= deadline { return nil }
    usleep(1000)
  }
}
