import Engines
import Handshake
import Kernel
import Timebase
import Wire

/// The way that a benchmark's packets go and come.
protocol BenchPath: AnyObject {
  /// How the packets are sent.
  var sending: BatchSender.Path { get }
  /// Asks the poll loop to watch for packets.
  func watch(by poller: inout Poller)
  /// Lets packets to ports of ours in.
  func listen(on ports: [UInt16], family: AddressFamily) throws(Errno)
  /// Sends a batch, and tells the engine what left and when; a connection whose packet is refused has ended.
  func send(_ batch: borrowing PacketBatch, for engine: inout BenchEngine) throws(Errno)
  /// Tells the engine of stamps, then hands one packet to it; false where none waits.
  func take(for engine: inout BenchEngine, into batch: inout PacketBatch) throws(Errno) -> Bool
  /// How many packets the kernel dropped because our buffers were full.
  var dropped: UInt32 { get }
  /// How many packets were longer than there was room for, and lost their end.
  var truncated: Int { get }
  /// What this host refused to send.
  var unsent: UnsentPackets { get }
  /// Looks after what may change while it runs; called at every turn of the loop.
  func refresh(at now: Stamp) throws(Errno)
  /// Whether each packet is written to a file, and so has to leave before the next event is looked at.
  var keepsPackets: Bool { get }
  /// When packets that wait to be written must be, even without their stamps; nil where none waits.
  var deadline: Instant? { get }
  /// Tells the engine, and the file, of the stamps that have come; called at every turn of the loop.
  func takeStamps(for engine: inout BenchEngine) throws(Errno)
  /// Writes the packets whose stamps are there.
  func settle(at now: Stamp) throws(RunError)
  /// Writes all that is left; the file, where there is one, is complete.
  func finish() throws(RunError)
}

/// A path whose packets no one writes down.
extension BenchPath {
  var keepsPackets: Bool { false }
  var deadline: Instant? { nil }
  func takeStamps(for engine: inout BenchEngine) throws(Errno) {}
  func settle(at now: Stamp) throws(RunError) {}
  func finish() throws(RunError) {}
}

/// Through the kernel's IP layer, and back by raw sockets.
///
/// At rates that leave the time for it every packet that begins a step is stamped by the kernel.
final class BenchRawPath: BenchPath {
  private let links: [RawLink]
  private let targets: [ResolvedTarget]
  private let scopes: Scopes
  /// Sends many at once, without stamps; nil where each is stamped.
  private let sender: BatchBox?
  private var buffer = ReceiveBuffer()
  let sending = BatchSender.Path.raw
  let unsent = UnsentPackets()
  /// Where every packet is written to; nil where no one asked, and only where each is stamped.
  var packets: BenchPackets?

  /// A way to targets; with `stamps` each packet is sent alone and stamped by the kernel.
  init(_ targets: [ResolvedTarget], interface: Interface?, scopes: Scopes, stamps: Bool) throws(Errno) {
    let families = AddressFamily.allCases.filter { family in targets.contains { $0.remote.address.family == family } }
    links = try families.map { (family) throws(Errno) in try RawLink(family: family, interface: interface) }
    self.targets = targets
    self.scopes = scopes
    let isUniform = families.count == 1 && !targets.contains { scopes.interface(of: $0.remote.address) != nil }
    sender =
      !stamps && isUniform
      ? BatchBox(try BatchSender(routing: targets.map(\.remote.address), family: families[0], interface: interface))
      : nil
  }

  func watch(by poller: inout Poller) { for link in links { link.watch(by: &poller) } }

  func listen(on ports: [UInt16], family: AddressFamily) throws(Errno) {
    for link in links where link.family == family { try link.listen(on: ports) }
  }

  func send(_ batch: borrowing PacketBatch, for engine: inout BenchEngine) throws(Errno) {
    if let sender { return sender.send(batch, for: &engine, unsent) }
    for index in 0..<batch.count {
      let name = batch.name(of: index)
      let target = targets[batch.destination(of: index)].remote.address
      let scope = scopes.interface(of: target)?.index ?? 0
      guard let link = links.first(where: { $0.family == target.family }) else { continue }
      // Read as late as can be: where the kernel gives no stamp, this one must do.
      let now = SystemClock.now()
      do throws(Errno) {
        // What found no room is retransmitted when its timer is over.
        let token = packets?.token(of: name) ?? Token(bench: name)
        if try link.send(batch[index], to: target, interfaceIndex: scope, token: token) {
          engine.departed(name, at: now)
          packets?.sent(batch[index], named: name, token, at: now, by: engine)
        }
      } catch {
        if !error.isNoRoute { unsent.note(error, of: batch.destination(of: index)) }
        engine.failed(name)
      }
    }
  }

  func takeStamps(for engine: inout BenchEngine) throws(Errno) {
    guard sender == nil else { return }
    for link in links { try takeStamps(from: link) { engine.transmitted($0.benchName, kernel: $1) } }
  }

  func take(for engine: inout BenchEngine, into batch: inout PacketBatch) throws(Errno) -> Bool {
    for link in links where try take(from: link, &buffer, for: &engine, into: &batch) { return true }
    return false
  }

  private func take(
    from link: RawLink, _ buffer: inout ReceiveBuffer, for engine: inout BenchEngine, into batch: inout PacketBatch
  ) throws(Errno) -> Bool {
    guard let (reception, number) = try link.receive(into: &buffer) else { return false }
    // A stamp of what this packet answers is in the error queue by now, if there is one.
    try takeStamps(from: link) { engine.transmitted($0.benchName, kernel: $1) }
    var now = SystemClock.now()
    now.kernel = reception.kernelStamp
    let arrival = ReceivedPacket(
      buffer.view(first: reception.count), framing: reception.framing(protocolNumber: number),
      mayBeUnfinished: link.mayBeUnfinished(reception.interfaceIndex), isTruncated: reception.isTruncated)
    guard let packets else {
      engine.receive(arrival, at: now, into: &batch)
      return true
    }
    let judgement = engine.judge(arrival, at: now, into: &batch)
    packets.file.received(arrival, by: reception.interfaceIndex, at: now, judgement)
    return true
  }

  private func takeStamps(from link: RawLink, _ told: (Token, WallTime) -> Void) throws(Errno) {
    while let stamp = try link.nextTransmitStamp() {
      told(stamp.token, stamp.wall)
      packets?.file.transmitted(stamp.token, kernel: stamp.wall)
    }
  }

  var dropped: UInt32 { links.reduce(0) { $0 &+ $1.dropped } }
  var truncated: Int { links.reduce(0) { $0 + $1.truncated } }

  func refresh(at now: Stamp) throws(Errno) {}

  var keepsPackets: Bool { packets != nil }
  var deadline: Instant? { packets?.file.deadline }
  func settle(at now: Stamp) throws(RunError) { try packets?.file.settle(at: now) }
  func finish() throws(RunError) { try packets?.file.finish(dropped: dropped) }
}

/// What this host refused to send, by target: a firewall's rule for one of them is not the end of the others.
final class UnsentPackets {
  private var refusals: [(count: Int, latest: Errno)?] = []

  /// Counts a packet.
  func note(_ error: Errno, of target: Int) {
    while refusals.count <= target { refusals.append(nil) }
    refusals[target] = ((refusals[target]?.count ?? 0) + 1, error)
  }

  /// How many packets to a target were refused, and why the latest was; nil where none was.
  subscript(target: Int) -> (count: Int, latest: Errno)? { target < refusals.count ? refusals[target] : nil }
}

/// A sender of batches that classes can hold.
final class BatchBox {
  private var sender: BatchSender

  init(_ sender: consuming BatchSender) { self.sender = sender }

  /// Says where the packets go; see `BatchSender.address(_:)`.
  func address(_ neighbors: [Neighbor]) { sender.address(neighbors) }

  /// How often a full queue is waited for before the rest of a batch is given up to its timers.
  private static let patience = 20

  /// Sends a whole batch; what has no route, or is refused, has ended.
  ///
  /// The time of departure is read before the system call: it contains what the kernel does with the packets before.
  func send(_ batch: borrowing PacketBatch, for engine: inout BenchEngine, _ unsent: UnsentPackets) {
    var index = 0
    var attempts = 0
    while index < batch.count {
      let now = SystemClock.now()
      let sent: Int
      do throws(Errno) {
        sent = try sender.send(batch, from: index)
      } catch {
        if !error.isNoRoute { unsent.note(error, of: batch.destination(of: index)) }
        engine.failed(batch.name(of: index))
        index += 1
        continue
      }
      for taken in index..<index + sent { engine.departed(batch.name(of: taken), at: now) }
      index += sent
      guard sent == 0 else { continue }
      attempts += 1
      guard attempts < BatchBox.patience else { return }
      Poller.pause(.microseconds(50))
    }
  }
}

/// The guarded ports of a benchmark: each is reserved once, and kept for the whole run.
final class BenchGuards {
  private let homes: [IPAddress]
  private let scopes: Scopes
  private var boxes: [ResetGuardBox] = []
  /// Why no more ports could be had; nil where that was never so.
  var shortage: Errno?

  /// How many ports may be had: each is a descriptor, and the run needs some for itself.
  private let most: Int
  /// What is left for signals, routes and neighbours.
  private static let spare = 16

  /// How many ports are reserved at once where more are needed: each one costs a pause that connections wait through.
  private static let portion = 8

  /// The guards of a run that has `wanted` ports at each home at most.
  init(homes: [IPAddress], scopes: Scopes, wanted: Int) {
    self.homes = homes
    self.scopes = scopes
    most = max(
      ResourceLimit.remainingDescriptors(upTo: wanted * homes.count + BenchGuards.spare) - BenchGuards.spare, 1)
  }

  /// Reserves more ports at a home, and lets their packets in; answers their numbers.
  func reserve(at home: Int, _ path: some BenchPath, count: Int = portion) throws(Errno) -> [UInt16] {
    let address = homes[home]
    var ports: [UInt16] = []
    do throws(Errno) {
      for _ in 0..<count {
        guard boxes.count < most else { throw Errno(code: Errno.outOfDescriptors, call: .socket) }
        let box = try ResetGuardBox(address: address, port: 0, interface: scopes.interface(of: address))
        boxes.append(box)
        ports.append(box.port)
      }
    } catch {
      // What could be had is used.
      guard !ports.isEmpty else { throw error }
    }
    try path.listen(on: ports, family: address.family)
    return ports
  }
}
