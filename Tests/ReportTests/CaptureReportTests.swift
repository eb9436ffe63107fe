import Capture
import Handshake
import Judging
import Report
import Testing
import Timebase
import Wire

/// What captures are told as: `Tests/Vectors/Report/capture.*`.
@Suite struct CaptureReportTests {
  private static let client = Endpoint(.v4(IPv4Address(10, 0, 0, 1)), 49_512)
  private static let server = Endpoint(.v4(IPv4Address(10, 0, 0, 2)), 80)

  /// Four flows: a whole one with a text sent again, a refused one, a SYN sent twice that nothing answered, and one that
  /// ICMP errors answered.
  private static func read(following flow: Int? = nil) -> (FlowTracker, [TrackedFlow], String) {
    var policy = FlowTracker.Policy()
    policy.followed = flow
    var reading = Reading(tracker: FlowTracker(policy, seed: 1))
    let offer = SynOptions()
    let answer = SynOptions(maximumSegmentSize: 1_400, windowScale: 9)
    reading.pass(.syn, seq: 100, options: offer.list(value: 7, echoReply: 0), at: 0)
    reading.pass(.syn, seq: 900, ack: 101, options: answer.list(value: 9, echoReply: 7), at: 213, back: true)
    reading.pass([], seq: 101, ack: 901, at: 250)
    reading.pass(.psh, seq: 101, ack: 901, text: 40, at: 300)
    reading.pass(.psh, seq: 101, ack: 901, text: 40, at: 200_300)
    reading.pass(.psh, seq: 901, ack: 141, text: 400, at: 200_900, back: true)
    reading.pass(.fin, seq: 141, ack: 1_301, at: 201_000)
    reading.pass(.fin, seq: 1_301, ack: 142, at: 201_200, back: true)
    reading.pass([], seq: 142, ack: 1_302, at: 201_240)
    reading.port += 1
    reading.pass(.syn, seq: 5, at: 300_000)
    reading.pass(.rst, seq: 0, ack: 6, at: 300_090, back: true)
    reading.port += 1
    reading.pass(.syn, seq: 5, at: 400_000)
    reading.pass(.syn, seq: 5, at: 1_400_000)
    reading.port += 1
    reading.pass(.syn, seq: 5, at: 1_500_000)
    reading.refuse(at: 1_500_700)
    reading.pass(.syn, seq: 5, at: 2_500_000)
    reading.refuse(at: 2_500_700)
    var flows: [TrackedFlow] = []
    reading.tracker.finish { flows.append($0) }
    return (reading.tracker, flows, reading.packets)
  }

  @Test func table() throws {
    var listing = FlowListing()
    let (_, flows, _) = Self.read()
    try Golden.expect(listing.lines(flows) + listing.lines([]), is: "capture.txt")
  }

  @Test(arguments: [(0, "capture-flow"), (3, "capture-icmp")])
  func oneFlow(number: Int, name: String) throws {
    let (tracker, flows, _) = Self.read(following: number)
    try Golden.expect(TextReport().flow(flows[number], tracker.story), is: "\(name).txt")
  }

  @Test(arguments: [(0, "capture-flow"), (3, "capture-icmp")])
  func pictureOfOneFlow(number: Int, name: String) throws {
    let (tracker, flows, _) = Self.read(following: number)
    let outcome = tracker.story.outcome(of: flows[number])
    let svg = LadderPicture(outcome, heading: "a.pcap, flow \(number)").svg
    try Golden.expect(svg, is: "\(name).svg")
    #expect(!svg.contains("our end"))
    var page = HTMLPage()
    page.add(Record(target: "a.pcap, flow \(number)", sequence: 1, outcome: outcome))
    let text = page.text([])
    for ours in ["our ", "by us", "the peer", "kernel clock", "we offered"] { #expect(!text.contains(ours), "\(ours)") }
  }

  @Test("Of several requests the steps stand beside the packets of the first")
  func severalRequests() throws {
    var policy = FlowTracker.Policy()
    policy.followed = 0
    var reading = Reading(tracker: FlowTracker(policy, seed: 1))
    reading.pass(.syn, seq: 100, at: 0)
    reading.pass(.syn, seq: 900, ack: 101, at: 213, back: true)
    reading.pass([], seq: 101, ack: 901, at: 250)
    for number in 0..<3 as Range<UInt32> {
      let time = 1_000 * Int64(number + 1)
      reading.pass(.psh, seq: 101 + 40 * number, ack: 901 + 60 * number, text: 40, at: time)
      reading.pass([], seq: 901 + 60 * number, ack: 141 + 40 * number, at: time + 100, back: true)
      reading.pass(.psh, seq: 901 + 60 * number, ack: 141 + 40 * number, text: 60, at: time + 300, back: true)
    }
    var flows: [TrackedFlow] = []
    reading.tracker.finish { flows.append($0) }
    let outcome = reading.tracker.story.outcome(of: try #require(flows.first))
    let lines = Ladder(outcome, style: Style(width: 120)).text.split(separator: "\n")
    let told = lines.filter { $0.contains(" ms") && $0.contains("re") }
    #expect(told.count == 2)
    #expect(told.first?.contains("1.100") == true && told.first?.hasSuffix("request 0.100 ms") == true)
    #expect(told.last?.contains("1.300") == true && told.last?.hasSuffix("response 0.300 ms") == true)
  }

  @Test func summary() throws {
    let (tracker, flows, _) = Self.read()
    var summary = CaptureSummary()
    for flow in flows { summary.add(flow) }
    summary.add(tracker.counts, frames: 17)
    try Golden.expect(TextReport().summary(summary, of: "a\u{1b}.pcap"), is: "capture-summary.txt")
    try Golden.expect(JSONLines.summary(summary, of: ["a.pcap"]), is: "capture-summary.json")
  }

  @Test func json() throws {
    let (_, flows, packets) = Self.read()
    try Golden.expect(packets + flows.map { JSONLines.flow($0, of: "a.pcap") }.joined(), is: "capture.json")
  }

  private struct Reading {
    var tracker: FlowTracker
    var port = CaptureReportTests.client.port
    var packets = ""
    private var frame = 0
    private var latest: [UInt8] = []

    init(tracker: FlowTracker) { self.tracker = tracker }

    mutating func pass(
      _ flags: TCPFlags, seq: UInt32, ack: UInt32? = nil, text: Int = 0, options: TCPOptionList = TCPOptionList(),
      at time: Int64, back: Bool = false
    ) {
      let segment = Segment(
        seq: SequenceNumber(seq), ack: ack.map { SequenceNumber($0) }, flags: flags, wnd: 64_240, options: options)
      let client = Endpoint(CaptureReportTests.client.address, port)
      let flow = Flow(
        local: back ? CaptureReportTests.server : client, remote: back ? client : CaptureReportTests.server)
      var buffer = FrameBuffer()
      let octets = [UInt8](repeating: 0x78, count: text)
      let count = buffer.build { out in
        (try? PacketAssembly.write(segment, flow: flow, text: octets.span.raw, ipFields: IPFields(), into: &out)) ?? 0
      }
      latest = (0..<count).map { buffer.view.octet(at: $0) }
      frame += 1
      let mark = FrameMark(WallTime(nanoseconds: 1_767_323_045_123_456_000 + time * 1_000), frame: frame)
      switch CapturedContent(buffer.view.extracting(first: count)) {
      case .segment(let segment):
        let sighting = tracker.receive(segment, mark) { _ in }
        packets += JSONLines.packet(segment, sighting, mark, of: "a.pcap")
      case .malformed, .other: Issue.record("a packet of our own")
      }
    }

    /// A router's word that the host of the latest packet is not reachable.
    mutating func refuse(at time: Int64) {
      frame += 1
      let octets =
        [0x45, 0, 0, 56, 0, 0, 0, 0, 64, 1, 0, 0, 192, 0, 2, 254, 10, 0, 0, 1, 3, 1, 0, 0, 0, 0, 0, 0] + latest[..<28]
      let stamp = WallTime(nanoseconds: 1_767_323_045_123_456_000 + time * 1_000)
      tracker.receive(other: CapturedPacket(number: frame, stamp: stamp, octets: octets.span.raw)) { _ in }
    }
  }
}
