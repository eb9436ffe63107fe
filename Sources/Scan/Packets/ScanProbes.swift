import Handshake
import Wire

/// Which packet each probe of a scan is, and which probe an answer is about: nothing of it ever changes, so that several
/// threads make packets at once.
///
/// A probe is known by its number in the shard, which is its position in the order too: probe 0 leaves first.
public struct ScanProbes: Sendable {
  /// What is scanned.
  public let targets: ScanTargets
  /// Which part of it.
  public let shard: ScanShard
  /// How many probes there are: all of them, or the shard's.
  public let size: UInt64
  /// Our ports, one a pass.
  public let ports: [UInt16]
  /// The port from which answered probes are asked again, see `ControlSample`; nil where none are.
  public let controlPort: UInt16?
  private let order: ScanOrder
  private let cookie: ScanCookie
  /// A SYN for each way that packets take, and which of them each block of addresses has; nothing where there is one a block.
  private let (templates, ways): ([ScanTemplate], [UInt16])

  /// The probes of a scan; `templates` has one for each block of the targets, or one that `ways` names for each of them.
  public init(
    _ targets: ScanTargets, shard: ScanShard, seed: UInt64, key: SipHash.Key, templates: [ScanTemplate],
    ways: [UInt16] = [],
    ports: [UInt16], controlPort: UInt16? = nil
  ) {
    (self.targets, self.shard, self.templates, self.ways, self.ports) = (targets, shard, templates, ways, ports)
    self.controlPort = controlPort
    size = shard.size(of: targets.count)
    order = ScanOrder(count: targets.count, seed: seed)
    cookie = ScanCookie(key)
  }

  /// The address and port of a probe, and the block that it lies in.
  public func place(of number: UInt64) -> (address: IPAddress, port: UInt16, block: Int) {
    targets.probe(order.index(at: shard.position(number)))
  }

  /// Which probe asks a port of an address; nil where none does.
  public func number(of address: IPAddress, port: UInt16) -> UInt64? {
    targets.number(of: address, port: port).flatMap { shard.number(of: order.position(of: $0)) }
  }

  /// The pass, from 0, that is sent from a port of ours; nil for another port.
  public func pass(of port: UInt16) -> Int? { ports.firstIndex(of: port) }

  /// The sequence number of the SYN from a port of ours to an end.
  public func iss(from local: UInt16, to address: IPAddress, port: UInt16) -> SequenceNumber {
    cookie.iss(from: local, to: address, port: port)
  }

  /// Writes a probe's packet at an offset of the output and answers its length; traps where it does not fit.
  @_lifetime(out: copy out)
  public func write(
    _ number: UInt64, from local: UInt16, timestamp: UInt32, into out: inout MutableRawSpan, at start: Int
  ) -> Int {
    let (address, port, block) = place(of: number)
    return templates[ways.isEmpty ? block : Int(ways[block])].write(
      ScanTemplate.Fields(
        address: address, port: port, localPort: local, seq: cookie.iss(from: local, to: address, port: port),
        timestamp: timestamp),
      into: &out, at: start)
  }
}
