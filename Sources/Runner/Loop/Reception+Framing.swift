import Handshake
import Kernel
import Wire

extension Reception {
  /// Where the packet's IP header is: in its octets (IPv4), or in what the kernel told beside them (IPv6).
  func framing(protocolNumber: UInt8) -> Arrival.Framing {
    guard let source, let destination, case .v6 = destination else { return .inBand }
    return .outOfBand(
      Envelope(
        source: source, destination: destination, protocolNumber: protocolNumber, timeToLive: hopLimit ?? 0,
        transportLength: count, trafficClass: trafficClass ?? 0))
  }
}
