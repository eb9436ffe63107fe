import Engines
import Handshake
import Kernel
import Timebase
import Wire

/// Everything of this host that an engine's actions touch: raw sockets, guarded ports, entropy.
final class Network {
  private var links: [AddressFamily: RawLink] = [:]
  private let interface: Interface?
  /// The interface that a link-local destination is reached by.
  private let scope: UInt32
  private let marking: Marking
  private var guards: [Int: Reservation] = [:]
  /// A port that was asked for by number stays reserved for the whole run.
  private var kept: [Endpoint: ResetGuardBox] = [:]

  /// A reserved port and what it belongs to.
  private struct Reservation {
    var box: ResetGuardBox
    var endpoint: Endpoint
    var isKept: Bool
  }

  /// Opens the raw sockets for the given families.
  init(families: Set<AddressFamily>, interface: Interface?, scope: UInt32, marking: Marking) throws(Errno) {
    self.interface = interface
    self.scope = scope
    self.marking = marking
    for family in families { links[family] = try RawLink(family: family, interface: interface) }
  }

  /// The links, in a fixed order.
  var all: [RawLink] { [links[.v4], links[.v6]].compactMap(\.self) }

  /// How many packets the kernel dropped because our buffers were full.
  var dropped: UInt32 { all.reduce(0) { $0 &+ $1.dropped } }

  /// Reserves a port that was asked for by number, for the whole run.
  func keep(_ endpoint: Endpoint) throws(Errno) {
    kept[endpoint] = try ResetGuardBox(address: endpoint.address, port: endpoint.port, interface: interface)
  }

  /// Reserves and guards a source port, and lets its packets in.
  func reserve(_ address: IPAddress, port: UInt16, for slot: Int) throws(Errno) -> UInt16 {
    let own = kept[Endpoint(address, port)]
    let box: ResetGuardBox
    if let own { box = own } else { box = try ResetGuardBox(address: address, port: port, interface: interface) }
    guards[slot] = Reservation(box: box, endpoint: Endpoint(address, box.port), isKept: own != nil)
    try links[address.family]?.listen(on: box.port)
    return box.port
  }

  /// Gives a slot's port back.
  func release(_ slot: Int) throws(Errno) {
    guard let reservation = guards.removeValue(forKey: slot), !reservation.isKept else { return }
    let endpoint = reservation.endpoint
    // Two addresses of this host may have been given the same port.
    let isShared = guards.values.contains { $0.endpoint.port == endpoint.port }
    if !isShared { try links[endpoint.address.family]?.ignore(endpoint.port) }
  }

  /// Makes a packet and sends it; `body` is given its octets before they go.
  func send(_ transmission: Transmission, _ body: (RawSpan) -> Void) throws(SendFailure) {
    let destination = transmission.flow.remote.address
    guard let link = links[destination.family] else { return }
    var frame = FrameBuffer()
    let count: Int
    do throws(WireError) {
      count = try frame.build { (out) throws(WireError) in
        try PacketAssembly.write(
          transmission.segment, flow: transmission.flow,
          text: transmission.data.span.raw.extracting(transmission.text), marking: marking, into: &out)
      }
    } catch {
      throw .tooLarge
    }
    let packet = frame.view(first: count)
    body(packet)
    do throws(Errno) {
      try link.send(packet, to: destination, interfaceIndex: scope, token: transmission.token)
    } catch {
      throw error.isNoRoute ? .noRoute : .errno(error)
    }
  }
}

/// Why a packet did not leave.
enum SendFailure: Error {
  /// This host has no route for it.
  case noRoute
  /// It does not fit a frame.
  case tooLarge
  /// The kernel refused it.
  case errno(Errno)
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
