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

    /// Every packet has a sentence with its source, in each command that draws a ladder, in text, picture and page.
    @Test func explained() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let directory = try TemporaryDirectory()
      let target = "127.0.0.1:\(listener.port)"
      let files = ["--svg", directory.file("a.svg"), "--html", directory.file("a.html")]
      let capture = ["--pcap", directory.file("a.pcapng")]
      let probed = try Probe.run([target, "--explain"] + files + capture, in: namespace)
      let read = try Probe.run("read", directory.file("a.pcapng"), "--flow", "0", "--explain", in: namespace)
      let demo = try Probe.run("demo", "--explain", in: namespace)
      for outcome in [probed, read, demo] {
        #expect(outcome.code == 0 && outcome.errors == "")
        #expect(outcome.output.contains("[RFC 9293 section 3.4.1]") && outcome.output.contains("section 3.6.1]"))
      }
      #expect(probed.output.contains("\nopen (state)\n") && probed.output.contains("\nTIME-WAIT (TCP state)\n"))
      #expect(directory.text("a.svg").contains("RFC 9293 §3.4.1"))
      #expect(directory.text("a.html").contains("<td>RFC 9293 §3.4.1</td>"))
      let web = try Probe.run("http", "http://\(target)/", "--explain", "-W", "0.2", in: namespace)
      #expect(web.output.contains("[RFC 9293 section 3.4.1]"))
      let json = try Probe.run(target, "--json", "--explain", in: namespace)
      #expect(json.code == 0 && !json.output.contains("RFC"))
      let word = try Probe.run("explain", "time_wait", in: namespace)
      #expect(word.code == 0 && word.output.hasPrefix("TIME-WAIT (TCP state)\n") && word.output.contains("2 MSL"))
      #expect(try Probe.run("explain", "time-wiat", in: namespace).errors.contains("did you mean time-wait?"))
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
