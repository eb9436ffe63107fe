import Glibc
import Wire

/// A TCP port that is reserved and does not listen: segments to it find no connection, so that the kernel answers a
/// SYN-ACK with an RST, and the peer is not left half open.
public struct HeldPort: ~Copyable, Sendable {
  private let descriptor: FileDescriptor
  /// The port.
  public let port: UInt16

  /// Reserves a port of a local address; port 0 lets the kernel choose a free one.
  ///
  /// - Throws: EADDRINUSE for a port that is taken, EADDRNOTAVAIL for an address that is not this host's, EACCES for a
  ///   privileged port.
  public init(address: IPAddress, port: UInt16 = 0, interface: Interface? = nil) throws(Errno) {
    let descriptor = try FileDescriptor(socket: address.family.number, .stream, protocol: IPPROTO_TCP)
    try descriptor.bind(to: address, port: port, scope: interface?.index ?? 0)
    self.port = try descriptor.localEnd().port
    self.descriptor = descriptor
  }
}
