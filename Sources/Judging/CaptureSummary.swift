import Capture
import Handshake
import Statistics
import Timebase

/// What all flows of one capture, or of several, came to, in bounded memory.
public struct CaptureSummary: Sendable {
  /// What the tracker counted.
  public private(set) var counts = FlowTracker.Counts()
  /// Frames that the files hold.
  public private(set) var frames = 0
  /// Flows that were told.
  public private(set) var flows = 0
  /// Handshakes that were seen from the SYN to the last ACK.
  public private(set) var complete = 0
  /// Copies of SYNs beyond the first.
  public private(set) var synRetransmissions = 0
  /// Copies of SYN-ACKs beyond the first.
  public private(set) var synAckRetransmissions = 0
  /// Segments whose octets were retransmitted.
  public private(set) var retransmissions = 0
  /// Segments that were overtaken.
  public private(set) var outOfOrder = 0
  /// Segments with a wrong checksum.
  public private(set) var badChecksums = 0
  /// Segments whose checksum was left to hardware.
  public private(set) var unfinishedChecksums = 0
  /// ICMP errors that quote a segment of theirs.
  public private(set) var icmpErrors = 0
  /// Flows that were silent when the capture ended, for too short a time to match a signature of tampering.
  public private(set) var undecided = 0
  private var signatures = [Int](repeating: 0, count: TamperingSignature.allCases.count)
  private var ends = [Int](repeating: 0, count: TrackedFlow.Ending.allCases.count)
  private var series = [Series](repeating: Series(), count: StepKind.allCases.count)

  /// Nothing counted yet.
  public init() {}

  /// What is told of one step; nil where no flow has a time for it.
  public subscript(step: StepKind) -> Series? {
    let own = series[step.index]
    return own.moments.count > 0 ? own : nil
  }

  /// How many flows ended so.
  public subscript(ending: TrackedFlow.Ending) -> Int { ends[ending.index] }

  /// How many flows match a signature of tampering.
  public subscript(signature: TamperingSignature) -> Int { signatures[signature.index] }

  /// Takes a flow.
  public mutating func add(_ flow: TrackedFlow) {
    flows += 1
    if flow.isHandshakeComplete { complete += 1 }
    ends[flow.ending.index] += 1
    switch flow.tampering {
    case .none: break
    case .undecided: undecided += 1
    case .signature(let signature): signatures[signature.index] += 1
    }
    retransmissions += flow.client.retransmissions + flow.server.retransmissions
    outOfOrder += flow.client.outOfOrder + flow.server.outOfOrder
    badChecksums += flow.client.badChecksums + flow.server.badChecksums
    unfinishedChecksums += flow.client.unfinishedChecksums + flow.server.unfinishedChecksums
    icmpErrors += flow.errors?.count ?? 0
    synRetransmissions += max(flow.client.synCopies - 1, 0)
    synAckRetransmissions += max(flow.server.synCopies - 1, 0)
    flow.eachStep { step in
      if let time = step.time { series[step.kind.index].record(time) }
    }
  }

  /// Takes what was counted over a whole file.
  public mutating func add(_ more: FlowTracker.Counts, frames: Int) {
    self.frames += frames
    counts.packets += more.packets
    counts.segments += more.segments
    counts.malformed += more.malformed
    counts.errors += more.errors
    counts.other += more.other
    counts.flows += more.flows
    counts.evicted += more.evicted
    counts.idle += more.idle
  }
}

extension TrackedFlow.Ending {
  /// The ending's place among all endings.
  var index: Int { TrackedFlow.Ending.allCases.firstIndex(of: self) ?? 0 }
}
