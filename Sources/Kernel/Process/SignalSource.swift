import CLinux
import Glibc
import Timebase
import Wire

/// A signal that ends or questions a run, `signal(7)`.
public enum Signal: Hashable, Sendable {
  /// SIGINT: Ctrl-C.
  case interrupt
  /// SIGTERM.
  case terminate
  /// SIGQUIT: Ctrl-\.
  case quit
  /// SIGWINCH: the terminal has another size.
  case resize
  /// SIGTSTP: Ctrl-Z.
  case suspend
  /// SIGCONT: the process goes on after a stop.
  case resume
  /// SIGHUP: files are to be read again, or the terminal has gone.
  case hangUp

  /// The signal's number; a process that it ended exits with 128 more.
  public var number: Int32 {
    switch self {
    case .interrupt: SIGINT
    case .terminate: SIGTERM
    case .quit: SIGQUIT
    case .resize: SIGWINCH
    case .suspend: SIGTSTP
    case .resume: SIGCONT
    case .hangUp: SIGHUP
    }
  }

  /// Whether this process was started with the signal ignored, as `nohup(1)` does with SIGHUP.
  ///
  /// Once it is blocked it comes to whoever reads it all the same: whoever would take it asks this first.
  public var isIgnored: Bool { clinux_is_ignored(number) != 0 }

  /// Whether it asks the run to end: SIGINT or SIGTERM.
  public var asksForEnd: Bool { self == .interrupt || self == .terminate }

  /// The signals that any run takes for itself.
  public static let usual: [Signal] = [.interrupt, .terminate, .quit]
  /// Those that whoever draws on a terminal takes as well.
  public static let ofTerminal: [Signal] = [.resize, .suspend, .resume]

  fileprivate init?(number: UInt32) {
    switch Int32(truncatingIfNeeded: number) {
    case SIGINT: self = .interrupt
    case SIGTERM: self = .terminate
    case SIGQUIT: self = .quit
    case SIGWINCH: self = .resize
    case SIGTSTP: self = .suspend
    case SIGCONT: self = .resume
    case SIGHUP: self = .hangUp
    default: return nil
    }
  }
}

/// The signals of the process as something to poll and read, `signalfd(2)`: none ever interrupts the loop.
///
/// While the value lives its signals are blocked; SIGPIPE and SIGXFSZ are ignored for good, so that a
/// reader who has gone away and a file that may grow no more are errors of `write`.
public struct SignalSource: ~Copyable {
  /// What to poll for readability.
  public let descriptor: FileDescriptor
  private let blocked: [Signal]

  /// Blocks the signals and begins to collect them.
  ///
  /// Blocking is by thread: call it before any other starts.
  public init(_ blocked: [Signal] = Signal.usual) throws(Errno) {
    var signals = sigset_t(of: blocked)
    var before = sigset_t()
    _ = try kernel(.sigprocmask) { unsafe sigprocmask(SIG_BLOCK, &signals, &before) }
    let flags = CInt(SFD_NONBLOCK) | CInt(SFD_CLOEXEC)
    descriptor = FileDescriptor(owning: try kernel(.signalfd) { unsafe signalfd(-1, &signals, flags) })
    // What someone else blocked before stays blocked when this value ends.
    self.blocked = blocked.filter { unsafe sigismember(&before, $0.number) == 0 }
    SignalSource.ignoreWriteSignals()
  }

  /// Makes EPIPE and EFBIG errors of `write` alone, not the end of the process by SIGPIPE or SIGXFSZ.
  public static func ignoreWriteSignals() {
    _ = Glibc.signal(SIGPIPE, SIG_IGN)
    _ = Glibc.signal(SIGXFSZ, SIG_IGN)
  }

  /// A signal that asks for an end, has come and is still held back, `sigpending(2)`; it is left where it is.
  public static var pending: Signal? {
    var signals = sigset_t()
    guard unsafe sigpending(&signals) == 0 else { return nil }
    return [Signal.interrupt, .terminate].first { unsafe sigismember(&signals, $0.number) == 1 }
  }

  deinit {
    var signals = sigset_t(of: blocked)
    _ = unsafe sigprocmask(SIG_UNBLOCK, &signals, nil)
  }

  /// The next signal that has come; nil: none.
  public func next() throws(Errno) -> Signal? {
    var record = InlineArray<128, UInt8>(repeating: 0)  // a signalfd_siginfo, whose first word is the number
    var list = record.mutableSpan
    var bytes = unsafe list.mutableBytes
    guard let count = try descriptor.read(into: &bytes), count == 128 else { return nil }
    return Signal(number: record.raw.load(native: 0))
  }
}

/// A wait outside of the event loop that ends on the first signal that asks for an end.
///
/// `open(2)` and `read(2)` of a FIFO may wait forever, and while signals are collected none interrupts them: whatever
/// may wait is opened without blocking, and waited for here.
struct SignalWait: ~Copyable {
  private let signals: SignalSource
  private let call: Errno.Call

  /// Begins to collect signals; `call` is what an interruption is said to have interrupted.
  init(for call: Errno.Call) throws(Errno) {
    signals = try SignalSource()
    self.call = call
  }

  /// Waits until a descriptor is ready.
  ///
  /// - Throws: EINTR with the signal that came first.
  func ready(_ descriptor: borrowing FileDescriptor, for events: Poller.Events) throws(Errno) {
    var poller = Poller()
    let slots = (signals: poller.add(signals.descriptor), descriptor: poller.add(descriptor, for: events))
    repeat {
      _ = try poller.wait(atMost: nil)
      if !poller.events(of: slots.signals).isEmpty { try checkSignals() }
    } while poller.events(of: slots.descriptor).isEmpty
  }

  /// Lets time pass; see `ready(_:for:)`.
  func pause(_ time: Interval) throws(Errno) {
    if try Poller.isReadable(signals.descriptor, until: SystemClock.monotonic() + time) { try checkSignals() }
  }

  private func checkSignals() throws(Errno) {
    if let signal = try signals.next() { throw Errno(code: EINTR, call: call, signal: signal) }
  }
}

extension sigset_t {
  fileprivate init(of list: [Signal]) {
    self.init()
    _ = unsafe sigemptyset(&self)
    for signal in list { _ = unsafe sigaddset(&self, signal.number) }
  }
}
