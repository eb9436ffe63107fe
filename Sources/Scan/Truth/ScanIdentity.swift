import Wire

/// Which scan it is, and which part of it: what says whether results belong together.
public struct ScanIdentity: Hashable, Sendable {
  /// What the same addresses and ports always have (`ScanTargets.fingerprint`).
  public var fingerprint: UInt64
  /// What the order is made from.
  public var seed: UInt64
  /// Which part of it is done.
  public var shard: ScanShard
  /// How many addresses there are.
  public var addresses: UInt64
  /// The ports.
  public var ports: [UInt16]
  /// How many passes there are at most.
  public var passes: Int
  /// Whether only open ports are shown.
  public var showsOpenOnly: Bool

  /// A scan from its parts.
  public init(
    fingerprint: UInt64, seed: UInt64, shard: ScanShard, addresses: UInt64, ports: [UInt16], passes: Int,
    showsOpenOnly: Bool
  ) {
    (self.fingerprint, self.seed, self.shard) = (fingerprint, seed, shard)
    (self.addresses, self.ports, self.passes, self.showsOpenOnly) = (addresses, ports, passes, showsOpenOnly)
  }

  /// A scan of targets.
  public init(_ targets: ScanTargets, seed: UInt64, shard: ScanShard, passes: Int, showsOpenOnly: Bool) {
    self.init(
      fingerprint: targets.fingerprint, seed: seed, shard: shard, addresses: targets.addresses, ports: targets.ports,
      passes: passes, showsOpenOnly: showsOpenOnly)
  }

  /// How many probes all parts have.
  public var probes: UInt64 { addresses * UInt64(ports.count) }
  /// How many this part has.
  public var size: UInt64 { shard.size(of: probes) }

  /// What another scan has that this one has not, in words; nil where both are parts of the same scan.
  public func difference(from other: ScanIdentity) -> String? {
    if ports.sorted() != other.ports.sorted() { return "other ports" }
    if addresses != other.addresses || fingerprint != other.fingerprint { return "other targets" }
    if seed != other.seed { return "another --seed" }
    if shard.count != other.shard.count { return "\(other.shard.count) shards instead of \(shard.count)" }
    if passes != other.passes { return "\(other.passes - 1) --retries instead of \(passes - 1)" }
    if showsOpenOnly != other.showsOpenOnly { return other.showsOpenOnly ? "--open" : "no --open" }
    return nil
  }
}

extension ScanShard: CustomStringConvertible {
  /// `2/8`.
  public var description: String { "\(index + 1)/\(count)" }
}
