import CLinux
import Glibc
import Timebase
import Wire

/// A packet socket that whole IP packets are sent through as they are, straight to the next hop, `packet(7)`.
///
/// Nothing of the packet is looked at or filled in, and no firewall of this host sees it. It needs CAP_NET_RAW. Nothing is
/// ever received from it.
public struct LinkSocket: ~Copyable, Sendable {
  /// What to poll: readable errors are transmission stamps.
  public let descriptor: FileDescriptor
  /// The family of the packets.
  public let family: AddressFamily
  private var nextID: UInt32 = 0

  /// Opens the socket; the kernel stamps every packet.
  ///
  /// - Throws: EPERM without CAP_NET_RAW.
  public init(family: AddressFamily) throws(Errno) {
    let descriptor = try FileDescriptor(socket: AF_PACKET, .datagram, protocol: 0)
    try descriptor.switchTransmitStampsOn()
    self.descriptor = descriptor
    self.family = family
  }

  /// Sends one whole IP packet to a neighbour, `sendto(2)`, never waiting.
  ///
  /// - Returns: the number under which its transmission stamp will come; nil where there was no room (EAGAIN,
  ///   ENOBUFS) and nothing was sent.
  /// - Throws: EMSGSIZE beyond the interface's MTU, ENETDOWN, ENXIO for an interface that is gone.
  public mutating func send(_ packet: RawSpan, to neighbor: Neighbor) throws(Errno) -> UInt32? {
    let name = neighbor.socketAddress(family)
    let sent: Int?
    do throws(Errno) {
      sent = try unsafe name.span.raw.withUnsafeBytes { (name) throws(Errno) in
        try unsafe packet.withUnsafeBytes { (bytes) throws(Errno) in
          try kernelNow(.sendto) {
            unsafe sendto(
              descriptor.raw, bytes.baseAddress, bytes.count, 0,
              name.baseAddress?.assumingMemoryBound(to: sockaddr.self),
              socklen_t(name.count))
          }
        }
      }
    } catch {
      // The kernel numbers a packet once it is built, and finds a full queue after that (packet_snd in
      // net/packet/af_packet.c).
      guard error.code == ENOBUFS else { throw error }
      nextID &+= 1
      return nil
    }
    guard sent != nil else { return nil }
    defer { nextID &+= 1 }
    return nextID
  }

  /// The oldest transmission stamp that has not been taken yet; nil: there is none now.
  public func nextTransmitStamp() throws(Errno) -> TransmitStamp? { try descriptor.nextTransmitStamp() }
}

extension Neighbor {
  /// Its `sockaddr_ll`, `packet(7)`, for packets of a family.
  func socketAddress(_ family: AddressFamily) -> [UInt8] {
    var name: [UInt8] = []
    name.append(native: UInt16(AF_PACKET))
    name.append(native: UInt16(family == .v4 ? ETH_P_IP : ETH_P_IPV6).bigEndian)
    name.append(native: interfaceIndex)
    name.append(contentsOf: [0, 0, 0, UInt8(linkAddress.count)])
    name.append(contentsOf: linkAddress)
    name.append(contentsOf: repeatElement(0, count: MemoryLayout<sockaddr_ll>.size - name.count))
    return name
  }
}

/// Where a packet that the kernel does not route has to go.
public enum NextHop: Hashable, Sendable {
  /// To this one.
  case neighbor(Neighbor)
  /// To a host on the link, or a router, whose link address the kernel does not know yet.
  case unresolved
  /// To this host itself.
  case local(Neighbor)

  /// Asks the kernel for the way to a destination, and for who is next on it.
  ///
  /// - Throws: what `Route.to` throws.
  public static func towards(_ destination: IPAddress, interface: Interface? = nil) throws(Errno) -> NextHop {
    let route = try Route.to(destination, interface: interface)
    func at(_ linkAddress: [UInt8]) -> Neighbor {
      Neighbor(interfaceIndex: route.interface.index, linkAddress: linkAddress)
    }
    switch route.kind {
    case .local: return .local(at([0, 0, 0, 0, 0, 0]))
    case .broadcast: return .neighbor(at([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))
    case .multicast: return .neighbor(at(groupAddress(of: destination)))
    case .unicast, .anycast: break
    case .unreachable, .blackhole: throw Errno(code: EHOSTUNREACH, call: .routeLookup)
    case .prohibited: throw Errno(code: EACCES, call: .routeLookup)
    }
    // Tunnels have one other end, and no addresses.
    guard route.interface.hasNeighbors else { return .neighbor(at([])) }
    let neighbor = try Neighbor.at(route.gateway ?? destination, on: route.interface)
    return neighbor.map(NextHop.neighbor) ?? .unresolved
  }

  /// The link address of a group (RFC 1112 §6.4, RFC 2464 §7).
  private static func groupAddress(of group: IPAddress) -> [UInt8] {
    let octets = group.octets
    return group.family == .v4 ? [1, 0, 0x5e, octets[1] & 0x7f] + octets[2...] : [0x33, 0x33] + octets[12...]
  }
}
