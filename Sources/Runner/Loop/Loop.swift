import Kernel
import Timebase

/// The one loop of every verb: it owns the signals, the wait and the order of things, and knows no verb.
///
/// Whoever has something to do in turns is a `LoopWork`. The first signal that asks for an end is the run's result; what
/// is owed to peers, files and readers before it ends is the work's affair.
struct Loop: ~Copyable {
  private let signals: SignalSource
  private var poller = Poller()
  private let slot: Poller.Slot
  /// The first signal that asked for an end.
  private var end: Signal?
  private var lookedAt = Instant(nanoseconds: 0)
  /// Whether a terminal that has gone ends the run, as it does where the signal has no other meaning.
  private let endsOnHangUp: Bool

  /// How often signals are looked at while there is no time to wait.
  private static var round: Interval { .milliseconds(10) }

  /// Collects signals from now on: those that every run takes, and `more`.
  init(_ more: [Signal] = []) throws(RunError) {
    endsOnHangUp = !more.contains(.hangUp) && !Signal.hangUp.isIgnored
    let all = Signal.usual + more + (endsOnHangUp ? [.hangUp] : [])
    signals = try attempt { () throws(Errno) in try SignalSource(all) }
    slot = poller.add(signals.descriptor, for: .readable)
  }

  /// Turns until the work is over; returns the signal that asked for that, if one did.
  ///
  /// - Throws: what the work throws, and `.system` where the kernel refuses to wait.
  mutating func run<Work: LoopWork & ~Copyable>(_ work: inout Work) throws(RunError) -> Signal? {
    work.enrol(in: &poller)
    while true {
      let rest = try work.advance()
      switch rest {
      case .over: return end
      case .none: break
      case .until(let moment):
        work.watch(by: &poller)
        try attempt { () throws(Errno) in _ = try poller.wait(until: moment) }
      }
      try work.collect(poller)
      try takeSignals(rest, for: &work)
    }
  }

  /// Waits for what is left to come of a run that is over, such as the last stamps; signals stay where they are.
  mutating func linger(until moment: Instant) throws(Errno) { _ = try poller.wait(until: moment) }

  private mutating func takeSignals<Work: LoopWork & ~Copyable>(
    _ rest: Rest, for work: inout Work
  ) throws(RunError) {
    if case .none = rest {
      // A work that is busy is not asked to make a system call at each turn.
      let now = SystemClock.monotonic()
      guard now - lookedAt >= Loop.round else { return }
      lookedAt = now
    } else if poller.events(of: slot).isEmpty {
      return
    }
    while let signal = try attempt({ () throws(Errno) in try signals.next() }) {
      guard signal.asksForEnd || signal == .hangUp && endsOnHangUp else {
        try work.take(signal)
        continue
      }
      try work.interrupt(isRepeated: end != nil)
      end = end ?? signal
    }
  }
}

/// What a turn of the loop leaves to wait for.
enum Rest {
  /// Nothing is to be done any more.
  case over
  /// More is due at once.
  case none
  /// A descriptor, or this moment; nil: a descriptor alone.
  case until(Instant?)
}

/// Something that is done in turns: what is due by the clock, then what has come.
protocol LoopWork: ~Copyable {
  /// Does what is due, and says how long there is nothing more to do.
  mutating func advance() throws(RunError) -> Rest

  /// Asks the loop to wait for the descriptors that stay the same; called once.
  mutating func enrol(in poller: inout Poller)

  /// Asks the loop to wait for descriptors that come and go; called before every wait.
  mutating func watch(by poller: inout Poller)

  /// Takes what has come; `poller` knows where something has.
  mutating func collect(_ poller: borrowing Poller) throws(RunError)

  /// Does what another signal asks for, SIGQUIT or one that the loop was told to take.
  mutating func take(_ signal: Signal) throws(RunError)

  /// Comes to an end: nothing new is begun; a second signal waits for nothing.
  mutating func interrupt(isRepeated: Bool) throws(RunError)
}

extension LoopWork where Self: ~Copyable {
  /// Some have none that stay.
  mutating func enrol(in poller: inout Poller) {}

  /// Most have none that change.
  mutating func watch(by poller: inout Poller) {}
}
