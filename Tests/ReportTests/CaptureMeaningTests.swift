import Capture
import Handshake
import Judging
import Testing
import Timebase
import Wire

@testable import Report

/// What is told of captures that begin late, end early, have no stamps, or one side alone.
@Suite struct CaptureMeaningTests {
  private static let flow = Flow(
    local: Endpoint(.v4(IPv4Address(192, 0, 2, 1)), 40_000), remote: Endpoint(.v4(IPv4Address(192, 0, 2, 2)), 80))

  /// The packets of one flow, ten milliseconds apart or without stamps.
  private struct Reading {
    var tracker: FlowTracker
    var isStamped = true
    var frame = 0

    init() {
      var policy = FlowTracker.Policy()
      policy.followed = 0
      tracker = FlowTracker(policy, seed: 1)
    }

    mutating func client(_ flags: TCPFlags, _ seq: UInt32, _ ack: UInt32?, text: Int = 0, options: [TCPOption] = []) {
      pass(flags, 1_000 + seq, ack.map { 5_000 + $0 }, text, options, CaptureMeaningTests.flow)
    }

    mutating func server(_ flags: TCPFlags, _ seq: UInt32, _ ack: UInt32?, text: Int = 0) {
      let flow = CaptureMeaningTests.flow
      pass(flags, 5_000 + seq, ack.map { 1_000 + $0 }, text, [], Flow(local: flow.remote, remote: flow.local))
    }

    mutating func handshake() {
      client(.syn, 0, nil)
      server(.syn, 0, 1)
      client([], 1, 1)
    }

    private mutating func pass(
      _ flags: TCPFlags, _ seq: UInt32, _ ack: UInt32?, _ text: Int, _ options: [TCPOption], _ flow: Flow
    ) {
      var list = TCPOptionList()
      for option in options { list.append(option) }
      let segment = Segment(
        seq: SequenceNumber(seq), ack: ack.map { SequenceNumber($0) }, flags: flags, wnd: 8_192, options: list)
      var buffer = FrameBuffer()
      let octets = [UInt8](repeating: 0x78, count: text)
      let count = buffer.build { out in
        (try? PacketAssembly.write(segment, flow: flow, text: octets.span.raw, ipFields: IPFields(), into: &out)) ?? 0
      }
      frame += 1
      let stamp = isStamped ? WallTime(nanoseconds: 1_767_323_045_000_000_000 + Int64(frame) * 10_000_000) : nil
      let packet = CapturedPacket(number: frame, stamp: stamp, octets: buffer.view.extracting(first: count))
      _ = tracker.receive(packet) { _ in }
    }

    mutating func finish() throws -> (flow: TrackedFlow, outcome: Outcome) {
      var flows: [TrackedFlow] = []
      tracker.finish { flows.append($0) }
      let flow = try #require(flows.first)
      return (flow, tracker.story.outcome(of: flow))
    }
  }

  private static func page(_ outcome: Outcome) -> String {
    var page = HTMLPage()
    page.add(Record(target: "a.pcap, flow 0", sequence: 1, outcome: outcome))
    return page.text([])
  }

  @Test("Who closed and who reset stand side by side, and JSON tells the same")
  func ends() throws {
    var rows: [(words: String, packets: (inout Reading) -> Void)] = []
    rows.append(
      (
        "fin by client, rst by server",
        {
          $0.client(.fin, 1, 1)
          $0.server(.rst, 1, 2)
        }
      ))
    rows.append(
      (
        "fin by server, rst by client",
        {
          $0.server(.fin, 1, 1)
          $0.client(.rst, 1, 2)
        }
      ))
    rows.append(
      (
        "fin by client, rst by client",
        {
          $0.client(.fin, 1, 1)
          $0.client(.rst, 1, nil)
        }
      ))
    rows.append(
      (
        "rst by server",
        {
          $0.server(.rst, 1, 1)
          $0.client(.fin, 1, 1)
        }
      ))
    rows.append(("closing by client", { $0.client(.fin, 1, 1) }))
    rows.append(("open", { _ in }))
    for row in rows {
      var reading = Reading()
      reading.handshake()
      row.packets(&reading)
      let flow = try reading.finish().flow
      #expect(flow.endingWords == row.words)
      let line = JSONLines.flow(flow, of: "a.pcap")
      let again = try #require(ComparedFlow(try JSONReader.value(of: Array(line.utf8)), number: 0))
      #expect(again == ComparedFlow(flow), "\(row.words)")
    }
  }

  @Test("A run of data and ACKs is one line, and whatever is worth seeing ends it")
  func folds() throws {
    func fold(_ event: (inout Reading) -> Void) throws -> (text: [String], svg: String, whole: String) {
      var reading = Reading()
      reading.handshake()
      for round in 0..<20 as Range<UInt32> {
        if round == 10 { event(&reading) }
        reading.client([], 1 + 1_000 * round, 1, text: 1_000)
        reading.server([], 1, 1_001 + 1_000 * round)
      }
      let outcome = try reading.finish().outcome
      let lines = Ladder(outcome, isWhole: false).text.split(separator: "\n").map(String.init)
      return (lines.filter { $0.contains("packets: ") }, LadderPicture(outcome).svg, Ladder(outcome).text)
    }
    // Of 43 packets three at either end of the run stay, and the handshake.
    let plain = try fold { _ in }
    #expect(plain.text.count == 1)
    #expect(
      plain.text.first?.hasSuffix("… 32 packets: 16 sent (16,000 bytes), 16 received; -v shows them") ?? false,
      "\(plain.text)")
    #expect(plain.svg.contains("32 packets: 16 sent"))
    #expect(!plain.whole.contains("packets: ") && plain.whole.split(separator: "\n").count > 43)
    for (event, name) in [
      ({ (reading: inout Reading) in reading.client([], 9_001, 1, text: 1_000) }, "a retransmission"),
      ({ (reading: inout Reading) in reading.server(.psh, 1, 10_001, text: 0) }, ""),
    ] as [((inout Reading) -> Void, String)] {
      #expect(try fold(event).text.count == (name.isEmpty ? 1 : 2), "\(name)")
    }
  }

  @Test("In the middle both ends stand at `?` until they speak, in text and picture")
  func midstream() throws {
    var reading = Reading()
    reading.client(.psh, 1, 1, text: 5)
    reading.client(.psh, 6, 1, text: 5)
    reading.server([], 1, 11)
    let outcome = try reading.finish().outcome
    let lines = Ladder(outcome).text.split(separator: "\n").map(String.init)
    try #require(lines.count == 5)
    #expect(lines[1].contains("?  │") == false && lines[1].split(separator: " ").first == "ms")
    #expect(lines[1].split(separator: " ").filter { $0 == "?" }.count == 2)
    #expect(lines[2].contains("ESTABLISHED ├") && !lines[2].hasSuffix("ESTABLISHED"))
    #expect(!lines[3].contains("ESTABLISHED") && lines[4].hasSuffix("ESTABLISHED"))
    for text in [Ladder(outcome).text, LadderPicture(outcome).svg, Self.page(outcome)] {
      #expect(!text.contains("CLOSED") && !text.contains("LISTEN"))
    }
  }

  @Test("Where a capture ends nothing is unanswered; what was sent again was")
  func end() throws {
    for isRepeated in [false, true] {
      var reading = Reading()
      reading.handshake()
      reading.client(.psh, 1, 1, text: 5)
      if isRepeated { reading.client(.psh, 1, 1, text: 5) }
      let outcome = try reading.finish().outcome
      let fates = PacketFate.fates(of: outcome)
      #expect(fates == [.arrived, .arrived, .arrived] + (isRepeated ? [.unanswered, .arrived] : [.arrived]))
      for text in [LadderPicture(outcome).svg, Self.page(outcome)] {
        #expect(text.contains("no reply") == isRepeated)
        #expect(text.contains("class=\"cross\"") == isRepeated)
      }
    }
    var reading = Reading()
    reading.client(.syn, 0, nil)
    #expect(PacketFate.fates(of: try reading.finish().outcome) == [.arrived])
  }

  @Test("Without stamps there are no times, in text, JSON, picture and page")
  func noStamps() throws {
    var reading = Reading()
    reading.isStamped = false
    reading.handshake()
    reading.client(.psh, 1, 1, text: 5)
    reading.server(.psh, 1, 6, text: 5)
    let (flow, outcome) = try reading.finish()
    #expect(outcome.knownStart == nil)
    let texts = [
      TextReport().flow(flow, reading.tracker.story), JSONLines.flow(flow, of: "a.pcap"), LadderPicture(outcome).svg,
      Self.page(outcome),
    ]
    for text in texts {
      for wrong in ["1970", "1677", "0.000", "_ns\":0"] { #expect(!text.contains(wrong), "\(wrong)") }
    }
    #expect(texts[0].contains("syn unknown"))
  }

  @Test("One stamp that is missing takes the time from its packet alone")
  func oneStampMissing() throws {
    var reading = Reading()
    reading.isStamped = false
    reading.client(.syn, 0, nil)
    reading.isStamped = true
    reading.server(.syn, 0, 1)
    reading.client([], 1, 1)
    let outcome = try reading.finish().outcome
    #expect(Ladder.Row.rows(of: outcome).map(\.time) == ["?", "0.000", "10.000"])
  }

  @Test("One side alone is open, and says whose side")
  func oneSide() throws {
    var reading = Reading()
    reading.client(.syn, 0, nil)
    reading.client([], 1, 1)
    reading.client([], 1, 1_001)
    let (flow, outcome) = try reading.finish()
    #expect(flow.remarks.contains("only the client's side captured"))
    #expect(JSONLines.flow(flow, of: "a.pcap").contains("\"only_side\":\"client\""))
    for text in [LadderPicture(outcome).svg, Self.page(outcome)] {
      #expect(!text.contains("filtered") && text.contains("open"))
    }
  }

  @Test("The experimental Fast Open has tcpdump's name everywhere", arguments: [[], [1, 2, 3, 4]] as [[UInt8]])
  func experimentalFastOpen(cookie: [UInt8]) throws {
    let option = TCPOption.other(kind: 254, payload: [0xf9, 0x89] + cookie)
    let name = cookie.isEmpty ? "exp-tfo cookiereq" : "exp-tfo cookie 01020304"
    var list = TCPOptionList()
    list.append(option)
    #expect(OptionWords.list(list) == [name])
    let header = Segment(seq: SequenceNumber(1), flags: .syn, options: list).header(from: 40_000, to: 80)
    let line = PacketNotation.tcpdump(
      header, payloadLength: 0, source: Self.flow.local.address, destination: Self.flow.remote.address)
    #expect(line.contains("[\(name)"), "\(line)")
    var reading = Reading()
    reading.client(.syn, 0, nil, options: [option])
    #expect(JSONLines.flow(try reading.finish().flow, of: "a.pcap").contains("\"\(name)\""))
    var other = TCPOptionList()
    other.append(.other(kind: 254, payload: [0x12, 0x34, 0x56]))
    other.append(.other(kind: 253, payload: [0xf9, 0x89]))
    #expect(OptionWords.list(other) == ["exp-1234 0x56", "unknown-253 0xf989"])
  }

  @Test("A second SYN-ACK with another number is named", arguments: [1, 2])
  func anotherNumber(times: Int) throws {
    var reading = Reading()
    reading.client(.syn, 0, nil)
    reading.server(.syn, 0, 1)
    for _ in 0..<times { reading.server(.syn, 4_000, 1) }
    reading.client([], 1, 1)
    let flow = try reading.finish().flow
    #expect(flow.remarks == ["\(times) SYN-ACK\(times > 1 ? "s" : "") with another sequence number"])
    #expect(JSONLines.flow(flow, of: "a.pcap").contains("\"strays\":\(times)"))
  }

  @Test("What is told of a flow beside its end")
  func remarks() throws {
    var reading = Reading()
    reading.client(.syn, 0, nil)
    reading.server(.rst, 0, 1)
    reading.client(.syn, 0, nil)
    reading.server(.syn, 0, 1)
    reading.client([], 1, 1)
    let flow = try reading.finish().flow
    #expect(flow.remarks == ["reset, then opened", "2 SYNs"])
    #expect(JSONLines.flow(flow, of: "a.pcap").contains("\"reopened\":true"))
  }
}
