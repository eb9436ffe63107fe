import Engines
import Handshake
import Kernel
import Report
import Timebase
import Wire

/// Everything that `probe listen` was asked for.
public struct ListenSettings: Sendable {
  /// The address, with an optional zone; nil for all of this host's.
  public var host: String?
  /// The port; 0 lets the kernel choose.
  public var port: UInt16 = 0
  /// The family that was asked for; nil takes the address's, or IPv4.
  public var family: AddressFamily?
  /// The interface that everything leaves and comes by.
  public var interface: String?
  /// What is done with connections.
  public var service = Service.accept
  /// How many of everything there may be.
  public var limits = ListenEngine.Limits()
  /// The IP fields that are ours to choose.
  public var ipFields = IPFields()
  /// What each connection offers; the MSS is filled in unless it was asked for.
  public var plan = Plan()
  /// The MSS that was asked for; nil takes what the interfaces carry.
  public var maximumSegmentSize: UInt16?
  /// How results are shown.
  public var presentation = Presentation()

  /// The settings of a plain `probe listen PORT`.
  public init() {
    // As often as Linux repeats a SYN-ACK: for a minute in all.
    plan.retries = 5
    // The port goes on being ours: a FIN that comes again is acknowledged rather than reset.
    plan.timeWait = .seconds(1)
  }
}

/// How a run of `probe listen` went.
public struct ListenResult: Sendable {
  /// What was counted.
  public var counts: ListenCounts
  /// The signal that ended it; nil where it ended by itself.
  public var signal: Signal?
}

extension Run {
  /// Answers handshakes on one port until it is enough.
  public static func listen(_ settings: ListenSettings) throws(RunError) -> ListenResult {
    var settings = settings
    try settings.presentation.claim([])
    let session = try Session(settings.presentation, .sockets, stamps: true)
    let place = try ListenPlace(settings)
    let network = try attempt(orThrow: ListenPlace.failure(opening:)) { () throws(Errno) in
      try Network(
        families: [place.address.family], interface: place.interface, scopes: Scopes(common: place.interface))
    }
    let asked = Endpoint(place.address, settings.port)
    let port: UInt16
    do throws(Errno) {
      port = try network.keepOpen(asked)
    } catch {
      guard error.isAddressInUse else { throw .port(error, asked) }
      throw .refused("port \(settings.port) is in use: another program listens on it (see `ss -ltnp`)")
    }
    let packets = try PacketFile(settings.presentation)
    let result = try listen(settings, place, on: port, network, packets, session.seal())
    try session.finish()
    return result
  }

  private static func listen(
    _ settings: ListenSettings, _ place: ListenPlace, on port: UInt16, _ network: Network,
    _ packets: PacketFile?, _ sealed: Session.Sealed
  ) throws(RunError) -> ListenResult {
    let presenter = ListenPresenter(settings, at: Endpoint(place.address, port))
    let engine = ListenEngine(
      port: ListenEngine.Port(address: place.address, number: port, local: Set(place.local)),
      service: settings.service, limits: settings.limits, plan: place.plan(settings),
      key: SipHash.Key(k0: Entropy.uint64(), k1: Entropy.uint64()))
    var observer = LoopObserver<ListenEngine.Finding> { (finding) throws(Errno) in
      try presenter.show(finding.sequence, finding.outcome)
    }
    // What a stranger cannot be sent is the end of that connection, and nothing to tell.
    observer.refused = { (_, _) in }
    if settings.presentation.tracesPackets {
      observer.packet = { (arrival, stamp) throws(Errno) in try presenter.show(arrival, at: stamp) }
    }
    var work = EngineWork(engine: engine, network: network, observer: observer, sealed)
    work.packets = packets
    if settings.host == nil {
      work.upkeep = { (engine) throws(Errno) in
        if engine.wantsAddresses { engine.know(local: Set(try Interface.localAddresses())) }
      }
    }
    // Whoever reads this may connect: the filter lets the port's packets in by now.
    try attempt(orThrow: RunError.output) { () throws(Errno) in try presenter.begin() }
    let end = try work.run()
    warn(
      of: network.dropped, truncated: network.truncated,
      strays: settings.presentation.isVerbose ? work.engine.counts.strays : 0)
    let counts = work.engine.counts
    try attempt(orThrow: RunError.output) { () throws(Errno) in try presenter.summarize(counts) }
    return ListenResult(counts: counts, signal: end)
  }
}

/// Where to listen: the address, the interface, and what may be said there.
struct ListenPlace {
  let address: IPAddress
  let interface: Interface?
  /// This host's addresses as they are now.
  let local: [IPAddress]
  /// The shortest of the interfaces' longest packets, loopback's aside: a peer may come by any of them.
  private let mtu: Int

  /// Checks address and interface: both must be this host's.
  init(_ settings: ListenSettings) throws(RunError) {
    let given = try settings.host.map { (host) throws(RunError) in
      guard let given = ZonedAddress(parsing: host) else {
        throw .refused("listen: '\(host)' is not an address; use [ADDR:]PORT with an address of this host")
      }
      return given
    }
    if let zone = given?.zone {
      interface = try TargetResolution.interface(named: zone, asked: "'%\(zone)'")
    } else {
      interface = try settings.interface.map { (name) throws(RunError) in
        try TargetResolution.interface(named: name, asked: "-I '\(name)'")
      }
    }
    let all: [Interface]
    do throws(Errno) {
      local = try Interface.localAddresses()
      all = try Interface.all()
    } catch {
      throw .system(error)
    }
    let own = interface.map { [$0] } ?? all.filter { $0.isUp && !$0.isLoopback }
    mtu = max(own.map(\.mtu).min() ?? 1_500, 576)
    address = given?.address ?? (settings.family == .v6 ? .v6(IPv6Address(0)) : .v4(IPv4Address(0)))
    try refuseGroups()
  }

  /// A connection is between two hosts: to a group's address the kernel binds a socket that no one ever connects to.
  private func refuseGroups() throws(RunError) {
    if address.isUnspecified { return }
    let kind = address.isMulticast ? nil : try? Route.to(address, interface: interface).kind
    let isBroadcast = kind == .broadcast || address == .v4(IPv4Address(0xffff_ffff))
    guard address.isMulticast || isBroadcast || kind == .multicast else { return }
    throw .refused(
      "listen: \(address) is a \(isBroadcast ? "broadcast" : "multicast") address; TCP is unicast only; "
        + "name an address of this host (see `ip address`)")
  }

  /// What it means that raw sockets do not open.
  static func failure(opening errno: Errno) -> RunError { RunError(opening: errno).withoutConnect }

  /// What each connection offers: as much in a segment as the interfaces carry.
  func plan(_ settings: ListenSettings) -> Plan {
    var plan = settings.plan
    let room = mtu - (address.family == .v4 ? 20 : 40) - 20
    plan.ipFields = settings.ipFields
    plan.offer.maximumSegmentSize = settings.maximumSegmentSize ?? UInt16(clamping: room)
    // A frame of ours is no longer than 2,048 octets; timestamps take twelve of what a segment may hold.
    plan.textLimit = min(room - 12, 1_400)
    return plan
  }
}
