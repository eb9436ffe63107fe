import Engines
import Handshake
import Kernel
import Report
import Script
import Wire

/// What `--service` asks for.
public struct ServiceSettings: Hashable, Sendable {
  /// How many random ports are asked where the port only acknowledges.
  public var randomPorts: Int

  /// The usual number, or another.
  public init(randomPorts: Int = 3) { self.randomPorts = randomPorts }
}

extension Run {
  /// Asks a port whether there is a service behind its SYN-ACK.
  public static func service(_ settings: RunSettings, _ service: ServiceSettings) throws(RunError) -> PlayRunResult {
    var play = PlaySettings()
    play.run = settings
    play.request = settings.plan.data.isEmpty ? nil : settings.plan.data
    let stage = try PlayStage(&play)
    if let signal = stage.signal { return PlayRunResult(isGood: false, signal: signal) }
    let target = stage.target
    let conversation: Conversation?
    do throws(ScriptMistake) {
      conversation = try .service(sending: play.request(to: target), family: target.remote.address.family)
    } catch {
      throw .refused("\(error)")
    }
    guard let conversation else { throw .refused("nothing to ask") }
    let director = ServiceDirector(conversation, with: target.remote, ports: randomPorts(service.randomPorts))
    let engine = stage.engine(director, play, places: max(service.randomPorts, 1))
    let trace = PacketTraceTeller(settings.presentation)
    var teller = Teller(settings.presentation)
    var state: ServiceState?
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in
      try teller.tell(
        .target(
          target.name, remote: target.remote, share: nil, source: target.source ?? target.remote.address,
          words: "is there a service?"))
    }
    let (work, signal) = try stage.play(engine, play, trace) { (finding) throws(Errno) in
      guard let finding = finding ?? nil else { return }
      state = finding.state
      try teller.tell(.service(finding, target: target.name, remote: target.remote))
    }
    try stage.finish(junit: nil)
    if state == nil, signal == nil {
      throw .refused("\(target.name): \(trace.refusals.last ?? work.engine.director.trouble ?? "could not be asked")")
    }
    return PlayRunResult(isGood: state == .service, signal: signal)
  }

  /// Different ports that hardly anything listens on (RFC 6335 §6).
  static func randomPorts(_ count: Int) -> [UInt16] {
    var ports: [UInt16] = []
    while ports.count < count {
      let port = 49_152 + UInt16(truncatingIfNeeded: Entropy.uint32() & 0x3fff)
      if !ports.contains(port) { ports.append(port) }
    }
    return ports
  }
}
