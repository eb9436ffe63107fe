import Handshake
import Script
import Wire

/// Plays what a director asks of one port with many ports, each with a director of its own, which is made when its turn comes.
public struct CrowdDirector<One: PlayDirector>: PlayDirector {
  /// What one of them came to.
  public struct Report: Sendable {
    /// Which one it is.
    public var place: Int
    /// What it reports; nil where it ended without a word.
    public var finding: One.Report?
  }

  /// A director that has begun.
  private struct Member {
    var director: One
    var source: IPAddress
    var running = 0
  }

  private let count: Int
  private let make: @Sendable (Int) -> (director: One, source: IPAddress)?
  private var members: [Int: Member] = [:]
  /// Those that may have something to play.
  private var ready: [Int] = []
  private var nextPlace = 0

  /// The conversations of one port, by their numbers.
  private static var stride: Int { 1 << 16 }

  /// So many directors; `make` makes one, and says from which address of ours it plays, or nil for nothing to play.
  public init(_ count: Int, _ make: @escaping @Sendable (Int) -> (director: One, source: IPAddress)?) {
    (self.count, self.make) = (count, make)
  }

  /// What those that have begun want to play, and then what the next one does.
  public mutating func next(running: Int) -> PlayOrder {
    while true {
      while let place = ready.popLast() {
        if let job = job(of: place) { return .play(job) }
      }
      guard nextPlace < count else { return running > 0 ? .wait : .over }
      let place = nextPlace
      nextPlace += 1
      guard let (director, source) = make(place) else { continue }
      members[place] = Member(director: director, source: source)
      ready.append(place)
    }
  }

  private mutating func job(of place: Int) -> PlayJob? {
    guard var member = members.removeValue(forKey: place) else { return nil }
    guard case .play(var job) = member.director.next(running: member.running) else {
      if member.running > 0 { members[place] = member }
      return nil
    }
    job.id += place * CrowdDirector.stride
    job.source = member.source
    member.running += 1
    members[place] = member
    ready.append(place)
    return job
  }

  /// Hands a conversation that has ended to its director.
  public mutating func take(_ played: PlayedJob) -> Report? {
    let place = played.job.id / CrowdDirector.stride
    guard var member = members.removeValue(forKey: place) else { return nil }
    var played = played
    played.job.id %= CrowdDirector.stride
    member.running -= 1
    let finding = member.director.take(played)
    members[place] = member
    ready.append(place)
    return finding.map { Report(place: place, finding: $0) }
  }
}

/// Listens to what a service says by itself; again where a packet of the handshake was lost.
public struct BannerDirector: PlayDirector {
  /// What it said; nothing where it kept silent.
  public typealias Report = [UInt8]

  private var job: PlayJob?
  private var left: Int

  /// Listens at a port, with so many further connections where one does not come about.
  public init(_ conversation: Conversation, with remote: Endpoint, retries: Int) {
    job = PlayJob(id: 0, conversation: conversation, remote: remote)
    left = retries
  }

  /// The connection, as long as there is one to be made.
  public mutating func next(running: Int) -> PlayOrder {
    guard let job else { return running > 0 ? .wait : .over }
    self.job = nil
    return .play(job)
  }

  /// Takes a connection that has ended.
  public mutating func take(_ played: PlayedJob) -> [UInt8]? {
    if played.result.isBannerLost, left > 0 {
      left -= 1
      job = played.job
      return nil
    }
    guard played.result.verdict == .pass, let play = played.play else {
      // A reset ends what was said, and does not unsay it.
      return played.play.flatMap { $0.received.isEmpty ? nil : $0.received }
    }
    return play.received
  }
}
