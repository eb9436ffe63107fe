import Engines
import Handshake
import Kernel
import Timebase
import Wire

/// A target whose address, source and route are known.
public struct ResolvedTarget: Sendable {
  /// `HOST:PORT` as it was asked for, one port.
  public var name: String
  /// Its address and port.
  public var remote: Endpoint
  /// Our address towards it; nil where there is no route.
  public var source: IPAddress?
  /// The interface that it is reached by; nil where there is no route.
  public var interface: Interface?
  /// The longest IP packet on the way, in octets.
  public var mtu: Int
  /// How long the name's look-up took; nil where there was nothing to look up.
  public var resolve: Measurement?
  /// The name that was looked up; nil where there was nothing to look up.
  public var host: String?
  /// The interface that was asked for, by `-I` or as the address's zone; nil where routes decide.
  ///
  /// Packets to an address of this host's leave by loopback all the same.
  public var zone: Interface?
  /// What stands in the way where there is no route: what the route that forbids it is called.
  public var obstacle: Notes = []
}

/// Finds where targets are and how they are reached; refuses what must not be probed.
struct TargetResolution {
  let settings: RunSettings
  /// The interface that was asked for.
  let interface: Interface?
  /// The source address that was asked for.
  let source: IPAddress?

  /// Checks interface and source: both must be this host's.
  init(_ settings: RunSettings) throws(RunError) {
    self.settings = settings
    var interface = try settings.interface.map { (name) throws(RunError) in
      try TargetResolution.interface(named: name, asked: "-I '\(name)'")
    }
    if let (address, zone) = try TargetResolution.source(settings.source) {
      if let family = settings.family, address.family != family {
        throw .refused("-S \(address) is not an \(family) address, and only those are asked for")
      }
      if let zone, zone != interface {
        guard interface == nil else { throw .refused("-S and -I name different interfaces; leave one of them out") }
        interface = zone
      }
      source = address
    } else {
      source = nil
    }
    self.interface = interface
  }

  static func interface(named name: String, asked words: String) throws(RunError) -> Interface {
    do throws(Errno) {
      return try Interface.zone(name)
    } catch {
      throw .refused("\(words): this host has no such interface (ip link lists them)")
    }
  }

  private static func source(_ text: String?) throws(RunError) -> (IPAddress, zone: Interface?)? {
    guard let text else { return nil }
    guard let given = ZonedAddress(parsing: text) else { throw .refused("-S '\(text)' is not an address") }
    let zone = try given.zone.map { (zone) throws(RunError) in try interface(named: zone, asked: "-S '\(text)'") }
    // All of 127.0.0.0/8 is this host's, though only one address of it is listed.
    let isOwn = try attempt { () throws(Errno) in
      if given.address.isLoopback { return true }
      return try Interface.localAddresses(on: zone).contains(given.address)
    }
    guard isOwn else { throw .refused("-S \(text): not an address of this host (ip address lists them)") }
    return (given.address, zone)
  }

  /// All targets, one a port.
  func resolve() throws(RunError) -> [ResolvedTarget] {
    var targets: [ResolvedTarget] = []
    for spec in settings.targets { targets += try resolve(spec) }
    return targets
  }

  /// One target, one a port.
  func resolve(_ spec: TargetSpec) throws(RunError) -> [ResolvedTarget] {
    let (address, took) = try address(of: spec)
    try refuseGroups(address.address, spec)
    let through = try interface(of: address.zone, spec) ?? interface
    if case .v6(let v6) = address.address, v6.isLinkLocal, through == nil {
      throw .refused("\(spec.text): a link-local address is known by its interface; say [\(spec.host)%INTERFACE]:PORT")
    }
    let way = try way(to: address.address, through: through, spec)
    return spec.ports.map { port in
      var target = ResolvedTarget(
        name: spec.ports.count == 1 ? spec.text : "\(spec.host.bracketedHost):\(port)",
        remote: Endpoint(address.address, port), source: nil, interface: nil,
        mtu: 1_500, resolve: took, host: took == nil ? nil : spec.host, zone: through)
      target.take(way)
      return target
    }
  }

  /// The way to a target as routes are now.
  func way(to target: ResolvedTarget) -> Way {
    (try? Way(to: target.remote.address, from: source, through: target.zone ?? interface)) ?? Way()
  }

  /// A target whose name has another address now, as routes are now.
  func moved(_ target: ResolvedTarget, to address: IPAddress) -> ResolvedTarget {
    var moved = target
    moved.remote.address = address
    moved.take(way(to: moved))
    return moved
  }

  private func interface(of zone: String?, _ spec: TargetSpec) throws(RunError) -> Interface? {
    guard let zone else { return nil }
    let named = try TargetResolution.interface(named: zone, asked: spec.text)
    if let interface, interface != named {
      throw .refused("\(spec.text): by \(zone), and -I says \(interface.name); leave one of them out")
    }
    return named
  }

  /// The address of a host with its zone, and how long a look-up took.
  private func address(of spec: TargetSpec) throws(RunError) -> (address: ZonedAddress, took: Measurement?) {
    if let given = ZonedAddress(parsing: spec.host) {
      let family = given.address.family
      guard settings.family.map({ $0 == family }) ?? true, source.map({ $0.family == family }) ?? true
      else { throw .refused("\(spec.host) is not an \(wantedFamily) address") }
      return (given, nil)
    }
    guard !settings.isNumeric else { throw .refused("\(spec.host): a name, and -n allows only addresses") }
    let before = SystemClock.now()
    let found: [IPAddress]
    do throws(ResolveError) {
      found = try Resolver.addresses(of: spec.host, family: settings.family ?? source?.family)
    } catch {
      throw .name(error)
    }
    guard let first = found.first else { throw .refused("\(spec.host) has no address") }
    return (ZonedAddress(first), SystemClock.now().since(before))
  }

  private var wantedFamily: String { "\(settings.family ?? source?.family ?? .v4)" }

  /// Never to many at once: a probe is between two hosts.
  private func refuseGroups(_ address: IPAddress, _ spec: TargetSpec) throws(RunError) {
    guard !address.isMulticast else { throw .refused("\(spec.text): a multicast address; TCP is between two hosts") }
    guard !address.isUnspecified else { throw .refused("\(spec.text): no host has this address") }
    if case .v4(let v4) = address, v4.isLimitedBroadcast { throw broadcast(spec) }
  }

  private func broadcast(_ spec: TargetSpec) -> RunError {
    .refused("\(spec.text): a broadcast address; TCP is between two hosts")
  }

  private func way(
    to address: IPAddress, through interface: Interface?, _ spec: TargetSpec
  ) throws(RunError) -> Way {
    let way = try attempt { () throws(Errno) in try Way(to: address, from: source, through: interface) }
    switch way.route?.kind {
    case .broadcast: throw broadcast(spec)
    case .multicast: throw .refused("\(spec.text): a multicast address; TCP is between two hosts")
    default: return way
    }
  }
}

/// How a packet would leave for an address.
struct Way {
  /// The route; nil where none leads there.
  var route: Route?
  /// What stands in the way; nothing where there is a route, or where none was ever entered.
  var obstacle: Notes = []

  /// None.
  init() {}

  /// Asks the kernel.
  ///
  /// - Throws: what is not about routes.
  init(to address: IPAddress, from source: IPAddress?, through interface: Interface?) throws(Errno) {
    do throws(Errno) {
      let route = try Route.to(address, from: source, interface: interface)
      switch route.kind {
      case .unreachable: obstacle = .routeUnreachable
      case .prohibited: obstacle = .routeProhibited
      case .blackhole: obstacle = .routeBlackhole
      case .unicast, .local, .anycast, .broadcast, .multicast: self.route = route
      }
    } catch {
      guard error.isNoRoute else { throw error }
      obstacle = error.obstacle
    }
  }
}

extension ResolvedTarget {
  /// Goes this way from now on.
  fileprivate mutating func take(_ way: Way) {
    source = way.route?.source
    interface = way.route?.interface
    obstacle = way.obstacle
    if let route = way.route { mtu = route.mtu }
  }
}

extension ResolvedTarget {
  /// As the engine knows it.
  func target(_ settings: RunSettings) -> ConnectEngine.Target {
    var target = ConnectEngine.Target(source: source, remote: remote, plan: plan(settings))
    target.obstacle = obstacle
    return target
  }

  /// The plan for this target: MSS and window as an ordinary Linux client on this route would say them.
  func plan(_ settings: RunSettings) -> Plan {
    var plan = settings.plan
    let network = remote.address.family == .v4 ? 20 : 40
    let room = max(mtu - network - 20, 88)
    let segment = UInt16(clamping: settings.maximumSegmentSize.map(Int.init) ?? room - (mtu > 65_535 ? 1 : 0))
    plan.offer.maximumSegmentSize = segment
    plan.window = settings.window ?? (segment > 0 ? UInt16.max / segment * segment : 64_240)
    // A frame of ours is no longer than 2,048 octets, headers included.
    plan.textLimit = min(room, FrameBuffer.capacity - network - 20)
    return plan
  }
}
