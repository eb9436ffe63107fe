// What the tests of this room share: packets to send, and a bounded wait for what comes back.

import Testing
import Timebase
import Wire

@testable import Kernel

/// The loopback address of a family.
func loopback(_ family: AddressFamily) -> IPAddress {
  family == .v4 ? .v4(IPv4Address(127, 0, 0, 1)) : .v6(IPv6Address(1))
}

/// Whether raw sockets may be opened here; packets go to loopback alone.
let hasRawSockets = Capability.has(.netRaw)

/// Why a test does not run.
let needsRawSockets: Comment = "needs CAP_NET_RAW: run the tests in `unshare --map-root-user --net`"

/// A laboratory of routes and devices, which only exists inside a network namespace that is told so.
///
/// `Tests/KernelTests/laboratory.sh` makes one and runs the tests of this room in it.
let isLaboratory = Environment.value(of: "PROBE_LABORATORY") != nil

/// Why a test does not run outside.
let needsLaboratory: Comment = "needs the devices and routes of laboratory.sh"

/// A TCP segment without payload, with a right checksum, from and to loopback.
func segment(_ family: AddressFamily, _ header: TCPHeader) throws -> [UInt8] {
  let address = loopback(family)
  let pseudoHeader = PseudoHeader(
    source: address, destination: address, protocolNumber: IPProtocol.tcp, length: header.headerLength)
  var frame = FrameBuffer()
  let count = try frame.build { out in
    let count = try header.serialize(into: &out)
    TransportChecksum.seal(&out, in: 0..<count, pseudoHeader: pseudoHeader)
    return count
  }
  return frame.view(first: count).octets
}

/// The same as a whole IP packet.
func packet(_ family: AddressFamily, _ header: TCPHeader) throws -> [UInt8] {
  let payload = try segment(family, header)
  var frame = FrameBuffer()
  let count = try frame.build { out in
    let length =
      switch loopback(family) {
      case .v4(let address):
        try IPv4Header(
          source: address, destination: address, protocolNumber: IPProtocol.tcp, totalLength: UInt16(20 + payload.count)
        ).serialize(into: &out)
      case .v6(let address):
        try IPv6Header(
          source: address, destination: address, nextHeader: IPProtocol.tcp, payloadLength: UInt16(payload.count),
          trafficClass: 0x40, hopLimit: 61
        ).serialize(into: &out)
      }
    out.copy(payload.span.raw, at: length)
    return length + payload.count
  }
  return frame.view(first: count).octets
}

/// Asks again and again until there is an answer or the time is over.
func eventually<Answer: ~Copyable>(
  within limit: Interval = .milliseconds(500), _ ask: () throws -> Answer?
) rethrows -> Answer? {
  let end = SystemClock.monotonic() + limit
  while true {
    if let answer = try ask() { return answer }
    if SystemClock.monotonic() >= end { return nil }
    Poller.pause(.microseconds(50))
  }
}

/// A received packet with its octets, from the TCP header on in both families.
struct Received {
  var reception: ReceiveInfo
  var octets: [UInt8]
}

extension ReceiveSocket {
  /// The oldest packet, without its IPv4 header.
  func next() throws -> Received? {
    var frame = FrameBuffer()
    let reception = try frame.build { out in try receive(into: &out) }
    guard let reception else { return nil }
    let octets = frame.view(first: reception.count).octets
    return Received(reception: reception, octets: Array(octets.dropFirst(family == .v4 ? 20 : 0)))
  }
}
