import Handshake
import Testing
import Timebase
import Wire

@testable import Report

/// Numbers as a ladder counts them: from each end's first.
@Suite("Relative numbers") struct RelativeNumbersTests {
  private func outcome(_ packets: [(PacketLog.Entry.Direction, Segment)], irs: UInt32? = nil) -> Outcome {
    var outcome = Outcome(
      byKernel: Flow(local: Scene.local, remote: Scene.remote), verdict: .open, reason: .ack,
      started: WallTime(nanoseconds: Scene.epoch), steps: [], ending: .none)
    outcome.irs = irs.map { SequenceNumber($0) }
    let stamp = Stamp(instant: Instant(nanoseconds: 0), wall: WallTime(nanoseconds: Scene.epoch))
    outcome.log = PacketLog(
      packets.map {
        PacketLog.Entry(direction: $0.0, content: .segment($0.1), stamp: stamp, state: .established, peer: .established)
      }, omitted: 0)
    return outcome
  }

  private func segment(_ seq: UInt32, _ ack: UInt32?, _ flags: TCPFlags = []) -> Segment {
    Segment(seq: SequenceNumber(seq), ack: ack.map { SequenceNumber($0) }, flags: flags)
  }

  @Test("a SYN is 0, and what follows it 1") func fromTheSyn() {
    let (syn, answer) = (segment(1_000, nil, .syn), segment(500, 1_001, .syn))
    let numbers = RelativeNumbers(outcome([(.sent, syn), (.received, answer)]))
    #expect(numbers.sequence(syn, .sent) == 0 && numbers.acknowledgment(syn, .sent) == nil)
    #expect(numbers.sequence(answer, .received) == 0 && numbers.acknowledgment(answer, .received) == 1)
    let ack = segment(1_001, 501)
    #expect(numbers.sequence(ack, .sent) == 1 && numbers.acknowledgment(ack, .sent) == 1)
  }

  @Test("without a SYN the first octet seen is 1, and the first one acknowledged too", arguments: [true, false])
  func fromTheMiddle(isOurs: Bool) {
    let (ours, theirs) = (segment(1_000, 500), segment(500, 1_010))
    let packets: [(PacketLog.Entry.Direction, Segment)] = [(.sent, ours), (.received, theirs)]
    let numbers = RelativeNumbers(outcome(isOurs ? packets : packets.reversed()))
    // The peer acknowledges ten octets that were not seen, where it is the first.
    let first: UInt32 = isOurs ? 1 : UInt32.max - 8
    #expect(numbers.sequence(ours, .sent) == first && numbers.acknowledgment(ours, .sent) == 1)
    #expect(numbers.sequence(theirs, .received) == 1)
    #expect(numbers.acknowledgment(theirs, .received) == (isOurs ? 11 : 1))
  }

  @Test("a number that the connection knows of the peer counts before any packet") func fromTheConnection() {
    let late = segment(900, 1_001)
    let numbers = RelativeNumbers(outcome([(.received, late)], irs: 500))
    #expect(numbers.sequence(late, .received) == 400)
  }
}
