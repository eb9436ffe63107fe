import Handshake
import Testing
import Timebase
import Wire

@testable import Judging

/// Which RSTs come from another distance than the host's answers.
@Suite("Distances of answers") struct AnswerDistancesTests {
  private func outcome(_ answer: Character, _ hopLimit: UInt8, host: UInt8 = 2) -> Outcome {
    let (verdict, reason): (Verdict, Reason) =
      switch answer {
      case "o": (.open, .synAck)
      case "c": (.refused, .rst)
      default: (.unreachable, .icmpHostUnreachable)
      }
    let remote = Endpoint(.v4(IPv4Address(10, 0, 0, host)), 80)
    var outcome = Outcome(
      byKernel: Flow(local: Probes.local, remote: remote), verdict: verdict, reason: reason,
      started: WallTime(nanoseconds: Probes.epoch), steps: [], ending: .none)
    outcome.hopLimit = hopLimit
    return outcome
  }

  /// Answers and their hop limits, and which of them are noted.
  static let runs: [(answers: [(Character, UInt8)], noted: [Bool])] = [
    ([("o", 57), ("c", 57)], [false, false]), ([("o", 57), ("c", 64)], [false, true]),
    ([("c", 64), ("c", 64)], [false, false]), ([("c", 64), ("c", 63)], [false, true]),
    ([("c", 64), ("o", 57), ("c", 64), ("c", 57)], [false, false, true, false]),
    // A router's error and a SYN-ACK are no RST.
    ([("o", 57), ("i", 60), ("o", 58)], [false, false, false]),
  ]

  @Test("by what the host answered before", arguments: runs)
  func notes(_ answers: [(Character, UInt8)], _ noted: [Bool]) {
    var distances = AnswerDistances()
    let notes = answers.map { answer in
      var outcome = outcome(answer.0, answer.1)
      distances.take(&outcome)
      return outcome.notes.contains(.ttlMismatch)
    }
    #expect(notes == noted)
  }

  @Test("hosts do not know of each other, and what has no hop limit is left out") func hosts() {
    var distances = AnswerDistances()
    var (first, second, kernel) = (outcome("o", 57), outcome("c", 64, host: 3), outcome("c", 64))
    kernel.hopLimit = nil
    distances.take(&first)
    distances.take(&second)
    distances.take(&kernel)
    #expect(second.notes == [] && kernel.notes == [])
  }
}
