import Capture
import Kernel
import Wire

/// The way of a capture's octets to the flows in it.
struct CaptureWalk {
  private var reader = CaptureReader()
  private var opening: Decapsulator
  private(set) var tracker: FlowTracker

  /// Nothing of the capture has come yet.
  init(_ policy: FlowTracker.Policy, looksIntoTunnels: Bool) {
    opening = Decapsulator(looksIntoTunnels: looksIntoTunnels)
    tracker = FlowTracker(policy, seed: Entropy.uint64())
  }

  /// Whether what is wrong with it makes the rest unreadable.
  var hasStopped: Bool { reader.hasStopped }
  /// How many frames there were.
  var frameCount: Int { reader.frameCount }

  /// Takes each packet, and hands on the flows that end with it.
  typealias PacketTaker = (borrowing CapturedPacket, inout FlowTracker, _ ended: (TrackedFlow) -> Void) -> Void

  /// Takes the next octets: each packet goes to the tracker, or to `packet` where that is to hand it on, and each flow
  /// that has ended to `flow`.
  mutating func take(_ octets: RawSpan, packet: PacketTaker?, flow: (TrackedFlow) -> Void) {
    CaptureWalk.walk(octets, &reader, &opening, &tracker, packet, flow)
  }

  private static func walk(
    _ octets: RawSpan, _ reader: inout CaptureReader, _ opening: inout Decapsulator, _ tracker: inout FlowTracker,
    _ each: PacketTaker?, _ body: (TrackedFlow) -> Void
  ) {
    reader.feed(octets) { frame in
      opening.open(frame) { packet in
        if let each {
          each(packet, &tracker, body)
        } else {
          _ = tracker.receive(packet, ended: body)
        }
      }
    }
  }

  /// Hands out the flows that are left; where the file has ended, what is missing of it is a fault.
  mutating func finish(isWhole: Bool, _ body: (TrackedFlow) -> Void) {
    if isWhole { reader.finish() }
    tracker.finish(ended: body)
  }

  /// Why nothing of the file could be read; nil where something could.
  var refusal: String? {
    if let fault = reader.fault, fault.isRefusal { return "\(fault)" }
    guard let link = opening.unreadableLink, opening.counts.unreadable == reader.frameCount else { return nil }
    return "\(link) frames are not supported; capture on a different interface type"
  }

  /// What to try where there are tunnels, and no segment outside them; nil where that is not so.
  var hint: String? {
    guard opening.counts.unopened > 0, tracker.counts.segments == 0 else { return nil }
    return "no TCP outside tunnels, but \(opening.counts.unopened) packets carry tunnels: try --tunnels"
  }

  /// Whether the file does not even begin as a capture does.
  var isNoCapture: Bool { if case .notACapture = reader.fault?.kind { true } else { false } }

  /// What is wrong with the file, in one line; nil where nothing is.
  var warning: String? {
    if let fault = reader.fault {
      return "\(fault)" + (reader.faultCount > 1 ? " (and \(reader.faultCount - 1) more faults)" : "")
    }
    guard let link = opening.unreadableLink else { return nil }
    return "\(opening.counts.unreadable) frames of \(link), which is not supported"
  }
}
