import Capture
import Handshake
import Judging
import Kernel
import Report
import Timebase
import Wire

/// Reports what captures hold.
final class ReadPresenter {
  private let settings: ReadSettings
  private let drawings: Drawings?
  private let output: Output
  private var writer: any CaptureWriter
  private var summary = CaptureSummary()
  private var path = FilePath.dash
  private var time: LineTime
  /// What is to be written.
  private var lines = ""
  /// Flows that have ended and are told in the order of their numbers, as many at once as `lot` says.
  private var ended: [TrackedFlow] = []
  private var followed: TrackedFlow?
  /// Why what was collected could not be written; told when it is next asked for.
  private var failure: Errno?

  /// How many flows are told in one order.
  private static let lot = 2_048
  /// How much is collected before it is written.
  private static let enough = 65_536

  init(_ settings: ReadSettings, _ drawings: Drawings?) {
    self.settings = settings
    self.drawings = drawings
    time = LineTime(settings.presentation.timeFormat)
    output = settings.presentation.output
    writer = settings.presentation.format.captureWriter(TextReport(settings.presentation, on: output))
  }

  /// Whether the one flow that is asked for was found.
  var hasFollowed: Bool { followed != nil }

  /// Begins the next file.
  func begin(_ path: FilePath) {
    self.path = path
    let heading = writer.begin(name(of: path), isFirst: summary.frames == 0)
    if settings.files.count > 1, settings.telling == .flows, !settings.presentation.isQuiet { lines += heading ?? "" }
  }

  private func name(of path: FilePath) -> String { path.isStandardInput ? "standard input" : path.text }

  /// Takes a flow that has ended.
  func show(_ flow: TrackedFlow) {
    if case .flow(let number) = settings.telling {
      if flow.number == number { followed = flow }
      return
    }
    if let filter = settings.filter, !filter.matches(flow.client.endpoint, flow.server.endpoint) { return }
    summary.add(flow)
    guard settings.telling == .flows, !settings.presentation.isQuiet else { return }
    ended.append(flow)
    if ended.count >= ReadPresenter.lot { tell() }
  }

  /// Takes a packet: hands it to the tracker, and tells it where it is a TCP segment that is meant.
  func show(_ packet: borrowing CapturedPacket, _ tracker: inout FlowTracker, _ ended: (TrackedFlow) -> Void) {
    switch CapturedContent(packet) {
    case .segment(let segment):
      let mark = FrameMark(packet.stamp, frame: packet.number)
      let sighting = tracker.receive(segment, mark, ended: ended)
      guard isMeant(segment) else { return }
      lines += writer.packet(segment, sighting, mark, of: path.text) ?? CapturedTrace.line(segment, of: packet, &time)
      writeWhatIsEnough()
    case .malformed: tracker.skipMalformed()
    case .other: tracker.receive(other: packet, ended: ended)
    }
  }

  private func isMeant(_ segment: borrowing CapturedSegment) -> Bool {
    guard let filter = settings.filter else { return true }
    return filter.matches(
      Endpoint(segment.source, segment.header.sourcePort),
      Endpoint(segment.destination, segment.header.destinationPort))
  }

  /// Ends a file.
  func end(_ tracker: FlowTracker, frames: Int) {
    tell()
    summary.add(tracker.counts, frames: frames)
    guard let flow = followed else { return }
    followed = nil
    lines += writer.flow(flow, of: path.text, tracker.story)
    let outcome = tracker.story.outcome(of: flow)
    drawings?.take(
      Record(
        target: "\(name(of: path.name)), flow \(flow.number)", sequence: 1, outcome: outcome)
    )
  }

  private func tell() {
    ended.sort { $0.number < $1.number }
    writer.flows(ended, of: path.text) { line in
      lines += line
      writeWhatIsEnough()
    }
    ended.removeAll(keepingCapacity: true)
  }

  /// Forgets what has been collected of a file that turned out to be none.
  func forget() {
    lines = ""
    ended = []
  }

  /// Writes what has been collected as soon as it is enough: one piece of a capture may end many flows.
  private func writeWhatIsEnough() {
    guard lines.utf8.count >= ReadPresenter.enough else { return }
    if failure == nil { do throws(Errno) { try output.write(lines) } catch { failure = error } }
    lines.removeAll(keepingCapacity: true)
  }

  /// Writes what has been collected, once it is enough.
  func write(atOnce isDue: Bool) throws(Errno) {
    if isDue { tell() }
    if let failure { throw failure }
    guard isDue || lines.utf8.count >= ReadPresenter.enough else { return }
    let due = lines
    lines.removeAll(keepingCapacity: true)
    if !due.isEmpty { try output.write(due) }
  }

  /// Writes the closing lines.
  func summarize() throws(Errno) {
    guard settings.telling == .flows else { return }
    let files = settings.files
    let words = files.count == 1 ? name(of: files[0]) : "\(files.count) files"
    lines += writer.summary(summary, of: files.map(\.text), name: words)
    try write(atOnce: true)
  }
}

/// One line of text a captured packet, as `tcpdump -nn -S` prints it.
enum CapturedTrace {
  /// The line, line feed included.
  static func line(
    _ segment: borrowing CapturedSegment, of packet: borrowing CapturedPacket, _ time: inout LineTime
  ) -> String {
    "\(time.words(packet.stamp)) \(words(segment, of: packet))\n"
  }

  private static func words(_ segment: borrowing CapturedSegment, of packet: borrowing CapturedPacket) -> String {
    // Extension headers stand between the addresses and the ports; what was cut short says less of them.
    let follows = packet.octets.byteCount > 6 && segment.source.family == .v6 && packet.octets.octet(at: 6) != 6
    if segment.isWhole, follows { return PacketNotation.tcpdump(packet: packet.octets) }
    guard let header = try? TCPHeader(segment.header) else { return "malformed packet" }
    return PacketNotation.tcpdump(
      header, payloadLength: segment.payloadLength, source: segment.source, destination: segment.destination)
  }
}
