import CLinux
import Glibc
import Wire

/// A socket option: its level and its name, `socket(7)`, `ip(7)`, `ipv6(7)`, and how its failure is called.
struct SocketOption {
  var level: CInt
  var name: CInt
  var call = Errno.Call.setsockopt

  static var timestamping: SocketOption { SocketOption(level: SOL_SOCKET, name: SO_TIMESTAMPING, call: .timestamping) }
  static var receiveBuffer: SocketOption { SocketOption(level: SOL_SOCKET, name: SO_RCVBUF) }
  static var receiveBufferForce: SocketOption { SocketOption(level: SOL_SOCKET, name: SO_RCVBUFFORCE) }
  static var dropCounter: SocketOption { SocketOption(level: SOL_SOCKET, name: SO_RXQ_OVFL) }
  static var reuseAddress: SocketOption { SocketOption(level: SOL_SOCKET, name: SO_REUSEADDR) }
  static var memoryInformation: SocketOption { SocketOption(level: SOL_SOCKET, name: SO_MEMINFO, call: .getsockopt) }
  static var linger: SocketOption { SocketOption(level: SOL_SOCKET, name: SO_LINGER) }
  static var error: SocketOption { SocketOption(level: SOL_SOCKET, name: SO_ERROR, call: .getsockopt) }
  static var packetInfoV4: SocketOption { SocketOption(level: CInt(IPPROTO_IP), name: IP_PKTINFO) }
  static var packetInfoV6: SocketOption { SocketOption(level: CInt(IPPROTO_IPV6), name: IPV6_RECVPKTINFO) }
  static var hopLimitV6: SocketOption { SocketOption(level: CInt(IPPROTO_IPV6), name: IPV6_RECVHOPLIMIT) }
  static var trafficClassV6: SocketOption { SocketOption(level: CInt(IPPROTO_IPV6), name: IPV6_RECVTCLASS) }
  static var noDefragmentation: SocketOption { SocketOption(level: CInt(IPPROTO_IP), name: IP_NODEFRAG) }
  static var headerIncludedV6: SocketOption { SocketOption(level: CInt(IPPROTO_IPV6), name: IPV6_HDRINCL) }
  static var quickAcknowledgment: SocketOption { SocketOption(level: CInt(IPPROTO_TCP), name: TCP_QUICKACK) }
  static var tcpInfo: SocketOption { SocketOption(level: CInt(IPPROTO_TCP), name: TCP_INFO, call: .getsockopt) }
}

extension AddressFamily {
  /// The number that `socket(2)` knows the family by.
  var number: CInt { self == .v4 ? AF_INET : AF_INET6 }
}

/// The kinds of socket this room opens, `socket(2)`.
enum SocketKind {
  case stream, datagram, raw

  fileprivate var number: CInt {
    switch self {
    case .stream: CInt(SOCK_STREAM.rawValue)
    case .datagram: CInt(SOCK_DGRAM.rawValue)
    case .raw: CInt(SOCK_RAW.rawValue)
    }
  }
}

extension FileDescriptor {
  /// Opens a socket that never blocks and that no child process inherits, `socket(2)`.
  init(socket domain: CInt, _ kind: SocketKind, protocol number: Int) throws(Errno) {
    let type = kind.number | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
    self.init(owning: try kernel(.socket) { Glibc.socket(domain, type, CInt(number)) })
  }

  func set<Value: BitwiseCopyable>(_ option: SocketOption, to value: Value) throws(Errno) {
    let result = unsafe try withUnsafeBytes(of: value) { bytes throws(Errno) in
      try kernel(option.call) {
        unsafe setsockopt(raw, option.level, option.name, bytes.baseAddress, socklen_t(bytes.count))
      }
    }
    assert(result == 0)
  }

  /// Reads an option's value, of which the kernel may fill in less than is asked for (an older kernel's TCP_INFO).
  func value<Value: BitwiseCopyable>(of option: SocketOption, from initial: Value) throws(Errno) -> Value {
    var value = initial
    var length = socklen_t(MemoryLayout<Value>.size)
    _ = unsafe try withUnsafeMutableBytes(of: &value) { bytes throws(Errno) in
      try kernel(option.call) { unsafe getsockopt(raw, option.level, option.name, bytes.baseAddress, &length) }
    }
    return value
  }

  /// Ties the socket to one interface, `socket(7)` SO_BINDTODEVICE.
  func bind(toDevice interface: Interface) throws(Errno) {
    let name = Array(interface.name.utf8)
    _ = try unsafe name.span.raw.withUnsafeBytes { text throws(Errno) in
      try kernel(.bindToDevice) {
        unsafe setsockopt(raw, SOL_SOCKET, SO_BINDTODEVICE, text.baseAddress, socklen_t(text.count))
      }
    }
  }

  /// Lets only what the program accepts into the socket from now on, `socket(7)` SO_ATTACH_FILTER.
  func attach(_ filter: FilterProgram) throws(Errno) {
    var instructions = filter.instructions.map { sock_filter(code: $0.code, jt: $0.jt, jf: $0.jf, k: $0.k) }
    _ = unsafe try instructions.withUnsafeMutableBufferPointer { list throws(Errno) in
      var program = unsafe sock_fprog(len: UInt16(list.count), filter: list.baseAddress)
      return try kernel(.attachFilter) {
        unsafe setsockopt(raw, SOL_SOCKET, SO_ATTACH_FILTER, &program, socklen_t(MemoryLayout<sock_fprog>.size))
      }
    }
  }

  /// Raises the receive buffer as far as the machine allows: beyond `net.core.rmem_max` with CAP_NET_ADMIN.
  func raiseReceiveBuffer(to octets: Int32) throws(Errno) {
    do { try set(.receiveBufferForce, to: octets) } catch { try set(.receiveBuffer, to: octets) }
  }
}
