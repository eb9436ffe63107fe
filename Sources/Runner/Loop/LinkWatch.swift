import Kernel
import Timebase
import Wire

/// Whether the links that packets leave by are up, looked at ten times a second.
///
/// A link that was down has lost its routes: it counts as up again once the kernel knows the ways that it had.
struct LinkWatch {
  /// A way that packets take: by which link, and from where to where.
  struct Way: Hashable {
    var interface: Interface
    var source: IPAddress
    var destination: IPAddress
    /// The router; nil where the destination is on the link.
    var gateway: IPAddress?

    /// Whether a route to one's destination says as much of the other's.
    func isLike(_ other: Way) -> Bool {
      interface.index == other.interface.index && source == other.source && gateway == other.gateway
    }
  }

  /// What has changed.
  enum News {
    /// A link is down.
    case down(String)
    /// All are up, and lead where they did.
    case up(String)
  }

  private let ways: [Way]
  /// The link that is down.
  private(set) var down: Interface?
  private var lookedAt: Instant?

  private static let period = Interval.milliseconds(100)

  /// The most ways that are asked for ten times a second.
  private static let most = 256

  /// Watches the links of these ways; of ways by the same link and router, and from the same address, the first one.
  init(_ ways: [Way]) {
    var known: [Way] = []
    for way in ways where !way.interface.isLoopback {
      // Neighbouring blocks mostly go the same way.
      if let last = known.last, last.isLike(way) { continue }
      if known.count < LinkWatch.most, !known.contains(where: way.isLike) { known.append(way) }
    }
    self.ways = known
  }

  /// When it looks again.
  func nextLook(_ now: Instant) -> Instant { lookedAt.map { $0 + LinkWatch.period } ?? now }

  /// Looks, if it is time or must be now; what has changed.
  mutating func look(at now: Instant, isUrgent: Bool = false) -> News? {
    guard !ways.isEmpty, isUrgent || now >= nextLook(now) else { return nil }
    lookedAt = now
    if let down {
      guard ways.allSatisfy({ LinkWatch.isUp($0.interface) && LinkWatch.leads($0) }) else { return nil }
      self.down = nil
      return .up(down.name)
    }
    guard let lost = ways.first(where: { !LinkWatch.isUp($0.interface) }) else { return nil }
    down = lost.interface
    return .down(lost.interface.name)
  }

  private static func isUp(_ interface: Interface) -> Bool {
    guard let now = try? Interface.indexed(interface.index) else { return false }
    return now.isUp && now.isRunning
  }

  private static func leads(_ way: Way) -> Bool {
    guard let route = try? Route.to(way.destination, from: way.source) else { return false }
    return route.interface.index == way.interface.index && route.gateway == way.gateway
  }
}
