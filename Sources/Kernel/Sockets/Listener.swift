import CLinux
import Glibc
import Wire

/// A TCP port that the kernel listens on, for `probe demo`: served in steps from the one loop, without a thread.
public struct Listener: ~Copyable, Sendable {
  /// What to poll: readable when a connection is there to accept.
  public let descriptor: FileDescriptor
  /// The port it listens on.
  public let port: UInt16

  /// Listens on a local address; port 0 lets the kernel choose a free one.
  ///
  /// - Throws: EADDRINUSE, EADDRNOTAVAIL, EACCES; see `bind(2)`.
  public init(address: IPAddress, port: UInt16 = 0, backlog: Int32 = 128) throws(Errno) {
    let descriptor = try FileDescriptor(socket: address.family.number, .stream, protocol: IPPROTO_TCP)
    let raw = descriptor.raw
    try descriptor.set(.reuseAddress, to: CInt(1))
    try descriptor.bind(to: address, port: port, scope: 0)
    _ = try kernel(.listen) { Glibc.listen(raw, backlog) }
    self.port = try descriptor.localEnd().port
    self.descriptor = descriptor
  }

  /// Takes the oldest connection, `accept(2)`; nil: there is none now.
  public func accept() throws(Errno) -> ListenerConnection? {
    let raw = descriptor.raw
    let flags = CInt(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    do {
      guard let accepted = try kernelNow(.accept4, { clinux_accept4(raw, flags) }) else { return nil }
      return ListenerConnection(descriptor: FileDescriptor(owning: accepted))
    } catch  where error.code == ECONNABORTED {
      return nil  // it was reset before anyone came to take it
    }
  }
}

/// A connection that a listener has taken: reads whatever comes, and closes when the other side has.
public struct ListenerConnection: ~Copyable, Sendable {
  /// What to poll for readability.
  public let descriptor: FileDescriptor

  /// Sends our FIN and lets go; letting go of the value does the same.
  public consuming func close() {}

  /// Reads and forgets what has come, at most 64 KiB of it.
  ///
  /// - Returns: whether the other side has closed or reset: let go of the value then, which sends our FIN.
  public func step() throws(Errno) -> Bool {
    var scratch = InlineArray<4096, UInt8>(repeating: 0)
    var list = scratch.mutableSpan
    var bytes = unsafe list.mutableBytes
    do {
      for _ in 0..<16 {
        guard let count = try descriptor.read(into: &bytes) else { return false }
        if count == 0 {
          // The acknowledgment of the FIN that the kernel may be holding back goes out now, before our own FIN.
          try? descriptor.set(.quickAcknowledgment, to: CInt(1))
          return true
        }
      }
      return false
    } catch  where error.isConnectionReset {
      return true
    }
  }
}
