/// Room for one packet of any size, used again and again: memory that costs nothing until a packet fills it.
///
/// An array of that size would be cleared first, and its pages with it, in every process that receives three packets.
///
/// Sound: nobody else has the memory, it lives as long as the value, and no octet is shown before it was filled.
@safe public struct ReceiveBuffer: ~Copyable {
  private let memory: UnsafeMutableRawBufferPointer
  /// How many octets of it were ever filled; what lies beyond is never shown.
  private var filled = 0

  /// Room for so many octets; a packet that offload has merged takes up to 65,535.
  public init(capacity: Int = 65_536) {
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
