import Engines
import Handshake
import Kernel
import Timebase
import Wire

/// A benchmark in the loop: what came is handed to the engine in one go, and what the engine wants sent leaves in one go.
///
/// A batched sibling of `EngineWork`, which asks for one action at a time.
struct BenchWork<Path: BenchPath>: ~Copyable, LoopWork {
  var engine: BenchEngine
  let path: Path
  let guards: BenchGuards
  let observer: BenchObserver

  private var batch: PacketBatch
  private var progressAt = Instant(nanoseconds: 0)
  private var failure: RunError?
  private var isEnding = false

  /// The most packets that leave by one system call.
  private static var batchSize: Int { 64 }
  /// The most packets that are taken in before what is due has its turn.
  private static var mostReceptions: Int { 256 }
  /// A wait that is shorter than this is not slept through: waking up takes as long.
  private static var shortest: Interval { .microseconds(60) }
  /// How often the observer is called, and the longest wait.
  private static var round: Interval { .milliseconds(10) }

  init(engine: BenchEngine, path: Path, guards: BenchGuards, observer: BenchObserver, _: Session.Sealed) {
    self.engine = engine
    self.path = path
    self.guards = guards
    self.observer = observer
    batch = PacketBatch(
      capacity: BenchWork.batchSize, room: engine.plan.mode == .http ? FrameBuffer.capacity : 128)
  }

  /// Runs until the engine is done; returns the signal that asked it to be, if one did.
  mutating func run() throws(RunError) -> Signal? {
    var loop = try Loop()
    let start = SystemClock.monotonic()
    engine.start(at: start)
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try observer.progress(engine, start) }
    var signal: Signal?
    do throws(RunError) { signal = try loop.run(&self) } catch { stop(for: error) }
    finishPackets(&loop)
    tell()
    if let failure { throw failure }
    return signal
  }

  mutating func advance() throws(RunError) -> Rest {
    if isOver { return .over }
    let now = SystemClock.now()
    try attempt { () throws(Errno) in
      try path.refresh(at: now)
      // One that no one takes would end every wait at once.
      try path.takeStamps(for: &engine)
      engine.advance(at: now.instant, into: &batch)
      try flush()
    }
    openPorts()
    if isOver { return .over }
    return engine.wantedHome == nil ? rest : .none
  }

  private var isOver: Bool { engine.isDone || isEnding }

  /// Until the next deadline; not at all where that is near.
  private var rest: Rest {
    let now = SystemClock.monotonic()
    guard let deadline = nextWake else { return .until(now + BenchWork.round) }
    let left = deadline - now
    guard left > BenchWork.shortest else { return .none }
    return .until(now + min(left - BenchWork.shortest, BenchWork.round))
  }

  mutating func enrol(in poller: inout Poller) { path.watch(by: &poller) }

  mutating func collect(_ poller: borrowing Poller) throws(RunError) {
    try attempt { () throws(Errno) in try receive() }
    settlePackets()
    tell()
    let now = SystemClock.monotonic()
    guard now - progressAt >= BenchWork.round else { return }
    progressAt = now
    do throws(Errno) { try observer.progress(engine, now) } catch { end(for: error) }
  }

  mutating func take(_ signal: Signal) throws(RunError) {
    do throws(Errno) { try observer.summarize(engine) } catch { end(for: error) }
  }

  mutating func interrupt(isRepeated: Bool) throws(RunError) {
    // The second one does not wait for anything.
    if isRepeated { isEnding = true }
    try attempt { () throws(Errno) in try interrupt() }
  }

  private var nextWake: Instant? {
    guard let writing = path.deadline else { return engine.nextDeadline }
    return min(engine.nextDeadline ?? writing, writing)
  }

  private mutating func receive() throws(Errno) {
    for _ in 0..<BenchWork.mostReceptions {
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

extension BenchWork {
  /// Writes the packets whose stamps are there, all those that came before having been handed over.
  private mutating func settlePackets() {
    guard path.keepsPackets, failure == nil else { return }
    do throws(RunError) { try path.settle(at: SystemClock.now()) } catch { stop(for: error) }
  }

  /// Waits for the last stamps, which come by themselves or not at all, and completes the file.
  private mutating func finishPackets(_ loop: inout Loop) {
    guard path.keepsPackets else { return }
    do throws(Errno) {
      while let deadline = path.deadline, SystemClock.monotonic() < deadline {
        try loop.linger(until: deadline)
        try path.takeStamps(for: &engine)
      }
    } catch {
      fail(.system(error))
    }
    do throws(RunError) { try path.finish() } catch { fail(error) }
  }
}

// MARK: What is told

extension BenchWork {
  /// Hands over what has ended.
  private mutating func tell() { engine.takeResults(observer.result) }

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
