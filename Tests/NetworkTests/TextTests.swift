import Laboratory
import Testing

extension NetworkTests {
  /// What a person sees.
  @Suite(.needs()) struct TextTests {
    @Test(arguments: ["127.0.0.1", "::1"]) func ladder(_ address: String) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: address)
      defer { listener.stop() }
      let outcome = try Probe.run(target(address, listener.port), in: namespace)
      #expect(outcome.code == 0)
      #expect(outcome.errors == "")
      for word in ["SYN", "ACK", "FIN", "ESTABLISHED", "open"] { #expect(outcome.output.contains(word), "\(word)") }
      #expect(outcome.output.contains(/TIME[-_]WAIT/))
      #expect(outcome.output.contains(/SYN[-_]SENT/))
      #expect(outcome.output.contains(/SYN[-_]RC?V|SYN[-_]RECEIVED/), "the peer's state is shown too")
      #expect(!outcome.output.contains("\u{1b}"), "colours only on a terminal")
    }

    @Test func pingsClosingLines() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let outcome = try Probe.run("127.0.0.1:\(listener.port)", "-c", "3", "-i", "0.05", in: namespace)
      #expect(outcome.code == 0)
      #expect(
        outcome.output.contains(/\nrtt min\/avg\/max\/mdev = \d+\.\d{3}\/\d+\.\d{3}\/\d+\.\d{3}\/\d+\.\d{3} ms\n/),
        "exactly as ping prints it")
      #expect(outcome.output.contains("\nrtt p50/p90/p99 = "))
    }

    @Test func quiet() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let loud = try Probe.run("127.0.0.1:\(listener.port)", "-c", "2", "-i", "0.01", in: namespace)
      let quiet = try Probe.run("127.0.0.1:\(listener.port)", "-c", "2", "-i", "0.01", "-q", in: namespace)
      #expect(quiet.code == 0)
      #expect(quiet.lines.count < loud.lines.count)
      #expect(quiet.output.contains("rtt min/avg/max/mdev = "))
    }

    @Test func demo() throws {
      let namespace = try Namespace()
      let outcome = try Probe.run("demo", in: namespace)
      #expect(outcome.code == 0)
      for word in ["SYN", "FIN", "ESTABLISHED"] { #expect(outcome.output.contains(word)) }
      #expect(outcome.output.contains(/TIME[-_]WAIT/))
    }

    @Test func doctor() throws {
      let namespace = try Namespace()
      let outcome = try Probe.run("doctor", in: namespace)
      #expect(outcome.code == 0)
      for word in ["guard", "port"] { #expect(outcome.output.lowercased().contains(word), "\(word)") }
      #expect(outcome.output.lowercased().contains(/time ?stamp/))
    }
  }
}
