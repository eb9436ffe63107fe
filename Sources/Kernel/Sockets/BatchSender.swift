import CLinux
import Glibc
import Wire

/// Sends batches of whole IP packets, `sendmmsg(2)`: one system call for many.
public struct BatchSender: ~Copyable, Sendable {
  /// Which way the packets go.
  public enum Path: String, Hashable, Sendable {
    /// Through the kernel's IP layer, which routes each packet and finds its neighbour, `raw(7)`.
    case raw
    /// Straight to the interface, `packet(7)`: no lookup, and no firewall of this host in between.
    case packet
  }

  /// Which way the packets go.
  public let path: Path
  /// What to poll for room.
  public let descriptor: FileDescriptor
  private var names: [UInt8]
  private let family: AddressFamily
  private let nameRoom: Int
  private let nameLength: UInt32

  /// Opens a raw socket; destination `i` of a batch is address `i`.
  ///
  /// - Throws: EPERM without CAP_NET_RAW, EAFNOSUPPORT without IPv6.
  public init(routing destinations: [IPAddress], family: AddressFamily, interface: Interface?) throws(Errno) {
    let descriptor = try FileDescriptor(socket: family.number, .raw, protocol: IPPROTO_RAW)
    if family == .v6 { try descriptor.set(.headerIncludedV6, to: CInt(1)) }
    if let interface { try descriptor.bind(toDevice: interface) }
    self.descriptor = descriptor
    path = .raw
    self.family = family
    nameRoom = SocketAddress.capacity
    nameLength = family == .v4 ? 16 : 28
    names = destinations.flatMap { SocketAddress($0, scope: interface?.index ?? 0).allOctets }
  }

  /// Opens a raw socket for packets to any address: destination `i` of a batch is what `name(_:_:)` said last.
  ///
  /// - Throws: EPERM without CAP_NET_RAW, EAFNOSUPPORT without IPv6.
  public init(routingAnyOf family: AddressFamily, places: Int, interface: Interface?) throws(Errno) {
    let nowhere: IPAddress = family == .v4 ? .v4(IPv4Address(0)) : .v6(IPv6Address(0))
    try self.init(
      routing: [IPAddress](repeating: nowhere, count: max(places, 1)), family: family, interface: interface)
  }

  /// Says that destination `place` is this address from now on; means something for a raw socket only.
  public mutating func name(_ place: Int, _ address: IPAddress) {
    guard path == .raw, (place + 1) * nameRoom <= names.count else { return }
    let start = place * nameRoom
    names.build { out in
      switch address {
      case .v4(let address): out.store(bigEndian: address.rawValue, at: start + 4)
      case .v6(let address):
        out.store(bigEndian: UInt64(truncatingIfNeeded: address.rawValue >> 64), at: start + 8)
        out.store(bigEndian: UInt64(truncatingIfNeeded: address.rawValue), at: start + 16)
      }
    }
  }

  /// Opens a packet socket that receives nothing, and knows no destination before `address(_:)`.
  ///
  /// - Throws: EPERM without CAP_NET_RAW.
  public init(toLinkOf family: AddressFamily) throws(Errno) {
    descriptor = try FileDescriptor(socket: AF_PACKET, .datagram, protocol: 0)
    path = .packet
    nameRoom = MemoryLayout<sockaddr_ll>.size
    nameLength = UInt32(nameRoom)
    names = []
    self.family = family
  }

  /// From now on destination `i` of a batch is neighbour `i`; means something for a packet socket only.
  public mutating func address(_ neighbors: [Neighbor]) {
    guard path == .packet else { return }
    names = neighbors.flatMap { $0.socketAddress(family) }
  }

  /// Sends packets of a batch from an index on, never waiting.
  ///
  /// - Returns: how many the kernel took; 0 where it had no room (EAGAIN, ENOBUFS).
  /// - Throws: what the kernel says of the packet at the index: EPERM from a firewall, EMSGSIZE, ENETUNREACH,
  ///   EHOSTUNREACH, ENETDOWN, ENXIO for an interface that is gone.
  public func send(_ batch: borrowing PacketBatch, from index: Int) throws(Errno) -> Int {
    // The C side takes it on trust that every destination has a name.
    for packet in index..<batch.count {
      precondition((batch.destination(of: packet) + 1) * nameRoom <= names.count, "a destination without a name")
    }
    let raw = descriptor.raw
    let (room, count) = (batch.room, UInt32(batch.count - index))
    let (nameRoom, nameLength) = (nameRoom, nameLength)
    do throws(Errno) {
      let sent = try unsafe batch.allOctets.withUnsafeBytes { octets throws(Errno) -> CInt? in
        try unsafe batch.allLengths.withUnsafeBufferPointer { lengths throws(Errno) in
          try unsafe batch.allDestinations.withUnsafeBufferPointer { destinations throws(Errno) in
            try unsafe names.span.raw.withUnsafeBytes { names throws(Errno) in
              try kernelNow(.sendmmsg) {
                unsafe clinux_send_packets(
                  raw, UInt32(index), count, octets.assumingMemoryBound(to: UInt8.self).baseAddress, room,
                  lengths.baseAddress, destinations.baseAddress, names.baseAddress, nameRoom, nameLength)
              }
            }
          }
        }
      }
      return sent.map(Int.init) ?? 0
    } catch {
      if error.code == ENOBUFS { return 0 }
      throw error
    }
  }
}
