import Handshake
import Timebase
import Wire

extension Bench {
  /// A SYN-ACK from its octets to what is answered.
  mutating func addHandshakePaths() {
    let (conversation, syn) = Sample.opened(Sample.halfOpen)
    let answer = Sample.synAck(to: syn)
    let packet = Sample.packet(answer)
    add("classify a SYN-ACK: parse, checksum, flow, segment", calls: 10_000) { calls in
      var sum: UInt64 = 0
      for _ in 0..<calls {
        let arrival = ReceivedPacket(packet.span.raw, framing: .inBand, mayBeUnfinished: false)
        if case .segment(let flow, let segment, _, _) = arrival.judged() {
          sum &+= UInt64(segment.seq.value) &+ UInt64(flow.local.port)
        }
      }
      return sum
    }
    add("the state machine processes a SYN-ACK", calls: 10_000) { calls in
      let now = Sample.answerStamp
      var sum: UInt64 = 0
      for _ in 0..<calls {
        var connection = conversation.connection
        let reaction = connection.receive(answer, text: RawSpan(), at: now)
        sum &+= UInt64(reaction.send?.segment.seq.value ?? 0)
      }
      return sum
    }
  }
}
