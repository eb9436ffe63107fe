import Laboratory
import Testing

extension NetworkTests {
  /// A retransmitted SYN is told apart from latency.
  @Suite(.needs(peer: true)) struct RetransmissionTests {
    private func milliseconds(_ connection: JSON) throws -> Double {
      Double(try #require(connection.step("syn")?["rtt_ns"]?.int)) / 1e6
    }

    @Test(arguments: bothFamilies) func theFirstIsLost(_ address: String) throws {
      let hostile = try Hostile { _, _ in [] }
      defer { hostile.peer.stop() }
      let (connection, outcome) = try hostile.probe("-W", "0.2", at: address)
      #expect(connection.verdict == "open syn-ack")
      #expect(outcome.code == 0)
      #expect(connection["transmissions"]?.int == 2)
      #expect(try milliseconds(connection) < 100, "the wait is no latency")
      #expect(!outcome.output.contains("\"ambiguous\":true"))
      #expect(hostile.peer.segments.filter { $0.flags == .syn }.count == 2)
    }

    /// The answer to the first copy comes after the second has left.
    ///
    /// A peer whose first SYN-ACK was lost would repeat it with the same echo, so it cannot be told from a slow one: no
    /// round-trip time, and that is said.
    @Test(arguments: bothFamilies) func theFirstIsAnsweredLate(_ address: String) throws {
      let hostile = try silentOnSecond()
      defer { hostile.peer.stop() }
      let (connection, outcome) = try hostile.probe("-W", "0.1", at: address)
      #expect(connection.verdict == "open syn-ack")
      #expect(connection["transmissions"]?.int == 2)
      #expect(connection.step("syn")?["rtt_ns"] == .null)
      #expect(outcome.output.contains("\"ambiguous\":true"))
    }

    /// Answers the first SYN after 150 ms and later ones not at all.
    private func silentOnSecond() throws -> Hostile {
      let server = PoliteServer()
      let counter = Counter()
      return try Hostile { segment in
        guard segment.flags == .syn else { return server.answer(segment) }
        guard counter.next() == 1 else { return [] }
        return [Reply(server.answer(segment)[0].packet, after: 150)]
      }
    }

    @Test(arguments: bothFamilies) func withoutTimestampsItIsAmbiguous(_ address: String) throws {
      let hostile = try Hostile(PoliteServer(offersTimestamps: false)) { _, _ in [] }
      defer { hostile.peer.stop() }
      let (connection, outcome) = try hostile.probe("-W", "0.1", at: address)
      #expect(connection.verdict == "open syn-ack")
      #expect(connection["transmissions"]?.int == 2)
      #expect(connection.step("syn")?["rtt_ns"] == .null)
      #expect(outcome.output.contains("\"ambiguous\":true"))
    }

    @Test func withoutTimestampsASingleCopyIsClear() throws {
      let server = PoliteServer(offersTimestamps: false)
      let hostile = try Hostile { server.answer($0) }
      defer { hostile.peer.stop() }
      let (connection, outcome) = try hostile.probe()
      #expect(connection["transmissions"]?.int == 1)
      #expect(try milliseconds(connection) > 0)
      #expect(!outcome.output.contains("\"ambiguous\":true"))
    }

    @Test func noTimestampsOfOurs() throws {
      let hostile = try Hostile { _, _ in [] }
      defer { hostile.peer.stop() }
      let (connection, outcome) = try hostile.probe("-W", "0.1", "--no-timestamps")
      #expect(hostile.peer.segments.allSatisfy { $0.timestamp == nil })
      #expect(connection.step("syn")?["rtt_ns"] == .null)
      #expect(outcome.output.contains("\"ambiguous\":true"))
    }

    /// A retransmission keeps the sequence number and doubles the wait.
    @Test func copies() throws {
      let hostile = try Hostile { _ in [] }
      defer { hostile.peer.stop() }
      let (connection, _) = try hostile.probe("-W", "0.05", "--retries", "3")
      let arrivals = hostile.peer.arrivals
      #expect(arrivals.count == 4)
      #expect(connection["transmissions"]?.int == 4)
      #expect(Set(arrivals.map(\.segment.seq)).count == 1)
      #expect(Set(arrivals.map(\.segment.timestamp)).count == 4)
      let gaps = zip(arrivals, arrivals.dropFirst()).map { $1.seconds - $0.seconds }
      #expect(zip(gaps, [0.05, 0.1, 0.2]).allSatisfy { $0 > $1 - 0.02 && $0 < $1 + 0.08 }, "\(gaps)")
    }
  }
}
