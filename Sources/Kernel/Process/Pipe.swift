import CLinux
import Glibc

/// Both ends of a pipe that no child process inherits, `pipe2(2)`.
struct Pipe: ~Copyable {
  let reader: FileDescriptor
  let writer: FileDescriptor

  init() throws(Errno) {
    var ends: (CInt, CInt) = (0, 0)
    _ = try kernel(.pipe2) {
      unsafe withUnsafeMutableBytes(of: &ends) {
        unsafe clinux_pipe2($0.assumingMemoryBound(to: CInt.self).baseAddress, O_CLOEXEC)
      }
    }
    reader = FileDescriptor(owning: ends.0)
    writer = FileDescriptor(owning: ends.1)
  }
}
