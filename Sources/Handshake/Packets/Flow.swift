import Wire

/// One end of a connection: an address and a port (RFC 9293 §3.4 calls it a socket).
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  /// The host's address.
  public var address: IPAddress
  /// The port; 0 is representable.
  public var port: UInt16

  /// An end from its two parts.
  @inlinable public init(_ address: IPAddress, _ port: UInt16) {
    self.address = address
    self.port = port
  }

  /// `192.0.2.1:80`, or `[2001:db8::1]:80` so that the port stays readable (RFC 3986 §3.2.2).
  public var description: String {
    switch address {
    case .v4: "\(address):\(port)"
    case .v6: "[\(address)]:\(port)"
    }
  }
}

/// Both ends of a connection, ours first.
public struct Flow: Hashable, Sendable {
  /// Our end.
  public var local: Endpoint
  /// The peer's end.
  public var remote: Endpoint

  /// A connection between two ends.
  @inlinable public init(local: Endpoint, remote: Endpoint) {
    self.local = local
    self.remote = remote
  }
}
