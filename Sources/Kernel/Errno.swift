import CLinux
import Glibc

/// Why the kernel refused a call: its error number and the call's name.
public struct Errno: Error, Hashable, Sendable {
  /// The error number, `errno(3)`.
  public var code: Int32
  /// The call that gave it.
  public var call: Call
  /// For EINTR: the signal that ended the wait, where it was taken.
  public var signal: Signal?
  /// The file that it is about, where several may be written.
  public var file: FilePath?

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
    case open, read, write, close, fstat, ftruncate, flock, rename, unlink, fsync, pipe2, ioctl
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

extension Errno {
  /// What the person at the terminal can do about it, in one sentence; nil where nothing certain can be said.
  public var hint: String? {
    switch (call, code) {
    case (.socket, EPERM), (.socket, EACCES):
      return "raw sockets need CAP_NET_RAW: run with sudo, grant it once with setcap cap_net_raw+ep, or use --connect"
    case (.socket, EAFNOSUPPORT):
      return "this address family is disabled in the kernel"
    case (.fork, EAGAIN):
      return "too many processes: raise `ulimit -u`, or name addresses"
    case (_, EMFILE):
      return "too many open files: raise `ulimit -n`"
    case (.bindToDevice, ENODEV), (.interfaceLookup, ENODEV), (.linkLookup, ENODEV):
      return "no such interface: see `ip link`"
    case (.bindToDevice, EPERM):
      return "binding to an interface needs CAP_NET_RAW"
    case (.bind, EADDRNOTAVAIL):
      return "the source address must be one of this host's: see `ip address`"
    case (.connect, EADDRNOTAVAIL):
      return "all ports of net.ipv4.ip_local_port_range are in use, or the source address is not this host's"
    case (.bind, EADDRINUSE), (.listen, EADDRINUSE):
      return "the source port is in use or in TIME-WAIT: choose another one, or let the kernel choose"
    case (.bind, EACCES):
      return "source ports below net.ipv4.ip_unprivileged_port_start need CAP_NET_BIND_SERVICE"
    case (.sendto, EPERM), (.sendmmsg, EPERM):
      return "a firewall rule of this host refused the packet: see `nft list ruleset`, output chains"
    case (.sendto, EACCES):
      return "the destination is a broadcast address, or a local route prohibits it: see `ip route get`"
    case (.sendto, EMSGSIZE):
      return "the packet is larger than the interface's MTU: send less data"
    case (.sendto, EINVAL):
      return "the kernel rejects this packet: check its IP header; a link-local address needs -I"
    case (.connect, EPERM):
      return "a firewall rule of this host refused the connection: see `nft list ruleset`, output chains"
    case (.routeLookup, _): return routeHint
    case (.unshare, EPERM), (.unshare, ENOSPC), (.unshare, EINVAL):
      return "user namespaces are not allowed on this system: use sudo, or raise user.max_user_namespaces"
    case (.write, ENOSPC), (.close, ENOSPC), (.write, EDQUOT): return "the disk is full"
    case (.write, EFBIG): return "file size limit reached: see `ulimit -f`"
    case (.open, EACCES), (.open, EPERM): return "permission denied by the file's mode"
    case (.open, ELOOP): return "it is a symbolic link: name the file itself, or remove the link"
    case (.open, EEXIST): return "not a file, a FIFO or a character device"
    case (.read, EFBIG): return "the file is too large"
    default:
      return isNoRoute ? "no route to host: see `ip route get`" : nil
    }
  }

  /// Whether the kernel says that it knows no way to the destination, by whichever call.
  public var isNoRoute: Bool {
    switch code {
    case ENETUNREACH, EHOSTUNREACH, ENETDOWN: true
    case EACCES, EINVAL: call == .routeLookup  // a `prohibit` and a `blackhole` route
    default: false
    }
  }

  private var routeHint: String? {
    switch code {
    case ENETUNREACH, EHOSTUNREACH: "no route to host: see `ip route get`"
    case EACCES: "a `prohibit` route forbids the destination: see `ip route`"
    case EINVAL: "a `blackhole` route drops packets to the destination: see `ip route`"
    case EADDRNOTAVAIL: "the source address must be one of this host's: see `ip address`"
    case EAFNOSUPPORT: "the source and the destination must both be IPv4 or both IPv6"
    case ENODEV: "no such interface: see `ip link`"
    default: nil
    }
  }

  /// Whether whoever reads what is written has gone.
  public var isBrokenPipe: Bool { code == EPIPE }
  /// Whether a signal ended a wait.
  public var isInterruption: Bool { code == EINTR }
  /// Whether a privilege is missing: the unprivileged way may still work.
  public var isPermission: Bool { code == EPERM || code == EACCES }
  /// Whether a firewall of this host forbids what was to be sent.
  public var isFirewalled: Bool { code == EPERM && (call == .sendto || call == .sendmmsg) }
  /// What the kernel says where a process has all the descriptors that it may have.
  public static let outOfDescriptors = EMFILE
  /// Whether no descriptor is to be had, of this process's or of the machine's.
  public var isOutOfDescriptors: Bool { code == EMFILE || code == ENFILE }
  /// Whether the kernel has that address family switched off.
  public var isNoSuchFamily: Bool { code == EAFNOSUPPORT }
  /// A socket of a family that is switched off was asked for.
  public static let noSuchFamily = Errno(code: EAFNOSUPPORT, call: .socket)
  /// Whether the path does not exist.
  public var isNoSuchFile: Bool { code == ENOENT }
  /// Whether the peer refused a kernel connection (RST in answer to our SYN).
  public var isConnectionRefused: Bool { code == ECONNREFUSED }
  /// Whether the peer reset an established kernel connection, be it that we have been told of that before (ENOTCONN).
  public var isConnectionReset: Bool { code == ECONNRESET || code == ENOTCONN }
  /// Whether the kernel gave up waiting.
  public var isTimedOut: Bool { code == ETIMEDOUT }
  /// Whether the address and port are held by another socket, or by one in TIME-WAIT.
  public var isAddressInUse: Bool { code == EADDRINUSE }
}
