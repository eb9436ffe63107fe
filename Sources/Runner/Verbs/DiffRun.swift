import Capture
import Judging
import Kernel
import Report
import Wire

/// Everything that `probe diff` was asked for.
public struct DiffSettings: Sendable {
  /// The first file.
  public var first = FilePath.dash
  /// The second file.
  public var second = FilePath.dash
  /// Whether tunnels are looked into.
  public var looksIntoTunnels = false
  /// What is not compared, by the words that tell it: `ttl`, `client window`.
  public var ignored: Set<String> = []
  /// How results are shown.
  public var presentation = Presentation()

  /// The settings of a plain `probe diff A B`.
  public init() {}
}

/// How a run of `probe diff` went.
public struct DiffResult: Sendable {
  /// Whether nothing differs.
  public var isSame = false
  /// The signal that ended it; nil where it ended by itself.
  public var signal: Signal?
}

extension Run {
  /// Compares two captures, two results in JSON Lines, or one with the other.
  public static func diff(_ settings: DiffSettings) throws(RunError) -> DiffResult {
    var presentation = settings.presentation
    try presentation.claim([.read(settings.first), .read(settings.second)])
    var result = DiffResult()
    var files: [FlowCollection] = []
    var failure: RunError?
    let session = try Session(settings.presentation, [])
    let inputs = session.inputs([settings.first, settings.second])
    let sealed = try session.seal()
    for input in inputs {
      let collection = FlowCollection(input.path, looksIntoTunnels: settings.looksIntoTunnels)
      do throws(RunError) {
        if let signal = try collection.read(input, sealed) {
          result.signal = signal
          return result
        }
      } catch {
        // What is wrong with the second is said too.
        if let failure { Output.complain(failure.message) }
        failure = error
      }
      files.append(collection)
    }
    if let failure { throw failure }
    var teller = Teller(settings.presentation)
    if files.contains(where: { !$0.route.isEmpty }) {
      let comparison = try routes(files, settings)
      try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in
        try teller.tell(.routeComparison(comparison, first: settings.first.text, second: settings.second.text))
      }
      result.isSame = comparison.isSame
      try session.finish()
      return result
    }
    let comparison = CaptureComparison(
      files[0].flows, files[1].flows, gaps: (files[0].gap, files[1].gap), ignoring: settings.ignored,
      seed: 0x70_726f_6265)
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in
      try teller.tell(
        .comparison(comparison, first: settings.first.text, second: settings.second.text))
    }
    result.isSame = comparison.isSame
    try session.finish()
    return result
  }

  /// Compares the paths of two files: both must have one.
  private static func routes(
    _ files: [FlowCollection], _ settings: DiffSettings
  ) throws(RunError) -> RouteComparison {
    for (file, other) in [(files[0], files[1]), (files[1], files[0])] where file.route.isEmpty {
      throw .refused("\(other.path) is a path (probe route --json), \(file.path) is none: compare two of a kind")
    }
    let ignored = Set(settings.ignored.compactMap(RouteComparison.Part.init(rawValue:)))
    return RouteComparison(files[0].route, files[1].route, ignoring: ignored)
  }
}

/// The flows of one file, of either kind, as many as fit into memory.
final class FlowCollection: OctetReader {
  let path: FilePath
  private let looksIntoTunnels: Bool
  /// What it is read as, which its first octet says.
  private var walk: CaptureWalk?
  private var lines: LineReader?
  private(set) var flows: [ComparedFlow] = []
  /// The path, where the file has lines of one.
  private(set) var route = ComparedRoute()
  /// What of the file is not among them.
  private(set) var gap = CaptureComparison.Gap()

  /// The most flows of a file that are compared.
  static let limit = 65_536
  /// The longest line of a file of JSON.
  static let lineLimit = 1_048_576

  init(_ path: FilePath, looksIntoTunnels: Bool) {
    self.path = path
    self.looksIntoTunnels = looksIntoTunnels
  }

  /// Reads the file to its end; the signal that came before, if one did.
  func read(_ input: InputFile, _ sealed: Session.Sealed) throws(RunError) -> Signal? {
    if let signal = try CaptureWork.run(input, sealed, into: self) { return signal }
    if let last = lines?.finish() { try take(last) }
    try finish()
    return nil
  }

  var hasEnough: Bool { walk?.hasStopped ?? false }

  func take(_ octets: RawSpan) throws(RunError) {
    if walk == nil, lines == nil {
      if octets.octet(at: 0) == UInt8(ascii: "{") {
        lines = LineReader(limit: FlowCollection.lineLimit)
      } else {
        walk = CaptureWalk(FlowTracker.Policy(), looksIntoTunnels: looksIntoTunnels)
      }
    }
    walk?.take(octets, packet: nil) { add($0) }
    for line in lines?.take(octets) ?? [] { try take(line) }
  }

  private func finish() throws(RunError) {
    let isJSON = lines != nil
    walk?.finish(isWhole: true) { add($0) }
    guard walk != nil || isJSON else { throw .refused("\(path): the file is empty") }
    if walk?.isNoCapture ?? false {
      throw .refused("\(path): not a pcap, pcapng or JSON Lines file")
    }
    if let refusal = walk?.refusal { throw .refused("\(path): \(refusal)") }
    if let warning = walk?.warning { warn("\(warning); the intact part was compared") }
    if let hint = walk?.hint { warn(hint) }
    gap.isPartlyRead = walk?.warning != nil || walk?.hint != nil
    if isJSON, flows.isEmpty, route.isEmpty {
      throw .refused("\(path): no line of type flow, connection or hop")
    }
    if gap.flows > 0 { warn("\(gap.flows) flows beyond the first \(FlowCollection.limit) are not compared") }
    flows.sort { $0.number < $1.number }
  }

  private func warn(_ words: String) { Output.complain("\(path): \(words)") }

  private func add(_ flow: TrackedFlow) {
    let syns = [flow.client.synchronization, flow.server.synchronization]
    if syns.contains(where: { $0?.areOptionsCut ?? false }) { gap.cutOptions += 1 }
    add(ComparedFlow(flow))
  }

  private func add(_ flow: ComparedFlow) {
    if flows.count < FlowCollection.limit { flows.append(flow) } else { gap.flows += 1 }
  }

  private func take(_ line: LineReader.Line) throws(RunError) {
    guard !line.isTooLong else {
      throw .refused("\(path):\(line.number): longer than \(FlowCollection.lineLimit) bytes; not a line of results")
    }
    guard !line.octets.isEmpty else { return }
    do throws(JSONReader.Fault) {
      let value = try JSONReader.value(of: line.octets)
      if route.take(value) { return }
      if let flow = ComparedFlow(value, number: flows.count + gap.flows) { add(flow) }
    } catch {
      throw .refused("\(path):\(line.number):\(error.offset + 1): not JSON: \(error.expected) expected")
    }
  }
}
