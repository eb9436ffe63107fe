import Engines
import Handshake
import Judging
import Kernel
import Report
import Script
import Timebase
import Wire

/// What every run that plays conversations with one target was asked for.
public struct PlaySettings: Sendable {
  /// Where to, and how results are shown.
  public var run = RunSettings()
  /// What makes the service answer.
  public var request: [UInt8]?
  /// Where the JUnit document goes; nil writes none.
  public var junitPath: FilePath?

  /// The settings of a plain run.
  public init() {}

  /// The request for a target, if none was given: any HTTP server answers it and closes.
  func request(to target: ResolvedTarget) -> [UInt8] {
    request ?? PlaySettings.request(host: target.host ?? "\(target.remote.address)".bracketedHost)
  }

  /// What any HTTP server answers, and then closes.
  static func request(host: String) -> [UInt8] {
    Array("GET / HTTP/1.0\r\nHost: \(host)\r\nUser-Agent: probe\r\n\r\n".utf8)
  }
}

/// Everything that `probe audit` was asked for.
public struct AuditSettings: Sendable {
  /// What it shares with scripts.
  public var play = PlaySettings()
  /// Which checks: by number, by name or by group; empty for all.
  public var only: Set<String> = []
  /// Which checks not.
  public var skipped: Set<String> = []
  /// The tiers that are checked.
  public var tiers: Set<Conversation.Tier> = [.standard]
  /// Whether the checks are only listed.
  public var lists = false
  /// How many are asked at once.
  public var places = 4

  /// What reports call the program.
  public var program: String

  /// The settings of a plain `probe audit HOST:PORT` by a program of this name and version.
  public init(program: String) { self.program = program }

  /// Whether a check is wanted.
  ///
  /// One that was asked for by its number or name is checked in any tier: whoever names it knows it.
  public func wants(_ rule: Conversation.Rule) -> Bool {
    let names = [String(rule.number), rule.name]
    if names.contains(where: skipped.contains) || skipped.contains(rule.group) { return false }
    if names.contains(where: only.contains) { return true }
    return tiers.contains(rule.tier) && (only.isEmpty || only.contains(rule.group))
  }
}

/// Everything that `probe script` was asked for.
public struct ScriptSettings: Sendable {
  /// What it shares with audits.
  public var play = PlaySettings()
  /// The script, as it was read.
  public var text = ""
  /// What it is called.
  public var file = ""

  /// No script yet.
  public init() {}
}

/// Everything that `probe profile` was asked for.
public struct ProfileSettings: Sendable {
  /// What it shares with audits.
  public var play = PlaySettings()
  /// For how many seconds copies of a SYN-ACK are counted.
  public var wait = 8

  /// The settings of a plain `probe profile HOST:PORT`.
  public init() {}
}

/// How a run of conversations went.
public struct PlayRunResult: Sendable {
  /// Whether nothing was found that must not be.
  public var isGood: Bool
  /// Whether something could not be played at all.
  public var isUnable = false
  /// The signal that ended it; nil where it ended by itself.
  public var signal: Signal?
}

extension Run {
  /// Asks a peer about the rules of TCP.
  public static func audit(_ settings: AuditSettings) throws(RunError) -> PlayRunResult {
    var settings = settings
    let stage = try PlayStage(&settings.play)
    if let signal = stage.signal { return PlayRunResult(isGood: false, signal: signal) }
    let checks = try conversations(settings, stage.target.remote.address.family)
    let ports = randomPorts(2)
    let director = AuditDirector(checks, of: stage.target.remote, probes: (ports[0], ports[1]))
    let presenter = AuditPresenter(settings, target: stage.target, rules: director.rules)
    let engine = stage.engine(director, settings.play, places: settings.places)
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try presenter.begin() }
    let (work, signal) = try stage.play(engine, settings.play, presenter.trace) { (finding) throws(Errno) in
      if let finding { try presenter.take(finding) }
    }
    if case .notOpen(let result) = work.engine.director.stopped, signal == nil {
      throw .refused(
        "\(stage.target.name) cannot be audited: \(result.words.isEmpty ? "it is not open" : result.words)")
    }
    let dead: [Int]? = if case .dead(let after) = work.engine.director.stopped { after } else { nil }
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try presenter.finish(dead: dead, signal) }
    try stage.finish(junit: signal == nil ? presenter.junit : nil, html: presenter.page(program: settings.program))
    return PlayRunResult(isGood: presenter.isGood, isUnable: presenter.hasErrors, signal: signal)
  }

  /// The checks that are wanted; a mistake in one of ours would be told by its line.
  private static func conversations(
    _ settings: AuditSettings, _ family: AddressFamily
  ) throws(RunError) -> [Conversation] {
    let all: [Conversation]
    do throws(ScriptMistake) { all = try Checks.all(family) } catch { throw .refused("\(error)") }
    let wanted = all.filter { $0.rule.map(settings.wants) ?? false }
    guard !wanted.isEmpty else {
      throw .refused("no check is left of those that were asked for; see probe audit --list")
    }
    return wanted
  }

  /// Plays a script's side of a conversation.
  public static func script(_ settings: ScriptSettings) throws(RunError) -> PlayRunResult {
    var settings = settings
    let stage = try PlayStage(&settings.play)
    if let signal = stage.signal { return PlayRunResult(isGood: false, signal: signal) }
    let family = stage.target.remote.address.family
    let conversations: [Conversation]
    do throws(ScriptMistake) {
      conversations = try ConversationReader.script(settings.text, file: settings.file, family: family)
    } catch {
      throw .refused("\(error)")
    }
    guard !conversations.isEmpty else { throw .refused("\(settings.file): it is not for \(family)") }
    let presenter = ScriptPresenter(settings, target: stage.target, count: conversations.count)
    let engine = stage.engine(ScriptDirector(conversations, with: stage.target.remote), settings.play, places: 1)
    let (_, signal) = try stage.play(engine, settings.play, presenter.trace) { (played) throws(Errno) in
      if let played { try presenter.show(played) }
    }
    try stage.finish(junit: signal == nil ? presenter.junit : nil)
    return PlayRunResult(isGood: presenter.isGood, isUnable: presenter.hasError, signal: signal)
  }
}

extension Run {
  /// Shows what a TCP is like.
  public static func profile(_ settings: ProfileSettings) throws(RunError) -> PlayRunResult {
    var settings = settings
    let stage = try PlayStage(&settings.play)
    if let signal = stage.signal { return PlayRunResult(isGood: false, signal: signal) }
    let (target, family) = (stage.target, stage.target.remote.address.family)
    let plays = try ProfilePlay.all.map { (play) throws(RunError) in
      do throws(ScriptMistake) { return (play, try play.conversation(wait: settings.wait, family: family)) } catch {
        throw .refused("\(error)")
      }
    }
    let trace = PacketTraceTeller(settings.play.run.presentation)
    let album = Album()
    // Few at a time: a short backlog is not to be filled.
    let engine = stage.engine(ProfileDirector(plays, with: target.remote), settings.play, places: 6)
    let (_, signal) = try stage.play(engine, settings.play, trace) { (report) throws(Errno) in
      if let report, let play = report.played.play { album.plays.append((report.play, play)) }
    }
    let profile = PeerProfile(album.plays, waited: settings.wait)
    guard profile.synAck != nil || signal != nil else {
      throw .refused("\(target.name): no SYN-ACK; probe \(target.name) shows what answers")
    }
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in
      var teller = Teller(settings.play.run.presentation)
      try teller.tell(.profile(profile, target: target.name, remote: target.remote))
    }
    try stage.finish(junit: nil)
    return PlayRunResult(isGood: profile.synAck != nil, signal: signal)
  }

  /// What was played so far.
  private final class Album {
    var plays: [(ProfilePlay, Play)] = []
  }
}

/// What a run of conversations acquires: the target, sockets, files.
final class PlayStage {
  private let session: Session
  private(set) var target: ResolvedTarget
  /// The signal that ended the wait for the target's address; nil where none did.
  let signal: Signal?
  private var network: Network?
  private var packets: PacketFile?
  private var junit: AtomicFile?
  private var html: AtomicFile?
  private var sealed: Session.Sealed?

  /// Opens everything; `files` are further ones of the run, and `prepare` is what else needs the rights that go.
  init(
    _ settings: inout PlaySettings, files: [RunFile?] = [],
    prepare: (Session, ResolvedTarget) throws(RunError) -> Void = { (_, _) in }
  ) throws(RunError) {
    try settings.run.presentation.claim([.written(settings.junitPath, by: "--junit")] + files)
    session = try Session(settings.run.presentation, .sockets, stamps: true)
    let targets = try RunTargets(settings.run, settings.run.targets)
    signal = try targets.settle(&settings.run.schedule)
    guard let target = targets.list.first else { throw .refused("no target") }
    self.target = target
    if signal != nil { return }
    if let problem = targets.problems[0] { throw .refused(problem) }
    guard target.source != nil else {
      throw .refused("\(target.name): this host has no route to \(target.remote.address)")
    }
    junit = try session.file(settings.junitPath)
    html = try session.file(settings.run.presentation.htmlPath)
    do throws(RunError) {
      (network, packets) = try Run.acquire(settings.run, targets, sendsAnything: true)
    } catch {
      throw error.withoutConnect
    }
    try prepare(session, target)
    sealed = try session.seal()
  }

  func engine<Director>(_ director: Director, _ settings: PlaySettings, places: Int) -> PlayEngine<Director> {
    let setting = Play.Setting(
      request: settings.request(to: target), ipFields: settings.run.ipFields)
    return PlayEngine(
      director: director, from: target.source ?? target.remote.address, setting: setting, places: places)
  }

  func play<Director>(
    _ engine: PlayEngine<Director>, _ settings: PlaySettings, _ trace: PacketTraceTeller,
    ticking: (next: () -> Instant?, tick: () throws(Errno) -> Void)? = nil,
    _ report: @escaping (Director.Report?) throws(Errno) -> Void
  ) throws(RunError) -> (EngineWork<PlayEngine<Director>>, Signal?) {
    try run(engine, settings.run.presentation, trace, ticking: ticking, report)
  }

  /// Runs any engine with what was opened.
  func run<E: Engine>(
    _ engine: E, _ presentation: Presentation, _ trace: PacketTraceTeller,
    ticking: (next: () -> Instant?, tick: () throws(Errno) -> Void)? = nil,
    _ report: @escaping (E.Report) throws(Errno) -> Void
  ) throws(RunError) -> (EngineWork<E>, Signal?) {
    guard let network, let sealed else { throw .refused("nothing was opened") }
    var observer = LoopObserver<E.Report>(report: report)
    observer.refused = { (_, refusal) in trace.refusals.append(refusal.message) }
    if presentation.tracesPackets {
      observer.packet = { (arrival, stamp) throws(Errno) in try trace.show(arrival, at: stamp) }
    }
    if let ticking { (observer.nextTick, observer.tick) = ticking }
    var work = EngineWork(engine: engine, network: network, observer: observer, sealed)
    work.packets = packets
    let signal = try work.run()
    Run.warn(of: network.dropped, truncated: network.truncated, strays: 0)
    return (work, signal)
  }

  /// Puts what was written in its place.
  func finish(junit document: String?, html page: String? = nil) throws(RunError) {
    if let page { try html?.finish(page) }
    if let document { try junit?.finish(document) }
    try session.finish()
  }
}
