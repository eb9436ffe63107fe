import Engines
import Handshake
import Kernel
import Timebase
import Wire

/// What the loop tells while it runs; each may fail where output fails.
struct LoopObserver<Report: Sendable> {
  /// Something has ended.
  var report: (Report) throws(Errno) -> Void
  /// What this host refused to send, told right before the report of the connection that it ended; nil: such a refusal
  /// ends the run.
  ///
  /// Whoever has several targets must not be ended by one of them that a firewall shuts out, and whoever serves
  /// strangers not by an address that takes no packets.
  var refused: ((Report, RunError) throws(Errno) -> Void)?
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

  /// What may be put right in the engine after each tick.
  var revise: ((inout E) -> Void)?

  /// What an engine may have to learn of this host, after packets came.
  var upkeep: ((inout E) throws(Errno) -> Void)?

  private var signal: Signal?
  /// What this host refused last, by slot, until the slot's report.
  private var refusals: [RunError?] = []
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
        try upkeep?(&engine)
        try companion?.serve()
        try takeSignals(signals)
      }
      tick()
      settlePackets()
    }
    try finishPackets(&poller)
    if let failure { throw failure }
    network.settle()
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
    var refusal: RunError?
    if let slot {
      network.release(slot)
      if slot < refusals.count { swap(&refusal, &refusals[slot]) }
    }
    guard failure == nil else { return }
    let observer = observer
    note { () throws(Errno) in
      if let refusal { try observer.refused?(report, refusal) }
      try observer.report(report)
    }
  }

  private mutating func open(_ slot: Int, _ address: IPAddress, _ port: UInt16) -> Action<E.Report> {
    do throws(Errno) {
      let reserved = try network.reserve(address, port: port, for: slot)
      let seed = Seed(iss: Entropy.uint32(), timestamp: Entropy.uint32())
      return engine.opened(slot, port: reserved, seed: seed, at: SystemClock.now())
    } catch {
      let refusal = RunError.port(error, Endpoint(address, port))
      guard concernsOne(refusal, slot) else {
        engine.refused(slot)
        fail(refusal)
        return .none
      }
      return engine.unreserved(slot, at: SystemClock.now())
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
      network.departed(transmission, at: now.instant)
      if hasLeft, let octets { keep(octets, transmission, at: now) }
    } catch {
      switch error {
      case .noRoute: engine.failedToSend(transmission.token, .noRoute, at: now)
      case .tooLarge: fail(.packetTooLarge)
      case .errno(let errno):
        let refusal = RunError.send(errno, transmission.flow.remote)
        guard concernsOne(refusal, transmission.token.slot) else { return fail(refusal) }
        engine.failedToSend(transmission.token, .notSent, at: now)
      }
    }
  }

  /// Keeps a refusal for the report of its connection; false where it ends the run.
  private mutating func concernsOne(_ refusal: RunError, _ slot: Int) -> Bool {
    guard observer.refused != nil else { return false }
    while refusals.count <= slot { refusals.append(nil) }
    refusals[slot] = refusal
    return true
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
