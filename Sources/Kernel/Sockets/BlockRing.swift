import CLinux
import Glibc
import Timebase
import Wire

/// Packets that the kernel writes one behind the other into blocks of memory, TPACKET_V3 of `packet_mmap.rst`.
///
/// A block changes hands when it is full, or a few milliseconds old: one wake-up for a thousand packets, or for one. It
/// sees whole IP packets of one family that one interface receives, before any firewall. It needs CAP_NET_RAW.
///
/// Sound: the memory is mapped as long as the value lives; a block is read only while it is ours, as its status says, and
/// what it says of itself is believed within its bounds alone.
@safe public struct BlockRing: ~Copyable {
  /// What to poll for readability.
  public let descriptor: FileDescriptor
  private let memory: UnsafeMutableRawPointer
  private let blocks: Int
  /// The block that is read, and what is left in it: so many packets, the next one at an offset.
  private var (block, left, offset) = (0, 0, 0)
  private var isOpen = false
  private var lost: UInt32 = 0
  /// How many packets have lost their end so far: longer than a block has room for.
  public private(set) var truncated = 0

  /// Whatever answers a SYN fits: no offload merges it.
  static let blockSize = 32_768
  /// How old a block is at most before it is handed over, in milliseconds.
  private static let patience: UInt32 = 10
  /// The least and the most blocks of a ring.
  ///
  /// A block that is handed over by its age may hold one packet: so many of them are more than a second, for which the
  /// reader may be kept from reading.
  static let room = 128...1_024

  /// Opens the ring shut, then lets in answers to ports of ours, and ICMP errors about them; `rate` answers a second are
  /// to have room for half a second.
  ///
  /// - Throws: EPERM without CAP_NET_RAW, ENODEV for an interface that is gone, ENOMEM.
  public init(on interface: Interface, family: AddressFamily, ports: [UInt16], rate: Int) throws(Errno) {
    // A packet of up to 80 octets and what the kernel says of it.
    let wanted = min(max(rate, 0), 10_000_000) / 2 * 192 / BlockRing.blockSize
    blocks = min(max(wanted, BlockRing.room.lowerBound), BlockRing.room.upperBound)
    // Protocol 0 receives nothing: it is bound to the family only when all else is set.
    let descriptor = try FileDescriptor(socket: AF_PACKET, .datagram, protocol: 0)
    try descriptor.attach(.answers(family: family, to: ports))
    try descriptor.set(PacketRing.option(PACKET_VERSION), to: CInt(TPACKET_V3.rawValue))
    try descriptor.set(PacketRing.option(PACKET_IGNORE_OUTGOING), to: CInt(1))
    try descriptor.set(
      PacketRing.option(PACKET_TIMESTAMP), to: CInt(SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE))
    let frame: UInt32 = 2_048
    let request = tpacket_req3(
      tp_block_size: UInt32(BlockRing.blockSize), tp_block_nr: UInt32(blocks), tp_frame_size: frame,
      tp_frame_nr: UInt32(BlockRing.blockSize) / frame * UInt32(blocks), tp_retire_blk_tov: BlockRing.patience,
      tp_sizeof_priv: 0, tp_feature_req_word: 0)
    try descriptor.set(PacketRing.option(PACKET_RX_RING, call: .packetRing), to: request)
    let raw = descriptor.raw
    let size = blocks * BlockRing.blockSize
    let mapped = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, raw, 0)
    guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else { throw Errno(code: errno, call: .mmap) }
    do throws(Errno) {
      try descriptor.bind(toLink: interface, family)
    } catch {
      _ = unsafe munmap(mapped, size)
      throw error
    }
    unsafe memory = mapped
    self.descriptor = descriptor
  }

  deinit { _ = unsafe munmap(memory, blocks * BlockRing.blockSize) }

  /// Asks a poll loop to watch for packets.
  public func watch(by poller: inout Poller) { _ = poller.add(descriptor, for: .readable) }

  /// Hands up to `most` packets to `body`, the oldest first, and gives blocks back that were read; how many there were.
  public mutating func take(most: Int, _ body: (RawSpan, RingReception) -> Void) -> Int {
    var taken = 0
    while taken < most {
      let start = unsafe memory + block &* BlockRing.blockSize
      if !isOpen {
        guard unsafe clinux_frame_status(start + 8) & UInt32(TP_STATUS_USER) != 0 else { break }
        isOpen = true
        let head = unsafe BlockRing.head(RawSpan(_unsafeStart: start, byteCount: BlockRing.blockSize))
        (left, offset) = (head.count, head.offset)
      }
      let octets = unsafe RawSpan(_unsafeStart: start, byteCount: BlockRing.blockSize)
      while left > 0, taken < most {
        guard let frame = BlockFrame(in: octets, at: offset) else {
          left = 0
          break
        }
        if frame.reception.isTruncated { truncated += 1 }
        body(octets.extracting(frame.packet), frame.reception)
        taken += 1
        left -= 1
        if left > 0, frame.next == nil { left = 0 }
        offset = frame.next ?? 0
      }
      guard left == 0 else { break }
      unsafe clinux_give_frame_back(start + 8)
      isOpen = false
      block = (block + 1) % blocks
    }
    return taken
  }

  /// Whether more than a half of the blocks wait to be read; with `less`, more than an eighth.
  public func isFilling(less: Bool = false) -> Bool {
    let ahead = (block + (less ? max(blocks / 8, 1) : blocks / 2)) % blocks
    return unsafe clinux_frame_status(memory + ahead &* BlockRing.blockSize + 8) & UInt32(TP_STATUS_USER) != 0
  }

  /// How many packets a block says that it has, and where the first one is.
  private static func head(_ block: RawSpan) -> (count: Int, offset: Int) {
    (Int(block.load(native: 12, as: UInt32.self)), Int(block.load(native: 16, as: UInt32.self)))
  }

  /// Takes an error that waits, as ENETDOWN where the link goes down, `packet(7)`: a wait for packets would end by it at once.
  public func clearError() { _ = try? descriptor.value(of: .error, from: CInt(0)) }

  /// How many packets found no room so far, PACKET_STATISTICS.
  public mutating func dropped() throws(Errno) -> UInt32 {
    let option = PacketRing.option(PACKET_STATISTICS, call: .getsockopt)
    let statistics = try descriptor.value(of: option, from: tpacket_stats_v3())
    // The kernel begins again at each look.
    lost &+= statistics.tp_drops
    return lost
  }
}

/// What a block says of one of its packets, a `tpacket3_hdr`, as far as it lies within the block.
struct BlockFrame {
  /// Where the packet lies, from its IP header on.
  let packet: Range<Int>
  /// What the kernel says of it.
  let reception: RingReception
  /// Where the next one's header is; nil where that is not behind this one's, or not within the block.
  let next: Int?

  private static let headerLength = 48

  /// Nil where header or packet do not lie within the block.
  init?(in block: RawSpan, at offset: Int) {
    guard offset >= 0, offset <= block.byteCount - BlockFrame.headerLength else { return nil }
    let header = block.extracting(offset..<offset + BlockFrame.headerLength)
    let start = Int(header.load(native: 26, as: UInt16.self))
    let (count, length) = (Int(header.load(native: 12, as: UInt32.self)), Int(header.load(native: 16, as: UInt32.self)))
    // The packet lies behind its header, and what there is of it may begin before its IP header.
    let mac = Int(header.load(native: 24, as: UInt16.self))
    guard mac >= BlockFrame.headerLength, start >= mac, count >= start - mac,
      offset + mac <= block.byteCount - count
    else { return nil }
    packet = offset + start..<offset + mac + count
    let status = header.load(native: 20, as: UInt32.self)
    let seconds = Int64(header.load(native: 4, as: UInt32.self))
    let nanoseconds = Int64(header.load(native: 8, as: UInt32.self))
    reception = RingReception(
      kernelStamp: WallTime(nanoseconds: seconds &* 1_000_000_000 &+ nanoseconds),
      mayBeUnfinished: status & UInt32(TP_STATUS_CSUMNOTREADY) != 0, isTruncated: count < length)
    let step = Int(header.load(native: 0, as: UInt32.self))
    next = step >= BlockFrame.headerLength && step <= block.byteCount - offset ? offset + step : nil
  }
}
