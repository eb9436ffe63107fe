import Engines
import Handshake
import Kernel
import Timebase
import Wire

/// What the loop tells while it runs; each may fail where output fails.
struct LoopObserver<Report: Sendable> {
  /// Something has ended.
  var report: (Report) throws(Errno) -> Void
  /// SIGQUIT: the summary so far is wanted.
  var summarize: () throws(Errno) -> Void = {}
  /// A packet passed, in either direction.
  var packet: ((borrowing Arrival, Stamp) throws(Errno) -> Void)?
  /// Signals that are wanted beyond those that every run takes, and who is told of them.
  var signals: [Signal] = []
  var signal: (Signal) throws(Errno) -> Void = { _ in }
  /// When the observer has something to do by itself, and what.
  var nextTick: () -> Instant? = { nil }
  var tick: () throws(Errno) -> Void = {}
}

/// The one event loop: it owns sockets, clock and signals, asks the engine what to do, and knows no verb.
struct EventLoop<E: Engine> {
  var engine: E
  let network: Network
  let observer: LoopObserver<E.Report>
  /// A server of our own on this host that is served between packets (`probe demo`).
  var companion: Companion?

  /// The capture file that packets are written into; nil where nobody asked for one.
  var packets: PacketFile?

  /// Whether a packet that cannot be sent concerns its connection alone: whoever serves strangers must not be ended by
  /// one of them whose address takes no packets, and whoever watches for ever not by an interface that is down.
  var servesMany = false
  /// What may be put right in the engine after each tick.
  var revise: ((inout E) -> Void)?

  private var signal: Signal?
  /// The first failure; the loop then only clears up.
  private var failure: RunError?
  private var isDone = false

  init(engine: E, network: Network, observer: LoopObserver<E.Report>, companion: Companion? = nil) {
    self.engine = engine
    self.network = network
    self.observer = observer
    self.companion = companion
  }

  /// The most packets that are taken in before the timers are looked at again, and the other way round.
  private static var batch: Int { 64 }

  /// Runs until the engine is done; returns the signal that asked it to be, if one did.
  mutating func run() throws(RunError) -> Signal? {
    SystemClock.sharpenTimers()
    var poller = Poller()
    let signals = try attempt { () throws(Errno) in try SignalSource(Signal.usual + observer.signals) }
    _ = poller.add(signals.descriptor, for: .readable)
    for link in network.all { link.watch(by: &poller) }
    companion?.watch(by: &poller)
    var buffer = ReceiveBuffer()

    perform(engine.start(at: SystemClock.now()))
    while !isDone {
      catchUp()
      if isDone { break }
      _ = try attempt { () throws(Errno) in try poller.wait(until: nextWake) }
      try attempt { () throws(Errno) in
        try takeStamps()
        try takePackets(&buffer)
        try companion?.serve()
        try takeSignals(signals)
      }
      tick()
      settlePackets()
    }
    try finishPackets(&poller)
    if let failure { throw failure }
    return signal
  }

  private var nextWake: Instant? {
    var next = engine.nextDeadline
    for other in [packets?.deadline, observer.nextTick()] {
      if let other { next = min(next ?? other, other) }
    }
    return next
  }

  private mutating func tick() {
    guard failure == nil, let due = observer.nextTick(), due <= SystemClock.monotonic() else { return }
    let observer = observer
    note { () throws(Errno) in try observer.tick() }
    revise?(&engine)
  }

  /// Lets the engine do what is due, one thing at a time; where it is behind, packets and signals have their turn too.
  private mutating func catchUp() {
    for _ in 0..<EventLoop.batch {
      guard !isDone, let deadline = engine.nextDeadline else { return }
      let now = SystemClock.now()
      guard deadline <= now.instant else { return }
      perform(engine.expire(at: now))
    }
  }

  private mutating func takeStamps() throws(Errno) {
    for link in network.all {
      while let stamp = try link.nextTransmitStamp() {
        engine.transmitted(stamp.token, kernel: stamp.wall)
        packets?.transmitted(stamp.token, kernel: stamp.wall)
      }
    }
  }

  private mutating func takePackets(_ buffer: inout ReceiveBuffer) throws(Errno) {
    for link in network.all {
      for _ in 0..<EventLoop.batch {
        guard try takePacket(from: link, &buffer) else { break }
      }
    }
  }

  private mutating func takePacket(from link: RawLink, _ buffer: inout ReceiveBuffer) throws(Errno) -> Bool {
    guard let (reception, protocolNumber) = try link.receive(into: &buffer) else { return false }
    // A stamp of what this packet answers is in the error queue by now, if there is one.
    try takeStamps()
    var now = SystemClock.now()
    now.kernel = reception.kernelStamp
    let arrival = Arrival(
      buffer.view(first: reception.count),
      framing: reception.framing(protocolNumber: protocolNumber),
      mayBeUnfinished: link.mayBeUnfinished(reception.interfaceIndex))
    show(arrival, at: now)
    let action = engine.receive(arrival, at: now)
    packets?.received(arrival, by: reception.interfaceIndex, at: now, engine.lastReceived)
    perform(action)
    return true
  }

  private mutating func takeSignals(_ signals: borrowing SignalSource) throws(Errno) {
    while let next = try signals.next() {
      guard next == .interrupt || next == .terminate else {
        let observer = observer
        note { () throws(Errno) in try next == .quit ? observer.summarize() : observer.signal(next) }
        continue
      }
      // The second one does not wait for anything.
      if signal != nil { isDone = true }
      signal = next
      engine.interrupt(at: SystemClock.now())
    }
  }
}

// MARK: Actions

extension EventLoop {
  private mutating func perform(_ first: Action<E.Report>) {
    var action = first
    while true {
      switch action {
      case .none: return
      case .done:
        isDone = true
        return
      case .open(let slot, let address, let port): action = open(slot, address, port)
      case .send(let transmission):
        send(transmission)
        return
      case .report(let report, let slot):
        finish(report, slot)
        return
      }
    }
  }

  private mutating func finish(_ report: E.Report, _ slot: Int?) {
    if let slot { network.release(slot) }
    let observer = observer
    if failure == nil { note { () throws(Errno) in try observer.report(report) } }
  }

  private mutating func open(_ slot: Int, _ address: IPAddress, _ port: UInt16) -> Action<E.Report> {
    do throws(Errno) {
      let reserved = try network.reserve(address, port: port, for: slot)
      let seed = Seed(iss: Entropy.uint32(), timestamp: Entropy.uint32())
      return engine.opened(slot, port: reserved, seed: seed, at: SystemClock.now())
    } catch {
      if servesMany { return engine.unreserved(slot, at: SystemClock.now()) }
      engine.refused(slot)
      fail(.port(error, Endpoint(address, port)))
      return .none
    }
  }

  private mutating func send(_ transmission: Transmission) {
    // Read as late as can be: where the kernel gives no stamp, this one must do.
    let now = SystemClock.now()
    var octets: [UInt8]?
    do throws(SendFailure) {
      let hasLeft = try network.send(transmission) { packet in
        show(Arrival(packet, framing: .inBand, mayBeUnfinished: false), at: now)
        if packets != nil { octets = packet.copied }
      }
      engine.departed(transmission.token, at: now)
      if hasLeft, let octets { keep(octets, transmission, at: now) }
    } catch {
      switch error {
      case .errno where servesMany: engine.failedToRoute(transmission.token, at: now)
      case .noRoute: engine.failedToRoute(transmission.token, at: now)
      case .tooLarge: fail(.packetTooLarge)
      case .errno(let errno): fail(.send(errno, transmission.flow.remote))
      }
    }
  }

  /// Has a packet of ours written into the capture file.
  private func keep(_ octets: [UInt8], _ transmission: Transmission, at stamp: Stamp) {
    packets?.sent(
      octets, transmission, through: network.interface(towards: transmission.flow.remote.address), at: stamp,
      engine.judgement(ofSent: transmission.token))
  }

  private mutating func settlePackets() {
    guard let packets else { return }
    do throws(RunError) {
      try packets.settle(at: SystemClock.now())
    } catch {
      self.packets = nil
      fail(error)
    }
  }

  /// Waits for the last stamps, which come by themselves or not at all, and completes the capture file.
  private mutating func finishPackets(_ poller: inout Poller) throws(RunError) {
    guard let packets else { return }
    while let deadline = packets.deadline, SystemClock.monotonic() < deadline {
      _ = try attempt { () throws(Errno) in try poller.wait(until: deadline) }
      try attempt { () throws(Errno) in try takeStamps() }
    }
    do throws(RunError) { try packets.finish(dropped: network.dropped) } catch { fail(error) }
  }

  private mutating func show(_ arrival: borrowing Arrival, at stamp: Stamp) {
    guard let packet = observer.packet, failure == nil else { return }
    do throws(Errno) {
      try packet(arrival, stamp)
    } catch {
      fail(RunError(writing: error))
    }
  }

  /// Runs something that writes; where it fails, the run is cleared up and ends.
  private mutating func note(_ body: () throws(Errno) -> Void) {
    do throws(Errno) {
      try body()
    } catch {
      fail(RunError(writing: error))
    }
  }

  private mutating func fail(_ error: RunError) {
    if failure == nil { failure = error }
    engine.interrupt(at: SystemClock.now())
  }
}
