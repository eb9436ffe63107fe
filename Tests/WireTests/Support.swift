// What the tests of this room share: octets as text, dirty output buffers, and random values that can be had again.

import Repeatable
import Wire

/// The octets of a hexadecimal text; blanks between them do not matter.
func octets(_ hex: String) -> [UInt8] {
  let digits = hex.compactMap(\.hexDigitValue).map(UInt8.init)
  precondition(digits.count.isMultiple(of: 2), "half an octet in: \(hex)")
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// What an output buffer holds before anything is written, so that a forgotten octet shows.
let dirt: UInt8 = 0xa5

/// What `write` leaves in a dirty buffer of `capacity` octets.
func written<E: Error>(
  _ capacity: Int, _ write: (inout MutableRawSpan) throws(E) -> Void
) throws(E) -> [UInt8] {
  var frame = FrameBuffer()
  try frame.build { out throws(E) in
    for i in 0..<capacity { out.storeBytes(of: dirt, toByteOffset: i, as: UInt8.self) }
    var window = out._mutatingExtracting(first: capacity)
    try write(&window)
  }
  return frame.view(first: capacity).octets
}

extension Random {
  mutating func number<T: FixedWidthInteger & UnsignedInteger>(_: T.Type = T.self) -> T {
    // The ends of a range find more than its middle does.
    switch next() % 8 {
    case 0: .min
    case 1: .max
    default: T(truncatingIfNeeded: next())
    }
  }

  mutating func address() -> IPAddress {
    flip() ? .v4(IPv4Address(number())) : .v6(IPv6Address(UInt128(next()) << 64 | UInt128(next())))
  }

  /// Raw options of a multiple of four octets, most of which are nonsense.
  mutating func paddedOptions() -> [UInt8] {
    let count = Int.random(in: 0...10, using: &self) * 4
    return octets(count...count)
  }

  mutating func tcpOptions() -> TCPOptionList {
    let raw = paddedOptions()
    guard let list = try? TCPOptionList(raw: raw.span.raw) else { preconditionFailure("40 octets refused") }
    return list
  }

  mutating func tcpHeader() -> TCPHeader {
    TCPHeader(
      sourcePort: number(), destinationPort: number(), sequence: SequenceNumber(number()),
      acknowledgment: SequenceNumber(number()), flags: TCPFlags(rawValue: number()), window: number(),
      checksum: number(), urgentPointer: number(), options: tcpOptions())
  }

  mutating func ipv4Header(payload: Int) -> IPv4Header {
    let raw = paddedOptions()
    guard let options = OptionOctets(raw.span.raw) else { preconditionFailure("40 octets refused") }
    return IPv4Header(
      source: IPv4Address(number()), destination: IPv4Address(number()), protocolNumber: number(),
      totalLength: UInt16(20 + options.paddedCount + payload), typeOfService: number(), identification: number(),
      reservedBit: flip(), dontFragment: flip(), moreFragments: flip(), fragmentOffset: number() & 0x1fff,
      timeToLive: number(), options: options)
  }

  mutating func ipv6Header(payload: Int) -> IPv6Header {
    IPv6Header(
      source: IPv6Address(UInt128(next()) << 64 | UInt128(next())),
      destination: IPv6Address(UInt128(next()) << 64 | UInt128(next())),
      nextHeader: number(), payloadLength: UInt16(payload), trafficClass: number(), flowLabel: number() & 0xf_ffff,
      hopLimit: number())
  }
}

/// What `body` refused with, or nil when it did not.
func refusal(_ body: () throws(WireError) -> Void) -> WireError? {
  do throws(WireError) {
    try body()
    return nil
  } catch {
    return error
  }
}
