import Handshake
import Wire

/// Results brought together by their hosts, for what shows the ports of a host in one place.
///
/// A host is given out once all of its ports are known; what is left, as after an interrupt or in a shard, at the end.
/// That needs memory for every result that waits: a scan with more results than `most` has each given out by itself, so
/// that a host may come several times.
public struct ScanHosts: Sendable {
  /// Ports of a host.
  public struct Host: Hashable, Sendable {
    /// Its address.
    public var address: IPAddress
    /// What is known of its ports and shown, by port.
    public var results: [ScanResult]
  }

  private struct Waiting {
    var results: [ScanResult] = []
    var known = 0
    var isUp = false
  }

  /// Whether hosts wait until they are whole.
  public let waits: Bool
  private let ports: Int
  private var hosts: [IPAddress: Waiting] = [:]
  private var answered: UInt64 = 0

  /// The most results of a scan whose hosts wait until they are whole.
  public static let most: UInt64 = 65_536

  /// Nothing yet, of a scan of so many ports of each host and so many probes.
  public init(ports: Int, probes: UInt64) {
    self.ports = ports
    waits = probes <= ScanHosts.most
  }

  /// Takes a result; the host, if it is whole by that.
  ///
  /// One that is not shown counts only as known.
  public mutating func take(_ result: ScanResult, isShown: Bool = true) -> Host? {
    guard waits, ports > 1 else {
      if result.isOfHost { answered += 1 }
      return isShown ? Host(address: result.address, results: [result]) : nil
    }
    var host = hosts[result.address] ?? Waiting()
    host.known += 1
    if isShown { host.results.append(result) }
    if result.isOfHost, !host.isUp {
      host.isUp = true
      answered += 1
    }
    guard host.known >= ports else {
      hosts[result.address] = host
      return nil
    }
    hosts[result.address] = nil
    return ScanHosts.host(result.address, host)
  }

  /// The hosts that are not whole, by address; none of them waits any more.
  public mutating func takeRest() -> [Host] {
    defer { hosts = [:] }
    return hosts.sorted { $0.key < $1.key }.compactMap { ScanHosts.host($0.key, $0.value) }
  }

  /// How many hosts answered by themselves; nil where hosts come several times.
  public var up: UInt64? { waits || ports == 1 ? answered : nil }

  private static func host(_ address: IPAddress, _ host: Waiting) -> Host? {
    host.results.isEmpty ? nil : Host(address: address, results: host.results.sorted { $0.port < $1.port })
  }
}

extension ScanResult {
  /// Whether the host itself answered, and no router or no one.
  public var isOfHost: Bool {
    switch reason {
    case .synAck, .ack, .rst: true
    default: router == nil && hopLimit != nil
    }
  }
}
