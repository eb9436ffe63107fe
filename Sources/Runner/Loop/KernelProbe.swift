import Handshake
import Kernel
import Timebase
import Wire

/// One connection made by the kernel's `connect()`, step by step: the way without privileges (`--connect`).
///
/// What the kernel keeps to itself is missing: sequence numbers, the peer's options, unbelievable packets. The
/// round-trip time is the kernel's own, from TCP_INFO, in microseconds.
final class KernelProbe {
  /// The target's index.
  let index: Int
  /// Which probe of the target it is, from 1.
  let sequence: Int
  private let target: ResolvedTarget
  private let settings: RunSettings
  private let began: Stamp
  /// When the whole run ends, whatever has been answered by then; nil where it may take its time.
  private let limit: Instant?
  /// Nil where there was none to be had, and once it is given back.
  private var connection: KernelConnection?
  /// Why this host refused to begin; nil where it did not.
  private(set) var refusal: RunError?
  /// What came of it; all but the close, while that goes on.
  private var outcome: Outcome?
  /// When our FIN left.
  private var closing: Stamp?
  /// When the peer last sent something after it.
  private var heardAt: Instant?
  /// When the wait for what comes next ends.
  private(set) var deadline: Instant

  /// Begins to connect.
  init(
    _ index: Int, sequence: Int, to target: ResolvedTarget, _ settings: RunSettings, from reserved: ReservedSource?,
    limit: Instant?
  ) {
    (self.index, self.sequence, self.target, self.settings, self.limit) = (index, sequence, target, settings, limit)
    began = SystemClock.now()
    // As long as the hand-made SYN and all its copies would have been waited for.
    let patience = began.instant + settings.plan.patience
    deadline = min(patience, limit ?? patience)
    guard target.source != nil || settings.source == nil else {
      outcome = unroutable(target.obstacle)
      return
    }
    do throws(Errno) {
      connection = try KernelConnection(
        to: target.remote.address, port: target.remote.port, from: settings.source == nil ? nil : target.source,
        sourcePort: settings.sourcePort, interface: target.device, scope: target.zone, reserved: reserved)
    } catch {
      outcome = failure(error)
    }
  }

  /// Asks the poll loop to watch it.
  func watch(by poller: inout Poller) -> Poller.Slot? {
    connection?.watch(by: &poller, for: closing == nil ? .writable : .readable)
  }

  /// Does what can be done now; returns what came of it once it has ended.
  func step() -> Outcome? {
    guard connection != nil else { return outcome }
    do throws(Errno) {
      if outcome == nil {
        guard try connection?.isEstablished() ?? false else {
          return SystemClock.monotonic() < deadline ? nil : outcome(.noResponse)
        }
        try settle()
      }
      guard closing != nil, try !hasClosed() else {
        connection = nil
        return outcome
      }
      return nil
    } catch {
      if error.isConnectionReset { return lost(to: .peerRst, .resetByPeer) }
      return outcome == nil ? failure(error) : lost(to: .timeout, .peerVanished)
    }
  }
}

extension KernelProbe {
  /// The handshake is complete: the kernel's own time of it, then the beginning of the close.
  private func settle() throws(Errno) {
    guard let information = try connection?.information(), let local = try connection?.localEnd() else { return }
    let rtt = Measurement(information.smoothedRTT, clock: .tcpInfo)
    // After a retransmission the kernel's first sample may be of either copy.
    let isAmbiguous = information.retransmissions > 0 && !information.usesTimestamps
    let step = Step(.syn, isAmbiguous ? nil : rtt, isAmbiguous: isAmbiguous)
    outcome = outcome(.synAck, local.address.map { Endpoint($0, local.port) }, [step], settings.plan.close.ending)
    switch settings.plan.close {
    case .fin:
      try connection?.finish()
      let now = SystemClock.now()
      closing = now
      let patience = now.instant + settings.plan.wait
      deadline = min(patience, limit ?? patience)
    case .rst: try connection.take()?.reset()
    case .none: break
    }
  }

  /// The most parts that are read in one step: a peer that never stops talking must not keep the others.
  private static let batch = 16

  /// Reads until the peer's FIN; a peer that keeps its side open is waited for no longer than for an answer, and reset.
  private func hasClosed() throws(Errno) -> Bool {
    guard let closing else { return true }
    var scrap = ReceiveBuffer()
    for _ in 0..<KernelProbe.batch {
      guard SystemClock.monotonic() < deadline else {
        outcome?.ending = .timeout
        outcome?.notes.insert(isStillSending ? .keptSending : .peerFinMissing)
        try connection.take()?.reset()
        return true
      }
      guard let count = try connection?.receive(into: &scrap) else { return false }
      if count == 0 {
        outcome?.steps.append(Step(.close, SystemClock.now().since(closing)))
        return true
      }
      heardAt = SystemClock.monotonic()
    }
    return false
  }

  /// Whether the peer sends on after our FIN, rather than having fallen silent at some time since.
  private var isStillSending: Bool { heardAt.map { deadline - $0 <= settings.plan.wait / 2 } ?? false }

  /// What was established has ended otherwise than we would have it: before we looked, while we closed, or while we read.
  ///
  /// Open it was: an RST that answers a SYN says that the connection is refused, never that it is reset.
  private func lost(to ending: Ending, _ note: Notes) -> Outcome {
    let rtt = (try? connection?.information())?.smoothedRTT ?? .zero
    var outcome = outcome ?? outcome(.synAck, nil, rtt > .zero ? [Step(.syn, Measurement(rtt, clock: .tcpInfo))] : [])
    outcome.ending = ending
    outcome.notes.insert(note)
    connection = nil
    return outcome
  }

  private func failure(_ errno: Errno) -> Outcome {
    // No SYN has left: what the kernel says at once it says of its own routes.
    if connection == nil, errno.isNoRoute || (errno.call == .connect && !errno.obstacle.isEmpty) {
      return unroutable(errno.obstacle)
    }
    if errno.isConnectionRefused { return outcome(.rst, nil, [Step(.syn, SystemClock.now().since(began))]) }
    if errno.isTimedOut { return outcome(.noResponse) }
    if let reason = errno.unreachableReason { return outcome(reason) }
    refusal = .send(errno, target.remote)
    return outcome(.notSent)
  }

  private func unroutable(_ obstacle: Notes) -> Outcome {
    var outcome = Outcome(unroutable: target.remote, mode: .connect, at: began)
    outcome.notes = obstacle
    return outcome
  }

  private func outcome(
    _ reason: Reason, _ local: Endpoint? = nil, _ steps: [Step] = [], _ ending: Ending = .none
  ) -> Outcome {
    let unspecified = Endpoint(target.remote.address.family == .v4 ? .v4(IPv4Address(0)) : .v6(IPv6Address(0)), 0)
    var outcome = Outcome(
      byKernel: Flow(local: local ?? unspecified, remote: target.remote), verdict: reason.verdict, reason: reason,
      started: began.wall, steps: steps, ending: ending)
    // Until our FIN only the SYN can have been retransmitted.
    if closing == nil, reason != .notSent, let information = try? connection?.information() {
      outcome.counters.transmissions = 1 + information.retransmissions
    }
    return outcome
  }
}

extension CloseManner {
  /// How a connection ended that was ended so.
  fileprivate var ending: Ending {
    switch self {
    case .fin: .fin
    case .rst: .rst
    case .none: .none
    }
  }
}

extension KernelConnection {
  /// Asks the poll loop to watch it.
  fileprivate borrowing func watch(by poller: inout Poller, for events: Poller.Events) -> Poller.Slot {
    poller.add(descriptor, for: events)
  }
}

extension ResolvedTarget {
  /// The interface that a socket of the kernel's is bound to.
  ///
  /// An address of this host's is reached by loopback, whichever interface it belongs to: it is bound to neither.
  var device: Interface? {
    let isOwn = zone != nil && zone != interface && interface?.isLoopback ?? false
    return isOwn ? nil : interface
  }
}

extension Errno {
  /// What a failed `connect()` says of the way to the target; nil where it says nothing of it.
  ///
  /// The kernel maps the ICMP errors of a connection in SYN-SENT to these codes (Linux `icmp_err_convert`); port
  /// unreachable becomes ECONNREFUSED like an RST, and prohibitions EHOSTUNREACH: by this way they look alike.
  var unreachableReason: Reason? {
    switch name {
    case "EHOSTUNREACH": return .icmpHostUnreachable
    case "ENETUNREACH": return .icmpNetUnreachable
    case "ENOPROTOOPT": return .icmpProtoUnreachable
    case "EACCES": return .icmpAdminProhibited
    default: return nil
    }
  }
}
