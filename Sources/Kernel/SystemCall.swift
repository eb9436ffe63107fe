import Glibc

/// The one door to the kernel: retries EINTR, names the call, reads `errno` before anything else can.
///
/// EBADF and EFAULT are not conditions of the machine but mistakes of ours, and end the process.
@inline(__always)
func kernel<Result: FixedWidthInteger & SignedInteger>(
  _ call: Errno.Call, _ body: () -> Result
) throws(Errno) -> Result {
  while true {
    let result = body()
    if result >= 0 { return result }
    let code = errno
    if code == EINTR { continue }
    trapOnMistake(code, call)
    throw Errno(code: code, call: call)
  }
}

/// The same door for calls that must not be made again after EINTR: `ppoll`, whose time has partly passed.
///
/// - Returns: nil where a signal interrupted the call.
@inline(__always)
func kernelOnce<Result: FixedWidthInteger & SignedInteger>(
  _ call: Errno.Call, _ body: () -> Result
) throws(Errno) -> Result? {
  let result = body()
  if result >= 0 { return result }
  let code = errno
  if code == EINTR { return nil }
  trapOnMistake(code, call)
  throw Errno(code: code, call: call)
}

/// The same door for calls that never block: "not now" is a value, not an error.
///
/// - Returns: nil where the call would have had to wait (EAGAIN).
@inline(__always)
func kernelNow<Result: FixedWidthInteger & SignedInteger>(
  _ call: Errno.Call, _ body: () -> Result
) throws(Errno) -> Result? {
  while true {
    let result = body()
    if result >= 0 { return result }
    let code = errno
    if code == EINTR { continue }
    if code == EAGAIN { return nil }
    trapOnMistake(code, call)
    throw Errno(code: code, call: call)
  }
}

@inline(__always)
private func trapOnMistake(_ code: CInt, _ call: Errno.Call) {
  precondition(code != EBADF && code != EFAULT, "a descriptor or a pointer of ours is wrong")
}
