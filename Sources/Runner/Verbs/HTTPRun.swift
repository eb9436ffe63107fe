import Engines
import HTTP
import Handshake
import Kernel
import Timebase
import Wire

/// Everything that a run of HTTP requests was asked for.
public struct HTTPSettings: Sendable {
  /// How the connections are made: the target is the URL's.
  public var run = RunSettings()
  /// The URL as it was typed.
  public var url = ""
  /// Whether it is an `https` URL: only the TCP connection is tested then.
  public var isSecure = false
  /// What is asked.
  public var request: HTTPRequest
  /// How often, on one connection.
  public var requests = 1
  /// Whether requests are written without waiting for responses.
  public var isPipelined = false
  /// Whether the same requests are first made with a connection each.
  public var compares = false
  /// How long each connection may last; nil for as long as it likes.
  public var lifetime: Interval? = HTTPEngine.usualLifetime
  /// The file that the content is written to; nil where no one wants it.
  public var bodyPath: FilePath?

  /// The settings of one request by a program of this name.
  public init(agent: String) { request = HTTPRequest(agent: agent) }

  /// How many requests each connection carries.
  var visits: [Int] { (compares ? Array(repeating: 1, count: requests) : []) + [requests] }
}

/// How a run of HTTP requests went.
public struct HTTPResult: Sendable {
  /// Whether every request was answered by a whole and valid response that reports no error.
  public var isGood: Bool
  /// The signal that ended it; nil where it ended by itself.
  public var signal: Signal?
}

extension Run {
  /// HTTP requests inside connections by hand.
  public static func page(_ settings: HTTPSettings) throws(RunError) -> HTTPResult {
    var settings = settings
    try settings.run.presentation.claim([.written(settings.bodyPath, by: "--body-to")] + settings.run.filesRead)
    let session = try Session(settings.run.presentation, .sockets, stamps: true)
    let targets = try RunTargets(settings.run, settings.run.targets)
    // What is asked for is in the connection: nothing can be done before the address is known.
    if let signal = try targets.settle(&settings.run.schedule) { return HTTPResult(isGood: false, signal: signal) }
    guard let target = targets.list.first else { throw .refused("\(settings.url): no target") }
    if let problem = targets.problems[0] { throw .refused(problem) }
    let body = try session.file(settings.bodyPath)
    // What a stranger has written must not speak to a terminal.
    if let body, body.isTerminal {
      throw .refused("--body-to \(body.path): standard output is a terminal; name a file, or pipe it: | less")
    }
    let drawings = try Drawings(settings.run.presentation, session)
    let (network, packets): (Network, PacketFile?)
    do throws(RunError) {
      (network, packets) = try acquire(settings.run, targets)
    } catch {
      throw error.withoutConnect
    }
    let sealed = try session.seal()
    let presenter = HTTPPresenter(settings, target: target, drawings: drawings)
    let result = try page(settings, target, presenter, network, packets, body, sealed)
    if result.isGood, result.signal == nil { try body?.finish() }
    try drawings?.finish([])
    try session.finish()
    return result
  }

  private static func page(
    _ settings: HTTPSettings, _ target: ResolvedTarget, _ presenter: HTTPPresenter, _ network: Network,
    _ packets: PacketFile?, _ body: AtomicFile?, _ sealed: Session.Sealed
  ) throws(RunError) -> HTTPResult {
    var observer = LoopObserver<HTTPEngine.News> { (news) throws(Errno) in
      switch news {
      case .content(let octets): try body?.write(octets.span.raw)
      case .visit(let finding): try presenter.show(finding)
      }
    }
    if settings.run.presentation.tracesPackets {
      observer.packet = { (arrival, stamp) throws(Errno) in try presenter.show(arrival, at: stamp) }
    }
    var work = EngineWork(engine: engine(settings, target), network: network, observer: observer, sealed)
    work.packets = packets
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try presenter.begin() }
    let signal: Signal?
    do throws(RunError) {
      signal = try work.run()
    } catch {
      // What was measured until then is not lost, unless it cannot be told.
      if error.leavesOutput { try? presenter.summarize() }
      throw error
    }
    warn(
      of: network.dropped, truncated: network.truncated,
      strays: settings.run.presentation.isVerbose ? work.engine.strays : 0)
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try presenter.summarize() }
    return HTTPResult(isGood: presenter.isGood, signal: signal)
  }

  private static func engine(_ settings: HTTPSettings, _ target: ResolvedTarget) -> HTTPEngine {
    var job = HTTPEngine.Job(settings.request, visits: settings.visits)
    job.isPipelined = settings.isPipelined
    job.keepsContent = settings.bodyPath != nil
    job.lifetime = settings.lifetime
    job.deadline = settings.run.schedule.deadline
    job.sourcePort = settings.run.sourcePort
    return HTTPEngine(
      target: ConnectEngine.Target(source: target.source, remote: target.remote, plan: target.plan(settings.run)),
      job: job)
  }
}
