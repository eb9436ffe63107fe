import Handshake
import Wire

/// What tells one flow from another: both ends, whichever of them sends.
struct FlowKey: Hashable, Sendable {
  private let low: UInt128
  private let high: UInt128
  private let lowPort: UInt16
  private let highPort: UInt16
  private let family: AddressFamily

  /// The key of a segment's flow, and whether its sender is the higher end.
  static func of(_ segment: borrowing CapturedSegment) -> (key: FlowKey, senderIsHigh: Bool) {
    of(
      Endpoint(segment.source, segment.header.sourcePort),
      to: Endpoint(segment.destination, segment.header.destinationPort))
  }

  /// The key of the flow that a segment from one end to another is of, and whether its sender is the higher end.
  @inline(__always)
  static func of(_ sender: Endpoint, to receiver: Endpoint) -> (key: FlowKey, senderIsHigh: Bool) {
    let source = number(sender.address)
    let destination = number(receiver.address)
    let (from, to) = (sender.port, receiver.port)
    let family = sender.address.family
    if source < destination || (source == destination && from <= to) {
      return (FlowKey(low: source, high: destination, lowPort: from, highPort: to, family: family), false)
    }
    return (FlowKey(low: destination, high: source, lowPort: to, highPort: from, family: family), true)
  }

  /// The lower and the higher end.
  var ends: (low: Endpoint, high: Endpoint) {
    (Endpoint(address(low), lowPort), Endpoint(address(high), highPort))
  }

  /// A hash that no one can aim at who does not know the seed: a capture may have been made to fill one chain.
  func hash(seed: UInt64) -> UInt32 {
    let ports = UInt64(lowPort) << 32 | UInt64(highPort) << 16 | (family == .v6 ? 1 : 0)
    var hash = seed ^ 0x9e37_79b9_7f4a_7c15
    hash = FlowKey.mix(hash ^ UInt64(truncatingIfNeeded: low), seed ^ UInt64(truncatingIfNeeded: high))
    if family == .v6 {
      hash = FlowKey.mix(
        hash ^ UInt64(truncatingIfNeeded: low >> 64),
        seed ^ UInt64(truncatingIfNeeded: high >> 64) ^ 0xd6e8_feb8_6659_fd93)
    }
    hash = FlowKey.mix(hash ^ ports, seed | 1)
    return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
  }

  /// Both halves of a product, folded: each bit of either factor reaches most bits of it.
  static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = (a ^ 0xa076_1d64_78bd_642f).multipliedFullWidth(by: b ^ 0xe703_7ed1_a0b4_28db)
    return product.high ^ product.low
  }

  private static func number(_ address: IPAddress) -> UInt128 {
    switch address {
    case .v4(let address): UInt128(address.rawValue)
    case .v6(let address): address.rawValue
    }
  }

  private func address(_ number: UInt128) -> IPAddress {
    family == .v4 ? .v4(IPv4Address(UInt32(truncatingIfNeeded: number))) : .v6(IPv6Address(number))
  }
}
