import CLinux
import Glibc

/// A privilege of this process, `capabilities(7)`: discovered, used to open sockets, and dropped before a packet is read.
public enum Capability: Int, Hashable, Sendable, CaseIterable {
  /// CAP_SETPCAP: the bounding set, which is emptied when privileges are dropped.
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

/// What this process may do beyond what any process of its user may: given up in two steps, and never had again.
public enum Privileges {
  /// What a prober makes use of, by number: nothing of it concerns files.
  private static let ofProbers: UInt64 = [Capability.netRaw, .netAdmin, .netBindService, .setCapabilities]
    .reduce(0) { $0 | 1 << UInt64($1.rawValue) }

  /// In a set-user-ID or set-group-ID copy: takes the rights over files of whoever started it, before a file is opened.
  ///
  /// Of the owner's privileges those that open sockets remain until `giveUp(becoming:)`. Nothing happens in a program
  /// that was started as usual, under `sudo` included.
  public static func shedSetID() throws(Errno) {
    let (user, group) = (getuid(), getgid())
    var saved: (user: uid_t, group: gid_t) = (user, group)
    _ = try kernel(.getresuid) { unsafe clinux_saved_ids(&saved.user, &saved.group) }
    guard geteuid() != user || getegid() != group || saved.user != user || saved.group != group else { return }
    let kept = permitted & ofProbers
    _ = try kernel(.prctl) { clinux_keep_capabilities(1) }
    _ = try kernel(.setresuid) { clinux_become(user, group) }
    _ = try kernel(.prctl) { clinux_keep_capabilities(0) }
    _ = try kernel(.capset) { clinux_set_capabilities(kept) }
  }

  /// Gives every privilege up for good, and any that a program started from here might bring.
  ///
  /// Root becomes another user on the way, where one is given and the system lets it; otherwise it stays user 0, with
  /// the rights of a file's owner and no other. Sockets and files that are open stay as they are. All of this is by
  /// thread: call it while there is only one.
  ///
  /// - Returns: whether no program that is started from here could have a capability by the bounding set; true too where
  ///   there were no privileges.
  /// - Throws: what `capset(2)` and `prctl(2)` give, where privileges would remain.
  @discardableResult
  public static func giveUp(becoming identity: Identity?) throws(Errno) -> Bool {
    let hadPrivileges = permitted != 0
    _ = clinux_clear_ambient_set()
    if hadPrivileges { _ = clinux_clear_bounding_set() }
    if let identity, geteuid() == 0, clinux_may_become(identity.user, identity.group) == 1 {
      _ = clinux_drop_groups()
      _ = try kernel(.setresuid) { clinux_become(identity.user, identity.group) }
    }
    _ = try kernel(.capset) { clinux_set_capabilities(0) }
    // Without CAP_SETPCAP, as with `setcap cap_net_raw`, the bounding set is emptied in a user namespace, where whoever
    // makes it has that capability. It changes no owner of a file, and no socket.
    if hadPrivileges, clinux_bounding_set_is_empty() == 0, clinux_unshare_user() == 0 {
      _ = clinux_clear_bounding_set()
      _ = try kernel(.capset) { clinux_set_capabilities(0) }
    }
    _ = try kernel(.prctl) { clinux_set_no_new_privileges() }
    return !hadPrivileges || clinux_bounding_set_is_empty() == 1
  }

  private static var permitted: UInt64 { Capability.sets.permitted }
}
