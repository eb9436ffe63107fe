import Engines
import Handshake
import Kernel
import Timebase
import Wire

/// The way of packets that a raw socket would not send as they are: through a packet socket, straight to the next hop.
final class LinkPath {
  private var socket: LinkSocket
  private var tokens = TokenRing()
  /// Destinations whose next hop did not answer: it is asked for once.
  private var silent: Set<IPAddress> = []

  /// How long the link address of the next hop is waited for, and how often it is looked for meanwhile.
  private static let patience = Interval.milliseconds(500)
  private static let pause = Interval.milliseconds(2)

  /// Opens the socket.
  init(family: AddressFamily) throws(Errno) { socket = try LinkSocket(family: family) }

  /// Asks the poll loop to watch for stamps.
  func watch(by poller: inout Poller) { _ = poller.add(socket.descriptor, for: []) }

  /// The neighbour that packets to a destination are handed to; `ask` sends what has the kernel look for its link address.
  ///
  /// - Throws: `changed` where the destination is this host: what it has not routed itself the kernel takes from loopback
  ///   for a forgery and drops (`martian`), in IPv4; what is wrong anyway may go there.
  func neighbor(
    towards address: IPAddress, _ interface: Interface?, of packet: RawSpan, ask: () throws(Errno) -> Void
  ) throws(SendFailure) -> Neighbor {
    switch try attempt({ () throws(Errno) in try hop(towards: address, interface, ask) }) {
    case .neighbor(let neighbor): return neighbor
    case .local(let neighbor):
      if let header = try? IPv4HeaderView(lax: packet), header.hasGoodChecksum { throw .changed }
      return neighbor
    case .unresolved: throw .noRoute
    }
  }

  private func hop(
    towards address: IPAddress, _ interface: Interface?, _ ask: () throws(Errno) -> Void
  ) throws(Errno) -> NextHop {
    var hop = try NextHop.towards(address, interface: interface)
    guard hop == .unresolved, !silent.contains(address) else { return hop }
    try ask()
    let end = SystemClock.monotonic() + LinkPath.patience
    while hop == .unresolved, SystemClock.monotonic() < end {
      Poller.pause(LinkPath.pause)
      hop = try NextHop.towards(address, interface: interface)
    }
    if hop == .unresolved { silent.insert(address) }
    return hop
  }

  /// Sends a packet; its stamp will come back under the token.
  ///
  /// - Returns: false where there was no room for it, so that nothing left.
  func send(_ packet: RawSpan, to neighbor: Neighbor, token: Token, isPart: Bool) throws(SendFailure) -> Bool {
    let id = try attempt { () throws(Errno) in try socket.send(packet, to: neighbor) }
    guard let id else { return false }
    tokens.put(token, under: id, isPart: isPart)
    return true
  }

  private func attempt<R>(_ body: () throws(Errno) -> R) throws(SendFailure) -> R {
    do throws(Errno) { return try body() } catch { throw SendFailure(error) }
  }

  /// The next transmit stamp in the error queue, and the packet that it belongs to.
  func nextTransmitStamp() throws(Errno) -> TokenStamp? {
    while let stamp = try socket.nextTransmitStamp() {
      if let entry = tokens.take(stamp.id) {
        return TokenStamp(token: entry.token, wall: stamp.wall, isPart: entry.isPart)
      }
    }
    return nil
  }
}
