import Capture
import Handshake
import Kernel
import Report
import Timebase
import Wire

extension Run {
  /// Reads captures one after the other, and tells of the connections in them; needs no privilege.
  public static func read(_ settings: ReadSettings) throws(RunError) -> ReadResult {
    let presenter = ReadPresenter(settings)
    var result = ReadResult()
    var buffer = [UInt8](repeating: 0, count: 262_144)
    for path in settings.files where result.signal == nil {
      let source = try CaptureSource(path)
      var reading = CaptureReading(path, settings, presenter)
      loop: while !reading.hasStopped {
        switch try source.next(into: &buffer) {
        case .octets(let count): try reading.take(buffer.span.raw.extracting(first: count))
        case .end: break loop
        case .signal(let signal):
          result.signal = signal
          break loop
        }
      }
      if try !reading.finish(isInterrupted: result.signal != nil) { result.isWhole = false }
    }
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try presenter.summarize() }
    return result
  }
}

/// One capture, from its first octet to its last.
struct CaptureReading {
  private let path: String
  private let settings: ReadSettings
  private let presenter: ReadPresenter
  private var reader = CaptureReader()
  private var opening: PacketOpening
  private var tracker: FlowTracker

  /// Nothing of the capture has come yet.
  init(_ path: String, _ settings: ReadSettings, _ presenter: ReadPresenter) {
    self.path = path
    self.settings = settings
    self.presenter = presenter
    var policy = settings.policy
    policy.isLive = path == "-"
    if case .flow(let number) = settings.telling { policy.followed = number }
    opening = PacketOpening(looksIntoTunnels: settings.looksIntoTunnels)
    tracker = FlowTracker(policy, seed: Entropy.uint64())
    presenter.begin(path)
  }

  /// Whether what is wrong with it makes the rest unreadable.
  var hasStopped: Bool { reader.hasStopped }

  private var isLive: Bool { path == "-" }

  /// Hands octets to the reader, its frames to the tracker, and what has ended to whoever tells it.
  mutating func take(_ octets: RawSpan) throws(RunError) {
    let showsPackets = settings.showsPackets || settings.telling == .packets
    CaptureReading.feed(octets, &reader, &opening, &tracker, presenter, showsPackets: showsPackets)
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try presenter.write(atOnce: isLive) }
  }

  private static func feed(
    _ octets: RawSpan, _ reader: inout CaptureReader, _ opening: inout PacketOpening, _ tracker: inout FlowTracker,
    _ presenter: ReadPresenter, showsPackets: Bool
  ) {
    reader.feed(octets) { frame in
      opening.open(frame) { packet in
        if showsPackets {
          presenter.show(packet, &tracker)
        } else {
          _ = tracker.receive(packet)
        }
        while let flow = tracker.nextEnded() { presenter.show(flow) }
      }
    }
  }

  /// Tells of the flows that are left, and of what was wrong with the file: whether nothing was.
  mutating func finish(isInterrupted: Bool) throws(RunError) -> Bool {
    if !isInterrupted { reader.finish() }
    while let flow = tracker.nextEnded() { presenter.show(flow) }
    while let flow = tracker.finish() { presenter.show(flow) }
    if let fault = reader.fault, fault.isRefusal { throw .refused("\(path): \(fault)") }
    if let link = opening.unreadableLink, opening.counts.unreadable == reader.frameCount {
      throw .refused("\(path): frames of \(link) are not read; capture on an interface of another kind")
    }
    if case .flow(let number) = settings.telling, number >= tracker.counts.flows {
      throw .refused("\(path): there is no flow \(number); it has \(tracker.counts.flows), counted from 0")
    }
    presenter.end(tracker, frames: reader.frameCount)
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try presenter.write(atOnce: true) }
    guard let warning else { return true }
    try? Output.standardError.write("probe: \(path): \(warning); what was whole is told\n")
    return false
  }

  /// What was wrong with the file, in one line.
  private var warning: String? {
    if let fault = reader.fault {
      return "\(fault)" + (reader.faultCount > 1 ? " (and \(reader.faultCount - 1) more faults)" : "")
    }
    guard let link = opening.unreadableLink else { return nil }
    return "\(opening.counts.unreadable) frames of \(link), which is not read"
  }
}
