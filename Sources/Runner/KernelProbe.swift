import Handshake
import Kernel
import Timebase
import Wire

/// One connection made by the kernel's `connect()`: the way without privileges (`--connect`).
///
/// What the kernel keeps to itself is missing: sequence numbers, the peer's options, unbelievable packets. The
/// round-trip time is the kernel's own, from TCP_INFO, in microseconds.
struct KernelProbe {
  let target: ResolvedTarget
  let plan: Plan
  let settings: RunSettings
  /// Whether a signal asks for an end.
  let isInterrupted: () throws(Errno) -> Bool
  /// When the run is over, whatever has been answered by then; nil where it may take its time.
  let deadline: Instant?

  /// How long a wait lasts before the signals are looked at again.
  private static let slice = Interval.milliseconds(50)

  /// Connects, closes as planned, and says what came of it; nil where it was interrupted.
  func run() throws(RunError) -> Outcome? {
    let before = SystemClock.now()
    do throws(Errno) {
      let connection = try KernelConnection(
        to: target.remote.address, port: target.remote.port, from: source, sourcePort: settings.sourcePort,
        interface: target.interface)
      // As long as the hand-made SYN and all its copies would have been waited for.
      let patience = min(plan.patience, deadline.map { $0 - before.instant } ?? plan.patience)
      while try !connection.isEstablished() {
        guard try !isInterrupted() else { return nil }
        if SystemClock.monotonic() - before.instant > patience { return outcome(.noResponse, before, nil) }
        try pause(connection.descriptor, for: .writable, since: before, atMost: patience)
      }
      return try close(connection, before)
    } catch {
      return try outcome(of: error, before)
    }
  }

  private var source: IPAddress? { settings.source == nil ? nil : target.source }

  private func pause(
    _ descriptor: borrowing FileDescriptor, for events: Poller.Events, since start: Stamp, atMost limit: Interval
  ) throws(Errno) {
    var poller = Poller()
    _ = poller.add(descriptor, for: events)
    let left = limit - (SystemClock.monotonic() - start.instant)
    _ = try poller.wait(atMost: min(KernelProbe.slice, max(left, .milliseconds(1))))
  }

  /// The handshake is complete: the kernel's own time of it, then the close.
  private func close(_ connection: consuming KernelConnection, _ before: Stamp) throws(Errno) -> Outcome? {
    let information = try connection.information()
    let local = try connection.localEnd()
    let rtt = Measurement(information.smoothedRTT, clock: .tcpInfo)
    // After a retransmission the kernel's first sample may be of either copy.
    let isAmbiguous = information.retransmissions > 0 && !information.usesTimestamps
    var steps = [Step(.syn, isAmbiguous ? nil : rtt, isAmbiguous: isAmbiguous)]
    var ending = Ending.rst
    switch plan.close {
    case .fin:
      if let took = try finish(connection) { steps.append(Step(.close, took)) }
      ending = .fin
    case .rst: try connection.reset()
    case .none: ending = .none
    }
    var outcome = outcome(.synAck, before, local.address.map { Endpoint($0, local.port) }, steps, ending)
    outcome.counters.transmissions = 1 + information.retransmissions
    return outcome
  }

  /// Sends our FIN and reads until the peer's; nil where the peer keeps its side open.
  private func finish(_ connection: borrowing KernelConnection) throws(Errno) -> Measurement? {
    let start = SystemClock.now()
    try connection.finish()
    let patience = min(plan.wait, deadline.map { $0 - start.instant } ?? plan.wait)
    var scrap = ReceiveBuffer()
    while SystemClock.monotonic() - start.instant < patience {
      // Asked after every part: a peer that never stops talking must not keep us.
      guard try !isInterrupted() else { return nil }
      switch try connection.receive(into: &scrap) {
      case 0?: return SystemClock.now().since(start)
      case nil: try pause(connection.descriptor, for: .readable, since: start, atMost: patience)
      default: continue
      }
    }
    return nil
  }

  private func outcome(of errno: Errno, _ before: Stamp) throws(RunError) -> Outcome {
    if errno.isConnectionRefused { return outcome(.rst, before, nil, [Step(.syn, SystemClock.now().since(before))]) }
    if errno.isTimedOut { return outcome(.noResponse, before, nil) }
    guard let reason = errno.unreachableReason else { throw .send(errno, target.remote) }
    return outcome(reason, before, nil)
  }

  private func outcome(
    _ reason: Reason, _ before: Stamp, _ local: Endpoint?, _ steps: [Step] = [], _ ending: Ending = .none
  ) -> Outcome {
    let unspecified = Endpoint(target.remote.address.family == .v4 ? .v4(IPv4Address(0)) : .v6(IPv6Address(0)), 0)
    return Outcome(
      byKernel: Flow(local: local ?? unspecified, remote: target.remote), verdict: reason.verdict, reason: reason,
      started: before.wall, steps: steps, ending: ending)
  }
}
