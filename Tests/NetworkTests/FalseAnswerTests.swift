import Laboratory
import Testing

extension NetworkTests {
  /// What fails verification is counted with its reason and never decides: the true answer after it does.
  ///
  /// Here are the times and the words of `-v`; Tests/Scenarios has more such lies, with and without a true answer.
  @Suite(.needs(peer: true)) struct FalseAnswerTests {
    /// What a peer says 30 ms before the truth.
    struct Lie: Sendable, CustomTestStringConvertible {
      var testDescription: String
      /// The reason under which it is refused.
      var refusal: String
      var says: @Sendable (PeerSegment, PoliteServer) -> Reply
    }

    static let lies: [Lie] = [
      Lie(testDescription: "SYN-ACK, ack = ISN+2", refusal: "ack-mismatch") { syn, server in
        var wrong = server.synAck(to: syn)
        wrong.ack &+= 1
        return Reply(wrong)
      },
      Lie(testDescription: "SYN-ACK, ack = ISN", refusal: "ack-mismatch") { syn, server in
        var wrong = server.synAck(to: syn)
        wrong.ack &-= 1
        return Reply(wrong)
      },
      Lie(testDescription: "RST-ACK, ack = ISN+2", refusal: "rst-mismatch") { syn, _ in
        Reply(syn.answer([.rst, .ack], seq: 0, ack: syn.seq &+ 2))
      },
      Lie(testDescription: "RST without ACK", refusal: "rst-mismatch") { syn, _ in
        Reply(syn.answer(.rst, seq: 0, ack: syn.seq &+ 1))
      },
      Lie(testDescription: "SYN-ACK, corrupted checksum", refusal: "bad-checksum") { syn, server in
        Reply(server.synAck(to: syn), checksum: .corrupted)
      },
      Lie(testDescription: "RST-ACK, corrupted checksum", refusal: "bad-checksum") { syn, _ in
        Reply(syn.answer([.rst, .ack], seq: 0, ack: syn.seq &+ 1), checksum: .corrupted)
      },
      Lie(testDescription: "SYN-ACK, data offset 4", refusal: "malformed") { syn, server in
        Reply(server.synAck(to: syn).packet(dataOffset: 4))
      },
      Lie(testDescription: "SYN-ACK, data offset beyond the segment", refusal: "malformed") { syn, server in
        Reply(server.synAck(to: syn).packet(dataOffset: 15))
      },
      Lie(testDescription: "ICMP, another sequence number", refusal: "bad-quote") { syn, _ in
        icmp(syn) { $0.sequenceShift = 1 }
      },
      Lie(testDescription: "ICMP, sequence number far away", refusal: "bad-quote") { syn, _ in
        icmp(syn) { $0.sequenceShift = 0x8000_0000 }
      },
      Lie(testDescription: "ICMP, ports only", refusal: "bad-quote") { syn, _ in icmp(syn) { $0.quoted = 4 } },
    ]

    /// A port unreachable about a SYN, changed.
    static func icmp(_ syn: PeerSegment, _ change: (inout ICMPError) -> Void) -> Reply {
      var error = syn.source.count == 4 ? ICMPError(3, 3) : ICMPError(1, 4)
      change(&error)
      return Reply(error.packet(about: syn))
    }

    @Test(arguments: lies, bothFamilies) func theTruthAfterItDecides(_ lie: Lie, _ address: String) throws {
      let hostile = try Hostile { syn, server in
        var truth = server.answer(syn)
        truth[0].after = 30
        return [lie.says(syn, server)] + truth
      }
      defer { hostile.peer.stop() }
      let (connection, outcome) = try hostile.probe(at: address)
      #expect(connection.verdict == "open syn-ack")
      #expect(outcome.code == 0)
      #expect(connection["transmissions"]?.int == 1)
      #expect(connection["invalid_replies"]?.int == 1)
      #expect(try #require(connection.step("syn")?["rtt_ns"]?.int) > 29_000_000, "the lie is not the answer")
      let port = UInt16(try #require(connection["source_port"]?.int))
      let resets = hostile.peer.segments.filter { $0.flags.contains(.rst) && $0.sourcePort == port }
      let words = try Probe.run(target(address, 80), "-v", in: hostile.namespace)
      #expect(words.everything.contains(lie.refusal), "-v says why: \(words.everything)")
      guard lie.refusal == "ack-mismatch" else {
        #expect(resets.isEmpty, "only a SYN-ACK with another ack is answered")
        return
      }
      // RFC 9293 §3.10.7.3: <SEQ=SEG.ACK><CTL=RST>
      let shift: UInt32 = lie.testDescription.hasSuffix("ISN") ? 0 : 2
      let isn = UInt32(try #require(connection["isn"]?.int))
      #expect(resets.map(\.seq) == [isn &+ shift])
      #expect(resets.map(\.flags) == [.rst])
    }
  }
}
