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
