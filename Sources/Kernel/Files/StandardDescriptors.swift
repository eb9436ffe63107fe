import CLinux
import Glibc

/// The three descriptors that every program expects to be started with, `stdin(3)`.
public enum StandardDescriptors {
  /// Fills the places among 0, 1 and 2 that whoever started us left closed: to be called before anything is opened.
  ///
  /// Otherwise the next socket would get such a number, and results or complaints would be written into it. Input that
  /// is missing is empty, output that is missing has a reader who has gone (EPIPE), and complaints go nowhere.
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

  /// Puts a pipe that nobody reads into the lowest free place, which must be that of standard output; false where
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
