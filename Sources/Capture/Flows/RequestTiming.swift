import Timebase
import Wire

/// The first request of a flow and the answer to it, by who sends text when: nothing is read of what they say.
struct RequestTiming: Sendable {
  /// The client's first text: behind the handshake, or in its SYN (RFC 7413).
  private(set) var request = FrameMark.none
  /// The acknowledgment of the last of it, before any of the answer.
  private(set) var acknowledged = FrameMark.none
  /// The server's first text after it.
  private(set) var response = FrameMark.none
  /// The server's last text before the client speaks again.
  private(set) var responseEnd = FrameMark.none
  /// Whether some of the request was retransmitted before it was answered.
  private(set) var isAmbiguous = false
  private var requestEnd = SequenceNumber(0)
  private var isInSyn = false
  private var isOver = false

  /// Takes text of the client's.
  mutating func clientSent(
    _ text: SequenceNumber, _ length: UInt32, isInSyn: Bool, _ mark: FrameMark, _ novelty: SegmentNovelty
  ) {
    guard !isOver else { return }
    if response.isSet {
      isOver = novelty != .retransmission
      return
    }
    let end = text + length
    guard request.isSet else {
      request = mark
      requestEnd = end
      self.isInSyn = isInSyn
      return
    }
    if requestEnd.precedes(end) {
      requestEnd = end
      acknowledged = .none
    }
    if novelty == .retransmission, !acknowledged.isSet { isAmbiguous = true }
  }

  /// Of several copies of a SYN with text in it, this one was answered.
  mutating func begins(with syn: FrameMark) {
    guard isInSyn else { return }
    request = syn
    isAmbiguous = false
  }

  /// Takes a segment of the server's: what it acknowledges, and how much text it carries; `isAnswer` is a SYN-ACK.
  mutating func serverSent(
    ack: SequenceNumber?, textLength: Int, isAnswer: Bool, _ mark: FrameMark, _ novelty: SegmentNovelty
  ) {
    guard request.isSet, !isOver else { return }
    if let ack, isAnswer, isInSyn, ack.precedes(requestEnd) {
      // The text in the SYN was not taken: the request begins with the text that is sent next (RFC 7413 §4.2.2).
      self = RequestTiming()
      return
    }
    if !acknowledged.isSet, let ack, !ack.precedes(requestEnd) { acknowledged = mark }
    isInSyn = isInSyn && !isAnswer
    guard textLength > 0, !novelty.isAside else { return }
    if !response.isSet { response = mark }
    responseEnd = mark
  }

  /// Takes the time from a frame's marks.
  mutating func forgetTime(of frame: Int) {
    func forget(_ mark: inout FrameMark) { if mark.frame == frame { mark = mark.withoutTime } }
    forget(&request)
    forget(&acknowledged)
    forget(&response)
    forget(&responseEnd)
  }
}
