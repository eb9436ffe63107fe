import Glibc
import Wire

/// Keeps the kernel from resetting the connections that are made by hand from one port.
///
/// It is a listening TCP socket that refuses every segment before TCP sees it: the kernel finds a listener for the
/// SYN-ACK, the filter drops it, and nobody answers; a raw socket has had its copy by then. It needs no privilege,
/// reserves the port against the kernel's own connections, and ends with the value.
public struct ResetGuard: ~Copyable, Sendable {
  private let descriptor: FileDescriptor
  /// The port that is guarded.
  public let port: UInt16

  /// Guards a port of a local address; port 0 lets the kernel choose a free one.
  ///
  /// - Throws: EADDRINUSE for a port that is taken or in TIME-WAIT, EADDRNOTAVAIL for an address that is not this
  ///   host's, EACCES for a privileged port.
  public init(address: IPAddress, port: UInt16 = 0, interface: Interface? = nil) throws(Errno) {
    let descriptor = try FileDescriptor(socket: address.family.number, .stream, protocol: IPPROTO_TCP)
    try descriptor.bind(to: address, port: port, scope: interface?.index ?? 0)
    // Before listening: between the two, one segment could get through and be answered.
    try descriptor.attach(.dropAll)
    let raw = descriptor.raw
    _ = try kernel(.listen) { Glibc.listen(raw, 1) }
    self.port = try descriptor.localEnd().port
    self.descriptor = descriptor
  }
}
