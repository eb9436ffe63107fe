import Engines
import Handshake
import Kernel
import Scan
import Timebase
import Wire

/// A scan in the loop: probes leave in batches, and what answers them is taken in between.
///
/// A batched sibling of `EngineWork`, as `BenchWork` is.
struct ScanWork: ~Copyable, LoopWork {
  var engine: ScanEngine
  private let links: [RawLink]
  private let senders: [ScanSender]
  private let observer: ScanObserver
  private var batch: PacketBatch
  private let intake = Intake()
  private var progressAt = Instant(nanoseconds: 0)
  /// How many packets the kernel had dropped when that was last looked at.
  private var dropped: UInt32 = 0
  private var failure: RunError?

  /// The most packets that leave by one system call, and that are taken in before what is due has its turn.
  private static let (batchSize, mostReceptions) = (64, 512)
  /// How often the observer is called, and the longest wait.
  private static var round: Interval { .milliseconds(10) }
  /// A wait that is shorter than this is not slept through.
  private static var shortest: Interval { .microseconds(60) }

  init(
    engine: ScanEngine, links: [RawLink], senders: [ScanSender], observer: ScanObserver, _: Session.Sealed
  ) {
    (self.engine, self.links, self.senders, self.observer) = (engine, links, senders, observer)
    // Packets of two families do not leave by one system call.
    batch = PacketBatch(capacity: senders.count > 1 ? 1 : ScanWork.batchSize, room: 128)
  }

  /// Runs until every port was asked as often as it may be; returns the signal that ended it early, if one did.
  mutating func run() throws(RunError) -> Signal? {
    SystemClock.sharpenTimers()
    var loop = try Loop()
    engine.start(at: SystemClock.monotonic())
    let signal = try loop.run(&self)
    if let failure { throw failure }
    return signal
  }

  mutating func advance() throws(RunError) -> Rest {
    if failure != nil { return .over }
    let now = SystemClock.monotonic()
    engine.advance(at: now, into: &batch)
    let isFull = batch.vacancies == 0
    flush()
    if engine.isDone { return .over }
    guard !isFull else { return .none }
    let left = (engine.nextDeadline ?? now) - SystemClock.monotonic()
    guard left > ScanWork.shortest else { return .none }
    return .until(now + min(left - ScanWork.shortest, ScanWork.round))
  }

  mutating func enrol(in poller: inout Poller) { for link in links { link.watch(by: &poller) } }

  mutating func collect(_ poller: borrowing Poller) throws(RunError) {
    let intake = intake
    do throws(Errno) {
      try receive(&intake.buffer)
      let now = SystemClock.monotonic()
      guard now - progressAt >= ScanWork.round else { return }
      progressAt = now
      let count = links.reduce(0) { $0 &+ $1.dropped }
      if count != dropped { engine.refuse() }
      dropped = count
      try observer.progress(engine, dropped, now)
    } catch {
      if failure == nil { failure = RunError(writing: error) }
    }
  }

  private mutating func receive(_ buffer: inout ReceiveBuffer) throws(Errno) {
    for link in links {
      for _ in 0..<ScanWork.mostReceptions {
        guard let (reception, number) = try link.receive(into: &buffer) else { break }
        let arrival = ReceivedPacket(
          buffer.view(first: reception.count), framing: reception.framing(protocolNumber: number),
          mayBeUnfinished: link.mayBeUnfinished(reception.interfaceIndex), isTruncated: reception.isTruncated)
        guard let result = engine.receive(arrival, at: SystemClock.monotonic()) else { continue }
        try observer.result(result)
      }
    }
  }

  mutating func take(_ signal: Signal) throws(RunError) {
    do throws(Errno) { try observer.summarize(engine) } catch { failure = RunError(writing: error) }
  }

  mutating func interrupt(isRepeated: Bool) throws(RunError) { engine.interrupt() }

  private mutating func flush() {
    guard batch.count > 0 else { return }
    defer { batch.removeAll() }
    let isV6 = batch[0].octet(at: 0) >> 4 == 6
    guard let sender = senders.first(where: { ($0.family == .v6) == isV6 }) else { return }
    do throws(Errno) {
      try sender.send(batch, for: &engine, observer)
    } catch {
      if failure == nil { failure = RunError(writing: error) }
    }
  }
}

/// What the loop of a scan tells while it runs.
struct ScanObserver {
  /// A port was answered, or cannot be reached from here.
  var result: (ScanResult) throws(Errno) -> Void
  /// Time has passed; how many packets the kernel dropped so far.
  var progress: (borrowing ScanEngine, UInt32, Instant) throws(Errno) -> Void
  /// SIGQUIT: what there is so far is wanted.
  var summarize: (borrowing ScanEngine) throws(Errno) -> Void
  /// A packet was refused by this host.
  var refused: (Errno) -> Void
}

/// How the probes of one family leave: straight to the next hop where all have the same one, else as the kernel routes them.
final class ScanSender {
  let family: AddressFamily
  private var routed: BatchSender
  private var direct: BatchSender?
  /// The next hop of all, where there is only one.
  private let hop: (address: IPAddress, interface: Interface)?
  private var isResolved = false
  private var checkedAt: Instant?
  /// How many packets found no room, or were refused.
  private(set) var unsent: UInt64 = 0

  /// How often a full queue is waited for before a packet is left to the next pass.
  private static let patience = 40

  /// A sender of a family; `hop` is the next hop of all packets, where there is only one.
  init(family: AddressFamily, interface: Interface?, hop: (address: IPAddress, interface: Interface)?) throws(Errno) {
    self.family = family
    self.hop = hop
    routed = try BatchSender(routingAnyOf: family, places: 64, interface: interface)
    direct = if hop != nil { try BatchSender(toLinkOf: family) } else { nil }
  }

  /// Which way packets go at present.
  var path: BatchSender.Path { isResolved ? .packet : .raw }

  /// Sends a batch; what has no route is told, and what finds no room or is refused is asked again in the next pass.
  func send(_ batch: borrowing PacketBatch, for engine: inout ScanEngine, _ observer: ScanObserver) throws(Errno) {
    resolve()
    if !isResolved {
      for index in 0..<batch.count { routed.name(index, ScanSender.destination(batch[index])) }
    }
    var (index, attempts) = (0, 0)
    while index < batch.count {
      let sent: Int
      do throws(Errno) {
        sent = isResolved ? try direct?.send(batch, from: index) ?? 0 : try routed.send(batch, from: index)
      } catch {
        if error.isNoRoute {
          if let result = engine.fail(batch.name(of: index)) { try observer.result(result) }
        } else {
          observer.refused(error)
          engine.refuse()
        }
        unsent += 1
        index += 1
        continue
      }
      index += sent
      guard sent == 0 else { continue }
      attempts += 1
      engine.refuse()
      guard attempts < ScanSender.patience else {
        unsent += UInt64(batch.count - index)
        return
      }
      Poller.pause(.microseconds(100))
    }
  }

  /// Looks for the link address of the next hop, which the kernel finds with the first packets that it routes.
  private func resolve() {
    guard let hop, direct != nil else { return }
    let now = SystemClock.monotonic()
    if let checkedAt, now - checkedAt < (isResolved ? .seconds(1) : .milliseconds(5)) { return }
    checkedAt = now
    guard let neighbor = try? Neighbor.at(hop.address, on: hop.interface) else {
      isResolved = false
      return
    }
    direct?.address([Neighbor](repeating: neighbor, count: 64))
    isResolved = true
  }

  private static func destination(_ packet: RawSpan) -> IPAddress {
    packet.octet(at: 0) >> 4 == 4
      ? .v4(IPv4Address(packet.load(bigEndian: 16, as: UInt32.self)))
      : .v6(
        IPv6Address(
          UInt128(packet.load(bigEndian: 24, as: UInt64.self)) << 64
            | UInt128(packet.load(bigEndian: 32, as: UInt64.self))))
  }
}
