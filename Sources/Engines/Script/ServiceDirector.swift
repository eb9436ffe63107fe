import Handshake
import Script
import Wire

/// Asks a port whether there is a service behind its SYN-ACK, and where it only acknowledges, random ports as well.
public struct ServiceDirector: PlayDirector {
  /// What was found.
  public typealias Report = ServiceFinding

  private let remote: Endpoint
  private let conversation: Conversation
  private let ports: [UInt16]
  private var queue: [PlayJob]
  /// Whether the port was asked again because nothing answered its SYN.
  private var hasRepeated = false
  private var found: ServiceFinding?
  private var others: [ServiceFinding.OtherPort] = []
  private var awaited = 0
  /// Why the port could not be asked; nil where it could.
  public private(set) var trouble: String?

  /// The number of the port's own conversation; those of others follow it.
  private static let own = 0

  /// A question to an end; `ports` are those that are asked as well where it only acknowledges.
  public init(_ conversation: Conversation, with remote: Endpoint, ports: [UInt16]) {
    (self.conversation, self.remote) = (conversation, remote)
    self.ports = ports.filter { $0 != remote.port }
    queue = [PlayJob(id: ServiceDirector.own, conversation: conversation, remote: remote)]
  }

  /// The next connection, as long as there is one to be made.
  public mutating func next(running: Int) -> PlayOrder {
    if !queue.isEmpty { return .play(queue.removeFirst()) }
    return running > 0 ? .wait : .over
  }

  /// Takes a connection that has ended; the finding, once it is complete.
  public mutating func take(_ played: PlayedJob) -> ServiceFinding? {
    guard played.job.id != ServiceDirector.own else { return takeOwn(played) }
    awaited -= 1
    if let (state, _) = played.result.service { others.append(.init(played.job.remote.port, state)) }
    guard awaited == 0, var found else { return nil }
    found.others = others.sorted { $0.port < $1.port }
    if found.state == .acked, !others.isEmpty, others.count == ports.count, others.allSatisfy({ $0.state == .acked }) {
      found.state = .ackingFirewall
    }
    return found
  }

  private mutating func takeOwn(_ played: PlayedJob) -> ServiceFinding? {
    guard let (state, evidence) = played.result.service else {
      trouble = played.result.words
      return nil
    }
    if state == .silent, played.result.isAboutSyn, !hasRepeated {
      // One silence may be one loss.
      hasRepeated = true
      queue = [played.job]
      return nil
    }
    let exchange = played.play?.exchange ?? []
    let parts = [evidence, exchange.senderDoubt ?? ""].filter { !$0.isEmpty }
    let finding = ServiceFinding(state, parts.joined(separator: "; "), exchange: exchange)
    guard state == .acked, !ports.isEmpty else { return finding }
    found = finding
    awaited = ports.count
    queue = ports.enumerated().map { index, port in
      PlayJob(
        id: index + 1, conversation: conversation, remote: Endpoint(remote.address, port))
    }
    return nil
  }
}
