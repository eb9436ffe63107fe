import Laboratory
import Testing

extension NetworkTests {
  /// A SYN-ACK that is right where it matters and odd elsewhere: `open`, with a note.
  @Suite(.needs(peer: true)) struct OddSynAckTests {
    struct Oddity: Sendable, CustomTestStringConvertible {
      /// The note that it must bring.
      var testDescription: String
      var options: [String] = []
      var change: @Sendable (inout PeerSegment, PeerSegment) -> Void
    }

    static let oddities: [Oddity] = [
      Oddity(testDescription: "options-malformed") { answer, _ in answer.options = [2, 4, 5, 180, 8, 40, 1, 1] },
      Oddity(testDescription: "fin-in-syn-ack") { answer, _ in answer.flags.insert(.fin) },
      Oddity(testDescription: "window-zero") { answer, _ in answer.window = 0 },
      Oddity(testDescription: "data-in-syn-ack") { answer, _ in answer.payload = Array("early".utf8) },
      Oddity(testDescription: "reserved-bits") { answer, _ in answer.reserved = 0b0100 },
      Oddity(testDescription: "unoffered-option", options: ["--no-timestamps"]) { answer, _ in
        answer.options = [2, 4, 5, 180, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]
      },
      Oddity(testDescription: "tsecr-mismatch") { answer, syn in
        answer.options = [2, 4, 5, 180, 1, 1, 8, 10, 0, 0, 0, 1]
        let wrong = (syn.timestamp ?? 0) &+ 77
        answer.options += [UInt8(wrong >> 24), UInt8(wrong >> 16 & 255), UInt8(wrong >> 8 & 255), UInt8(wrong & 255)]
      },
    ]

    @Test(arguments: oddities, bothFamilies) func isOpenWithANote(_ oddity: Oddity, _ address: String) throws {
      let hostile = try Hostile { syn, server in
        _ = server.answer(syn)
        var answer = server.synAck(to: syn)
        oddity.change(&answer, syn)
        return [Reply(answer)]
      }
      defer { hostile.peer.stop() }
      let outcome = try Probe.run(
        [target(address, 80), "--json", "-v", "--syn"] + oddity.options, in: hostile.namespace)
      let connection = try #require(try outcome.connections.first)
      #expect(connection.verdict == "open syn-ack")
      #expect(outcome.code == 0)
      #expect(outcome.everything.contains(oddity.testDescription), "\(outcome.everything)")
      #expect(connection["invalid_replies"]?.int == 0)
      if oddity.testDescription == "tsecr-mismatch" {
        #expect(connection.step("syn")?["rtt_ns"] == .null, "no round-trip time from another copy's echo")
      }
      // What parses counts.
      #expect(connection["peer"]?["mss"]?.int == 1460)
    }

    @Test func withoutOddityThereIsNoNote() throws {
      let server = PoliteServer()
      let hostile = try Hostile { server.answer($0) }
      defer { hostile.peer.stop() }
      let (_, outcome) = try hostile.probe("-v", "--syn")
      for oddity in Self.oddities { #expect(!outcome.everything.contains(oddity.testDescription)) }
    }

    /// What the peer offers is told as it is.
    @Test func thePeersOptions() throws {
      let server = PoliteServer()
      let hostile = try Hostile { server.answer($0) }
      defer { hostile.peer.stop() }
      let (connection, _) = try hostile.probe()
      let peer = try #require(connection["peer"])
      #expect(peer["mss"] == .integer(1460))
      #expect(peer["wscale"] == .integer(7))
      #expect(peer["sack"] == .flag(true))
      #expect(peer["timestamps"] == .flag(true))
      #expect(peer["ecn"] == .flag(false))
      #expect(peer["window"] == .integer(65000))
      #expect(connection["irs"]?.int == Int64(PoliteServer.iss))
      #expect(connection["ttl"] == .integer(64))
    }
  }
}
