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
    interface = try settings.interface.map { (name) throws(RunError) in
      try TargetResolution.interface(named: name, asked: "-I '\(name)'")
    }
    source = try TargetResolution.source(settings.source)
    if let source, let family = settings.family, source.family != family {
      throw .refused("-S \(source) is not an \(family) address, and only those are asked for")
    }
  }

  static func interface(named name: String, asked words: String) throws(RunError) -> Interface {
    do throws(Errno) {
      return try Interface.named(name)
    } catch {
      throw .refused("\(words): this host has no such interface (ip link lists them)")
    }
  }

  private static func source(_ text: String?) throws(RunError) -> IPAddress? {
    guard let text else { return nil }
    guard let address = IPAddress(parsing: text) else { throw .refused("-S '\(text)' is no address") }
    // All of 127.0.0.0/8 is this host's, though only one address of it is listed.
    let isOwn = try attempt { () throws(Errno) in
      if address.isLoopback { return true }
      return try Interface.localAddresses().contains(address)
    }
    guard isOwn else { throw .refused("-S \(text): not an address of this host (ip address lists them)") }
    return address
  }

  /// All targets, one a port.
  func resolve() throws(RunError) -> [ResolvedTarget] {
    var targets: [ResolvedTarget] = []
    for spec in settings.targets { targets += try resolve(spec) }
    return targets
  }

  /// One target, one a port.
  func resolve(_ spec: TargetSpec) throws(RunError) -> [ResolvedTarget] {
    let (address, zone, took) = try address(of: spec)
    try refuseGroups(address, spec)
    let through = try interface(of: zone, spec) ?? interface
    if case .v6(let v6) = address, v6.isLinkLocal, through == nil {
      throw .refused("\(spec.text): a link-local address is known by its interface; say [\(spec.host)%INTERFACE]:PORT")
    }
    let route = try route(to: address, through: through, spec)
    return spec.ports.map { port in
      ResolvedTarget(
        name: spec.ports.count == 1 ? spec.text : "\(bracketed(spec.host)):\(port)",
        remote: Endpoint(address, port), source: route?.source, interface: route?.interface,
        mtu: route?.mtu ?? 1_500, resolve: took, host: took == nil ? nil : spec.host)
    }
  }

  /// Our address towards a target as routes are now; nil where none leads there.
  func source(towards target: ResolvedTarget) -> IPAddress? {
    let route = try? Route.to(target.remote.address, from: source, interface: target.interface ?? interface)
    switch route?.kind {
    case .unicast, .local, .anycast: return route?.source
    default: return nil
    }
  }

  /// A target whose name has another address now, as routes are now.
  func moved(_ target: ResolvedTarget, to address: IPAddress) -> ResolvedTarget {
    var moved = target
    moved.remote.address = address
    let route = try? Route.to(address, from: source, interface: interface)
    let isUsable = [.unicast, .local, .anycast].contains(route?.kind)
    moved.source = isUsable ? route?.source : nil
    moved.interface = isUsable ? route?.interface : nil
    if isUsable, let route { moved.mtu = route.mtu }
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

  private func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

  /// The address of a host, the zone that came with it, and how long a look-up took.
  private func address(
    of spec: TargetSpec
  ) throws(RunError) -> (address: IPAddress, zone: String?, took: Measurement?) {
    let parts = spec.host.split(separator: "%", maxSplits: 1)
    let zone = parts.count > 1 ? String(parts[1]) : nil
    if let address = IPAddress(parsing: parts.first ?? "") {
      guard settings.family.map({ $0 == address.family }) ?? true, source.map({ $0.family == address.family }) ?? true
      else { throw .refused("\(spec.host) is not an \(wantedFamily) address") }
      return (address, zone, nil)
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
    return (first, nil, SystemClock.now().since(before))
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

  /// The way there; nil where there is none.
  private func route(
    to address: IPAddress, through interface: Interface?, _ spec: TargetSpec
  ) throws(RunError) -> Route? {
    let route: Route
    do throws(Errno) {
      route = try Route.to(address, from: source, interface: interface)
    } catch {
      if error.isNoRoute { return nil }
      throw .system(error)
    }
    switch route.kind {
    case .broadcast: throw broadcast(spec)
    case .multicast: throw .refused("\(spec.text): a multicast address; TCP is between two hosts")
    case .unreachable, .prohibited, .blackhole: return nil
    case .unicast, .local, .anycast: return route
    }
  }
}

extension ResolvedTarget {
  /// As the engine knows it.
  func target(_ settings: RunSettings) -> ConnectEngine.Target {
    ConnectEngine.Target(source: source, remote: remote, plan: plan(settings))
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
