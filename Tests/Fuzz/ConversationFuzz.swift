/// Any peer against any plan: the machine keeps within its bounds, makes progress with each timer, and comes to an end.
@c(LLVMFuzzerTestOneInput)
public func fuzzConversation(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let octets = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  guard octets.count > 3 else { return 0 }
  var match = Match(octets[0], octets[1], octets[2])
  for at in stride(from: 3, to: octets.count - 7, by: 8) { match.play(Array(octets[at..<at + 8])) }
  match.end()
  return 0
}

/// A conversation in virtual time, and the peer that plays against it.
private struct Match {
  private var conversation: TracedConnection
  private var now = Stamp(instant: Instant(nanoseconds: 1_000_000_000), wall: WallTime(nanoseconds: 0))
  private static let zeros = [UInt8](repeating: 0, count: 65_535)

  init(_ manner: UInt8, _ sizes: UInt8, _ ends: UInt8) {
    var plan = Plan()
    plan.isInteractive = manner & 1 != 0
    plan.isPassive = manner & 2 != 0
    plan.mode = manner & 4 != 0 ? .halfOpen : .full
    plan.confirm = manner & 8 != 0
    plan.timeWait = manner & 16 != 0 ? .seconds(60) : .zero
    plan.joinsSmallSegments = manner & 32 != 0
    if manner & 64 != 0 { plan.flags = TCPFlags(rawValue: UInt16(ends)) }
    plan.window = [0, 1, 999, 65_535][Int(sizes & 3)]
    plan.receiveLimit = sizes & 4 != 0 ? 200_000 : nil
    plan.textLimit = [40, 41, 536, 1_460][Int(sizes >> 3 & 3)]
    plan.retries = [0, 2, 15, -5][Int(sizes >> 5 & 3)]
    plan.data = sizes & 128 != 0 ? [UInt8](repeating: 0x61, count: 5_000) : []
    plan.close = CloseManner.allCases[Int(ends) % CloseManner.allCases.count]
    let flow = Flow(
      local: Endpoint(.v4(IPv4Address(10, 0, 0, 1)), 40_000), remote: Endpoint(.v4(IPv4Address(10, 0, 0, 2)), 80))
    // Our numbers go round the circle on the way.
    conversation = TracedConnection(plan, flow: flow, seed: Seed(iss: 0xffff_fff0, timestamp: 0xffff_ff00))
    send(conversation.start(at: now))
  }

  mutating func play(_ move: [UInt8]) {
    switch move[0] & 7 {
    case 0...4: receive(move)
    case 5:
      pass(.milliseconds(Int64(move[1]) * Int64(move[1])))
    case 6: own(move)
    default:
      let quoted = conversation.connection.tcb.snd.iss + UInt32(move[2])
      let notice = ICMPNotice(
        type: 3, code: move[1] & 15, verdict: ICMPVerdict(v4: 3, code: move[1] & 15), quotedSequence: quoted)
      check(conversation.receive(notice, hopLimit: 64, at: now) == nil, "answers ICMP")
    }
    expire()
    checkBounds()
  }

  /// A segment whose numbers lie near those that count, with options that are right, wrong or cut.
  private mutating func receive(_ move: [UInt8]) {
    let (snd, rcv) = (conversation.connection.tcb.snd, conversation.connection.tcb.rcv)
    let scale: UInt32 = [1, 100, 1 << 14, 1 << 25][Int(move[1] >> 2 & 3)]
    func moved(_ number: SequenceNumber, by octet: UInt8) -> SequenceNumber {
      number + UInt32(bitPattern: Int32(Int8(bitPattern: octet))) &* scale
    }
    var segment = Segment(seq: moved(move[1] & 1 == 0 ? rcv.nxt : rcv.irs, by: move[2]))
    segment.acknowledgment = moved(move[1] & 2 == 0 ? snd.nxt : snd.una, by: move[3])
    segment.flags = TCPFlags(rawValue: UInt16(move[4] ^ 0x10))
    segment.wnd = UInt16(move[5]) << (move[1] >> 4 & 7)
    segment.textLength = Int(move[6]) << (move[1] >> 4 & 7)
    segment.options = options(move[7], snd.una, move[3])
    let before = conversation.connection
    let text = Match.zeros.span.raw.extracting(first: segment.textLength)
    let answer = conversation.receive(segment, text: text, ip: IPMarks(hopLimit: 64), at: now)
    check(answer == nil || !before.isFinished, "answers once it is over")
    if let answer, segment.flags.contains(.rst) { check(answer.segment.flags == .ack, "answers an RST") }
    send(answer)
  }

  private func options(_ kind: UInt8, _ una: SequenceNumber, _ step: UInt8) -> TCPOptionList {
    var list = TCPOptionList()
    switch kind & 7 {
    case 0, 1: break
    case 2:
      list.appendMaximumSegmentSize(UInt16(kind) << 3)
      list.appendWindowScale(kind >> 3)
      list.appendSACKPermitted()
      list.appendTimestamps(value: UInt32(kind), echoReply: 0xffff_ff00)
    case 3, 4: list.appendTimestamps(value: UInt32(kind >> 3), echoReply: 0xffff_ff00 &+ UInt32(step))
    case 5, 6:
      let blocks = (0..<UInt32(kind >> 3 & 3) + 1).map { index in
        let left = una + UInt32(step) &* (index + 1) &* UInt32(kind)
        return SACKBlock(left: left, right: left + UInt32(kind) &* 16)
      }
      list.append(.sack(blocks))
    default:
      let octets = [kind, step, kind &+ step, step &* 3, 5, kind, 1, 0]
      list.append(raw: octets.span.raw)
    }
    return list
  }

  /// What an owner does.
  private mutating func own(_ move: [UInt8]) {
    switch move[1] & 7 {
    case 0, 1, 2:
      // An owner keeps to what is under way, as those of this program do.
      if conversation.connection.unacknowledged < 100_000 {
        conversation.write([UInt8](repeating: move[2], count: Int(move[3]) << (move[1] >> 3 & 7)))
      }
    case 3, 4: _ = conversation.takeReceived()
    case 5: conversation.shutdown()
    case 6: if move[2] == 0 { send(conversation.abort(at: now, isOverdue: move[3] & 1 != 0)) }
    default: conversation.refuse(.malformed, at: now)
    }
  }

  private mutating func pass(_ time: Interval) {
    now.instant = now.instant + time
    now.wall = now.wall + time
  }

  /// Does all that is due.
  private mutating func expire() {
    var idle = 0
    var sent = 0
    while let deadline = conversation.connection.nextDeadline, deadline <= now.instant {
      let outgoing = conversation.expire(at: now)
      idle = outgoing == nil ? idle + 1 : 0
      sent += 1
      send(outgoing)
      check(idle < 8, "a timer without progress")
      check(sent < 20_000, "timers without end")
    }
  }

  private mutating func send(_ outgoing: Outgoing?) {
    guard let outgoing else { return }
    let connection = conversation.connection
    check(outgoing.segment.textLength == outgoing.text.count, "not as long as its text")
    check(outgoing.text.upperBound <= connection.octets(behind: outgoing).count, "text that is not there")
    check(
      outgoing.segment.textLength + outgoing.segment.options.paddedCount <= max(connection.plan.textLimit, 80),
      "longer than the path")
    conversation.departed(outgoing.number, at: now)
    conversation.transmitted(outgoing.number, kernel: now.wall)
  }

  private func checkBounds() {
    let connection = conversation.connection
    let (reassembly, sender) = (connection.reassembly, connection.sender)
    check(conversation.log.entries.count <= PacketLog.capacity, "keeps too many packets")
    check(reassembly.islands.count <= Reassembly.islandLimit, "keeps too many islands")
    check(reassembly.held <= reassembly.capacity, "keeps more than it offers")
    check(sender.flight.outstanding >= 0 && sender.flight.held >= 0 && sender.flight.lost >= 0, "counts below nothing")
    check(sender.flight.count <= sender.inFlight, "keeps more segments than octets")
    check(
      !connection.plan.isInteractive || connection.received + Int(connection.tcb.rcv.wnd) <= reassembly.capacity,
      "offers more than there is")
  }

  /// The peer has gone: all that is left are timers, and with an owner who gives up they come to an end.
  mutating func end() {
    if conversation.connection.plan.isInteractive || conversation.connection.plan.isPassive {
      send(conversation.abort(at: now))
    }
    var rounds = 0
    while !conversation.connection.isFinished {
      rounds += 1
      guard let deadline = conversation.connection.nextDeadline else { return check(false, "waits for nothing") }
      check(rounds < 400, "does not end")
      now.instant = max(now.instant, deadline)
      expire()
    }
    guard let outcome = Outcome(conversation) else { return }
    check(outcome.steps.allSatisfy { ($0.measurement?.interval ?? .zero) >= .zero }, "a time below nothing")
  }
}
