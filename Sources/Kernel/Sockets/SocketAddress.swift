import Glibc
import Wire

/// A `sockaddr_in` or `sockaddr_in6` as the octets that the kernel reads and writes, `ip(7)` and `ipv6(7)`.
///
/// Octets, because the C structs can only be had through pointers of the wrong type; CLinux.c shows the offsets.
struct SocketAddress {
  static let capacity = 28
  private var octets = InlineArray<28, UInt8>(repeating: 0)
  private var length = SocketAddress.capacity

  /// Room for an address that the kernel will fill in.
  init() {}

  /// The address and port of one end; `scope` is the interface index that a link-local IPv6 address needs, and that others do without.
  init(_ address: IPAddress, port: UInt16 = 0, scope: UInt32 = 0) {
    var list = octets.mutableSpan
    var bytes = unsafe list.mutableBytes
    bytes.storeBytes(of: UInt16(address.family.number), toByteOffset: 0, as: UInt16.self)
    bytes.store(bigEndian: port, at: 2)
    switch address {
    case .v4(let address):
      bytes.store(bigEndian: address.rawValue, at: 4)
      length = 16
    case .v6(let address):
      bytes.store(bigEndian: address.rawValue, at: 8)
      bytes.storeBytes(of: scope, toByteOffset: 24, as: UInt32.self)
    }
  }

  /// A copy of an address that someone else has made, as much of it as is there.
  init(copying other: RawSpan) { octets.copy(other.extracting(first: min(other.byteCount, Self.capacity)), at: 0) }

  /// The address; nil where the kernel left none or one of another family.
  var address: IPAddress? {
    switch CInt(octets.raw.load(native: 0, as: UInt16.self)) {
    case AF_INET: .v4(IPv4Address(octets.raw.load(bigEndian: 4)))
    case AF_INET6: .v6(IPv6Address(octets.raw.load(bigEndian: 8)))
    default: nil
    }
  }

  /// The number of the interface that a link-local IPv6 address belongs to; 0 for all others.
  var scope: UInt32 {
    CInt(octets.raw.load(native: 0, as: UInt16.self)) == AF_INET6 ? octets.raw.load(native: 24) : 0
  }

  /// The octets, as many as the longest address has.
  var allOctets: [UInt8] { octets.raw.octets }

  /// The port, in host order.
  var port: UInt16 { octets.raw.load(bigEndian: 2) }

  /// Hands the octets to a call that reads an address.
  func read<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) throws(Errno) -> R) throws(Errno) -> R {
    let octets = octets
    return unsafe try withUnsafePointer(to: octets) { pointer throws(Errno) in
      // Every sockaddr is read by its length; the kernel copies it and asks for no alignment.
      try unsafe body(UnsafeRawPointer(pointer).assumingMemoryBound(to: sockaddr.self), socklen_t(length))
    }
  }

  /// Hands the octets to a call that fills in an address.
  mutating func fill<R>(_ body: (UnsafeMutablePointer<sockaddr>, inout socklen_t) throws(Errno) -> R) throws(Errno) -> R
  {
    var room = socklen_t(SocketAddress.capacity)
    return unsafe try withUnsafeMutablePointer(to: &octets) { pointer throws(Errno) in
      try unsafe body(UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: sockaddr.self), &room)
    }
  }
}

extension FileDescriptor {
  func bind(to address: IPAddress, port: UInt16, scope: UInt32) throws(Errno) {
    try unsafe SocketAddress(address, port: port, scope: scope).read { (pointer, length) throws(Errno) in
      _ = try kernel(.bind) { unsafe Glibc.bind(raw, pointer, length) }
    }
  }

  /// The socket's own end, `getsockname(2)`.
  func localEnd() throws(Errno) -> SocketAddress {
    var end = SocketAddress()
    try unsafe end.fill { (pointer, length) throws(Errno) in
      _ = try kernel(.getsockname) { unsafe getsockname(raw, pointer, &length) }
    }
    return end
  }
}
