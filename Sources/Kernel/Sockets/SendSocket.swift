import CLinux
import Glibc
import Timebase
import Wire

/// When a packet left, by the kernel's word.
public struct TransmitStamp: Hashable, Sendable {
  /// The number that `SendSocket.send` gave the packet.
  public var id: UInt32
  /// When the driver got it, on the wall clock.
  public var wall: WallTime
}

/// A raw socket that whole IP packets are sent through, header and all, `raw(7)`.
///
/// The kernel routes them and finds the neighbour; in an IPv4 header it always fills in the total length and the
/// header checksum, and the identification if that is 0. It needs CAP_NET_RAW. Nothing is ever received from it.
public struct SendSocket: ~Copyable, Sendable {
  /// What to poll: readable errors are transmission stamps, writable is room for another packet.
  public let descriptor: FileDescriptor
  /// The family of the packets.
  public let family: AddressFamily
  private var nextID: UInt32 = 0

  /// Opens the socket, bound to an interface where one is given; with `timestamps` the kernel stamps every packet, and
  /// with `sendsFragments` connection tracking does not put IPv4 fragments together before they leave.
  ///
  /// - Throws: EPERM without CAP_NET_RAW, EAFNOSUPPORT without IPv6, ENODEV for an interface that is gone.
  public init(
    family: AddressFamily, interface: Interface? = nil, timestamps: Bool = true, sendsFragments: Bool = false
  ) throws(Errno) {
    let descriptor = try FileDescriptor(socket: family.number, .raw, protocol: IPPROTO_RAW)
    if family == .v6 { try descriptor.set(.headerIncludedV6, to: CInt(1)) }
    if let interface { try descriptor.bind(toDevice: interface) }
    if family == .v4, sendsFragments { try descriptor.set(.noDefragmentation, to: CInt(1)) }
    if timestamps { try descriptor.switchTransmitStampsOn() }
    self.descriptor = descriptor
    self.family = family
  }

  /// Whether a packet leaves as it is: what of it the kernel would fill in anew is right already.
  ///
  /// In IPv4 that is the source where it is 0, the identification where it is 0 and the packet may be fragmented, the
  /// total length and the header checksum; a header length that cannot be is refused (`raw_send_hdrinc` in
  /// net/ipv4/raw.c). IPv6 packets are sent as they are (`rawv6_send_hdrinc` in net/ipv6/raw.c), but for fragments, which
  /// connection tracking puts together or drops (`nf_ct_frag6_gather`).
  public static func sendsUnchanged(_ packet: RawSpan) -> Bool {
    guard packet.byteCount > 0, packet.octet(at: 0) >> 4 != 6 else { return !isFragment(packet) }
    guard let header = try? IPv4HeaderView(checking: packet) else { return false }
    let isIdentified = header.identification != 0 || header.dontFragment
    return isIdentified && header.hasGoodChecksum && Int(header.totalLength) == packet.byteCount
      && header.source.rawValue != 0
  }

  private static func isFragment(_ packet: RawSpan) -> Bool {
    guard let header = try? IPv6HeaderView(lax: packet),
      let chain = try? IPv6ExtensionChain(nextHeader: header.nextHeader, payload: header.payload)
    else { return false }
    return chain.fragment.map { !$0.isAtomic } ?? false
  }

  /// Sends one whole IP packet, `sendto(2)`, never waiting.
  ///
  /// - Parameters:
  ///   - packet: the packet from the first octet of its IP header on.
  ///   - destination: where the kernel routes it: the packet's own destination.
  ///   - interfaceIndex: the interface of a link-local IPv6 destination; otherwise 0.
  /// - Returns: the number under which its transmission stamp will come; nil where there was no room (EAGAIN,
  ///   ENOBUFS) and nothing was sent.
  /// - Throws: EPERM from a firewall, EMSGSIZE, EINVAL, ENETUNREACH, EHOSTUNREACH, EACCES, ENETDOWN.
  public mutating func send(
    _ packet: RawSpan, to destination: IPAddress, interfaceIndex: UInt32 = 0
  ) throws(Errno) -> UInt32? {
    let sent: Int?
    do {
      sent = try unsafe SocketAddress(destination, scope: interfaceIndex).read { (name, length) throws(Errno) in
        try unsafe packet.withUnsafeBytes { bytes throws(Errno) in
          try kernelNow(.sendto) { unsafe sendto(descriptor.raw, bytes.baseAddress, bytes.count, 0, name, length) }
        }
      }
    } catch {
      // The kernel numbers a packet once it is built: a firewall's refusal comes after that, all others before
      // (raw_send_hdrinc and rawv6_send_hdrinc in net/ipv4/raw.c and net/ipv6/raw.c).
      if error.code == EPERM { nextID &+= 1 }
      if error.code == ENOBUFS { return nil }
      throw error
    }
    guard sent != nil else { return nil }
    defer { nextID &+= 1 }
    return nextID
  }

  /// The oldest transmission stamp that has not been taken yet; nil: there is none now.
  public func nextTransmitStamp() throws(Errno) -> TransmitStamp? { try descriptor.nextTransmitStamp() }
}

extension FileDescriptor {
  /// SO_TIMESTAMPING (timestamping.rst, 1.3): a software stamp on transmission, distinguished by a number.
  ///
  /// Unread stamps count against the receive buffer, so it is made large.
  func switchTransmitStampsOn() throws(Errno) {
    let flags =
      SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID
      | SOF_TIMESTAMPING_OPT_TSONLY | SOF_TIMESTAMPING_OPT_CMSG
    try set(.timestamping, to: CInt(flags))
    try raiseReceiveBuffer(to: 1 << 22)
  }

  /// The oldest transmission stamp that has not been taken yet; nil: there is none now.
  func nextTransmitStamp() throws(Errno) -> TransmitStamp? {
    // The queue may also hold what is no stamp: at most its length of them are passed over.
    var none = InlineArray<1, UInt8>(repeating: 0)
    var list = none.mutableSpan
    var nowhere = unsafe list.mutableBytes
    while let message = try receiveMessage(into: &nowhere, flags: CInt(MSG_ERRQUEUE)) {
      guard let id = message.control.transmitID, let wall = message.control.kernelStamp else { continue }
      return TransmitStamp(id: id, wall: wall)
    }
    return nil
  }
}
