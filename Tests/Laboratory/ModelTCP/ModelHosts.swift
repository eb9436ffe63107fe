import Synchronization
import Timebase

extension Peer {
  /// Serves models of TCP on the device: a packet goes to that of its destination, or to each where it is nobody's.
  public convenience init(in namespace: Namespace, models: [ModelTCP]) throws {
    let hosts = ModelHosts(models)
    try self.init(
      in: namespace,
      host: Host(
        receive: { packet, now in hosts.receive(packet, at: now).map { Reply($0) } },
        expire: { now in hosts.expire(at: now) }, nextDeadline: { hosts.nextDeadline }))
  }
}

/// The models behind one device.
private final class ModelHosts: Sendable {
  private let models: Mutex<[ModelTCP]>

  init(_ models: [ModelTCP]) { self.models = Mutex(models) }

  private static func instant(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9)) }

  var nextDeadline: Double? {
    models.withLock { $0.compactMap(\.nextDeadline).min() }.map { Double($0.nanoseconds) / 1e9 }
  }

  func expire(at seconds: Double) -> [[UInt8]] {
    models.withLock { models in models.indices.flatMap { models[$0].expire(at: ModelHosts.instant(seconds)) } }
  }

  func receive(_ packet: [UInt8], at seconds: Double) -> [[UInt8]] {
    let now = ModelHosts.instant(seconds)
    let isV4 = packet.first.map { $0 >> 4 == 4 } ?? true
    guard packet.count >= (isV4 ? 20 : 40) else { return [] }
    let destination = Array(isV4 ? packet[16..<20] : packet[24..<40])
    return models.withLock { models in
      let known = models.indices.filter { models[$0].address == destination }
      return (known.isEmpty ? Array(models.indices) : known).flatMap { models[$0].receive(packet, at: now) }
    }
  }
}
