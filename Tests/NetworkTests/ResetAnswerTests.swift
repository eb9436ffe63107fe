import Laboratory
import Testing

extension NetworkTests {
  /// An RST that acknowledges the SYN: `closed`, whatever else it carries; it is never answered.
  @Suite(.needs(peer: true)) struct ResetAnswerTests {
    struct Kind: Sendable, CustomTestStringConvertible {
      var testDescription: String
      var says: @Sendable (PeerSegment) -> PeerSegment
    }

    static let kinds: [Kind] = [
      Kind(testDescription: "RST-ACK") { $0.answer([.rst, .ack], seq: 0, ack: $0.seq &+ 1) },
      Kind(testDescription: "any sequence number") { $0.answer([.rst, .ack], seq: 0xdead_beef, ack: $0.seq &+ 1) },
      Kind(testDescription: "RST-SYN-ACK") { $0.answer([.rst, .syn, .ack], seq: 9, ack: $0.seq &+ 1) },
      Kind(testDescription: "with text") {
        $0.answer([.rst, .ack], seq: 0, ack: $0.seq &+ 1, payload: Array("no such service".utf8))
      },
    ]

    @Test(arguments: kinds, bothFamilies) func closed(_ kind: Kind, _ address: String) throws {
      let hostile = try Hostile { [Reply(kind.says($0))] }
      defer { hostile.peer.stop() }
      let (connection, outcome) = try hostile.probe(at: address)
      #expect(connection.verdict == "closed rst")
      #expect(outcome.code == 1)
      #expect(connection["invalid_replies"]?.int == 0)
      #expect(hostile.peer.segments.map(\.flags) == [.syn])
    }
  }
}
