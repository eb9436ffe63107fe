import Handshake
import Testing
import Timebase
import Wire

@testable import Engines

/// A listener under a flood: its memory is bounded, so are its answers, and a real client still gets through.
@Suite struct ListenFloodTests {
  private static func anyone(_ random: inout some RandomNumberGenerator) -> Endpoint {
    // Unicast, and no loopback: 11.0.0.0 to 126.255.255.255.
    let address = UInt32.random(in: 0x0b00_0000...0x7eff_ffff, using: &random)
    return Endpoint(.v4(IPv4Address(address)), UInt16.random(in: .min ... .max, using: &random))
  }

  @Test func aHundredThousandSynsFromAnywhere() throws {
    var random = SystemRandomNumberGenerator()
    var world = ListenWorld(.echo, limits: { $0.halfOpen = 128 })
    let count = 100_000
    for index in 1...count {
      world.receive(ListenWorld.syn(), from: ListenFloodTests.anyone(&random))
      if index % 1_000 == 0 {
        #expect(world.engine.size == 128)
        #expect(world.sent.count <= 1_000)
        #expect(world.sent.allSatisfy { $0.segment.flags == [.syn, .ack] })
        world.forget()
      }
    }
    #expect(world.engine.counts.syns >= count - 10, "the same end twice is one")
    #expect(world.engine.counts.cookiesSent >= count - 138)
    #expect(world.engine.size == 128)

    // In the middle of it, one that is real.
    let iss = try world.open()
    #expect(world.engine.counts.cookiesAccepted == 1 && world.engine.size == 129)
    #expect(world.exchange(Array("still here".utf8), iss: iss) == Array("still here".utf8))
    world.receive(Segment(seq: ListenWorld.irs + 11, flags: .rst))
    #expect(world.findings.first?.outcome?.notes == [.synCookie, .resetByPeer])

    // What nobody answers is repeated five times each, then forgotten, in silence.
    world.forget()
    world.pass(.seconds(70))
    #expect(world.sent.count == 128 * 5)
    #expect(world.engine.size == 0 && world.findings.count == 129)
    #expect(world.engine.counts.abandoned == 128)
  }

  /// Acknowledgments of what was never sent are reset one by one, and leave nothing behind.
  @Test func invented() {
    var random = SystemRandomNumberGenerator()
    var world = ListenWorld(limits: { $0.halfOpen = 0 })
    world.receive(ListenWorld.syn())
    #expect(world.engine.counts.cookiesSent == 1 && world.engine.size == 0)
    world.forget()
    for _ in 0..<10_000 {
      let ack = SequenceNumber(UInt32.random(in: .min ... .max, using: &random))
      world.receive(Segment(seq: ListenWorld.irs, ack: ack), from: ListenFloodTests.anyone(&random))
    }
    #expect(world.engine.size == 0 && world.engine.counts.cookiesAccepted == 0)
    #expect(world.sent.count == 10_000 && world.sent.allSatisfy { $0.segment.flags == .rst })
  }

  /// Where no cookie was sent of late none is looked for.
  @Test func cookiesOfYesterday() throws {
    var world = ListenWorld(limits: { $0.halfOpen = 0 })
    let cookie = try world.answerToSyn()
    world.pass(SynCookie.period * 2 + .nanoseconds(1))
    let answers = world.receive(Segment(seq: ListenWorld.irs + 1, ack: cookie + 1))
    #expect(answers.map(\.segment.flags) == [.rst])
  }

  /// The cookie brings text along; a full table answers by silence, and the peer's next segment finds room.
  @Test func aCookieThatFindsNoRoomWaits() throws {
    var world = ListenWorld(.echo, limits: { ($0.halfOpen, $0.connections) = (0, 1) })
    let first = Endpoint(ListenWorld.client.address, 1)
    let cookie = try world.answerToSyn()
    try world.open(from: first)
    var segment = Segment(seq: ListenWorld.irs + 1, ack: cookie + 1, wnd: 999, textLength: 2)
    segment.flags.insert(.psh)
    #expect(world.receive(segment, text: [1, 2]).isEmpty)
    world.receive(Segment(seq: ListenWorld.irs + 1, flags: .rst), from: first)
    let answers = world.receive(segment, text: [1, 2])
    #expect(answers.contains { Array($0.data[$0.text]) == [1, 2] })
  }

  /// Anything at all: nothing traps, and the table stays within its bounds.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func randomSegments(seed: UInt64) {
    var random = Splitter(state: seed)
    var world = ListenWorld(.http, limits: { ($0.halfOpen, $0.connections, $0.idle) = (4, 4, .seconds(5)) })
    for _ in 0..<20_000 {
      let client = Endpoint(ListenWorld.client.address, UInt16.random(in: 0...15, using: &random))
      let known = world.sent.last { $0.flow.remote == client }?.segment
      let isPlausible = Bool.random(using: &random)
      let text = [UInt8](repeating: 0x0a, count: Int.random(in: 0...3, using: &random))
      let segment = Segment(
        seq: isPlausible
          ? known?.acknowledgment ?? ListenWorld.irs : SequenceNumber(UInt32.random(in: .min ... .max, using: &random)),
        ack: Bool.random(using: &random) ? known.map(\.end) : nil,
        flags: TCPFlags(rawValue: UInt16.random(in: 0...255, using: &random)).subtracting(isPlausible ? .rst : []),
        wnd: UInt16.random(in: 0...2_000, using: &random), textLength: text.count)
      let answers = world.receive(segment, text: text, from: client)
      #expect(answers.count <= 20, "seed \(seed)")
      #expect(world.engine.size <= 8, "seed \(seed)")
      if world.sent.count > 200 { world.forget() }
      if Int.random(in: 0...9, using: &random) == 0 { world.pass(.milliseconds(300)) }
    }
    world.interrupt()
    #expect(world.isDone && world.engine.size == 0, "seed \(seed)")
  }
}

/// SplitMix64: random numbers that a seed brings back.
private struct Splitter: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word >> 31)
  }
}
