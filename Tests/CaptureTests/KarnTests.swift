import Handshake
import Testing
import Timebase
import Wire

@testable import Capture

/// Of what was sent twice it cannot be known which copy was answered (RFC 6298 §3), unless the echo tells.
@Suite struct KarnTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// TSval of each copy of the SYN, a second apart; nil for a SYN without time stamps.
    var copies: [UInt32?]
    var echo: UInt32?
    var syn: Interval?
  }

  static let rows = [
    Row(testDescription: "one copy", copies: [nil], echo: nil, syn: .milliseconds(1)),
    Row(testDescription: "two copies without time stamps", copies: [nil, nil], echo: nil, syn: nil),
    Row(testDescription: "the echo of the second", copies: [10, 1_010], echo: 1_010, syn: .milliseconds(1)),
    Row(testDescription: "the echo of the first", copies: [10, 1_010], echo: 10, syn: .milliseconds(1_001)),
    Row(
      testDescription: "the echo of the last of three", copies: [10, 1_010, 2_010], echo: 2_010, syn: .milliseconds(1)),
    Row(testDescription: "the echo of one between", copies: [10, 1_010, 2_010], echo: 1_010, syn: nil),
    Row(testDescription: "a clock that stands still", copies: [10, 10], echo: 10, syn: nil),
    Row(testDescription: "an echo of nothing", copies: [10, 1_010], echo: 77, syn: nil),
    Row(testDescription: "no echo", copies: [10, 1_010], echo: nil, syn: nil),
  ]

  @Test(arguments: rows) func syn(_ row: Row) throws {
    var scene = FlowScene()
    for (index, value) in row.copies.enumerated() {
      let options = value.map { TCPOptionList.timestamps($0) } ?? TCPOptionList()
      scene.client(.syn, seq: 0, options: options, at: Int64(index) * 1_000_000)
    }
    let last = Int64(row.copies.count - 1) * 1_000_000
    let options = row.echo.map { TCPOptionList.timestamps(5, echo: $0) } ?? TCPOptionList()
    scene.server(.syn, seq: 0, ack: 1, options: options, at: last + 1_000)
    scene.client([], ack: 1, at: last + 1_200)
    let flow = try #require(scene.finish().first)
    let step = try #require(flow.steps.first)
    #expect(step.kind == .syn)
    #expect(step.time == row.syn)
    #expect(step.isAmbiguous == (row.syn == nil))
    #expect(flow.client.synCopies == row.copies.count)
    if row.copies.count > 1 {
      let first = try #require(step.firstCopy)
      let latest = try #require(step.lastCopy)
      #expect(step.to.since(first) == .microseconds(last + 1_000))
      #expect(step.to.since(latest) == .milliseconds(1))
    }
    // Wireshark counts from the latest copy, whichever was answered.
    #expect(flow.initialRTT == .microseconds(1_200))
  }

  @Test("A SYN-ACK sent twice: the way back is ambiguous, the way there is not")
  func synAck() throws {
    var scene = FlowScene()
    scene.client(.syn, seq: 0, at: 0)
    scene.server(.syn, seq: 0, ack: 1, at: 1_000)
    scene.server(.syn, seq: 0, ack: 1, at: 1_001_000)
    scene.client([], ack: 1, at: 1_001_200)
    let flow = try #require(scene.finish().first)
    #expect(flow.time(of: .syn) == .milliseconds(1))
    #expect(flow.time(of: .ack) == nil)
    #expect(flow.server.synCopies == 2)
    #expect(flow.steps.first { $0.kind == .ack }?.isAmbiguous == true)
  }

  @Test("A copy of the SYN that comes after the answer makes nothing ambiguous but the whole")
  func lateCopy() throws {
    var scene = FlowScene()
    scene.client(.syn, seq: 0, at: 0)
    scene.server(.syn, seq: 0, ack: 1, at: 1_000)
    scene.client(.syn, seq: 0, at: 1_100)
    scene.client([], ack: 1, at: 1_200)
    let flow = try #require(scene.finish().first)
    #expect(flow.time(of: .syn) == .milliseconds(1))
    #expect(flow.time(of: .handshake) == nil)
    #expect(flow.initialRTT == .microseconds(100))
  }

  @Test("A FIN sent twice before its acknowledgment has no time")
  func fin() throws {
    var scene = FlowScene()
    scene.handshake()
    scene.client(.fin, ack: 1, at: 2_000)
    scene.client(.fin, ack: 1, at: 202_000)
    scene.server([], ack: 2, at: 203_000)
    let flow = try #require(scene.finish().first)
    #expect(flow.time(of: .fin) == nil)
    #expect(flow.client.finCopies == 2)
    #expect(flow.client.retransmissions == 0)
  }

  @Test("A request sent twice before its acknowledgment has no time; the transfer has")
  func request() throws {
    var scene = FlowScene()
    scene.handshake()
    scene.client(.psh, ack: 1, text: 10, at: 2_000)
    scene.client(.psh, ack: 1, text: 10, at: 202_000)
    scene.server(.psh, ack: 11, text: 10, at: 203_000)
    scene.server(.psh, seq: 11, ack: 11, text: 10, at: 204_000)
    let flow = try #require(scene.finish().first)
    #expect(flow.time(of: .request) == nil)
    #expect(flow.time(of: .response) == nil)
    #expect(flow.time(of: .transfer) == .milliseconds(1))
    #expect(flow.client.retransmissions == 1)
  }

  @Test("Stamps that are missing or run backwards give no time", arguments: [nil, -5_000] as [Int64?])
  func stamps(of answer: Int64?) throws {
    var scene = FlowScene()
    scene.client(.syn, seq: 0, at: 0)
    let synAck = Segment(seq: FlowScene.irs, ack: FlowScene.iss + 1, flags: .syn)
    scene.pass(synAck, Flow(local: scene.flow.remote, remote: scene.flow.local), at: answer)
    let flow = try #require(scene.finish().first)
    #expect(flow.steps.first?.kind == .syn)
    #expect(flow.steps.first?.time == nil)
    #expect(flow.steps.first?.isAmbiguous == false)
  }
}
