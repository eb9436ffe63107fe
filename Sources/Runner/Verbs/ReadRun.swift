import Capture
import Handshake
import Kernel
import Report
import Timebase
import Wire

/// Everything that `probe read` was asked for.
public struct ReadSettings: Sendable {
  /// What is told.
  public enum Telling: Hashable, Sendable {
    /// All flows, a line each.
    case flows
    /// One flow in full, by its number.
    case flow(Int)
    /// Every TCP packet, tcpdump's way.
    case packets
  }

  /// The files, in the order in which they are read; `-` is standard input.
  public var files: [FilePath] = []
  /// What is told.
  public var telling = Telling.flows
  /// Whether the flow that is told has to be the only one.
  public var wantsOnlyFlow = false
  /// Which flows are told; nil for all.
  public var filter: FlowFilter?
  /// Whether, as JSON, each packet is told as well.
  public var showsPackets = false
  /// Whether tunnels are looked into.
  public var looksIntoTunnels = false
  /// How much is remembered.
  public var policy = FlowTracker.Policy()
  /// How results are shown.
  public var presentation = Presentation()

  /// The settings of a plain `probe read FILE`.
  public init() {}
}

/// Which flows are meant: those of an address, of a port, or of both at one end.
public struct FlowFilter: Hashable, Sendable {
  /// The address; nil for any.
  public var address: IPAddress?
  /// The port; nil for any.
  public var port: UInt16?

  /// A filter by address, by port, or by both at one end.
  public init(address: IPAddress? = nil, port: UInt16? = nil) {
    self.address = address
    self.port = port
  }

  /// Whether one of two ends is meant.
  func matches(_ a: Endpoint, _ b: Endpoint) -> Bool { matches(a) || matches(b) }

  private func matches(_ end: Endpoint) -> Bool {
    (address.map { $0 == end.address } ?? true) && (port.map { $0 == end.port } ?? true)
  }
}

/// How a run of `probe read` went.
public struct ReadResult: Sendable {
  /// Whether every file was whole.
  public var isWhole = true
  /// Whether nothing of a file could be read; the others were.
  public var hasRefusals = false
  /// The signal that ended it; nil where it ended by itself.
  public var signal: Signal?
}

extension Run {
  /// Reads captures one after the other, and tells of the connections in them; needs no privilege.
  ///
  /// One of several that cannot be read is named, and the others are read.
  public static func read(_ settings: ReadSettings) throws(RunError) -> ReadResult {
    var settings = settings
    try settings.presentation.claim(settings.files.map { .read($0) })
    let session = try Session(settings.presentation, [])
    session.showsTimeOfDay = settings.telling == .packets
    let drawings = try Drawings(settings.presentation, session)
    let inputs = session.inputs(settings.files)
    let sealed = try session.seal()
    let presenter = ReadPresenter(settings, drawings)
    var result = ReadResult()
    var refusals = 0
    for input in inputs where result.signal == nil {
      do throws(RunError) {
        try read(input, sealed, settings, presenter, &result)
      } catch {
        guard settings.files.count > 1, error.isOfOneFile else { throw error }
        refusals += 1
        presenter.forget()
        Output.complain(error.message)
      }
    }
    result.hasRefusals = refusals > 0
    guard refusals < settings.files.count else { return result }
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try presenter.summarize() }
    try drawings?.finish([])
    try session.finish()
    return result
  }
}

extension Run {
  private static func read(
    _ input: InputFile, _ sealed: Session.Sealed, _ settings: ReadSettings, _ presenter: ReadPresenter,
    _ result: inout ReadResult
  ) throws(RunError) {
    let reading = CaptureReading(input.path, settings, presenter)
    result.signal = try CaptureWork.run(input, sealed, into: reading)
    if try !reading.finish(isInterrupted: result.signal != nil) { result.isWhole = false }
  }
}

/// One capture that is told, from its first octet to its last.
private final class CaptureReading: OctetReader {
  private let path: FilePath
  private let settings: ReadSettings
  private let presenter: ReadPresenter
  private var walk: CaptureWalk

  /// Nothing of the capture has come yet.
  init(_ path: FilePath, _ settings: ReadSettings, _ presenter: ReadPresenter) {
    self.path = path
    self.settings = settings
    self.presenter = presenter
    var policy = settings.policy
    policy.isLive = path.isStandardInput
    if case .flow(let number) = settings.telling { policy.followed = number }
    walk = CaptureWalk(policy, looksIntoTunnels: settings.looksIntoTunnels)
    presenter.begin(path)
  }

  var hasEnough: Bool { walk.hasStopped }

  /// Shows what octets bring.
  func take(_ octets: RawSpan) throws(RunError) {
    let presenter = presenter
    if settings.showsPackets || settings.telling == .packets {
      walk.take(octets, packet: { presenter.show($0, &$1, $2) }, flow: { presenter.show($0) })
    } else {
      walk.take(octets, packet: nil) { presenter.show($0) }
    }
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in
      try presenter.write(atOnce: path.isStandardInput)
    }
  }

  /// Tells of the flows that are left, and of what was wrong with the file: whether nothing was.
  func finish(isInterrupted: Bool) throws(RunError) -> Bool {
    walk.finish(isWhole: !isInterrupted) { presenter.show($0) }
    if let refusal = walk.refusal { throw .refused("\(path): \(refusal)") }
    if settings.wantsOnlyFlow, walk.tracker.numbers > 1 {
      throw .refused("\(path): --svg and --html draw one flow of its \(walk.tracker.numbers); choose it with --flow N")
    }
    if case .flow(let number) = settings.telling, !presenter.hasFollowed {
      let count = walk.tracker.numbers
      throw .refused(
        number < count
          ? "\(path): flow \(number) has no packets, only an ICMP error that quotes one"
          : "\(path): no flow \(number); it has \(count), numbered from 0")
    }
    presenter.end(walk.tracker, frames: walk.frameCount)
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try presenter.write(atOnce: true) }
    if let hint = walk.hint { Output.complain("\(path): \(hint)") }
    guard let warning = walk.warning else { return true }
    Output.complain("\(path): \(warning); the intact part is shown")
    return false
  }
}
