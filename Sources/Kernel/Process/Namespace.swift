import CLinux
import Glibc

/// A network of one's own, `network_namespaces(7)`: with raw sockets for everyone, and nothing can leave it.
public enum Namespace {
  /// Moves the process into a new user and network namespace and switches its loopback interface on.
  ///
  /// It needs no privilege where user namespaces are allowed; where they are not, CAP_SYS_ADMIN does. There is no way
  /// back. Call it before any thread is started and before any socket is opened.
  ///
  /// - Throws: EPERM, ENOSPC or EINVAL of `unshare(2)` where it is not allowed.
  public static func enterPrivate() throws(Errno) {
    let user = geteuid()
    let group = getegid()
    do {
      _ = try kernel(.unshare) { clinux_unshare_user_and_network() }
      try map(user: user, group: group)
    } catch {
      guard error.call == .unshare, Capability.has(.sysAdmin) else { throw error }
      _ = try kernel(.unshare) { clinux_unshare_network() }
    }
    try switchLoopbackOn()
  }

  /// Makes our user root in there, `user_namespaces(7)`: groups may only be mapped once setgroups(2) is denied.
  private static func map(user: uid_t, group: gid_t) throws(Errno) {
    try write("deny", to: "/proc/self/setgroups")
    try write("0 \(user) 1", to: "/proc/self/uid_map")
    try write("0 \(group) 1", to: "/proc/self/gid_map")
  }

  private static func write(_ text: String, to path: FilePath) throws(Errno) {
    let output = Output(try File.open(path, O_WRONLY))
    try output.write(text)
  }

  private static func switchLoopbackOn() throws(Errno) {
    let socket = try InterfaceRequest.anySocket()
    var request = try InterfaceRequest(name: "lo")
    try request.ask(CInt(SIOCGIFFLAGS), through: socket, call: .interfaceLookup)
    request.store(request.value(as: UInt16.self) | UInt16(IFF_UP))
    try request.ask(CInt(SIOCSIFFLAGS), through: socket, call: .interfaceUp)
  }
}
