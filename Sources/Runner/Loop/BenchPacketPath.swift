import Engines
import Handshake
import Kernel
import Timebase
import Wire

/// Straight to the interface, and back by a ring of packets: no route lookup, no system call for each packet.
///
/// Until the kernel knows the link address of every next hop, packets go through its IP layer, which finds it out.
final class BenchPacketPath: BenchPath {
  private var ring: PacketRing
  private let routed: BatchBox
  private let direct: BatchBox
  let unsent = UnsentPackets()
  private var isResolved = false
  private let hops: [IPAddress]
  private let interface: Interface
  private let family: AddressFamily
  private var neighbors: [Neighbor] = []
  private var checkedAt: Instant?
  /// Both clocks as they were read last: what turns the kernel's stamps into moments.
  private var now = SystemClock.now()

  /// A way to targets that are all reached by one interface and in one family; nil where that is not so, or where the
  /// interface has no neighbours to know.
  init?(_ targets: [ResolvedTarget]) throws(Errno) {
    guard let first = targets.first, let interface = first.interface, !interface.isLoopback else { return nil }
    let family = first.remote.address.family
    guard targets.allSatisfy({ $0.interface == interface && $0.remote.address.family == family }) else { return nil }
    let routes = try targets.map { (target) throws(Errno) in
      try Route.to(target.remote.address, from: target.source, interface: nil)
    }
    guard routes.allSatisfy({ $0.kind == .unicast }) else { return nil }
    hops = routes.map { $0.gateway ?? $0.destination }
    ring = try PacketRing(
      on: interface, family: family, from: targets.map(\.remote.address), ports: targets.map(\.remote.port))
    routed = BatchBox(
      try BatchSender(routing: targets.map(\.remote.address), family: family, interface: interface))
    direct = BatchBox(try BatchSender(toLinkOf: family))
    self.interface = interface
    self.family = family
    try refresh(at: now)
  }

  var sending: BatchSender.Path { isResolved ? .packet : .raw }

  func watch(by poller: inout Poller) { _ = poller.add(ring.descriptor, for: .readable) }

  func listen(on ports: [UInt16], family: AddressFamily) throws(Errno) {}

  func send(_ batch: borrowing PacketBatch, for engine: inout BenchEngine) throws(Errno) {
    (isResolved ? direct : routed).send(batch, for: &engine, unsent)
  }

  func take(for engine: inout BenchEngine, into batch: inout PacketBatch) throws(Errno) -> Bool {
    guard ring.hasPacket else { return false }
    return ring.take { octets, reception in
      let arrival = ReceivedPacket(
        octets, framing: .inBand, mayBeUnfinished: reception.mayBeUnfinished,
        isTruncated: reception.isTruncated)
      engine.receive(arrival, at: stamp(reception.kernelStamp), into: &batch)
    }
  }

  /// The moment that the kernel says, on both clocks: read again for each turn of the loop, they run alike in between.
  ///
  /// Where the kernel's word makes no sense, because the wall clock was stepped, it is now.
  private func stamp(_ kernel: WallTime) -> Stamp {
    let age = now.wall - kernel
    guard age.magnitude < .milliseconds(500) else { return SystemClock.now() }
    return Stamp(instant: Instant(nanoseconds: now.instant.nanoseconds - age.nanoseconds), wall: kernel)
  }

  var dropped: UInt32 { (try? ring.dropped()) ?? 0 }
  var truncated: Int { ring.truncated }

  func refresh(at moment: Stamp) throws(Errno) {
    now = moment
    if let checkedAt, moment.instant - checkedAt < (isResolved ? .seconds(1) : .milliseconds(5)) { return }
    checkedAt = moment.instant
    var found: [Neighbor] = []
    for hop in hops {
      guard let neighbor = try Neighbor.at(hop, on: interface) else {
        isResolved = false
        return
      }
      found.append(neighbor)
    }
    if found != neighbors { direct.address(found) }
    neighbors = found
    isResolved = true
  }
}
