import CLinux
import Glibc
import Wire

/// A TCP connection that the kernel makes, `connect(2)`: the way without privileges.
///
/// Nothing here ever waits.
public struct KernelConnection: ~Copyable, Sendable {
  /// What to poll: writable once the attempt has ended either way, readable when the peer sends, closes or resets.
  public let descriptor: FileDescriptor

  /// Begins to connect; `isEstablished` shows how it goes.
  ///
  /// A link-local address belongs to the interface `scope`, which an address of this host's is not reached by. From a
  /// socket that holds its source already, where one is given.
  ///
  /// - Throws: what can be known at once: ENETUNREACH and EHOSTUNREACH (no route), EADDRNOTAVAIL and EADDRINUSE (the
  ///   source), EPERM (a firewall), EACCES, ENODEV.
  public init(
    to address: IPAddress, port: UInt16, from source: IPAddress? = nil, sourcePort: UInt16 = 0,
    interface: Interface? = nil, scope: Interface? = nil, reserved: ReservedSource? = nil
  ) throws(Errno) {
    let descriptor: FileDescriptor
    if let socket = reserved?.take() {
      descriptor = socket
    } else {
      descriptor = try FileDescriptor(socket: address.family.number, .stream, protocol: IPPROTO_TCP)
      try descriptor.bind(source, sourcePort, of: address.family, interface, scope: scope)
    }
    let raw = descriptor.raw
    let scope = (scope ?? interface)?.index ?? 0
    do {
      try unsafe SocketAddress(address, port: port, scope: scope).read { (name, length) throws(Errno) in
        _ = try kernel(.connect) { unsafe Glibc.connect(raw, name, length) }
      }
    } catch  where error.code == EINPROGRESS {
      // As it should be: the handshake takes a while.
    }
    self.descriptor = descriptor
  }

  /// Whether the handshake is complete; false while it goes on.
  ///
  /// - Throws: how it failed: ECONNREFUSED (RST), ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EACCES (ICMP).
  public func isEstablished() throws(Errno) -> Bool {
    let code = try descriptor.value(of: .error, from: CInt(0))
    guard code == 0 else { throw Errno(code: code, call: .connect) }
    // A quick peer may have closed already: any state past SYN-SENT will do.
    return try information().state != .synSent
  }

  /// What the kernel's TCP knows of the connection, `tcp(7)` TCP_INFO.
  public func information() throws(Errno) -> TCPInformation {
    // 256 octets have room for more than any kernel fills in; what an older one leaves out stays 0.
    TCPInformation(try descriptor.value(of: .tcpInfo, from: InlineArray<256, UInt8>(repeating: 0)).raw)
  }

  /// Our own address and port.
  public func localEnd() throws(Errno) -> (address: IPAddress?, port: UInt16) {
    let end = try descriptor.localEnd()
    return (end.address, end.port)
  }

  /// Sends what the kernel has room for, `send(2)`: how much, or nil: nothing now.
  public func send(_ octets: RawSpan) throws(Errno) -> Int? {
    try unsafe octets.withUnsafeBytes { bytes throws(Errno) in
      try kernelNow(.sendto) {
        unsafe Glibc.send(descriptor.raw, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
      }
    }
  }

  /// Reads what has come, `read(2)`: 0 once the peer has sent its FIN, nil: nothing now.
  @_lifetime(buffer: copy buffer)
  public func receive(into buffer: inout MutableRawSpan) throws(Errno) -> Int? { try descriptor.read(into: &buffer) }

  /// Sends our FIN; the peer may go on sending, `shutdown(2)`.
  ///
  /// - Throws: ENOTCONN where the peer has already reset.
  public func finish() throws(Errno) {
    let raw = descriptor.raw
    _ = try kernel(.shutdown) { shutdown(raw, CInt(SHUT_WR)) }
  }

  /// Sends an RST and forgets the connection, `socket(7)` SO_LINGER with no time.
  public consuming func reset() throws(Errno) {
    try descriptor.set(.linger, to: linger(l_onoff: 1, l_linger: 0))
    try descriptor.close()
  }
}

/// A source port below 1024 for one connection of the kernel's, taken while a privilege allows it.
public final class ReservedSource {
  private var descriptor: FileDescriptor?

  /// Takes a port of an address, beside others who take it so.
  public init(
    _ family: AddressFamily, _ source: IPAddress?, port: UInt16, interface: Interface?, scope: Interface?
  ) throws(Errno) {
    let descriptor = try FileDescriptor(socket: family.number, .stream, protocol: IPPROTO_TCP)
    try descriptor.set(.reuseAddress, to: CInt(1))
    try descriptor.bind(source, port, of: family, interface, scope: scope)
    self.descriptor = consume descriptor
  }

  /// The socket, once.
  func take() -> FileDescriptor? { descriptor.take() }
}

extension FileDescriptor {
  /// Says where connections leave from, as far as that was asked for.
  fileprivate func bind(
    _ source: IPAddress?, _ port: UInt16, of family: AddressFamily, _ interface: Interface?, scope: Interface?
  ) throws(Errno) {
    if let interface { try bind(toDevice: interface) }
    guard source != nil || port != 0 else { return }
    let any: IPAddress = family == .v4 ? .v4(IPv4Address(0)) : .v6(IPv6Address(0))
    try bind(to: source ?? any, port: port, scope: (scope ?? interface)?.index ?? 0)
  }
}
