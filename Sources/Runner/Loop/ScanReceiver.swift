import Handshake
import Kernel
import Timebase
import Wire

/// How answers of one family come in: by a ring of the interface that all packets go through, or by raw sockets.
final class ScanReceiver {
  private let link: RawLink?
  private var ring: BlockRing?
  private let intake = Intake()

  /// Lets answers to some ports in; `hop` is the next hop of all packets, where there is only one.
  ///
  /// Raw sockets receive where there are several ways, or none with neighbours, and where this host has no ring to give.
  init(
    _ family: AddressFamily, interface: Interface?, hop: ScanHop?, ports: [UInt16], rate: Int
  ) throws(Errno) {
    if let hop, let ring = try? BlockRing(on: hop.interface, family: family, ports: ports, rate: rate) {
      link = nil
      self.ring = consume ring
      return
    }
    let link = try RawLink(family: family, interface: interface)
    try link.listen(on: ports)
    self.link = link
    ring = nil
  }

  /// Asks the poll loop to watch for packets.
  func watch(by poller: inout Poller) {
    ring?.watch(by: &poller)
    link?.watch(by: &poller)
  }

  /// Whether so many packets wait that senders are to stop until fewer do; a socket's queue does not say.
  func isFilling(wasHeld: Bool) -> Bool { ring?.isFilling(less: wasHeld) ?? false }

  /// Takes an error that waits, such as that the link is down, so that no wait ends by it at once.
  func clearError() { ring?.clearError() }

  /// How many packets the kernel had no room for.
  var dropped: UInt32 { link?.dropped ?? (try? ring?.dropped()) ?? 0 }

  /// Hands up to `most` packets to `body`, each with the moment at which it came in; false where no more wait.
  ///
  /// The kernel says when a packet came into the ring, by the wall clock. Where that makes no sense beside both clocks as
  /// they are now, because the wall clock was stepped, it is now.
  func take(most: Int, at now: Stamp, _ body: (borrowing ReceivedPacket, Instant) -> Void) throws(Errno) -> Bool {
    guard let link else {
      return ring?.take(most: most) { octets, reception in
        let age = now.wall - reception.kernelStamp
        let isSound = age.magnitude < .seconds(2)
        body(
          ReceivedPacket(
            octets, framing: .inBand, mayBeUnfinished: reception.mayBeUnfinished, isTruncated: reception.isTruncated),
          isSound ? now.instant + .nanoseconds(-age.nanoseconds) : now.instant)
      } == most
    }
    return try take(from: link, most, &intake.buffer, body)
  }

  private func take(
    from link: RawLink, _ most: Int, _ buffer: inout ReceiveBuffer, _ body: (borrowing ReceivedPacket, Instant) -> Void
  ) throws(Errno) -> Bool {
    for _ in 0..<most {
      guard let (reception, number) = try link.receive(into: &buffer) else { return false }
      let arrival = ReceivedPacket(
        buffer.view(first: reception.count), framing: reception.framing(protocolNumber: number),
        mayBeUnfinished: link.mayBeUnfinished(reception.interfaceIndex), isTruncated: reception.isTruncated)
      body(arrival, SystemClock.monotonic())
    }
    return true
  }
}
