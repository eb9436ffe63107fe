import Engines
import Handshake
import Kernel
import Scan
import Timebase
import Wire

/// A scan in the loop: probes leave in batches, and what answers them is taken in between.
///
/// A batched sibling of `EngineWork`, as `BenchWork` is. At high rates threads send, one a processor at most, each its own
/// part of a pass; the loop receives, judges and reports. They are started once the run is sealed and signals are
/// collected, so that they have no more rights than the loop, and no signal.
struct ScanWork: ~Copyable, LoopWork {
  var engine: ScanEngine
  private let receivers: [ScanReceiver]
  /// The first one of each family sends here; the others, where there is one family, belong to threads.
  private let senders: [ScanSenderBox]
  private let observer: ScanObserver
  private var threads = ScanThreads()
  /// Parts of a pass that found no thread.
  private var strays: [ScanLane] = []
  private var batch: PacketBatch
  /// What the interface counts beyond what it is allowed, how many that were, and when that was looked at.
  private let counters: InterfaceCounters?
  private var exceeded: UInt64 = 0
  private var countedAt = Instant(nanoseconds: 0)
  private var watch: LinkWatch
  private var progressAt = Instant(nanoseconds: 0)
  /// How many packets the kernel had dropped when that was last looked at.
  private var dropped: UInt32 = 0
  private var failure: RunError?

  /// The most packets that are taken in before what is due has its turn.
  private static var mostReceptions: Int { 1_024 }
  /// How often the observer is called, and the longest wait.
  private static var round: Interval { .milliseconds(10) }
  /// How long is slept while threads send: the ring holds what comes in meanwhile, and their end wakes no one.
  private static var threadRound: Interval { .milliseconds(2) }
  /// Above this rate threads send, where the scan has several senders.
  static var singleRate: Int { 100_000 }

  init(
    engine: ScanEngine, receivers: [ScanReceiver], counters: InterfaceCounters?, senders: [ScanSenderBox],
    watching ways: [LinkWatch.Way], observer: ScanObserver, _: Session.Sealed
  ) {
    (self.engine, self.receivers, self.senders, self.observer) = (engine, receivers, senders, observer)
    self.counters = counters
    watch = LinkWatch(ways)
    // Packets of two families do not leave by one system call.
    let isMixed = senders.contains { $0.family != senders[0].family }
    batch = PacketBatch(capacity: isMixed ? 1 : ScanSender.batchSize, room: 128)
  }

  /// Runs until every port was asked as often as it may be; returns the signal that ended it early, if one did.
  mutating func run() throws(RunError) -> Signal? {
    SystemClock.sharpenTimers()
    var loop = try Loop()
    engine.start(at: SystemClock.monotonic())
    do throws(RunError) {
      let signal = try loop.run(&self)
      if let failure { throw failure }
      return signal
    } catch {
      engine.interrupt()
      threads.join()
      throw error
    }
  }

  mutating func advance() throws(RunError) -> Rest {
    let now = SystemClock.monotonic()
    if failure != nil { engine.interrupt() }
    // Threads that send must have come to their ends before others go on.
    if watch.down == nil || !threads.areRunning { ScanWork.look(&watch, &engine, observer) }
    engine.advance(at: now)
    if threads.areRunning {
      if !engine.isSending { threads.join() }
    } else if strays.isEmpty, mayDivide {
      strays = threads.start(engine.divide(into: senders.count - 1, at: now), by: Array(senders.dropFirst()))
    }
    if engine.isDone { return .over }
    if engine.isPaused {
      // The link's end shows as an error of sockets that are bound to it.
      for receiver in receivers { receiver.clearError() }
      return .until(now + ScanWork.round)
    }
    engine.fill(&batch, at: now)
    var isFull = batch.vacancies == 0
    flush(engine.stride)
    for index in strays.indices {
      strays[index].fill(&batch, at: now)
      isFull = isFull || batch.vacancies == 0
      flush(strays[index].stride)
    }
    strays.removeAll { $0.isOver }
    guard !isFull, !engine.isBehind else { return .none }
    if threads.areRunning {
      // A wait that each block of the ring ends would take the processor from a sender thousands of times a second.
      Poller.pause(ScanWork.threadRound)
      return .none
    }
    return .until(min(engine.nextDeadline ?? now + ScanWork.threadRound, now + ScanWork.round))
  }

  /// Pauses the scan while a link is down; nothing of a pass is lost by that.
  private static func look(
    _ watch: inout LinkWatch, _ engine: inout ScanEngine, _ observer: ScanObserver, isUrgent: Bool = false
  ) {
    let now = SystemClock.monotonic()
    switch watch.look(at: now, isUrgent: isUrgent) {
    case .down(let name):
      engine.pause(at: now)
      observer.link(name, false)
    case .up(let name):
      engine.proceed(at: now)
      observer.link(name, true)
    case nil: break
    }
  }

  /// Whether there is enough to send for threads, and a way that needs no word of what failed.
  private var mayDivide: Bool {
    engine.rate > ScanWork.singleRate && senders.count > 1 && senders[0].family == senders[1].family
      && engine.isSending && engine.size - engine.next > ScanWork.leastDivided && senders[0].path == .packet
  }

  /// What is worth the threads.
  private static var leastDivided: UInt64 { 4_096 }

  mutating func enrol(in poller: inout Poller) { for receiver in receivers { receiver.watch(by: &poller) } }

  mutating func collect(_ poller: borrowing Poller) throws(RunError) {
    do throws(Errno) {
      try receive()
      let now = SystemClock.monotonic()
      guard now - progressAt >= ScanWork.round else { return }
      progressAt = now
      let count = receivers.reduce(0) { $0 &+ $1.dropped }
      if count != dropped { engine.noteDrops() }
      dropped = count
      countExceeded(at: now)
      try observer.progress(engine, dropped, now)
    } catch {
      if failure == nil { failure = RunError(writing: error) }
    }
  }

  private mutating func receive() throws(Errno) {
    let now = SystemClock.now()
    let wasHeld = engine.isHeld
    engine.isHeld = receivers.contains { $0.isFilling(wasHeld: wasHeld) }
    engine.isBehind = false
    for receiver in receivers {
      var trouble: Errno?
      let isBehind = try receiver.take(most: ScanWork.mostReceptions, at: now) { arrival, moment in
        guard let result = engine.receive(arrival, at: moment), trouble == nil else { return }
        do throws(Errno) { try observer.result(result) } catch { trouble = error }
      }
      if let trouble { throw trouble }
      if isBehind { engine.isBehind = true }
    }
  }

  private mutating func countExceeded(at now: Instant) {
    guard let counters, now - countedAt >= .seconds(1), let count = counters.exceeded() else { return }
    if countedAt != Instant(nanoseconds: 0), count != exceeded { engine.noteAllowance() }
    (countedAt, exceeded) = (now, count)
  }

  mutating func take(_ signal: Signal) throws(RunError) {
    do throws(Errno) { try observer.summarize(engine) } catch { failure = RunError(writing: error) }
  }

  mutating func interrupt(isRepeated: Bool) throws(RunError) { engine.interrupt() }

  private mutating func flush(_ stride: ScanStride?) {
    guard batch.count > 0 else { return }
    defer { batch.removeAll() }
    let isV6 = batch[0].octet(at: 0) >> 4 == 6
    guard let sender = senders.first(where: { ($0.family == .v6) == isV6 }) else { return }
    do throws(Errno) {
      try sender.send(batch, engine.stride) { (index, error) throws(Errno) in
        // What has no way because its link is down is asked again when that is up.
        ScanWork.look(&watch, &engine, observer, isUrgent: watch.down == nil)
        if watch.down != nil { return true }
        guard error.isNoRoute else {
          observer.refused(error)
          return false
        }
        if let result = engine.fail(batch.name(of: index)) { try observer.result(result) }
        return true
      }
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
  /// A link is down, or up again, by its name.
  var link: (String, Bool) -> Void
  /// A packet was refused by this host.
  var refused: (Errno) -> Void
}
