import CLinux
import Glibc

/// A privilege of this process, `capabilities(7)`: discovered, used to open sockets, and dropped before a packet is read.
public enum Capability: Int, Hashable, Sendable, CaseIterable {
  /// CAP_NET_BIND_SERVICE: ports below 1024.
  case netBindService = 10
  /// CAP_NET_ADMIN: interfaces, and socket buffers beyond the limit.
  case netAdmin = 12
  /// CAP_NET_RAW: raw sockets.
  case netRaw = 13
  /// CAP_SYS_ADMIN: namespaces without a user namespace.
  case sysAdmin = 21

  /// The name that `setcap(8)` knows it by.
  public var name: String {
    switch self {
    case .netBindService: "cap_net_bind_service"
    case .netAdmin: "cap_net_admin"
    case .netRaw: "cap_net_raw"
    case .sysAdmin: "cap_sys_admin"
    }
  }

  /// Whether the process can use the privilege now; false too where the kernel does not say.
  public static func has(_ capability: Capability) -> Bool { effective >> UInt64(capability.rawValue) & 1 == 1 }

  /// Gives every privilege up for good, and any that a program started from here might bring.
  ///
  /// By `capset(2)`, and `prctl(2)` PR_SET_NO_NEW_PRIVS. Sockets that are open stay as they are. Privileges are by
  /// thread: call it while there is only one.
  public static func dropAll() throws(Errno) {
    _ = try kernel(.prctl) { clinux_set_no_new_privileges() }
    _ = try kernel(.capset) { clinux_drop_capabilities() }
  }

  private static var effective: UInt64 {
    var bits: UInt64 = 0
    let isKnown = (try? kernel(.capget, { unsafe clinux_capabilities(&bits) })) != nil
    return isKnown ? bits : 0
  }
}
