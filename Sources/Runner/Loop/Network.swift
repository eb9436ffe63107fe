import Engines
import Handshake
import Kernel
import Timebase
import Wire

/// Everything of this host that an engine's actions touch: raw sockets, guarded ports, entropy.
final class Network {
  /// One a family; few things are kept here, and in arrays: see `VerdictCounts` for what a dictionary costs.
  private let links: [RawLink]
  /// The interfaces that link-local addresses belong to.
  private var scopes: Scopes
  /// The interface that everything goes by; nil where the routes decide.
  private let interface: Interface?
  /// By slot.
  private var guards: [Reservation?] = []
  /// A port that was asked for by number stays reserved for the whole run.
  private var kept: [Reservation] = []

  /// Ports that were given back behind an RST of ours, the first to end first; see `linger`.
  private var lingering: [(box: ResetGuardBox, until: Instant)] = []

  /// A reserved port and what it belongs to.
  private struct Reservation {
    var box: ResetGuardBox
    var endpoint: Endpoint
    /// When the first packet left, and when our last RST did.
    var firstSent: Instant?
    var lastReset: Instant?

    /// Until when the port stays guarded after our RST: a SYN-ACK that comes twice comes again within the time that the
    /// first one took, and would have the kernel's RST besides ours.
    ///
    /// Later copies are the peer's retransmissions: it did not get our RST, and the kernel's serves it well.
    var guardedUntil: Instant? {
      guard let firstSent, let lastReset else { return nil }
      return lastReset + min(lastReset - firstSent, Network.longestLinger)
    }
  }

  /// The longest time for which a port is guarded after our RST.
  static let longestLinger = Interval.milliseconds(50)
  /// The most ports that are guarded after our RST; beyond them the oldest is given back early.
  private static let lingerLimit = 64

  /// Opens the raw sockets for the given families; with `sendsAnything` also what the packets of
  /// `Transmission.packets` need that a raw socket would not send as they are.
  init(
    families: [AddressFamily], interface: Interface?, scopes: Scopes, sendsAnything: Bool = false
  ) throws(Errno) {
    self.scopes = scopes
    self.interface = interface
    var links: [RawLink] = []
    for family in families {
      do throws(Errno) {
        links.append(try RawLink(family: family, interface: interface, sendsAnything: sendsAnything))
      } catch {
        // A kernel may have no IPv6, and of several families one may do.
        guard error.isNoSuchFamily, families.count > 1, family == .v6 else { throw error }
      }
    }
    self.links = links
  }

  /// Learns of a target that has become known: which interface a link-local address of its belongs to.
  func admit(_ target: ResolvedTarget) throws(RunError) { try scopes.add(target) }

  /// The links.
  var all: [RawLink] { links }

  private func link(_ family: AddressFamily) -> RawLink? { links.first { $0.family == family } }

  /// How many packets the kernel dropped because our buffers were full.
  var dropped: UInt32 { all.reduce(0) { $0 &+ $1.dropped } }
  /// How many packets were longer than the buffer, and lost their end.
  var truncated: Int { all.reduce(0) { $0 + $1.truncated } }

  /// Whether a port is reserved for the whole run.
  func keeps(_ endpoint: Endpoint) -> Bool { kept.contains { $0.endpoint == endpoint } }

  /// The interface that an address is reached by whatever the routes say; nil where they decide.
  func interface(towards address: IPAddress) -> Interface? { scopes.interface(of: address) }

  /// Reserves a port that was asked for by number, for the whole run.
  func keep(_ endpoint: Endpoint) throws(Errno) {
    let scope = scopes.interface(of: endpoint.address)
    let box = try ResetGuardBox(address: endpoint.address, port: endpoint.port, interface: scope)
    kept.append(Reservation(box: box, endpoint: endpoint))
  }

  /// Reserves and guards a source port, and lets its packets in.
  func reserve(_ address: IPAddress, port: UInt16, for slot: Int) throws(Errno) -> UInt16 {
    let reservation: Reservation
    if let own = kept.first(where: { $0.endpoint == Endpoint(address, port) }) {
      reservation = own
    } else {
      let scope = scopes.interface(of: address)
      let box: ResetGuardBox
      do throws(Errno) {
        box = try ResetGuardBox(address: address, port: port, interface: scope)
      } catch {
        // A connection needs a descriptor more than a port that was reset does.
        guard error.isOutOfDescriptors, !lingering.isEmpty else { throw error }
        lingering = []
        box = try ResetGuardBox(address: address, port: port, interface: scope)
      }
      reservation = Reservation(box: box, endpoint: Endpoint(address, box.port))
    }
    while guards.count <= slot { guards.append(nil) }
    guards[slot] = reservation
    try link(address.family)?.listen(on: reservation.endpoint.port)
    return reservation.endpoint.port
  }

  /// Reserves a port for the whole run and lets its packets in at once; returns its number.
  func keepOpen(_ endpoint: Endpoint) throws(Errno) -> UInt16 {
    let scope = scopes.interface(of: endpoint.address)
    let box = try ResetGuardBox(address: endpoint.address, port: endpoint.port, interface: scope)
    let own = Endpoint(endpoint.address, box.port)
    kept.append(Reservation(box: box, endpoint: own))
    try link(own.address.family)?.listen(on: own.port)
    return own.port
  }

  /// Lets ICMP errors in that quote any TCP segment, whatever its ports: for quotes that an address translation changed.
  func acceptAllErrors() throws(Errno) {
    for link in links { try link.acceptAllErrors() }
  }

  /// Gives a slot's port back.
  func release(_ slot: Int) {
    guard slot < guards.count, let reservation = guards[slot] else { return }
    let endpoint = reservation.endpoint
    linger(reservation)
    guards[slot] = nil
    // Two addresses of this host may have been given the same port.
    let isShared = guards.contains { $0?.endpoint.port == endpoint.port }
    if !isShared { link(endpoint.address.family)?.ignore(endpoint.port) }
  }

  /// Gives the ports of all slots back, for another engine.
  func releaseAll() {
    for slot in guards.indices { release(slot) }
  }

  private func linger(_ reservation: Reservation) {
    let now = SystemClock.monotonic()
    lingering.removeAll { $0.until <= now }
    guard let until = reservation.guardedUntil, until > now else { return }
    if lingering.count >= Network.lingerLimit { lingering.removeFirst() }
    lingering.append((reservation.box, until))
  }

  /// Keeps the ports guarded that were reset last, for as long as that matters: a few milliseconds.
  func settle() {
    guard let end = lingering.map(\.until).max() else { return }
    Poller.pause(end - SystemClock.monotonic())
    lingering = []
  }

  /// Notes what matters for how long a slot's port is guarded.
  func departed(_ transmission: Transmission, at now: Instant) {
    let slot = transmission.token.slot
    guard guards.indices.contains(slot), guards[slot] != nil else { return }
    if guards[slot]?.firstSent == nil { guards[slot]?.firstSent = now }
    if transmission.segment.flags.contains(.rst) { guards[slot]?.lastReset = now }
  }

  /// Makes a packet and sends it; `body` is given its octets before they go, and of a crafted one those of every packet
  /// that goes in its place.
  ///
  /// - Returns: false where the kernel had no room for it, so that nothing left.
  func send(_ transmission: Transmission, _ body: (RawSpan) -> Void) throws(SendFailure) -> Bool {
    guard transmission.packets.isEmpty else { return try sendCrafted(transmission, body) }
    let destination = transmission.flow.remote.address
    var frame = FrameBuffer()
    let count: Int
    do throws(WireError) {
      count = try frame.build { (out) throws(WireError) in
        try PacketAssembly.write(
          transmission.segment, flow: transmission.flow,
          text: transmission.data.span.raw.extracting(transmission.text), ipFields: transmission.ipFields, into: &out)
      }
    } catch {
      throw .tooLarge
    }
    let packet = frame.view(first: count)
    body(packet)
    guard let link = link(destination.family) else { throw .errno(.noSuchFamily) }
    do throws(Errno) {
      let index = scopes.interface(of: destination)?.index ?? 0
      return try link.send(packet, to: destination, interfaceIndex: index, token: transmission.token)
    } catch {
      throw SendFailure(error)
    }
  }

  /// Sends the packets of a crafted transmission as they are; where one of them finds no room the rest stays here as well.
  private func sendCrafted(_ transmission: Transmission, _ body: (RawSpan) -> Void) throws(SendFailure) -> Bool {
    let (local, remote) = (transmission.flow.local.address, transmission.flow.remote.address)
    guard let link = link(remote.family) else { throw .errno(.noSuchFamily) }
    let interface = scopes.interface(of: remote) ?? interface
    for (index, octets) in transmission.packets.enumerated() {
      body(octets.span.raw)
      let hasLeft = try link.sendUnchanged(
        octets.span.raw, from: local, to: remote, interface: interface, token: transmission.token,
        isPart: index < transmission.packets.count - 1)
      guard hasLeft else { return false }
    }
    return true
  }
}

/// Why a packet did not leave.
enum SendFailure: Error {
  /// This host has no route for it.
  case noRoute
  /// It does not fit a frame.
  case tooLarge
  /// The kernel would send something else in its place.
  case changed
  /// The kernel refused it.
  case errno(Errno)

  /// What it means that the kernel refused it.
  init(_ errno: Errno) { self = errno.isNoRoute ? .noRoute : .errno(errno) }
}

/// A reset guard with several owners: the slots that use its port.
final class ResetGuardBox {
  private let guardSocket: ResetGuard

  /// Reserves a port; see `ResetGuard`.
  init(address: IPAddress, port: UInt16, interface: Interface?) throws(Errno) {
    guardSocket = try ResetGuard(address: address, port: port, interface: interface)
  }

  var port: UInt16 { guardSocket.port }
}
