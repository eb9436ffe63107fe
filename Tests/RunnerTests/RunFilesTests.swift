import Kernel
import Testing

@testable import Runner

@Suite("Files of a run") struct RunFilesTests {
  private func refusal(_ presentation: Presentation, _ others: [RunFile?] = [], form: String? = nil) -> String? {
    var presentation = presentation
    do throws(RunError) {
      try presentation.claim(others, form: form)
      return nil
    } catch {
      return error.message
    }
  }

  private func presentation(_ change: (inout Presentation) -> Void) -> Presentation {
    var presentation = Presentation()
    change(&presentation)
    return presentation
  }

  @Test("one file is not written twice, whatever it is called") func twice() {
    let shown = presentation { ($0.svgPath, $0.htmlPath) = ("/tmp/probe-none", "/tmp/./probe-none") }
    #expect(refusal(shown) == "--svg /tmp/probe-none and --html /tmp/./probe-none are the same file; name two")
    let capture = presentation { $0.pcapPath = "/tmp/probe-none" }
    #expect(
      refusal(capture, [.written("/tmp/probe-none", by: "--junit")])
        == "--pcap /tmp/probe-none and --junit /tmp/probe-none are the same file; name two")
    #expect(refusal(capture, [.written("/tmp/probe-other", by: "--junit"), .written(nil, by: "--x")]) == nil)
  }

  @Test("what is read is not written") func input() {
    let shown = presentation { $0.svgPath = "/etc/hosts" }
    #expect(
      refusal(shown, [.read("/etc/../etc/hosts")])
        == "--svg /etc/hosts would overwrite /etc/../etc/hosts, which is an input; name another file")
    #expect(
      refusal(shown, [.read("/etc/hosts", by: "--data")])
        == "--svg /etc/hosts would overwrite --data /etc/hosts, which is an input; name another file")
    #expect(refusal(Presentation(), [.read("/etc/hosts"), .read("/etc/hosts")]) == nil, "it may be read twice")
    #expect(
      refusal(Presentation(), [.read("-"), .read("/dev/stdin")])?.hasPrefix("standard input can be read once") == true)
  }

  @Test("devices take what several write") func devices() {
    #expect(
      refusal(presentation { ($0.svgPath, $0.htmlPath, $0.pcapPath) = ("/dev/null", "/dev/null", "/dev/null") }) == nil)
  }

  @Test("standard output is for one thing") func standardOutput() throws {
    let both = "both write to standard output; name a file for one of them"
    #expect(
      refusal(presentation { ($0.svgPath, $0.htmlPath) = ("-", "/dev/stdout") })
        == "--svg - and --html /dev/stdout \(both)")
    #expect(refusal(presentation { ($0.svgPath, $0.format) = ("-", .json) }) == "--svg - and --json \(both)")
    #expect(refusal(presentation { ($0.htmlPath, $0.format) = ("-", .csv) }) == "--html - and --csv \(both)")
    #expect(refusal(presentation { $0.pcapPath = "-" }, form: "--nagios") == "--pcap - and --nagios \(both)")
    #expect(refusal(Presentation(), form: "--tap") == nil)
    // Packets are a stream; lines for a program are then read from standard error.
    #expect(refusal(presentation { ($0.pcapPath, $0.format) = ("-", .json) }) == nil)
    var shown = presentation { $0.svgPath = "-" }
    #expect(!shown.isOutputTaken)
    try shown.claim([])
    #expect(shown.isOutputTaken)
  }
}
