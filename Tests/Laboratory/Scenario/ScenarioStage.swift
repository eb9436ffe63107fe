import Foundation
import Script
import Synchronization

/// A namespace with a scripted peer on which scenarios are played, several at once, each against an address of its own.
public final class ScenarioStage: Sendable {
  /// What one playing of a scenario gave.
  public struct Result: Sendable {
    /// What the program said; nil where it said nothing that can be read.
    public var answer: ScenarioAnswer?
    /// What was not as the file says.
    public var complaints: [String]
  }

  private let program: String
  private let namespace: Namespace
  private let peer: Peer
  private let cast: Cast

  /// Who plays on which address, by its last octet.
  private final class Cast: Sendable {
    let players = Mutex<[UInt8: ScenarioPlayer]>([:])

    func answer(_ segment: PeerSegment) -> [Reply] {
      let now = monotonicSeconds()
      guard let last = segment.destination.last else { return [] }
      // What is sent to the neighbour who forges is the player's affair.
      let place = last >= ScenarioStage.otherPlaces ? last - ScenarioStage.otherPlaces : last
      return players.withLock { $0[place]?.receive(segment, at: now) ?? [] }
    }
  }

  /// The addresses' last octets: 2 to 99, and as many neighbours above them.
  private static let otherPlaces: UInt8 = 100
  private let next = Atomic<Int>(0)
  private var nextPlace: UInt8 { UInt8(2 + next.add(1, ordering: .relaxed).oldValue % 97) }

  /// A stage for a program, by its path.
  public init(program: String) throws {
    self.program = program
    namespace = try Namespace()
    let cast = Cast()
    self.cast = cast
    peer = try Peer(in: namespace) { cast.answer($0) }
  }

  /// Gives the device back.
  public func close() { peer.stop() }

  /// Plays a scenario to its end.
  public func play(_ scenario: Scenario) throws -> Result {
    let place = cast.players.withLock { players in
      // In turn, so that nothing late of one scenario meets the next; those of long ones are passed over.
      var place = nextPlace
      while players[place] != nil { place = nextPlace }
      players[place] = ScenarioPlayer(
        scenario, address: ScenarioStage.address(place, family: scenario.family),
        other: ScenarioStage.address(place + ScenarioStage.otherPlaces, family: scenario.family))
      return place
    }
    let target = scenario.family == 4 ? "10.9.0.\(place)" : "[fd09::\(String(place, radix: 16))]"
    let outcome = try Program.run(
      [program, "\(target):\(ScenarioPlayer.port)", "--json", "--packet-trace"] + scenario.words, in: namespace)
    let end = monotonicSeconds()
    peer.drain()
    guard var player = cast.players.withLock({ $0.removeValue(forKey: place) }) else {
      throw LaboratoryError("no player")
    }
    player.end(at: end)
    return judge(scenario, outcome, player)
  }

  private func judge(_ scenario: Scenario, _ outcome: Outcome, _ player: ScenarioPlayer) -> Result {
    var complaints = player.complaints
    if outcome.timedOut { complaints.append("the program does not end") }
    // From start to end: what the peer saw of it began later, by as much as the machine was busy.
    let least = Double(scenario.least.nanoseconds) / 1e9
    if outcome.seconds < least { complaints.append("expect: least=\(least), not \(outcome.seconds)") }
    do {
      let answer = try ScenarioAnswer(outcome, sent: player.transcript, isn: player.ours)
      complaints += answer.complaints(scenario.expected)
      return Result(answer: answer, complaints: complaints)
    } catch {
      return Result(answer: nil, complaints: complaints + ["\(error)"])
    }
  }

  private static func address(_ place: UInt8, family: Int) -> [UInt8] {
    family == 4 ? [10, 9, 0, place] : [0xfd, 9] + [UInt8](repeating: 0, count: 13) + [place]
  }
}

extension ScenarioStage {
  /// Plays each scenario so many times, as many at once as told; the results come in the order of the scenarios.
  ///
  /// Scenarios wait far more than they work, so that more at once than processors is no hurry.
  public func play(_ scenarios: [Scenario], times: Int = 1, atOnce: Int = 16) -> [[Result]] {
    let results = Mutex([[Result]](repeating: [], count: scenarios.count))
    let next = Atomic<Int>(0)
    let group = DispatchGroup()
    for _ in 0..<atOnce {
      group.enter()
      Thread {
        defer { group.leave() }
        while case let turn = next.add(1, ordering: .relaxed).oldValue, turn < scenarios.count * times {
          let index = turn % scenarios.count
          let result: Result
          do { result = try self.play(scenarios[index]) } catch {
            result = Result(answer: nil, complaints: ["\(error)"])
          }
          results.withLock { $0[index].append(result) }
        }
      }.start()
    }
    group.wait()
    return results.withLock { $0 }
  }
}
