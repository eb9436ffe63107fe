import Engines
import Handshake
import Kernel
import Timebase
import Wire

/// An engine in the loop: its packets go and come by raw sockets, one at a time, with the kernel's stamps.
struct EngineWork<E: Engine>: LoopWork {
  var engine: E
  let network: Network
  let observer: LoopObserver<E.Report>
  /// A server of our own on this host that is served between packets (`probe demo`).
  var companion: DemoServer?

  /// The capture file that packets are written into; nil where no one asked for one.
  var packets: PacketFile?

  /// Whether another engine of the run goes on with the capture file.
  var leavesPacketsOpen = false

  /// What may be put right in the engine after each tick.
  var revise: ((inout E) -> Void)?

  /// Targets whose names are looked up beside the run, and what the engine is to do about their news.
  var names: (targets: RunTargets, learn: (inout E, RunTargets.News, Instant) throws(Errno) -> Void)?

  /// What an engine may have to learn of this host, after packets came.
  var upkeep: ((inout E) throws(Errno) -> Void)?

  /// Whether a signal has asked for an end.
  private var isInterrupted = false
  private let intake = Intake()
  /// What this host refused last, by slot, until the slot's report.
  var refusals: [RunError?] = []
  /// The first failure; the loop then only clears up.
  private(set) var failure: RunError?
  /// Whether nothing more is to be done.
  var isDone = false

  init(
    engine: E, network: Network, observer: LoopObserver<E.Report>, _: Session.Sealed, companion: DemoServer? = nil
  ) {
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
    var loop = try Loop(observer.signals)
    perform(engine.start(at: SystemClock.now()))
    let signal = try loop.run(&self)
    if !leavesPacketsOpen { try finishPackets(&loop) }
    if let failure { throw failure }
    network.settle()
    return signal
  }

  mutating func advance() throws(RunError) -> Rest {
    catchUp()
    return isDone ? .over : .until(nextWake)
  }

  mutating func enrol(in poller: inout Poller) {
    for link in network.all { link.watch(by: &poller) }
    companion?.watch(by: &poller)
  }

  mutating func watch(by poller: inout Poller) {
    names?.targets.watch(by: &poller)
    observer.watch(&poller)
  }

  mutating func collect(_ poller: borrowing Poller) throws(RunError) {
    let intake = intake
    try attempt { () throws(Errno) in
      try takeStamps()
      try takePackets(&intake.buffer)
      try upkeep?(&engine)
      try companion?.serve()
    }
    takeNames()
    takeKeys(poller)
    tick()
    settlePackets()
  }

  mutating func take(_ signal: Signal) throws(RunError) {
    let observer = observer
    note { () throws(Errno) in try signal == .quit ? observer.summarize() : observer.signal(signal) }
  }

  mutating func interrupt(isRepeated: Bool) throws(RunError) {
    // The second one does not wait for anything.
    if isRepeated { isDone = true }
    isInterrupted = true
    engine.interrupt(at: SystemClock.now())
  }

  private var nextWake: Instant? {
    var next = engine.nextDeadline
    for other in [packets?.deadline, observer.nextTick(), names?.targets.nextTurn] {
      if let other { next = min(next ?? other, other) }
    }
    return next
  }

  private mutating func takeNames() {
    guard let names, !isInterrupted, failure == nil else { return }
    let now = SystemClock.monotonic()
    for news in names.targets.turn(at: now) {
      do throws(Errno) { try names.learn(&engine, news, now) } catch { fail(RunError(writing: error)) }
    }
  }

  private mutating func takeKeys(_ poller: borrowing Poller) {
    guard failure == nil else { return }
    do throws(Errno) { try observer.takeKeys(poller) } catch { fail(RunError(writing: error)) }
    revise?(&engine)
    if observer.isSatisfied(), !isInterrupted {
      isInterrupted = true
      engine.interrupt(at: SystemClock.now())
    }
  }

  private mutating func tick() {
    guard failure == nil, let due = observer.nextTick(), due <= SystemClock.monotonic() else { return }
    let observer = observer
    note { () throws(Errno) in try observer.tick() }
  }

  /// Lets the engine do what is due, one thing at a time; where it is behind, packets and signals have their turn too.
  private mutating func catchUp() {
    for _ in 0..<EngineWork.batch {
      guard !isDone, let deadline = engine.nextDeadline else { return }
      let now = SystemClock.now()
      guard deadline <= now.instant else { return }
      perform(engine.expire(at: now))
    }
  }

  private mutating func takeStamps() throws(Errno) {
    for link in network.all {
      while let stamp = try link.nextTransmitStamp() {
        if !stamp.isPart { engine.note(.transmitted(stamp.token, kernel: stamp.wall)) }
        packets?.transmitted(stamp.token, kernel: stamp.wall)
      }
    }
  }

  private mutating func takePackets(_ buffer: inout ReceiveBuffer) throws(Errno) {
    for link in network.all {
      for _ in 0..<EngineWork.batch {
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
    let arrival = ReceivedPacket(
      buffer.view(first: reception.count),
      framing: reception.framing(protocolNumber: protocolNumber),
      mayBeUnfinished: link.mayBeUnfinished(reception.interfaceIndex), isTruncated: reception.isTruncated)
    show(arrival, at: now)
    let action = engine.receive(arrival, at: now)
    packets?.received(
      arrival, by: reception.interfaceIndex, at: now, engine.lastReceived, remark: engine.lastRemark)
    perform(action)
    return true
  }
}

/// Where packets are received, apart from what they change.
final class Intake {
  var buffer = ReceiveBuffer()
}

// MARK: The capture file

extension EngineWork {
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
  private mutating func finishPackets(_ loop: inout Loop) throws(RunError) {
    guard let packets else { return }
    while let deadline = packets.deadline, SystemClock.monotonic() < deadline {
      try attempt { () throws(Errno) in try loop.linger(until: deadline) }
      try attempt { () throws(Errno) in try takeStamps() }
    }
    do throws(RunError) { try packets.finish(dropped: network.dropped) } catch { fail(error) }
  }
}

// MARK: Telling

extension EngineWork {
  /// Shows a packet to whoever wants to see packets.
  mutating func show(_ arrival: borrowing ReceivedPacket, at stamp: Stamp) {
    guard let packet = observer.packet, failure == nil else { return }
    do throws(Errno) {
      try packet(arrival, stamp)
    } catch {
      fail(RunError(writing: error))
    }
  }

  /// Runs something that writes; where it fails, the run is cleared up and ends.
  mutating func note(_ body: () throws(Errno) -> Void) {
    do throws(Errno) {
      try body()
    } catch {
      fail(RunError(writing: error))
    }
  }

  /// Remembers the first failure, and has the engine clear up.
  mutating func fail(_ error: RunError) {
    if failure == nil { failure = error }
    engine.interrupt(at: SystemClock.now())
  }
}

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
  /// Whether everything that the run was for has been told: asked after each report, and then the engine comes to its end.
  var isSatisfied: () -> Bool = { false }
  /// SIGQUIT: the summary so far is wanted.
  var summarize: () throws(Errno) -> Void = {}
  /// A packet passed, in either direction.
  var packet: ((borrowing ReceivedPacket, Stamp) throws(Errno) -> Void)?
  /// Signals that are wanted beyond those that every run takes, and who is told of them.
  var signals: [Signal] = []
  var signal: (Signal) throws(Errno) -> Void = { _ in }
  /// When the observer has something to do by itself, and what.
  var nextTick: () -> Instant? = { nil }
  var tick: () throws(Errno) -> Void = {}
  /// Asks the loop to wait for what is typed, and takes it.
  var watch: (inout Poller) -> Void = { _ in }
  var takeKeys: (borrowing Poller) throws(Errno) -> Void = { _ in }
}
