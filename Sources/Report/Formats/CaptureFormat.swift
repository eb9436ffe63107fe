import Capture
import Judging

/// A format of what captures hold, for `probe read`: flows by the thousand, and packets that are only lent.
public protocol CaptureWriter: Sendable {
  /// What stands before the flows of a file, of several; nil where each line names its file.
  mutating func begin(_ name: String, isFirst: Bool) -> String?
  /// Writes flows in the order of their numbers.
  mutating func flows(_ flows: [TrackedFlow], of file: String, _ write: (String) -> Void)
  /// One flow in full.
  func flow(_ flow: TrackedFlow, of file: String, _ story: FlowPacketLog) -> String
  /// One packet; nil shows it as tcpdump does.
  func packet(
    _ segment: borrowing CapturedSegment, _ sighting: Sighting, _ mark: FrameMark, of file: String
  ) -> String?
  /// What a run comes to; `name` is what it read in words.
  func summary(_ summary: CaptureSummary, of files: [String], name: String) -> String
}

extension Format {
  /// What flows and packets are put into words by; formats that have no words for them leave it to text.
  public func captureWriter(_ text: TextReport) -> any CaptureWriter {
    self == .json ? JSONCaptureFormat() : TextCaptureFormat(text)
  }
}

/// Flows for people, as a list.
private struct TextCaptureFormat: CaptureWriter {
  let text: TextReport
  var listing: FlowListing

  init(_ text: TextReport) {
    self.text = text
    listing = FlowListing(style: text.style)
  }

  mutating func begin(_ name: String, isFirst: Bool) -> String? {
    listing = FlowListing(style: text.style)
    return (isFirst ? "" : "\n") + "==> \(name.printable) <==\n"
  }

  mutating func flows(_ flows: [TrackedFlow], of file: String, _ write: (String) -> Void) {
    write(listing.lines(flows))
  }

  func flow(_ flow: TrackedFlow, of file: String, _ story: FlowPacketLog) -> String { text.flow(flow, story) }

  func packet(
    _ segment: borrowing CapturedSegment, _ sighting: Sighting, _ mark: FrameMark, of file: String
  ) -> String? { nil }

  func summary(_ summary: CaptureSummary, of files: [String], name: String) -> String {
    text.summary(summary, of: name)
  }
}

/// Flows and packets as JSON Lines.
private struct JSONCaptureFormat: CaptureWriter {
  mutating func begin(_ name: String, isFirst: Bool) -> String? { nil }

  mutating func flows(_ flows: [TrackedFlow], of file: String, _ write: (String) -> Void) {
    for flow in flows { write(JSONLines.flow(flow, of: file)) }
  }

  func flow(_ flow: TrackedFlow, of file: String, _ story: FlowPacketLog) -> String { JSONLines.flow(flow, of: file) }

  func packet(
    _ segment: borrowing CapturedSegment, _ sighting: Sighting, _ mark: FrameMark, of file: String
  ) -> String? { JSONLines.packet(segment, sighting, mark, of: file) }

  func summary(_ summary: CaptureSummary, of files: [String], name: String) -> String {
    JSONLines.summary(summary, of: files)
  }
}
