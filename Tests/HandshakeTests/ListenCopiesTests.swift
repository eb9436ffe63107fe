import Testing
import Timebase
import Wire

@testable import Handshake

/// The passive open where segments are lost: SYNs and SYN-ACKs that are sent more than once.
@Suite struct ListenCopiesTests {
  /// RFC 6298 §5: 1, 2, 4 … seconds, then silence: nobody is reset who may never have asked.
  @Test func theSynAckIsRepeated() throws {
    var trace = Trace(.passive)
    try trace.play(
      """
      0     < S 0:0(0)
      0     > S. 0:0(0) ack 1
      1     > S. 0:0(0) ack 1
      3     > S. 0:0(0) ack 1
      7     > S. 0:0(0) ack 1
      15    > S. 0:0(0) ack 1
      31    > S. 0:0(0) ack 1
      62.9  -
      62.9  = SYN-RECEIVED SYN-SENT
      63    -
      63    = CLOSED CLOSED
      63    end filtered no-response timeout
      """)
    #expect(trace.connection.counters.transmissions == 6 && trace.connection.counters.retransmissions == 0)
  }

  /// A late ACK of any copy completes the handshake; which one it answers is not guessed.
  @Test func aLateAcknowledgmentCompletes() throws {
    var trace = Trace(.passive)
    try trace.play(
      """
      0     < S 0:0(0)
      0     > S. 0:0(0) ack 1
      1     > S. 0:0(0) ack 1
      1.5   < . 1:1(0) ack 1
      1.5   = ESTABLISHED ESTABLISHED
      30    -
      """)
    #expect(trace.steps == [Step(.syn, nil, isAmbiguous: true)])
  }

  /// The peer's SYN again: the same SYN-ACK again, and the timer stays as it was.
  @Test func aRepeatedSynIsAnsweredAlike() throws {
    var trace = Trace(.passive)
    try trace.play(
      """
      0     < S 0:0(0)
      0     > S. 0:0(0) ack 1
      0.9   < S 0:0(0)
      0.9   > S. 0:0(0) ack 1
      1     > S. 0:0(0) ack 1
      1.1   < S 0:0(0)
      1.1   > S. 0:0(0) ack 1
      1.2   = SYN-RECEIVED SYN-SENT
      1.2   < . 1:1(0) ack 1
      1.2   = ESTABLISHED ESTABLISHED
      """)
    #expect(trace.connection.counters.duplicates == 2)
  }

  /// However often it comes, it is answered a bounded number of times, and the wait ends when it would have ended.
  @Test func repeatedSynsDoNotKeepItAlive() throws {
    var trace = Trace(.passive)
    let syn = Segment(seq: Trace.theirs, flags: .syn, wnd: 9)
    var (answers, connection) = (0, trace.connection)
    let start = trace.now
    for tick in 0..<7_000 {
      let now = Stamp(instant: start + .milliseconds(Int64(tick) * 10), wall: WallTime(nanoseconds: 0))
      if connection.receive(syn, at: now).send != nil { answers += 1 }
      while let due = connection.nextDeadline, due <= now.instant {
        if connection.expire(at: now).send != nil { answers += 1 }
      }
      if connection.isFinished { break }
    }
    try trace.play("0 = LISTEN CLOSED")
    #expect(connection.isFinished && connection.ending == .timeout)
    #expect(answers <= SynCopies.capacity)
  }

  /// TS.Recent follows the repeated SYN (RFC 7323 §4.3): its sender can tell which copy was answered.
  @Test func theEchoFollowsARepeatedSyn() throws {
    var trace = Trace(Plan.passive.with { $0.offer.timestamps = true })
    try trace.play(
      """
      0     < S 0:0(0) <TS val 50 ecr 0>
      0     > S. 0:0(0) ack 1 <mss 1460,nop,nop,TS val 1000 ecr 50>
      0.5   < S 0:0(0) <TS val 60 ecr 0>
      0.5   > S. 0:0(0) ack 1 <mss 1460,nop,nop,TS val 1500 ecr 60>
      0.6   < . 1:1(0) ack 1 <TS val 61 ecr 1500>
      """)
    #expect(trace.connection.steps.first?.measurement?.interval == .milliseconds(100))
  }
}
