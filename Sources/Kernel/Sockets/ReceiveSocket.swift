import CLinux
import Glibc
import Timebase
import Wire

/// A raw socket that gets a copy of every packet of one protocol that reaches this host, `raw(7)`.
///
/// From IPv4 the packet comes with its IP header, from IPv6 without it. No one has verified a TCP or ICMP checksum
/// before (ICMPv6 ones the kernel has). It needs CAP_NET_RAW.
public struct ReceiveSocket: ~Copyable, Sendable {
  /// The protocols that answers to a SYN come in.
  public enum Payload: Hashable, Sendable {
    /// TCP segments.
    case tcp
    /// ICMP messages with IPv4, ICMPv6 messages with IPv6.
    case icmp
  }

  /// What to poll for readability.
  public let descriptor: FileDescriptor
  /// The family of the packets.
  public let family: AddressFamily

  /// Opens the socket shut: nothing comes in until `accept(only:)` says what may.
  ///
  /// - Throws: EPERM without CAP_NET_RAW, EAFNOSUPPORT without IPv6, ENODEV for an interface that is gone.
  public init(family: AddressFamily, carrying payload: Payload, interface: Interface? = nil) throws(Errno) {
    let number =
      switch (payload, family) {
      case (.tcp, _): IPPROTO_TCP
      case (.icmp, .v4): IPPROTO_ICMP
      case (.icmp, .v6): IPPROTO_ICMPV6
      }
    let descriptor = try FileDescriptor(socket: family.number, .raw, protocol: number)
    try descriptor.attach(.dropAll)
    try descriptor.drain()
    if let interface { try descriptor.bind(toDevice: interface) }
    try ReceiveSocket.askForEverything(descriptor, family)
    self.descriptor = descriptor
    self.family = family
  }

  private static func askForEverything(
    _ descriptor: borrowing FileDescriptor, _ family: AddressFamily
  ) throws(Errno) {
    let on: CInt = 1
    try descriptor.raiseReceiveBuffer(to: 1 << 23)
    try descriptor.set(.dropCounter, to: on)
    try descriptor.set(.timestamping, to: CInt(SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE))
    switch family {
    case .v4:
      try descriptor.set(.packetInfoV4, to: on)
    case .v6:
      try descriptor.set(.packetInfoV6, to: on)
      try descriptor.set(.hopLimitV6, to: on)
      try descriptor.set(.trafficClassV6, to: on)
    }
  }

  /// Lets in what the program accepts from now on, and nothing else.
  public func accept(only filter: FilterProgram) throws(Errno) { try descriptor.attach(filter) }

  /// Takes the oldest packet, `recvmsg(2)`, never waiting and never allocating; nil: there is none now.
  ///
  /// Receive offload may have merged segments: a buffer of `ReceiveBuffer.largestPacket` octets loses nothing.
  @_lifetime(buffer: copy buffer)
  public func receive(into buffer: inout MutableRawSpan) throws(Errno) -> ReceiveInfo? {
    let room = buffer.byteCount
    guard let message = try descriptor.receiveMessage(into: &buffer) else { return nil }
    return ReceiveInfo(
      count: min(message.count, room),
      kernelStamp: message.control.kernelStamp,
      interfaceIndex: message.control.interfaceIndex,
      source: message.source,
      destination: message.control.destination,
      hopLimit: message.control.hopLimit,
      trafficClass: message.control.trafficClass,
      isTruncated: message.flags & CInt(MSG_TRUNC) != 0,
      dropped: message.control.dropped)
  }
}

extension ReceiveSocket {
  /// How many packets the socket has lost so far for lack of room, SO_MEMINFO (sock_diag.h).
  ///
  /// `ReceiveInfo.dropped` counts only up to when that packet came in: what was lost after the last one shows here alone.
  public func dropped() throws(Errno) -> UInt32 {
    // SK_MEMINFO_VARS words, of which SK_MEMINFO_DROPS is the ninth.
    try descriptor.value(of: .memoryInformation, from: InlineArray<36, UInt8>(repeating: 0)).raw.load(native: 32)
  }
}

extension FileDescriptor {
  /// Throws away what came in between opening and shutting; bounded, since nothing comes in any more.
  fileprivate func drain() throws(Errno) {
    var scratch = InlineArray<1, UInt8>(repeating: 0)
    var list = scratch.mutableSpan
    var octets = unsafe list.mutableBytes
    while try unsafe octets.withUnsafeMutableBytes({ bytes throws(Errno) in
      try kernelNow(.recvfrom) { unsafe recv(raw, bytes.baseAddress, 1, CInt(MSG_DONTWAIT)) }
    }) != nil {}
  }
}

/// What the kernel tells about one received packet, beside its octets.
public struct ReceiveInfo: Hashable, Sendable {
  /// Octets in the buffer.
  public var count: Int
  /// When the packet came in, by the kernel's word; nil where it gave none (see `TimestampWarmUp`).
  public var kernelStamp: WallTime?
  /// The interface that it came in by; 0 where the kernel did not say.
  public var interfaceIndex: UInt32
  /// Who sent it.
  public var source: IPAddress?
  /// Whom it was sent to.
  public var destination: IPAddress?
  /// IPv6 only, whose header a raw socket does not get: the hop limit it came with.
  public var hopLimit: UInt8?
  /// IPv6 only: the traffic class it came with.
  public var trafficClass: UInt8?
  /// Whether the packet was longer than the buffer and lost its end.
  public var isTruncated: Bool
  /// How many packets this socket has lost so far for lack of room, SO_RXQ_OVFL; only ever grows, and wraps.
  public var dropped: UInt32
}

/// Room for one packet of any size, used again and again: memory that costs nothing until a packet fills it.
///
/// An array of that size would be cleared first, and its pages with it, in every process that receives three packets.
///
/// Sound: no one else has the memory, it lives as long as the value, and no octet is shown before it was filled.
@safe public struct ReceiveBuffer: ~Copyable {
  private let memory: UnsafeMutableRawBufferPointer
  /// How many octets of it were ever filled; what lies beyond is never shown.
  private var filled = 0

  /// The most octets that offload merges into one packet, 524,280 by Linux's GSO_MAX_SIZE (BIG TCP), and headers.
  public static var largestPacket: Int { 525_312 }

  /// Room for so many octets: unless told otherwise, for whatever offload may merge.
  public init(capacity: Int = ReceiveBuffer.largestPacket) {
    unsafe memory = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
  }

  deinit { unsafe memory.deallocate() }

  /// The first octets of it, as far as they were filled.
  @_lifetime(borrow self)
  public borrowing func view(first count: Int) -> RawSpan {
    let octets = unsafe UnsafeRawBufferPointer(rebasing: memory[..<min(max(count, 0), filled)])
    return unsafe _overrideLifetime(RawSpan(_unsafeBytes: octets), borrowing: self)
  }

  /// Hands its room to something that fills it from the front, and remembers how far.
  mutating func fill<Received>(
    _ body: (inout MutableRawSpan) throws(Errno) -> Received?, count: (Received) -> Int
  ) throws(Errno) -> Received? {
    var room = unsafe MutableRawSpan(_unsafeBytes: memory)
    guard let received = try body(&room) else { return nil }
    filled = max(filled, min(count(received), unsafe memory.count))
    return received
  }
}

extension FileDescriptor {
  /// Receives one packet to the front of a buffer, without waiting; nil: there is none.
  func receiveMessage(into buffer: inout ReceiveBuffer) throws(Errno) -> ReceivedMessage? {
    try buffer.fill({ (room) throws(Errno) in try receiveMessage(into: &room) }, count: \.count)
  }
}

extension ReceiveSocket {
  /// Receives one packet to the front of a buffer; see `receive(into:)` above.
  public func receive(into buffer: inout ReceiveBuffer) throws(Errno) -> ReceiveInfo? {
    try buffer.fill({ (room) throws(Errno) in try receive(into: &room) }, count: \.count)
  }
}

extension KernelConnection {
  /// Reads what has come to the front of a buffer; see `receive(into:)` above.
  public func receive(into buffer: inout ReceiveBuffer) throws(Errno) -> Int? {
    try buffer.fill({ (room) throws(Errno) in try receive(into: &room) }, count: \.self)
  }
}
