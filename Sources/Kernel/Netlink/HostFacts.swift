import Glibc

/// What this machine's settings allow a prober, for `probe doctor`; nil where a setting cannot be read.
///
/// Reading them opens files: not for the hot path.
public struct HostFacts: Hashable, Sendable {
  /// The privileges the process has now, `capabilities(7)`.
  public var capabilities: [Capability]
  /// Whether a process without privileges may make a user namespace, as far as the settings tell.
  public var allowsUserNamespaces: Bool?
  /// The ports the kernel takes for its own connections, net.ipv4.ip_local_port_range.
  public var localPortRange: ClosedRange<UInt16>?
  /// Whether the kernel's own connections use TCP timestamps, net.ipv4.tcp_timestamps.
  public var usesTCPTimestamps: Bool?
  /// Reverse-path filtering on all interfaces, net.ipv4.conf.all.rp_filter: 0 off, 1 strict, 2 loose (RFC 3704).
  public var reversePathFilter: Int?
  /// The largest receive buffer without CAP_NET_ADMIN, in octets, net.core.rmem_max.
  public var largestReceiveBuffer: Int?
  /// The kernel's release, such as `6.1.0-13-amd64`.
  public var kernelRelease: String?
  /// Whether IPv6 is there and not switched off.
  public var hasIPv6: Bool

  /// Reads them all, `proc(5)`.
  public static func now() -> HostFacts {
    HostFacts(
      capabilities: Capability.allCases.filter { Capability.has($0) },
      allowsUserNamespaces: allowsUserNamespaces(
        most: number("user/max_user_namespaces"), clone: number("kernel/unprivileged_userns_clone"),
        restricted: number("kernel/apparmor_restrict_unprivileged_userns")),
      localPortRange: setting("net/ipv4/ip_local_port_range").flatMap { portRange($0) },
      usesTCPTimestamps: number("net/ipv4/tcp_timestamps").map { $0 != 0 },
      reversePathFilter: number("net/ipv4/conf/all/rp_filter"),
      largestReceiveBuffer: number("net/core/rmem_max"),
      kernelRelease: setting("kernel/osrelease"),
      hasIPv6: number("net/ipv6/conf/all/disable_ipv6").map { $0 == 0 } ?? hasSocketsOfIPv6)
  }

  /// What can be seen where there is no /proc.
  private static var hasSocketsOfIPv6: Bool {
    do throws(Errno) {
      _ = try FileDescriptor(socket: AF_INET6, .datagram, protocol: 0)
      return true
    } catch {
      return false
    }
  }

  /// Two ports with white space between them.
  static func portRange(_ text: String) -> ClosedRange<UInt16>? {
    let ports = text.split { $0 == " " || $0 == "\t" }.compactMap { UInt16($0) }
    return ports.count == 2 && ports[0] <= ports[1] ? ports[0]...ports[1] : nil
  }

  /// The kernel's own limit, Debian's switch and AppArmor's: the latter two exist only there.
  static func allowsUserNamespaces(most: Int?, clone: Int?, restricted: Int?) -> Bool? {
    guard let most else { return nil }
    return most > 0 && clone != 0 && restricted != 1
  }

  private static func number(_ name: String) -> Int? { setting(name).flatMap { Int($0) } }

  private static func setting(_ name: String) -> String? {
    guard let octets = try? File.read(FilePath("/proc/sys/" + name), atMost: 4096) else { return nil }
    return String(decoding: octets.prefix { $0 != 0x0a }, as: UTF8.self)
  }
}
