import Engines
import Handshake
import Judging
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
  /// How long the name's lookup took; nil where there was nothing to look up.
  public var resolve: Measurement?
  /// The name that was looked up; nil where there was nothing to look up.
  public var host: String?
  /// Which of the name's addresses it is; nil where there is one.
  public var share: AddressShare?
  /// The interface that was asked for, by `-I` or as the address's zone; nil where routes decide.
  ///
  /// Packets to an address of this host's leave by loopback still.
  public var zone: Interface?
  /// What stands in the way where there is no route: what the route that forbids it is called.
  public var obstacle: Notes = []

  /// Whether its address is known: until its name has been looked up it has the unspecified one, which no host has.
  var isKnown: Bool { !remote.address.isUnspecified }
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
        throw .refused(
          "-S \(address) is not an \(family) address, but \(settings.familyOption ?? "-\(family == .v6 ? 6 : 4)") was given"
        )
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
      throw .refused("\(words): no such interface (see `ip link`)")
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
    guard isOwn else { throw .refused("-S \(text): not an address of this host (see `ip address`)") }
    return (given.address, zone)
  }

  /// The only family that may be used; nil where both may.
  var family: AddressFamily? { settings.family ?? source?.family }

  /// Refuses a name where only addresses are allowed.
  func allowName(_ spec: TargetSpec) throws(RunError) {
    if settings.isNumeric { throw .refused("\(spec.host): host names are not allowed with -n") }
  }

  /// Targets whose address is not known, one a port.
  func unknown(_ spec: TargetSpec) -> [ResolvedTarget] {
    let nowhere: IPAddress = family == .v6 ? .v6(IPv6Address(0)) : .v4(IPv4Address(0))
    return spec.single.flatMap { single in
      single.ports.map { port in
        ResolvedTarget(name: single.text, remote: Endpoint(nowhere, port), source: nil, interface: nil, mtu: 1_500)
      }
    }
  }

  /// The way to an address that was typed; refuses what must not be probed.
  func way(to given: ZonedAddress, _ spec: TargetSpec) throws(RunError) -> Way {
    let address = given.address
    if let family, family != address.family {
      let reason = settings.familyOption.map { ", which \($0) needs" } ?? ""
      throw .refused("\(spec.host) is not an \(family) address\(reason)")
    }
    try refuseGroups(address, spec)
    let through = try interface(of: given.zone, spec) ?? interface
    if case .v6(let v6) = address, v6.isLinkLocal, through == nil {
      throw .refused("\(spec.text): a link-local address needs a zone; use [\(spec.host)%INTERFACE]:PORT")
    }
    return try way(to: address, through: through, spec)
  }

  /// Targets at an address, one a port.
  func targets(_ spec: TargetSpec, _ place: (address: ZonedAddress, way: Way)) -> [ResolvedTarget] {
    unknown(spec).map { unknown in
      var target = unknown
      target.remote.address = place.address.address
      target.take(place.way)
      return target
    }
  }

  /// Which of a name's addresses is probed: the first that a route leads to, or else the first that could be probed.
  func best(of addresses: [ZonedAddress]) -> ZonedAddress? {
    let usable = addresses.filter { family == nil || $0.address.family == family }
      .compactMap { address in way(to: address).map { (address, $0) } }
    return (usable.first { $0.1.route != nil } ?? usable.first)?.0
  }

  /// The way to an address that a name gave; nil where it cannot be probed.
  private func way(to given: ZonedAddress) -> Way? {
    let spec = TargetSpec(host: "\(given.address)", ports: [], text: "\(given.address)")
    return try? way(to: given, spec)
  }

  /// The way to a target as routes are now.
  func way(to target: ResolvedTarget) -> Way {
    (try? Way(to: target.remote.address, from: source, through: target.zone ?? interface)) ?? Way()
  }

  /// A target whose name has this address now, as routes are now.
  func moved(_ target: ResolvedTarget, to address: ZonedAddress) -> ResolvedTarget {
    var moved = target
    moved.remote.address = address.address
    moved.take(way(to: address) ?? Way())
    return moved
  }

  private func interface(of zone: String?, _ spec: TargetSpec) throws(RunError) -> Interface? {
    guard let zone else { return nil }
    let named = try TargetResolution.interface(named: zone, asked: spec.text)
    if let interface, interface != named {
      throw .refused("\(spec.text): its zone is \(zone), but -I is \(interface.name); leave one of them out")
    }
    return named
  }

  /// Never to many at once: a probe is between two hosts.
  private func refuseGroups(_ address: IPAddress, _ spec: TargetSpec) throws(RunError) {
    guard !address.isMulticast else { throw .refused("\(spec.text): multicast address; TCP is unicast only") }
    guard !address.isUnspecified else { throw .refused("\(spec.text): the unspecified address cannot be probed") }
    if case .v4(let v4) = address, v4.isLimitedBroadcast { throw .broadcast(spec) }
  }

  private func way(
    to address: IPAddress, through interface: Interface?, _ spec: TargetSpec
  ) throws(RunError) -> Way {
    var way = try attempt { () throws(Errno) in try Way(to: address, from: source, through: interface) }
    way.zone = interface
    switch way.route?.kind {
    case .broadcast: throw .broadcast(spec)
    case .multicast: throw .refused("\(spec.text): multicast address; TCP is unicast only")
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
  /// The interface that was asked for, if one was.
  var zone: Interface?

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
    zone = way.zone
    obstacle = way.obstacle
    if let route = way.route { mtu = route.mtu }
  }
}

extension RunError {
  /// Whether it is about one target alone, so that others can be probed still.
  var concernsTarget: Bool {
    switch self {
    case .refused, .broadcast: true
    default: false
    }
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
    plan.offer.maximumSegmentSize = settings.omitsOptions ? nil : segment
    plan.ipFields = settings.ipFields
    plan.window = settings.window ?? (segment > 0 ? UInt16.max / segment * segment : 64_240)
    // A frame of ours is no longer than 2,048 octets, headers included.
    plan.textLimit = min(room, FrameBuffer.capacity - network - 20)
    return plan
  }
}

/// Which interface each link-local address of a run belongs to (RFC 4007 §6): without it the kernel knows no way.
struct Scopes {
  private var entries: [(address: IPAddress, interface: Interface)] = []
  /// The interface of all others.
  private var common: Interface?

  /// Every link-local address is this interface's: peers are not known before they come.
  init(common: Interface?) { self.common = common }

  /// The addresses of both ends of the targets.
  ///
  /// - Throws: `.refused` where one address is asked for by two interfaces: answers could not be distinguished.
  init(_ targets: [ResolvedTarget]) throws(RunError) {
    for target in targets { try add(target) }
  }

  /// The addresses of both ends of one more target.
  mutating func add(_ target: ResolvedTarget) throws(RunError) {
    guard let interface = target.zone ?? target.interface, let source = target.source else { return }
    for address in [target.remote.address, source] where Scopes.needsOne(address) {
      if let known = self.interface(of: address) {
        guard known != interface else { continue }
        throw .refused("\(address): reached through both \(known.name) and \(interface.name); probe them one at a time")
      }
      entries.append((address, interface))
    }
  }

  /// The interface of a link-local address; nil for every other address.
  func interface(of address: IPAddress) -> Interface? {
    entries.first { $0.address == address }?.interface ?? (Scopes.needsOne(address) ? common : nil)
  }

  private static func needsOne(_ address: IPAddress) -> Bool {
    if case .v6(let v6) = address { return v6.isLinkLocal }
    return false
  }
}
