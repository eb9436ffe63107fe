import CLinux
import Glibc
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

  /// The signal's number; a process that it ended exits with 128 more.
  public var number: Int32 {
    switch self {
    case .interrupt: SIGINT
    case .terminate: SIGTERM
    case .quit: SIGQUIT
    case .resize: SIGWINCH
    case .suspend: SIGTSTP
    }
  }

  /// The signals that any run takes for itself.
  public static let usual: [Signal] = [.interrupt, .terminate, .quit]
  /// Those that whoever draws on a terminal takes as well.
  public static let ofTerminal: [Signal] = [.resize, .suspend]

  fileprivate init?(number: UInt32) {
    switch Int32(truncatingIfNeeded: number) {
    case SIGINT: self = .interrupt
    case SIGTERM: self = .terminate
    case SIGQUIT: self = .quit
    case SIGWINCH: self = .resize
    case SIGTSTP: self = .suspend
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
    self.blocked = blocked
    var signals = sigset_t(of: blocked)
    _ = try kernel(.sigprocmask) { unsafe sigprocmask(SIG_BLOCK, &signals, nil) }
    let flags = CInt(SFD_NONBLOCK) | CInt(SFD_CLOEXEC)
    descriptor = FileDescriptor(owning: try kernel(.signalfd) { unsafe signalfd(-1, &signals, flags) })
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

extension sigset_t {
  fileprivate init(of list: [Signal]) {
    self.init()
    _ = unsafe sigemptyset(&self)
    for signal in list { _ = unsafe sigaddset(&self, signal.number) }
  }
}
