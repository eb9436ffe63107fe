import CLinux
import Glibc
import Timebase
import Wire

/// Walks the control messages that came with a packet, `cmsg(3)`; every step is checked and consumes 16 octets or more.
struct ControlMessageCursor: ~Escapable {
  private static let headerLength = 16
  let octets: RawSpan
  private var offset = 0

  @_lifetime(copy octets)
  init(_ octets: RawSpan) { self.octets = octets }

  /// The next message: whose it is and where its payload lies; nil at the end, or where a length makes no sense.
  mutating func next() -> (level: CInt, type: CInt, payload: Range<Int>)? {
    let rest = octets.byteCount - offset
    guard rest >= Self.headerLength else { return nil }
    let length = octets.load(native: offset, as: Int.self)
    guard length >= Self.headerLength, length <= rest else { return nil }
    let level: CInt = octets.load(native: offset + 8)
    let type: CInt = octets.load(native: offset + 12)
    let payload = offset + Self.headerLength..<offset + length
    offset = min(octets.byteCount, offset + (length + 7) & ~7)
    return (level, type, payload)
  }
}

/// What the control messages of one packet said; what they did not say stays nil.
struct ControlData {
  var kernelStamp: WallTime?
  var interfaceIndex: UInt32 = 0
  var destination: IPAddress?
  var hopLimit: UInt8?
  var trafficClass: UInt8?
  var dropped: UInt32 = 0
  /// The id of a packet whose transmission stamp this is.
  var transmitID: UInt32?

  init() {}

  init(parsing octets: RawSpan) {
    var cursor = ControlMessageCursor(octets)
    while let message = cursor.next() {
      let bytes = octets.extracting(message.payload)
      switch message.level {
      case SOL_SOCKET: socketLevel(message.type, bytes)
      case CInt(IPPROTO_IP): versionFour(message.type, bytes)
      case CInt(IPPROTO_IPV6): versionSix(message.type, bytes)
      case SOL_PACKET where message.type == PACKET_TX_TIMESTAMP: extendedError(bytes)
      default: break
      }
    }
  }

  private mutating func socketLevel(_ type: CInt, _ bytes: RawSpan) {
    if type == CInt(SCM_TIMESTAMPING), bytes.byteCount >= 16 {
      // Three timespecs, of which the first is the software stamp (timestamping.rst, 2.1).
      let nanoseconds = bytes.load(native: 0, as: Int64.self) &* 1_000_000_000 &+ bytes.load(native: 8, as: Int64.self)
      if nanoseconds != 0 { kernelStamp = WallTime(nanoseconds: nanoseconds) }
    } else if type == SO_RXQ_OVFL, bytes.byteCount >= 4 {
      dropped = bytes.load(native: 0)
    }
  }

  private mutating func versionFour(_ type: CInt, _ bytes: RawSpan) {
    if type == CInt(IP_PKTINFO), bytes.byteCount >= 12 {
      interfaceIndex = bytes.load(native: 0)
      destination = .v4(IPv4Address(bytes.load(bigEndian: 8)))
    } else if type == CInt(IP_RECVERR) {
      extendedError(bytes)
    }
  }

  private mutating func versionSix(_ type: CInt, _ bytes: RawSpan) {
    if type == IPV6_PKTINFO, bytes.byteCount >= 20 {
      destination = .v6(IPv6Address(bytes.load(bigEndian: 0)))
      interfaceIndex = bytes.load(native: 16)
    } else if type == IPV6_HOPLIMIT, bytes.byteCount >= 4 {
      hopLimit = UInt8(truncatingIfNeeded: bytes.load(native: 0, as: CInt.self))
    } else if type == IPV6_TCLASS, bytes.byteCount >= 4 {
      trafficClass = UInt8(truncatingIfNeeded: bytes.load(native: 0, as: CInt.self))
    } else if type == IPV6_RECVERR {
      extendedError(bytes)
    }
  }

  /// A `sock_extended_err`, `ip(7)`: of those on the error queue only the transmission stamps are ours.
  private mutating func extendedError(_ bytes: RawSpan) {
    guard bytes.byteCount >= 16, bytes.octet(at: 4) == UInt8(SO_EE_ORIGIN_TIMESTAMPING),
      bytes.load(native: 8, as: UInt32.self) == UInt32(SCM_TSTAMP_SND)
    else { return }
    transmitID = bytes.load(native: 12)
  }
}

/// What one `recvmsg(2)` brought.
struct ReceivedMessage {
  /// Octets of the packet, which may be more than there was room for.
  var count: Int
  /// MSG_TRUNC, MSG_CTRUNC, MSG_ERRQUEUE.
  var flags: CInt
  var source: IPAddress?
  var control: ControlData
}

extension FileDescriptor {
  /// One packet with all that the kernel tells about it, without waiting and without allocating; nil: nothing there.
  @_lifetime(buffer: copy buffer)
  func receiveMessage(into buffer: inout MutableRawSpan, flags: CInt = 0) throws(Errno) -> ReceivedMessage? {
    // 176 octets is the most that the options of this room make the kernel send along.
    var control = InlineArray<256, UInt8>(repeating: 0)
    var source = SocketAddress()
    var header = unsafe msghdr()
    let count = unsafe try buffer.withUnsafeMutableBytes { bytes throws(Errno) in
      try unsafe withUnsafeMutablePointer(to: &control) { controlPointer throws(Errno) in
        try unsafe source.fill { (name, length) throws(Errno) in
          var vector = unsafe iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
          return try unsafe withUnsafeMutablePointer(to: &vector) { vectorPointer throws(Errno) in
            unsafe header = msghdr(
              msg_name: name, msg_namelen: length, msg_iov: vectorPointer, msg_iovlen: 1,
              msg_control: controlPointer, msg_controllen: 256, msg_flags: 0)
            return try kernelNow(.recvmsg) { unsafe recvmsg(raw, &header, flags | CInt(MSG_DONTWAIT)) }
          }
        }
      }
    }
    guard let count else { return nil }
    let filled = unsafe min(Int(header.msg_controllen), 256)
    let said = ControlData(parsing: control.raw.extracting(first: filled))
    return unsafe ReceivedMessage(count: count, flags: header.msg_flags, source: source.address, control: said)
  }
}
