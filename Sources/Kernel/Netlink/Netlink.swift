import CLinux
import Glibc
import Timebase
import Wire

/// A conversation with the kernel's routing tables, `rtnetlink(7)`: one request, its answers, the next request.
struct Netlink: ~Copyable {
  static let headerLength = 16
  let descriptor: FileDescriptor
  private var sequence: UInt32 = 0

  init() throws(Errno) {
    descriptor = try FileDescriptor(socket: AF_NETLINK, .raw, protocol: Int(NETLINK_ROUTE))
  }

  /// Asks, and hands every answer of the expected type on, from behind its netlink header.
  ///
  /// - Throws: the kernel's own refusal; EBADMSG for an answer that makes no sense; ETIMEDOUT after a second.
  mutating func request(
    _ type: Int, dump: Bool = false, body: [UInt8], call: Errno.Call, answers: Int,
    _ each: (RawSpan) throws(Errno) -> Void
  ) throws(Errno) {
    sequence += 1
    try send(type, dump: dump, body: body, call: call)
    // A dump comes in parts of up to 32 KiB; one answer is a few hundred octets, and every page touched costs time.
    var buffer = [UInt8](repeating: 0, count: dump ? 32_768 : 4096)
    var isDone = false
    while !isDone {
      let count = try receive(into: &buffer, call: call)
      let octets = buffer.span.raw.extracting(first: count)
      isDone = try walk(octets, call: call, answers: answers, each) || !dump
    }
  }

  private func send(_ type: Int, dump: Bool, body: [UInt8], call: Errno.Call) throws(Errno) {
    var message: [UInt8] = []
    message.reserveCapacity(Netlink.headerLength + body.count)
    message.append(native: UInt32(Netlink.headerLength + body.count))
    message.append(native: UInt16(type))
    message.append(native: UInt16(dump ? NLM_F_REQUEST | NLM_F_DUMP : NLM_F_REQUEST))
    message.append(native: sequence)
    message.append(native: UInt32(0))
    message.append(contentsOf: body)
    _ = try unsafe message.span.raw.withUnsafeBytes { bytes throws(Errno) in
      try kernel(call) { unsafe Glibc.send(descriptor.raw, bytes.baseAddress, bytes.count, 0) }
    }
  }

  /// The kernel answers within the call that asks, so that waiting is for the case that it ever does not.
  private func receive(into buffer: inout [UInt8], call: Errno.Call) throws(Errno) -> Int {
    let end = SystemClock.monotonic() + .seconds(1)
    let room = buffer.count
    while true {
      let count = try unsafe buffer.withUnsafeMutableBufferPointer { bytes throws(Errno) in
        try kernelNow(call) {
          unsafe recv(descriptor.raw, bytes.baseAddress, bytes.count, CInt(MSG_TRUNC | MSG_DONTWAIT))
        }
      }
      if let count {
        guard count <= room else { throw Errno(code: EMSGSIZE, call: call) }
        return count
      }
      guard try Poller.isReadable(descriptor, until: end) else { throw Errno(code: ETIMEDOUT, call: call) }
    }
  }

  /// - Returns: whether the kernel has said that nothing more comes.
  private func walk(
    _ octets: RawSpan, call: Errno.Call, answers: Int, _ each: (RawSpan) throws(Errno) -> Void
  ) throws(Errno) -> Bool {
    var offset = 0
    while octets.byteCount - offset >= Netlink.headerLength {
      let length = Int(octets.load(native: offset, as: UInt32.self))
      guard length >= Netlink.headerLength, length <= octets.byteCount - offset else {
        throw Errno(code: EBADMSG, call: call)
      }
      let type = Int(octets.load(native: offset + 4, as: UInt16.self))
      let isOurs = octets.load(native: offset + 8, as: UInt32.self) == sequence
      let payload = octets.extracting(offset + Netlink.headerLength..<offset + length)
      if isOurs {
        if type == Int(NLMSG_ERROR) { return try acknowledge(payload, call: call) }
        if type == Int(NLMSG_DONE) { return true }
        if type == answers { try each(payload) }
      }
      offset = min(octets.byteCount, offset + (length + 3) & ~3)
    }
    return false
  }

  private func acknowledge(_ payload: RawSpan, call: Errno.Call) throws(Errno) -> Bool {
    guard payload.byteCount >= 4 else { throw Errno(code: EBADMSG, call: call) }
    let code = payload.load(native: 0, as: CInt.self)
    guard code == 0 else { throw Errno(code: code == .min ? EBADMSG : -code, call: call) }
    return true
  }
}

/// Walks a list of attributes, `rtnetlink(7)`; each step is checked and consumes four octets or more.
struct AttributeCursor: ~Escapable {
  private let octets: RawSpan
  private var offset: Int

  /// The attributes from an offset on; beyond the end there are none.
  @_lifetime(copy octets)
  init(_ octets: RawSpan, from offset: Int) {
    self.octets = octets
    self.offset = offset
  }

  /// The next attribute: its type without the two flag bits, and where its value lies; nil at the end.
  mutating func next() -> (type: Int, value: Range<Int>)? {
    let rest = octets.byteCount - offset
    guard rest >= 4 else { return nil }
    let length = Int(octets.load(native: offset, as: UInt16.self))
    guard length >= 4, length <= rest else { return nil }
    let type = Int(octets.load(native: offset + 2, as: UInt16.self) & 0x3fff)
    let value = offset + 4..<offset + length
    offset = min(octets.byteCount, offset + (length + 3) & ~3)
    return (type, value)
  }
}

extension [UInt8] {
  /// Appends an attribute whose value is already in the kernel's order, padded to four octets.
  mutating func append(attribute type: rtattr_type_t, _ value: [UInt8]) {
    append(native: UInt16(4 + value.count))
    append(native: UInt16(type.rawValue))
    append(contentsOf: value)
    append(contentsOf: repeatElement(0, count: (4 - value.count & 3) & 3))
  }
}
