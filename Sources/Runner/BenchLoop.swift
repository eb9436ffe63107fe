import Engines
import Handshake
import Kernel
import Timebase
import Wire

/// The loop of a benchmark: what came is handed to the engine in one go, and what the engine wants sent leaves in one go.
///
/// A batched sibling of `EventLoop`, which asks for one action at a time.
struct BenchLoop<Path: BenchPath>: ~Copyable {
  var engine: BenchEngine
  let path: Path
  let guards: BenchGuards
  let observer: BenchObserver

  private var batch: PacketBatch
  private var signal: Signal?
  private var signalsAt = Instant(nanoseconds: 0)
  private var failure: RunError?
  private var isEnding = false

  /// The most packets that leave by one system call.
  private static var batchSize: Int { 64 }
  /// The most packets that are taken in before what is due has its turn.
  private static var mostReceptions: Int { 256 }
  /// A wait that is shorter than this is not slept through: waking up takes as long.
  private static var shortest: Interval { .microseconds(60) }
  /// How often signals are looked at, and the observer called, while there is no time to wait.
  private static var round: Interval { .milliseconds(10) }

  init(engine: BenchEngine, path: Path, guards: BenchGuards, observer: BenchObserver, _: Session.Sealed) {
    self.engine = engine
    self.path = path
    self.guards = guards
    self.observer = observer
    batch = PacketBatch(
      capacity: BenchLoop.batchSize, room: engine.plan.mode == .http ? FrameBuffer.capacity : 128)
  }

  /// Runs until the engine is done; returns the signal that asked it to be, if one did.
  mutating func run() throws(RunError) -> Signal? {
    var poller = Poller()
    let signals = try attempt { () throws(Errno) in try SignalSource() }
    _ = poller.add(signals.descriptor, for: .readable)
    path.watch(by: &poller)
    let start = SystemClock.monotonic()
    engine.start(at: start)
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try observer.progress(engine, start) }
    while !engine.isDone, !isEnding {
      do throws(Errno) {
        try turn(signals)
        guard !engine.isDone, !isEnding, engine.wantedHome == nil else { continue }
        try rest(&poller)
      } catch {
        fail(.system(error))
        try? interrupt()
      }
    }
    finishPackets(&poller)
    tell()
    if let failure { throw failure }
    return signal
  }

  private mutating func turn(_ signals: borrowing SignalSource) throws(Errno) {
    let now = SystemClock.now()
    try path.refresh(at: now)
    // One that nobody takes would end every wait at once.
    try path.takeStamps(for: &engine)
    engine.advance(at: now.instant, into: &batch)
    try flush()
    openPorts()
    try receive()
    settlePackets()
    tell()
    if now.instant - signalsAt >= BenchLoop.round {
      signalsAt = now.instant
      try takeSignals(signals)
      do throws(Errno) { try observer.progress(engine, now.instant) } catch { end(for: error) }
    }
  }

  /// Waits for a packet, a signal or the next deadline; not at all where that is near.
  private mutating func rest(_ poller: inout Poller) throws(Errno) {
    guard let deadline = nextWake else {
      _ = try poller.wait(atMost: BenchLoop.round)
      return
    }
    let left = deadline - SystemClock.monotonic()
    guard left > BenchLoop.shortest else { return }
    _ = try poller.wait(atMost: min(left - BenchLoop.shortest, BenchLoop.round))
  }

  private var nextWake: Instant? {
    guard let writing = path.deadline else { return engine.nextDeadline }
    return min(engine.nextDeadline ?? writing, writing)
  }

  private mutating func receive() throws(Errno) {
    for _ in 0..<BenchLoop.mostReceptions {
      guard try path.take(for: &engine, into: &batch) else { break }
      if path.keepsPackets || batch.vacancies < BenchEngine.mostPacketsPerEvent { try flush() }
    }
    try flush()
  }

  private mutating func flush() throws(Errno) {
    guard batch.count > 0 else { return }
    defer { batch.removeAll() }
    try path.send(batch, for: &engine)
  }

  /// Reserves ports for what is due and has none; where no more can be had, those there are must do.
  private mutating func openPorts() {
    guard let home = engine.wantedHome else { return }
    do throws(Errno) {
      for port in try guards.reserve(at: home, path) { engine.add(port: port, home: home) }
    } catch {
      guards.shortage = error
      engine.refusePorts()
    }
  }
}

// MARK: The capture file

extension BenchLoop {
  /// Writes the packets whose stamps are there, all those that came before having been handed over.
  private mutating func settlePackets() {
    guard path.keepsPackets, failure == nil else { return }
    do throws(RunError) { try path.settle(at: SystemClock.now()) } catch { stop(for: error) }
  }

  /// Waits for the last stamps, which come by themselves or not at all, and completes the file.
  private mutating func finishPackets(_ poller: inout Poller) {
    guard path.keepsPackets else { return }
    do throws(Errno) {
      while let deadline = path.deadline, SystemClock.monotonic() < deadline {
        _ = try poller.wait(until: deadline)
        try path.takeStamps(for: &engine)
      }
    } catch {
      fail(.system(error))
    }
    do throws(RunError) { try path.finish() } catch { fail(error) }
  }
}

// MARK: What is told

extension BenchLoop {
  /// Hands over what has ended.
  private mutating func tell() { engine.takeResults(observer.result) }

  private mutating func takeSignals(_ signals: borrowing SignalSource) throws(Errno) {
    while let next = try signals.next() {
      guard next != .quit else {
        do throws(Errno) { try observer.summarize(engine) } catch { end(for: error) }
        continue
      }
      // The second one does not wait for anything.
      if signal != nil { isEnding = true }
      signal = next
      try interrupt()
    }
  }

  /// Begins nothing more, and leaves no peer with half a connection.
  private mutating func interrupt() throws(Errno) {
    var isOver = false
    while !isOver {
      isOver = engine.interrupt(at: SystemClock.monotonic(), into: &batch)
      try flush()
    }
  }

  /// Results cannot be written: the run is cleared up and ends.
  private mutating func end(for error: Errno) { stop(for: RunError(writing: error)) }

  private mutating func stop(for error: RunError) {
    fail(error)
    try? interrupt()
  }

  private mutating func fail(_ error: RunError) {
    if failure == nil { failure = error }
    isEnding = true
  }
}

/// What the loop of a benchmark tells while it runs.
struct BenchObserver {
  /// A connection has ended.
  var result: (BenchResult) -> Void
  /// Time has passed.
  var progress: (borrowing BenchEngine, Instant) throws(Errno) -> Void
  /// SIGQUIT: the summary so far is wanted.
  var summarize: (borrowing BenchEngine) throws(Errno) -> Void
}
