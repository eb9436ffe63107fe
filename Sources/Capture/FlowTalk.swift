import Timebase
import Wire

/// The first request of a flow and the answer to it, by who sends text when: nothing is read of what they say.
struct FlowTalk: Sendable {
  /// The client's first text after the handshake.
  private(set) var request = FrameMark.none
  /// The acknowledgment of the last of it, before any of the answer.
  private(set) var acknowledged = FrameMark.none
  /// The server's first text after it.
  private(set) var response = FrameMark.none
  /// The server's last text before the client speaks again.
  private(set) var responseEnd = FrameMark.none
  /// Whether some of the request was sent again before it was answered.
  private(set) var isAmbiguous = false
  private var requestEnd = SequenceNumber(0)
  private var isOver = false

  /// Takes a segment of the client's with text in it.
  mutating func clientSent(upTo end: SequenceNumber, _ mark: FrameMark, _ novelty: SegmentNovelty) {
    guard !isOver else { return }
    if response.isSet {
      isOver = novelty != .retransmission
      return
    }
    if !request.isSet {
      request = mark
      requestEnd = end
    } else if requestEnd.precedes(end) {
      requestEnd = end
      acknowledged = .none
    }
    if novelty == .retransmission, !acknowledged.isSet { isAmbiguous = true }
  }

  /// Takes a segment of the server's: what it acknowledges, and how much text it carries.
  mutating func serverSent(ack: SequenceNumber?, textLength: Int, _ mark: FrameMark, _ novelty: SegmentNovelty) {
    guard request.isSet, !isOver else { return }
    if !acknowledged.isSet, let ack, !ack.precedes(requestEnd) { acknowledged = mark }
    guard textLength > 0, novelty != .stray, novelty != .keepAlive else { return }
    if !response.isSet { response = mark }
    responseEnd = mark
  }
}
