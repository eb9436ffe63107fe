import Glibc

/// A socket address of either family from its text.
func withSocketAddress<Answer>(
  _ address: String, port: UInt16, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) throws -> Answer
) throws -> Answer {
  var v4 = sockaddr_in()
  if unsafe inet_pton(AF_INET, address, &v4.sin_addr) == 1 {
    v4.sin_family = sa_family_t(AF_INET)
    v4.sin_port = port.bigEndian
    return try unsafe withUnsafePointer(to: &v4) {
      try unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        try unsafe body(AF_INET, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
  var v6 = sockaddr_in6()
  guard unsafe inet_pton(AF_INET6, address, &v6.sin6_addr) == 1 else { throw LaboratoryError("no address: \(address)") }
  v6.sin6_family = sa_family_t(AF_INET6)
  v6.sin6_port = port.bigEndian
  return try unsafe withUnsafePointer(to: &v6) {
    try unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      try unsafe body(AF_INET6, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
    }
  }
}

/// Listens with TCP on an address of the calling thread's namespace; gives the socket and its port.
func listenTCP(_ address: String, port: UInt16) throws -> (Int32, UInt16) {
  try unsafe withSocketAddress(address, port: port) { family, pointer, length in
    let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw LaboratoryError.system("socket") }
    var one: Int32 = 1
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, 4)
    var bound = sockaddr_in6()
    var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
    guard unsafe bind(descriptor, pointer, length) == 0, listen(descriptor, 64) == 0 else {
      let error = LaboratoryError.system("listen on \(address) port \(port)")
      close(descriptor)
      throw error
    }
    _ = unsafe withUnsafeMutablePointer(to: &bound) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(descriptor, $0, &size) }
    }
    return (descriptor, UInt16(bigEndian: bound.sin6_port))
  }
}

extension Namespace {
  /// Makes one ordinary connection with the kernel's TCP, closes it, and tells its source port.
  ///
  /// What a listener accepts first after something else happened proves what that something left behind.
  public func connect(to address: String, port: UInt16) throws -> UInt16 {
    try run {
      try unsafe withSocketAddress(address, port: port) { family, pointer, length in
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw LaboratoryError.system("socket") }
        defer { close(descriptor) }
        guard unsafe Glibc.connect(descriptor, pointer, length) == 0 else { throw LaboratoryError.system("connect") }
        var bound = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        _ = unsafe withUnsafeMutablePointer(to: &bound) {
          unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(descriptor, $0, &size) }
        }
        return UInt16(bigEndian: bound.sin6_port)
      }
    }
  }

  /// Whether an address answers at once that nothing listens on a port.
  public func refuses(_ address: String, port: UInt16) throws -> Bool {
    try run {
      try unsafe withSocketAddress(address, port: port) { family, pointer, length in
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { throw LaboratoryError.system("socket") }
        defer { close(descriptor) }
        if unsafe Glibc.connect(descriptor, pointer, length) == 0 { return false }
        guard errno == EINPROGRESS else { return errno == ECONNREFUSED }
        var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard unsafe poll(&polled, 1, 100) == 1 else { return false }
        var code: Int32 = 0
        var size = socklen_t(4)
        unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        return code == ECONNREFUSED
      }
    }
  }
}
