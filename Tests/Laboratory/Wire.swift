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
    // Both ends know each other by their index. Were it the same one, the kernel would take each for its own lower
    // device and tell of the carrier up to a second later, and IPv6 would not speak until then.
    try client.command(
      "ip", "link", "add", device, "index", "10", "type", "veth", "peer", "name", device, "index", "11", "netns",
      server.path)
    for (namespace, v4, v6) in [(client, Wire.client4, Wire.client6), (server, Wire.server4, Wire.server6)] {
      try namespace.command("ip", "address", "add", "\(v4)/24", "dev", device)
      try namespace.command("ip", "address", "add", "\(v6)/64", "dev", device, "nodad")
      try namespace.command("ip", "link", "set", device, "up")
    }
    for address in [Wire.server4, Wire.server6] { try waitForAnswers(from: address) }
  }

  /// Waits until the other end refuses a connection: both know their neighbour's link address then.
  private func waitForAnswers(from address: String) throws {
    let client = client
    let answered = try waitUntil(seconds: 5) {
      try client.refuses(address, port: 1) ? true : nil
    }
    guard answered != nil else { throw LaboratoryError("\(address) does not answer") }
  }
}
