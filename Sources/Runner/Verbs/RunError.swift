import Handshake
import Kernel
import Wire

/// Why a run could not be carried out, in one line that says what to do.
public enum RunError: Error {
  /// What was asked for cannot be: the line says what was meant.
  case refused(String)
  /// A target is a broadcast address, by its form or by this host's routes.
  case broadcast(TargetSpec)
  /// Raw sockets are not allowed.
  case noPrivilege
  /// A system call failed.
  case system(Errno)
  /// A source port could not be reserved.
  case port(Errno, Endpoint)
  /// A packet could not be sent.
  case send(Errno, Endpoint)
  /// A packet does not fit.
  case packetTooLarge
  /// A packet would not be sent as it is.
  case changed(Endpoint)
  /// Results could not be written.
  case output(Errno)
  /// A file that was asked for could not be written.
  case file(Errno, FilePath)
  /// A file could not be read.
  case unreadable(Errno, FilePath)
  /// A signal came while results could not be written: whoever reads them has stopped, but has not gone.
  case interrupted(Signal)
  /// A signal came while a file was waited for: a FIFO that no one has opened at its other end.
  case endedWaiting(Signal, FilePath)

  /// What it means that raw sockets do not open.
  init(opening errno: Errno) {
    self = errno.isPermission && !Capability.has(.netRaw) ? .noPrivilege : .system(errno)
  }

  /// What it means that results cannot be written.
  init(writing errno: Errno) {
    if let file = errno.file, !errno.isInterruption {
      self = .file(errno, file)
      return
    }
    self = errno.isInterruption ? .interrupted(errno.signal ?? SignalSource.pending ?? .interrupt) : .output(errno)
  }

  /// What it means that a file cannot be opened or written.
  init(writing errno: Errno, to path: FilePath) {
    if errno.isInterruption, let signal = errno.signal {
      self = .endedWaiting(signal, path)
    } else {
      self = errno.isInterruption ? RunError(writing: errno) : .file(errno, path)
    }
  }

  /// The line, without the program's name.
  public var message: String {
    switch self {
    case .refused(let line): line
    case .broadcast(let spec): "\(spec.text): broadcast address; TCP is unicast only"
    case .noPrivilege:
      "\(RunError.grant), or use --connect"
    case .system(let errno): errno.hinted
    case .port(let errno, let endpoint) where errno.isAddressInUse && endpoint.port == 0:
      "source \(endpoint.address): all ports of net.ipv4.ip_local_port_range are in use"
    case .port(let errno, let endpoint) where errno.isAddressInUse:
      "source port \(endpoint.port) is in use; leave -g out for a free port, or try again later"
    case .port(let errno, let endpoint) where endpoint.port == 0: "source \(endpoint.address): \(errno.hinted)"
    case .port(let errno, let endpoint): "source \(endpoint): \(errno.hinted)"
    case .send(let errno, let endpoint): "\(endpoint): \(errno.hinted)"
    case .changed(let endpoint): "\(endpoint): \(RunError.fillsIn)"
    case .packetTooLarge: "the packet is too large; send less with --data"
    case .output(let errno): "cannot write results: \(errno)"
    case .file(let errno, let path): "cannot write \(path): \(errno.hinted)"
    case .unreadable(let errno, let path): "cannot read \(path): \(errno.hinted)"
    case .endedWaiting(_, let path): "interrupted while waiting for a reader of \(path)"
    case .interrupted: "interrupted while output was blocked; some results were lost"
    }
  }

  /// Why a packet would not be sent as it is, and what to do.
  static let fillsIn =
    "the kernel fills in an IPv4 identification of 0, and drops what avoids that on loopback; "
    + "use --df, or --ip-id from 1, or probe another host"

  /// The same for a verb that has no use for the kernel's `connect()`.
  var withoutConnect: RunError {
    guard case .noPrivilege = self else { return self }
    return .refused(RunError.grant)
  }

  /// What gives a user the privilege, with the path of the very program that lacks it.
  private static var grant: String {
    "raw sockets need CAP_NET_RAW: run with sudo, or grant it once "
      + "(sudo setcap cap_net_raw+ep \(Arguments.programPath.printable))"
  }

  /// Whether it is of one file that was to be read, and of no other.
  var isOfOneFile: Bool {
    switch self {
    case .refused, .unreadable: true
    default: false
    }
  }

  /// Whether whoever read standard output has gone, as `head` does: the end of the run, and nothing to tell.
  public var isReaderGone: Bool {
    switch self {
    case .output(let errno): errno.isBrokenPipe
    case .file(let errno, let path): errno.isBrokenPipe && path.isStandardOutput
    default: false
    }
  }

  /// Whether results can still be written.
  var leavesOutput: Bool {
    switch self {
    case .output, .interrupted, .endedWaiting: false
    default: true
    }
  }
}

/// Runs something that calls the kernel; what fails is told as the given error of a run.
func attempt<Result: ~Copyable>(
  orThrow wrap: (Errno) -> RunError = RunError.system, _ body: () throws(Errno) -> Result
) throws(RunError) -> Result {
  do throws(Errno) { return try body() } catch { throw wrap(error) }
}
