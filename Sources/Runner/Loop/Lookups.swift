import Handshake
import Kernel
import Wire

extension Errno {
  /// What a failed `connect()` says of the way to the target; nil where it says nothing of it.
  ///
  /// The kernel maps the ICMP errors of a connection in SYN-SENT to these codes (Linux `icmp_err_convert`); port
  /// unreachable becomes ECONNREFUSED like an RST, and prohibitions EHOSTUNREACH: by this way they look alike.
  var unreachableReason: Reason? {
    switch name {
    case "EHOSTUNREACH": return .icmpHostUnreachable
    case "ENETUNREACH": return .icmpNetUnreachable
    case "ENOPROTOOPT": return .icmpProtoUnreachable
    case "EACCES": return .icmpAdminProhibited
    default: return nil
    }
  }
}

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
