import Repeatable
import Testing
import Timebase
import Wire

@testable import Handshake

/// The parts that the flow of text is made of, against models that are too simple to be wrong.
@Suite struct FlowPartsTests {
  /// Pieces of a text in any order, with overlaps: whatever is taken is that text, and no more is held than fits.
  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
  func reassemblyAgreesWithAModel(seed: UInt64) {
    var random = Random(seed: seed)
    let text = Trace.text(3_000, at: UInt32(seed))
    let capacity = [1, 64, 500, 4_000][Int(seed) % 4]
    var (reassembly, counting) = (
      Reassembly(capacity: capacity, keepsOctets: true), Reassembly(capacity: capacity, keepsOctets: false)
    )
    // Across the end of the circle.
    let start = SequenceNumber(UInt32.max - 1_000)
    var (next, taken, batch) = (0, [UInt8](), [UInt8]())
    var isThere = [Bool](repeating: false, count: text.count)
    for _ in 0..<20_000 where next < text.count {
      let room = min(reassembly.room, text.count - next)
      let offset = Int.random(in: 0...min(room, 600), using: &random)
      let count = Int.random(in: 0...min(room - offset, 200), using: &random)
      let piece = text[(next + offset)..<(next + offset + count)]
      let number = start + UInt32(next)
      let fresh = reassembly.insert(Array(piece).span.raw, count: count, at: offset, next: number)
      #expect(counting.insert(RawSpan(), count: count, at: offset, next: number) == fresh)
      for index in piece.indices { isThere[index] = true }
      if count > 0, offset == 0 || reassembly.islands.count < Reassembly.islandLimit {
        let gap = isThere[next...].firstIndex(of: false) ?? text.count
        #expect(fresh == gap - next)
      }
      next += fresh
      #expect(reassembly.waiting == next - taken.count && reassembly.held <= capacity)
      if Int.random(in: 0..<3, using: &random) == 0 {
        reassembly.take(into: &batch)
        taken += batch
      }
    }
    reassembly.take(into: &batch)
    taken += batch
    #expect(next == text.count && taken == text)
  }

  /// A packet that lost its end is named as that, and whose it is where its ports are there.
  @Test func truncatedIsNotMalformed() throws {
    let flow = Flow(
      local: Endpoint(.v4(IPv4Address(127, 0, 0, 1)), 1_000), remote: Endpoint(.v4(IPv4Address(127, 0, 0, 2)), 80))
    var frame = FrameBuffer()
    let segment = Segment(seq: SequenceNumber(1), flags: .ack)
    let text = [UInt8](repeating: 7, count: 100)
    let count = try frame.build { (out) throws(WireError) in
      try PacketAssembly.write(segment, flow: flow, text: text.span.raw, ipFields: IPFields(), into: &out)
    }
    let packet = frame.view(first: count)
    let whole = ReceivedPacket(packet, framing: .inBand, mayBeUnfinished: false)
    guard case .segment = whole.judged() else { return #expect(Bool(false), "the whole one is good") }
    let cut = ReceivedPacket(packet.extracting(first: 60), framing: .inBand, mayBeUnfinished: false, isTruncated: true)
    guard case .refused(let why, let whose) = cut.judged() else { return #expect(Bool(false), "it is not believed") }
    #expect(why == .truncated && whose == Flow(local: flow.remote, remote: flow.local))
  }

  @Test func moreGapsThanAreKeptAreNotTaken() {
    var reassembly = Reassembly(capacity: 65_535, keepsOctets: true)
    let next = SequenceNumber(7)
    for gap in 0..<200 {
      _ = reassembly.insert([1].span.raw, count: 1, at: 2 * gap + 1, next: next)
    }
    #expect(reassembly.islands.count == Reassembly.islandLimit)
    // What touches one that is there needs no room of its own; nor does what comes next.
    #expect(reassembly.insert([1].span.raw, count: 1, at: 0, next: next) == 2)
  }

  /// A flight against a list of its segments that counts everything anew each time.
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func aFlightAgreesWithAPlainList(seed: UInt64) {
    var random = Random(seed: seed)
    var flight = Flight()
    var model: [Flight.Piece] = []
    var (sent, acknowledged) = (0, 0)
    for round in 0..<3_000 {
      let now = Instant(nanoseconds: Int64(round))
      switch Int.random(in: 0..<6, using: &random) {
      case 0, 1:
        let count = Int.random(in: 1...40, using: &random)
        flight.append(sent..<(sent + count), at: now)
        model.append(Flight.Piece(start: sent, end: sent + count, sentAt: now))
        sent += count
      case 2:
        acknowledged = Int.random(in: acknowledged...min(sent, acknowledged + 60), using: &random)
        var told: [Flight.Piece] = []
        flight.acknowledge(upTo: acknowledged) { told.append($0) }
        #expect(told == model.filter { $0.end <= acknowledged && !$0.isHeld })
        model.removeAll { $0.end <= acknowledged }
        if let first = model.first { model[0].start = max(first.start, acknowledged) }
      case 3:
        let start = Int.random(in: acknowledged...sent, using: &random)
        let held = start..<Int.random(in: start...max(start, min(sent, start + 90)), using: &random)
        var told: [Flight.Piece] = []
        flight.hold(held) { told.append($0) }
        let news = model.indices.filter {
          !model[$0].isHeld && held.lowerBound <= model[$0].start && model[$0].end <= held.upperBound
        }
        #expect(told == news.map { model[$0] })
        for index in news { (model[index].isHeld, model[index].isLost) = (true, false) }
      case 4:
        let limit = Int.random(in: acknowledged...sent, using: &random)
        flight.markLost { $0.end <= limit }
        for index in model.indices where model[index].end <= limit && !model[index].isHeld {
          model[index].isLost = true
        }
      default:
        guard let index = flight.firstLost else { break }
        let end = min(model[index].end, model[index].start + 25)
        if end < model[index].end {
          model.insert(model[index], at: index + 1)
          model[index + 1].start = end
        }
        (model[index].end, model[index].isLost, model[index].isSentAgain) = (end, false, true)
        model[index].sentAt = now
        flight.sentAgain(index, upTo: end, at: now)
      }
      #expect((0..<flight.count).map { flight[$0] } == model)
      #expect(flight.firstLost == model.firstIndex(where: \.isLost))
      #expect(flight.held == model.filter(\.isHeld).reduce(0) { $0 + $1.count })
      #expect(flight.heldPieces == model.count(where: \.isHeld))
      #expect(flight.lost == model.filter(\.isLost).reduce(0) { $0 + $1.count })
      #expect(flight.outstanding == model.filter { !$0.isHeld && !$0.isLost }.reduce(0) { $0 + $1.count })
    }
  }

  /// RFC 5681 §3.1 and §3.2, RFC 6582 §3.2, RFC 6928 §2: the RFCs' own arithmetic.
  @Test func congestionControlArithmetic() {
    for (mss, initial) in [(536, 5_360), (1_460, 14_600), (1_448, 14_480), (2_190, 14_600), (9_000, 18_000)] {
      #expect(CongestionControl(mss: mss).window == initial)
    }
    var control = CongestionControl(mss: 100)
    control.acknowledged(250, mss: 100)
    #expect(control.window == 1_100)
    control.timedOut(inFlight: 1_000, mss: 100, isRepeated: false)
    control.timedOut(inFlight: 100, mss: 100, isRepeated: true)
    #expect(control.window == 100 && control.threshold == 500)
    for _ in 0..<4 { control.acknowledged(100, mss: 100) }
    #expect(control.window == 500)
    // One segment a round trip from there on.
    for _ in 0..<5 { control.acknowledged(100, mss: 100) }
    #expect(control.window == 600)
    control.beginRecovery(inFlight: 600, mss: 100, inflates: true)
    #expect(control.window == 600 && control.threshold == 300)
    control.inflate(mss: 100)
    control.deflate(by: 300, mss: 100)
    #expect(control.window == 500)
    control.endRecovery(inFlight: 50, mss: 100)
    #expect(control.window == 200)
    control.deflate(by: 5_000, mss: 100)
    #expect(control.window == 100)
    let before = CongestionControl(mss: 100)
    control = before
    control.reduce(inFlight: 900, mss: 100)
    #expect(control.window == 450 && control.threshold == 450)
    control.reduce(inFlight: 100, mss: 100)
    #expect(control.window == 200 && control.threshold == 200)
    control.undo(before)
    #expect(control.window == 1_000 && control.threshold == Int.max)
  }

  @Test("what exceeds the window in congestion avoidance counts for the next round trip (RFC 5681 §3.1)")
  func theRemainderCounts() {
    var control = CongestionControl(mss: 100)
    control.timedOut(inFlight: 400, mss: 100, isRepeated: false)
    control.acknowledged(100, mss: 100)
    #expect(control.window == 200 && control.threshold == 200)
    control.acknowledged(150, mss: 100)
    #expect(control.window == 200)
    control.acknowledged(100, mss: 100)
    #expect(control.window == 300, "250 of 200: 50 are left")
    control.acknowledged(249, mss: 100)
    #expect(control.window == 300)
    control.acknowledged(1, mss: 100)
    #expect(control.window == 400)
  }

  @Test("what a path is trusted with at each bound of RFC 5681 and RFC 6582")
  func boundsOfTheWindow() {
    var control = CongestionControl(mss: 100)
    control.acknowledged(50, mss: 100)
    #expect(control.window == 1_050, "no more than was acknowledged")
    control.timedOut(inFlight: 100, mss: 100, isRepeated: false)
    #expect(control.threshold == 200, "two segments at least")
    control.restart(mss: 100)
    #expect(control.window == 100, "an idle path is trusted with no more than before")
    control = CongestionControl(mss: 100)
    control.beginRecovery(inFlight: 1_000, mss: 100, inflates: false)
    #expect(control.window == 500)
    control.deflate(by: 50, mss: 100)
    #expect(control.window == 450, "less than a segment adds none")
    control.deflate(by: 100, mss: 100)
    #expect(control.window == 450)
    let recovering = control
    control = CongestionControl(mss: 100)
    control.undo(recovering)
    #expect(control.window == 1_000 && control.threshold == Int.max, "never less than there is")
    for (mss, window) in [(100, 1_000), (1_460, 14_600), (1_500, 14_600), (7_300, 14_600), (8_000, 16_000)] {
      #expect(CongestionControl.initialWindow(mss: mss) == window)
    }
  }
}
