/// Room for one packet of any size, used again and again: memory that costs nothing until a packet fills it.
///
/// An array of that size would be cleared first, and its pages with it, in every process that receives three packets.
///
/// Sound: nobody else has the memory, it lives as long as the value, and no octet is shown before it was filled.
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
  public func receive(into buffer: inout ReceiveBuffer) throws(Errno) -> Reception? {
    try buffer.fill({ (room) throws(Errno) in try receive(into: &room) }, count: \.count)
  }
}

extension KernelConnection {
  /// Reads what has come to the front of a buffer; see `receive(into:)` above.
  public func receive(into buffer: inout ReceiveBuffer) throws(Errno) -> Int? {
    try buffer.fill({ (room) throws(Errno) in try receive(into: &room) }, count: \.self)
  }
}
