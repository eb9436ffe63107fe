import Handshake
import Kernel
import Testing
import Wire

@testable import Console
@testable import Runner

/// What the exit code says, by every rule.
@Suite("Exit codes") struct ExitCodeTests {
  /// A run in short: one word a target, one letter a probe, and the options that judge it.
  ///
  /// `o` open, `c` closed, `f` filtered, `i` filtered with only invalid replies, `p` prohibited, `u` unreachable,
  /// `r` no route, `n` not sent, `-` undecided.
  struct Case: Sendable, CustomTestStringConvertible {
    var probes: String
    var expected: ExpectedState?
    var exitsWithState = false
    var awaited: Verdict?
    var count: Int? = 1
    var signal: Signal?
    var code: Int32
    var testDescription: String {
      "\(probes) \(expected.map(\.rawValue) ?? "")\(exitsWithState ? " --exit-state" : "") gives \(code)"
    }
  }

  static let cases = [
    // Without --expect the port must be open, of every target.
    Case(probes: "o", code: 0), Case(probes: "c", code: 1), Case(probes: "f", code: 1), Case(probes: "i", code: 1),
    Case(probes: "u", code: 1), Case(probes: "-", code: 1),
    Case(probes: "o o", code: 0), Case(probes: "o c", code: 1), Case(probes: "c o", code: 1),
    // With -c it means the same: one probe of every target finds it open, and none is answered otherwise.
    Case(probes: "ffo", count: 3, code: 0), Case(probes: "ffc", count: 3, code: 1),
    Case(probes: "ccc", count: 3, code: 1), Case(probes: "oc", count: 2, code: 1),
    Case(probes: "co", count: 2, code: 1),
    Case(probes: "fff", count: 3, code: 1), Case(probes: "oi", count: 2, code: 0),
    Case(probes: "or", count: 2, code: 0),
    Case(probes: "op", count: 2, code: 1), Case(probes: "ou", count: 2, code: 1),
    Case(probes: "uuu", count: nil, code: 1), Case(probes: "iii", count: 3, code: 1),
    Case(probes: "o", count: nil, code: 0),
    Case(probes: "of ff", count: 2, code: 1), Case(probes: "of cf", count: 2, code: 1),
    Case(probes: "of fo", count: 2, code: 0), Case(probes: "-", count: 2, code: 1),
    Case(probes: "-o", count: 2, code: 0),
    // With --expect likewise: lost probes alone do not fail it.
    Case(probes: "o", expected: .open, code: 0), Case(probes: "c", expected: .open, code: 1),
    Case(probes: "c", expected: .refused, code: 0), Case(probes: "f", expected: .filtered, code: 0),
    Case(probes: "i", expected: .filtered, code: 0), Case(probes: "u", expected: .unreachable, code: 0),
    Case(probes: "r", expected: .unreachable, code: 0), Case(probes: "p", expected: .filtered, code: 0),
    Case(probes: "u", expected: .filtered, code: 1), Case(probes: "-", expected: .open, code: 1),
    Case(probes: "ooo", expected: .open, count: 3, code: 0), Case(probes: "oof", expected: .open, count: 3, code: 0),
    Case(probes: "ccf", expected: .refused, count: 3, code: 0),
    Case(probes: "cco", expected: .refused, count: 3, code: 1),
    Case(probes: "ffi", expected: .filtered, count: 3, code: 0),
    Case(probes: "ffo", expected: .filtered, count: 3, code: 1),
    Case(probes: "fu", expected: .unreachable, count: 2, code: 0),
    Case(probes: "fu", expected: .filtered, count: 2, code: 1),
    Case(probes: "c o", expected: .refused, code: 1), Case(probes: "o-", expected: .open, count: 2, code: 0),
    // Ping's meaning: any answer of the host counts, and nothing else is looked at.
    Case(probes: "o", expected: .any, code: 0), Case(probes: "c", expected: .any, code: 0),
    Case(probes: "f", expected: .any, code: 1), Case(probes: "u", expected: .any, code: 1),
    Case(probes: "ffc", expected: .any, count: 3, code: 0), Case(probes: "oc", expected: .any, count: 2, code: 0),
    Case(probes: "uuo", expected: .any, count: 3, code: 0), Case(probes: "c ff", expected: .any, count: 2, code: 1),
    // With --exit-state the state itself: the best of a target's probes, the worst of the targets.
    Case(probes: "o", exitsWithState: true, code: 0), Case(probes: "c", exitsWithState: true, code: 1),
    Case(probes: "f", exitsWithState: true, code: 3), Case(probes: "u", exitsWithState: true, code: 4),
    Case(probes: "i", exitsWithState: true, code: 5), Case(probes: "-", exitsWithState: true, code: 2),
    Case(probes: "fi", exitsWithState: true, count: 2, code: 3),
    Case(probes: "ii", exitsWithState: true, count: 2, code: 5),
    Case(probes: "fco", exitsWithState: true, count: 3, code: 0), Case(probes: "o c f", exitsWithState: true, code: 3),
    Case(probes: "o", expected: .refused, exitsWithState: true, code: 0),
    // What this host refused to send could not be done, and is no state of the target's.
    Case(probes: "n", code: 2), Case(probes: "o n", code: 2), Case(probes: "c n", code: 2),
    Case(probes: "nnn", count: 3, code: 2), Case(probes: "nno", count: 3, code: 0),
    Case(probes: "nnf", count: 3, code: 1), Case(probes: "n", expected: .unreachable, code: 2),
    Case(probes: "nu", expected: .unreachable, count: 2, code: 0), Case(probes: "n", exitsWithState: true, code: 2),
    Case(probes: "nu", exitsWithState: true, count: 2, code: 4),
    // With --until each target has to have been seen in the state once.
    Case(probes: "cco", awaited: .open, count: nil, code: 0), Case(probes: "ccc", awaited: .open, count: nil, code: 1),
    Case(probes: "cco c", awaited: .open, count: nil, code: 1), Case(probes: "-", awaited: .open, count: nil, code: 1),
    Case(probes: "oc nf", awaited: .refused, count: nil, code: 1),
    Case(probes: "o", awaited: .refused, count: nil, signal: .interrupt, code: 130),
    // A signal outranks all of it.
    Case(probes: "o", signal: .interrupt, code: 130), Case(probes: "o", signal: .terminate, code: 143),
    Case(probes: "c", expected: .refused, exitsWithState: true, signal: .interrupt, code: 130),
  ]

  @Test("by every rule", arguments: cases) func code(_ given: Case) {
    var settings = RunSettings()
    settings.expected = given.expected
    settings.exitsWithState = given.exitsWithState
    settings.schedule.count = given.count
    settings.awaited = given.awaited
    let tallies = given.probes.split(separator: " ").map { probes in
      var tally = Tally()
      for probe in probes {
        switch probe {
        case "o": tally.add(.open, .synAck)
        case "c": tally.add(.refused, .rst)
        case "f": tally.add(.filtered, .noResponse)
        case "i": tally.add(.filtered, .invalidReplies)
        case "p": tally.add(.filtered, .icmpAdminProhibited)
        case "r": tally.add(.unreachable, .noRoute)
        case "n": tally.add(.unreachable, .notSent)
        case "u": tally.add(.unreachable, .icmpHostUnreachable)
        default: break
        }
      }
      return tally
    }
    #expect(Ending(RunResult(tallies: tallies, signal: given.signal), settings).exitCode == given.code)
  }

  @Test("a run that could not be carried out, and one whose results nobody took") func errors() {
    #expect(Ending(RunError.noPrivilege).exitCode == 2)
    #expect(Ending(RunError.output(Errno(code: 28, call: .write))).exitCode == 2)
    #expect(Ending(RunError.output(Errno(code: 32, call: .write))).exitCode == 141)
    #expect(Ending(RunError.file(Errno(code: 32, call: .write), "-")).exitCode == 141)
    #expect(Ending(RunError.file(Errno(code: 32, call: .write), "fifo")).exitCode == 2)
    #expect(Ending(RunError.interrupted(.interrupt)).exitCode == 130)
    #expect(Ending(RunError.interrupted(.terminate)).exitCode == 143)
  }
}
