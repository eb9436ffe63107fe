import CLinux
import Glibc
import Wire

/// Keeps the kernel from resetting the connections that are made by hand from one port.
///
/// It is a listening TCP socket that discards every segment before TCP can answer it: the kernel finds a listener for
/// the SYN-ACK, the listener's own rule throws it away, and no one answers; a raw socket has had its copy by then. It
/// reserves the port against the kernel's own connections, and ends with the value.
///
/// The rule is a filter that lets nothing through. Recent kernels (seen on 6.18.44) allow a filter on a TCP socket
/// only with CAP_NET_ADMIN; there the rule is a TCP MD5 listener with a random key (RFC 2385): it needs no privilege, and
/// an unsigned segment to a listener that demands one is dropped in silence.
public struct ResetGuard: ~Copyable, Sendable {
  /// What keeps the listener silent.
  public enum Rule: Hashable, Sendable {
    /// A classic BPF filter that drops everything.
    case filter
    /// A TCP MD5 signature of a random key, demanded of every peer.
    case signature
  }

  private let descriptor: FileDescriptor
  /// The port that is guarded.
  public let port: UInt16
  /// What keeps the listener silent.
  public let rule: Rule

  /// Guards a port of a local address; port 0 lets the kernel choose a free one.
  ///
  /// - Throws: EADDRINUSE for a port that is taken or in TIME-WAIT, EADDRNOTAVAIL for an address that is not this
  ///   host's, EACCES for a privileged port; EPERM where the kernel allows neither rule.
  public init(
    address: IPAddress, port: UInt16 = 0, interface: Interface? = nil, rule: Rule? = nil
  ) throws(Errno) {
    let descriptor = try FileDescriptor(socket: address.family.number, .stream, protocol: IPPROTO_TCP)
    try descriptor.bind(to: address, port: port, scope: interface?.index ?? 0)
    // Before listening: between the two, one segment could get through and be answered.
    let chosen = try ResetGuard.silence(descriptor, address.family, by: rule)
    let raw = descriptor.raw
    _ = try kernel(.listen) { Glibc.listen(raw, 1) }
    self.port = try descriptor.localEnd().port
    self.rule = chosen
    self.descriptor = descriptor
  }

  private static func silence(
    _ descriptor: borrowing FileDescriptor, _ family: AddressFamily, by rule: Rule?
  ) throws(Errno) -> Rule {
    if rule != .signature {
      do throws(Errno) {
        try descriptor.attach(.dropAll)
        return .filter
      } catch {
        // The filter is the better rule: a demanded signature is logged by older kernels when it is missing.
        guard error.code == EPERM, rule == nil else { throw error }
      }
    }
    try descriptor.demandSignature(family)
    return .signature
  }
}

extension FileDescriptor {
  /// Demands a signature by a random key of every peer, `tcp(7)` TCP_MD5SIG_EXT with a prefix of no length.
  fileprivate func demandSignature(_ family: AddressFamily) throws(Errno) {
    let (first, second) = (Entropy.uint64(), Entropy.uint64())
    _ = try kernel(.setsockopt) { clinux_demand_md5(raw, family.number, first, second) }
  }
}
