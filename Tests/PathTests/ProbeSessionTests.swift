import Handshake
import Path
import Testing
import Timebase
import Wire

@Suite struct ProbeSessionTests {
  private let start = Instant(nanoseconds: 5_000_000_000)

  private func opened(_ options: TCPOptionList = SynOptions().list(value: 700, echoReply: 0)) -> ProbeSession {
    var session = ProbeSession(seed: Seed(iss: 1_000, timestamp: 50), at: start)
    let syn = session.expire(at: start)
    #expect(syn?.flags == .syn)
    #expect(syn?.seq == SequenceNumber(1_000))
    let answer = Segment(
      seq: SequenceNumber(9_000), ack: SequenceNumber(1_001), flags: .syn, wnd: 64_240, options: options)
    let news = session.receive(answer, at: start)
    #expect(news.hasOpened)
    #expect(news.reply?.seq == SequenceNumber(1_001))
    #expect(news.reply?.ack == SequenceNumber(9_001))
    return session
  }

  @Test func opensWithWhatBothEndsOffer() {
    let session = opened()
    #expect(session.hasSACK)
    #expect(session.hasTimestamps)
    #expect(session.state == .established)
    let plain = opened(TCPOptionList())
    #expect(!plain.hasSACK)
    #expect(!plain.hasTimestamps)
    #expect(plain.segment(at: start).options.isEmpty)
  }

  @Test func synIsSentThreeTimesAndThenGivenUp() {
    var session = ProbeSession(seed: Seed(iss: 1, timestamp: 0), at: start)
    var (now, sent) = (start, [Interval]())
    for _ in 0..<10 {
      guard let due = session.nextDeadline else { break }
      now = due
      if session.expire(at: now) != nil { sent.append(now - start) }
    }
    #expect(sent == [.zero, .seconds(1), .seconds(3)])
    #expect(now - start == .seconds(7))
    #expect(session.state == .unanswered)
    #expect(session.reset == nil)
  }

  @Test func answerToAnotherSynIsReset() {
    var session = ProbeSession(seed: Seed(iss: 1_000, timestamp: 0), at: start)
    _ = session.expire(at: start)
    let stranger = Segment(seq: SequenceNumber(5), ack: SequenceNumber(77), flags: .syn)
    let news = session.receive(stranger, at: start)
    #expect(news.reply == Segment(seq: SequenceNumber(77), flags: .rst))
    #expect(session.state == .opening)
    let reset = Segment(seq: SequenceNumber(5), ack: SequenceNumber(77), flags: .rst)
    #expect(session.receive(reset, at: start).reply == nil)
  }

  @Test func refusalEndsIt() {
    var session = ProbeSession(seed: Seed(iss: 1_000, timestamp: 0), at: start)
    _ = session.expire(at: start)
    let news = session.receive(
      Segment(seq: SequenceNumber(0), ack: SequenceNumber(1_001), flags: .rst), at: start)
    #expect(news.hasEnded)
    #expect(session.state == .reset)
  }

  @Test func textIsAcknowledgedInOrderOnly() {
    var session = opened()
    func text(_ seq: UInt32, _ length: Int) -> Segment {
      Segment(seq: SequenceNumber(seq), ack: SequenceNumber(1_001), wnd: 100, textLength: length)
    }
    #expect(session.receive(text(9_001, 10), at: start).reply?.ack == SequenceNumber(9_011))
    #expect(session.receive(text(9_021, 10), at: start).reply?.ack == SequenceNumber(9_011))
    #expect(session.receive(text(9_001, 10), at: start).reply?.ack == SequenceNumber(9_011))
    #expect(session.received == 10)
    #expect(session.sndWnd == 100 << 7)
    // Far outside of the window it is not ours.
    #expect(session.receive(text(9_001 &+ 0x4000_0000, 10), at: start).reply == nil)
    // An acknowledgment of what was never sent is not, either.
    let bold = Segment(seq: SequenceNumber(9_011), ack: SequenceNumber(2_000))
    #expect(!session.receive(bold, at: start).isOurs)
  }

  @Test func onlyAnExactResetEndsIt() {
    var session = opened()
    let near = Segment(seq: SequenceNumber(9_002), ack: SequenceNumber(1_001), flags: .rst)
    #expect(!session.receive(near, at: start).isOurs)
    #expect(session.state == .established)
    let exact = Segment(seq: SequenceNumber(9_001), ack: SequenceNumber(1_001), flags: .rst)
    #expect(session.receive(exact, at: start).hasEnded)
    #expect(session.reset == nil)
  }

  @Test func finOfThePeerIsAcknowledgedAndTheRestReset() {
    var session = opened()
    let news = session.receive(
      Segment(seq: SequenceNumber(9_001), ack: SequenceNumber(1_001), flags: .fin), at: start)
    #expect(news.hasEnded)
    #expect(news.reply?.ack == SequenceNumber(9_002))
    #expect(session.state == .closedByPeer)
    #expect(session.reset?.seq == SequenceNumber(1_001))
  }

  @Test func timestampsGoOnAndEchoThePeers() {
    let session = opened()
    let later = session.segment(at: start + .milliseconds(250))
    let stamps = ParsedOptions(later.options).timestamps
    #expect(stamps?.value == 300)
    #expect(stamps?.echoReply == 700)
  }
}
