import CLinux
import Glibc

/// A privilege of this process, `capabilities(7)`: discovered, used to open sockets, and dropped before a packet is read.
public enum Capability: Int, Hashable, Sendable, CaseIterable {
  /// CAP_SETPCAP: the bounding set, which is emptied when privileges are given up.
  case setCapabilities = 8
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
    case .setCapabilities: "cap_setpcap"
    case .netBindService: "cap_net_bind_service"
    case .netAdmin: "cap_net_admin"
    case .netRaw: "cap_net_raw"
    case .sysAdmin: "cap_sys_admin"
    }
  }

  /// Whether the process can use the privilege now; false too where the kernel does not say.
  public static func has(_ capability: Capability) -> Bool { sets.effective >> UInt64(capability.rawValue) & 1 == 1 }

  /// The sets of this thread, `capget(2)`; empty where the kernel does not say.
  static var sets: (effective: UInt64, permitted: UInt64) {
    var sets: (effective: UInt64, permitted: UInt64) = (0, 0)
    let isKnown = (try? kernel(.capget, { unsafe clinux_capabilities(&sets.effective, &sets.permitted) })) != nil
    return isKnown ? sets : (0, 0)
  }
}
