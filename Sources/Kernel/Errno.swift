import CLinux

/// Why the kernel refused a call: its error number and the call's name.
public struct Errno: Error, Hashable, Sendable {
  /// The error number, `errno(3)`.
  public var code: Int32
  /// The call that gave it.
  public var call: Call
  /// For EINTR: the signal that ended the wait, where it was taken.
  public var signal: Signal?

  /// An error of a named call.
  public init(code: Int32, call: Call, signal: Signal? = nil) {
    self.code = code
    self.call = call
    self.signal = signal
  }

  /// The number's symbol, such as `EPERM`; `errno 4095` where glibc knows none.
  public var name: String {
    guard let text = unsafe clinux_errno_name(code) else { return "errno \(code)" }
    return unsafe String(cString: text)
  }

  /// The number in words, such as `Operation not permitted`, in English whatever the locale.
  public var message: String {
    guard let text = unsafe clinux_errno_text(code) else { return "Unknown error \(code)" }
    return unsafe String(cString: text)
  }

  /// The system calls of this room, spelled as `strace(1)` does; the options that fail most often by name.
  public enum Call: String, Hashable, Sendable {
    // Descriptors and files.
    case open, read, write, close, fstat, ftruncate, rename, unlink, fsync, pipe2, ioctl
    // Sockets.
    case socket, socketpair, bind, listen, accept4, connect, shutdown, getsockname, getpeername, getsockopt, setsockopt
    case sendto, sendmsg, sendmmsg, recvfrom, recvmsg
    case attachFilter = "setsockopt(SO_ATTACH_FILTER)"
    case bindToDevice = "setsockopt(SO_BINDTODEVICE)"
    case timestamping = "setsockopt(SO_TIMESTAMPING)"
    case packetRing = "setsockopt(PACKET_RX_RING)"
    case mmap
    // Routes and interfaces.
    case routeLookup = "netlink(RTM_GETROUTE)"
    case linkLookup = "netlink(RTM_GETLINK)"
    case addressLookup = "netlink(RTM_GETADDR)"
    case neighborLookup = "netlink(RTM_GETNEIGH)"
    case interfaceLookup = "ioctl(SIOCGIFINDEX)"
    case interfaceUp = "ioctl(SIOCSIFFLAGS)"
    // The process.
    case ppoll, signalfd, sigprocmask, getrandom, capget, capset, prctl, getresuid, setresuid, fork, unshare, getrlimit,
      setrlimit, waitpid, kill
    case seccomp = "prctl(PR_SET_SECCOMP)"
    case landlock = "landlock_restrict_self"
    case spawn = "posix_spawn"
    case clock = "clock_gettime"
  }
}

extension Errno: CustomStringConvertible {
  /// One line: `socket: Operation not permitted (EPERM)`.
  public var description: String { "\(call.rawValue): \(message) (\(name))" }
}
