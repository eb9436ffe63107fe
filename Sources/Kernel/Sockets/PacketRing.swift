import CLinux
import Glibc
import Timebase
import Wire

/// What the kernel tells about a packet in the ring, beside its octets.
public struct RingReception: Hashable, Sendable {
  /// When it came in, by the kernel's word.
  public var kernelStamp: WallTime
  /// Whether its sender's kernel left the checksum to an offload that has not happened (TP_STATUS_CSUMNOTREADY).
  public var mayBeUnfinished: Bool
  /// Whether the packet was longer than there was room for and lost its end.
  public var isTruncated: Bool
}

/// A packet socket whose packets lie in memory that the kernel fills: no system call for each, `packet_mmap.rst`.
///
/// It sees whole IP packets of one family that one interface receives, before any firewall. It needs CAP_NET_RAW.
///
/// Sound: the memory is mapped as long as the value lives; a frame is read only while it is ours, as its status says.
@safe public struct PacketRing: ~Copyable {
  /// What to poll for readability.
  public let descriptor: FileDescriptor
  private let memory: UnsafeMutableRawPointer
  private var next = 0
  private var lost: UInt32 = 0
  /// Where packets are read to that are longer than a frame.
  private var long = ReceiveBuffer()
  /// How many packets have lost their end so far: longer than a frame, and no room for the whole.
  public private(set) var truncated = 0

  /// An Ethernet frame's packet and the kernel's words about it fit one; what offload has merged may not, and comes
  /// whole by the socket's queue (TP_STATUS_COPY).
  private static let frameSize = 2_048
  private static let frameCount = 4_096
  private static var size: Int { frameSize * frameCount }

  /// Opens the ring shut, then lets in TCP from the addresses and ports given, and ICMP errors.
  ///
  /// - Throws: EPERM without CAP_NET_RAW, ENODEV for an interface that is gone, ENOMEM.
  public init(
    on interface: Interface, family: AddressFamily, from addresses: [IPAddress], ports: [UInt16]
  ) throws(Errno) {
    // Protocol 0 receives nothing: it is bound to the family only when all else is set.
    let descriptor = try FileDescriptor(socket: AF_PACKET, .datagram, protocol: 0)
    try descriptor.attach(.from(addresses, ports: ports, family: family))
    try descriptor.set(PacketRing.option(PACKET_VERSION), to: CInt(TPACKET_V2.rawValue))
    try descriptor.set(PacketRing.option(PACKET_IGNORE_OUTGOING), to: CInt(1))
    try descriptor.set(PacketRing.option(PACKET_COPY_THRESH), to: CInt(PacketRing.frameSize))
    try descriptor.raiseReceiveBuffer(to: 1 << 23)
    try descriptor.set(
      PacketRing.option(PACKET_TIMESTAMP), to: CInt(SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE))
    let block = UInt32(1 << 16)
    let request = tpacket_req(
      tp_block_size: block, tp_block_nr: UInt32(PacketRing.size) / block, tp_frame_size: UInt32(PacketRing.frameSize),
      tp_frame_nr: UInt32(PacketRing.frameCount))
    try descriptor.set(PacketRing.option(PACKET_RX_RING, call: .packetRing), to: request)
    let raw = descriptor.raw
    let mapped = unsafe mmap(nil, PacketRing.size, PROT_READ | PROT_WRITE, MAP_SHARED, raw, 0)
    guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else { throw Errno(code: errno, call: .mmap) }
    do throws(Errno) {
      try descriptor.bind(toLink: interface, family)
    } catch {
      _ = unsafe munmap(mapped, PacketRing.size)
      throw error
    }
    unsafe memory = mapped
    self.descriptor = descriptor
  }

  deinit { _ = unsafe munmap(memory, PacketRing.size) }

  static func option(_ name: CInt, call: Errno.Call = .setsockopt) -> SocketOption {
    SocketOption(level: SOL_PACKET, name: name, call: call)
  }

  /// Whether a packet waits.
  public var hasPacket: Bool { unsafe clinux_frame_status(frame) & UInt32(TP_STATUS_USER) != 0 }

  /// Hands the oldest packet to `body` and gives its room back; false where none waits.
  public mutating func take(_ body: (RawSpan, RingReception) -> Void) -> Bool {
    let start = unsafe frame
    let status = unsafe clinux_frame_status(start)
    guard status & UInt32(TP_STATUS_USER) != 0 else { return false }
    let whole = unsafe RawSpan(_unsafeStart: start, byteCount: PacketRing.frameSize)
    let from = min(Int(whole.load(native: 14, as: UInt16.self)), PacketRing.frameSize)
    let count = min(Int(whole.load(native: 8, as: UInt32.self)), PacketRing.frameSize - from)
    let seconds = Int64(whole.load(native: 16, as: UInt32.self))
    let nanoseconds = Int64(whole.load(native: 20, as: UInt32.self))
    var reception = RingReception(
      kernelStamp: WallTime(nanoseconds: seconds &* 1_000_000_000 &+ nanoseconds),
      mayBeUnfinished: status & UInt32(TP_STATUS_CSUMNOTREADY) != 0, isTruncated: false)
    if status & UInt32(TP_STATUS_COPY) != 0, let message = try? descriptor.receiveMessage(into: &long) {
      body(long.view(first: message.count), reception)
    } else {
      let length = Int(whole.load(native: 4, as: UInt32.self))
      reception.isTruncated = count < length
      if reception.isTruncated { truncated += 1 }
      body(whole.extracting(from..<from + count), reception)
    }
    unsafe clinux_give_frame_back(start)
    next = (next &+ 1) & (PacketRing.frameCount - 1)
    return true
  }

  private var frame: UnsafeMutableRawPointer { unsafe memory + next &* PacketRing.frameSize }

  /// How many packets found no room so far, PACKET_STATISTICS.
  public mutating func dropped() throws(Errno) -> UInt32 {
    let option = PacketRing.option(PACKET_STATISTICS, call: .getsockopt)
    let statistics = try descriptor.value(of: option, from: tpacket_stats())
    // The kernel begins again at each look.
    lost &+= statistics.tp_drops
    return lost
  }
}

extension FileDescriptor {
  /// Binds a packet socket to a family's packets on one interface, `packet(7)`.
  func bind(toLink interface: Interface, _ family: AddressFamily) throws(Errno) {
    var name = sockaddr_ll()
    name.sll_family = UInt16(AF_PACKET)
    name.sll_protocol = UInt16(family == .v4 ? ETH_P_IP : ETH_P_IPV6).bigEndian
    name.sll_ifindex = CInt(interface.index)
    _ = unsafe try withUnsafePointer(to: name) { pointer throws(Errno) in
      let pointer = unsafe UnsafeRawPointer(pointer).assumingMemoryBound(to: sockaddr.self)
      return try kernel(.bind) { unsafe Glibc.bind(raw, pointer, socklen_t(MemoryLayout<sockaddr_ll>.size)) }
    }
  }
}
