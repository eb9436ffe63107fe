/// Two namespaces joined by a veth pair, with an address of each family on both ends.
public struct Wire: Sendable {
  /// Where the prober runs.
  public let client: Namespace
  /// Where the servers run.
  public let server: Namespace

  /// The name of the device on both ends.
  public static let device = "wire0"
  /// The client's IPv4 address.
  public static let client4 = "10.77.0.1"
  /// The server's IPv4 address.
  public static let server4 = "10.77.0.2"
  /// The client's IPv6 address.
  public static let client6 = "fd77::1"
  /// The server's IPv6 address.
  public static let server6 = "fd77::2"

  /// Joins two new namespaces and waits until both ends carry.
  public init() throws {
    client = try Namespace()
    server = try Namespace()
    for namespace in [client, server] {
      try namespace.setting("net/ipv6/conf/default/accept_dad", "0")
      try namespace.setting("net/ipv6/conf/default/router_solicitations", "0")
    }
    let device = Wire.device
    try client.command("ip", "link", "add", device, "type", "veth", "peer", "name", device, "netns", server.path)
    for (namespace, v4, v6) in [(client, Wire.client4, Wire.client6), (server, Wire.server4, Wire.server6)] {
      try namespace.command("ip", "address", "add", "\(v4)/24", "dev", device)
      try namespace.command("ip", "address", "add", "\(v6)/64", "dev", device, "nodad")
      try namespace.command("ip", "link", "set", device, "up")
    }
    let client = client
    let carries = try waitUntil(seconds: 5) {
      try client.command("ip", "link", "show", "dev", device).contains("state UP") ? true : nil
    }
    guard carries != nil else { throw LaboratoryError("the veth pair does not come up") }
  }
}
