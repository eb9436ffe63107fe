import Handshake
import Testing
import Timebase
import Wire

@testable import Engines
@testable import Script

/// A failure by what the service does to every connection is no failure of its TCP.
@Suite struct ServiceHabitsTests {
  private static func exchange(_ flags: TCPFlags...) -> [Play.Exchanged] {
    flags.map { flags in
      let segment = PlaySegment(Segment(seq: SequenceNumber(1), ack: SequenceNumber(1), flags: flags))
      return Play.Exchanged(isSent: false, after: .zero, text: "", line: nil, segment: segment)
    }
  }

  @Test(
    "by what it does, and what the check failed by",
    arguments: [
      (PlayResult(.fail, "it resets the connection: R"), [TCPFlags.rst], true),
      (PlayResult(.fail, "it resets the connection: R"), [.fin], false),
      (PlayResult(.fail, "it resets the connection: R"), [.ack], false),
      (PlayResult(.note, "it closes the connection: F."), [.fin], true),
      (PlayResult(.note, "it closes the connection: F."), [.rst], false),
      (PlayResult(.fail, "no answer", bySilence: true), [.rst], false), (PlayResult(.pass, ""), [.rst, .fin], false),
    ])
  func judged(_ habit: PlayResult, _ flags: [TCPFlags], _ isExcused: Bool) {
    var habits = ServiceHabits()
    habits.take(habit)
    let exchange = flags.flatMap { Self.exchange($0) }
    let judged = habits.judge(PlayResult(.fail, "no answer"), exchange)
    #expect(judged.verdict == (isExcused ? .inconclusive : .fail))
    #expect(habits.judge(PlayResult(.pass, "x"), exchange).verdict == .pass)
    #expect(habits.judge(PlayResult(.note, "x"), exchange).verdict == .note)
  }

  @Test("the conversations are read, and stay silent after a request or without one") func read() {
    #expect(Checks.habits.waiting.steps.count == 4 && Checks.habits.asked.steps.count == 5)
    #expect(!Checks.habits.waiting.isStrict && !Checks.habits.asked.isStrict)
  }
}
