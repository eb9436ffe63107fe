import Testing
import Timebase
import Wire

@testable import Handshake

/// The parts that the machine is made of.
@Suite struct PartsTests {
  /// RFC 9293 §3.4, table 6: length, window, offset from RCV.NXT, and whether that is acceptable.
  static let acceptance: [(length: Int, window: UInt32, offset: Int, isAccepted: Bool)] = [
    (0, 0, 0, true), (0, 0, 1, false), (0, 0, -1, false), (0, 100, 0, true), (0, 100, 99, true), (0, 100, 100, false),
    (0, 100, -1, false), (1, 0, 0, false), (1, 0, -1, false), (10, 100, 0, true), (10, 100, -9, true),
    (10, 100, -10, false), (10, 100, 99, true), (10, 100, 100, false), (200, 100, -50, false), (200, 100, -150, true),
  ]

  @Test(arguments: acceptance)
  func acceptanceOfASegment(length: Int, window: UInt32, offset: Int, isAccepted: Bool) {
    for next: UInt32 in [1_000, 5, UInt32.max] {
      var block = ControlBlock(iss: SequenceNumber(1), window: window)
      block.rcv.nxt = SequenceNumber(next)
      let seq = SequenceNumber(next &+ UInt32(truncatingIfNeeded: offset))
      #expect(block.accepts(Segment(seq: seq, textLength: length)) == isAccepted)
    }
  }

  @Test func theWindowFieldIsScaledDownAndRoundedUp() {
    let rows: [(UInt32, UInt8, UInt16)] = [
      (64_240, 0, 64_240), (64_240, 7, 502), (64_240, 14, 4), (0, 7, 0), (1, 14, 1), (65_535, 1, 32_768),
    ]
    for (window, scale, field) in rows {
      var block = ControlBlock(iss: SequenceNumber(1), window: window)
      block.rcv.scale = scale
      #expect(block.windowField == field)
    }
  }

  @Test func anOlderSegmentDoesNotChangeTheWindow() {
    var block = ControlBlock(iss: SequenceNumber(1), window: 100)
    block.setWindow(500, from: Segment(seq: SequenceNumber(10)), ack: SequenceNumber(5))
    let updates: [(seq: UInt32, ack: UInt32, window: UInt16, expected: UInt32)] = [
      (9, 6, 1, 500), (10, 4, 2, 500), (10, 5, 3, 3), (10, 6, 4, 4), (11, 1, 5, 5),
    ]
    for (seq, ack, window, expected) in updates {
      block.updateWindow(from: Segment(seq: SequenceNumber(seq), wnd: window), ack: SequenceNumber(ack))
      #expect(block.snd.wnd == expected)
    }
    #expect(block.snd.maxWnd == 500)
  }

  /// RFC 6298 §2: the RFC's own arithmetic, alpha 1/8 and beta 1/4.
  @Test func retransmissionTimeoutArithmetic() {
    var timer = Retransmission(initial: .seconds(1))
    timer.sample(.milliseconds(800))
    #expect(timer.smoothedRTT == .milliseconds(800) && timer.variation == .milliseconds(400))
    #expect(timer.timeout == .milliseconds(2_400))
    timer.sample(.milliseconds(1_600))
    #expect(timer.variation == .milliseconds(500) && timer.smoothedRTT == .milliseconds(900))
    #expect(timer.timeout == .milliseconds(2_900))
    timer.backOff()
    #expect(timer.timeout == .milliseconds(5_800))
    timer.restart()
    #expect(timer.timeout == .milliseconds(2_900))
    var fast = Retransmission(initial: .seconds(1))
    fast.sample(.microseconds(100))
    #expect(fast.timeout == .microseconds(200_100))
    #expect(fast.probeTimeout(isSingle: false) == .microseconds(10_100))
    #expect(fast.probeTimeout(isSingle: true) == .microseconds(210_100))
    #expect(timer.probeTimeout(isSingle: false) == .milliseconds(2_900))
    #expect(Retransmission(initial: .seconds(3)).probeTimeout(isSingle: false) == .seconds(1))
  }

  @Test func retransmissionTimeoutIsBounded() {
    for initial: Int64 in [.min, -1, 0, 1, 59_000_000_000, 61_000_000_000, .max] {
      var timer = Retransmission(initial: Interval(nanoseconds: initial))
      for _ in 0..<100 { timer.backOff() }
      #expect(timer.timeout >= .zero)
      #expect(timer.timeout <= max(.seconds(60), min(Interval(nanoseconds: initial), Retransmission.longestWait)))
      timer.beginData()
      timer.sample(.seconds(100_000))
      #expect(timer.timeout <= max(.seconds(60), Retransmission.longestWait))
    }
  }

  /// A packet of a log: every third is ours, and has left.
  private func entry(_ number: UInt32) -> PacketLog.Entry {
    PacketLog.Entry(
      direction: number % 3 == 0 ? .sent : .received, content: .unreadable,
      stamp: Stamp(instant: Instant(nanoseconds: 0), wall: WallTime(nanoseconds: 0)), state: .closed, peer: .closed,
      number: number)
  }

  @Test func exchangeIsBounded() {
    var log = PacketLog()
    for number in 0..<UInt32(PacketLog.capacity + 100) {
      log.append(entry(number)) { _ in false }
      log.transmitted(number, kernel: WallTime(nanoseconds: Int64(number)))
    }
    #expect(log.entries.count == PacketLog.capacity && log.omitted == 100)
    let stamped = log.entries.enumerated().filter { $0.element.stamp.kernel != nil }
    #expect(stamped.map(\.offset) == Array(stride(from: 0, to: PacketLog.capacity, by: 3)), "what came has its own")
    #expect(stamped.allSatisfy { $0.element.stamp.kernel == WallTime(nanoseconds: Int64($0.offset)) })
  }

  @Test("Beyond its capacity a log keeps what steps lie between, and forgets what they no longer do")
  func exchangeKeepsWhatIsNeeded() {
    var log = PacketLog()
    let count = UInt32(100_000)
    for number in 0..<count {
      log.append(entry(number)) { $0 == 600 || $0 == number }
      #expect(log.entries.count <= PacketLog.capacity + 64)
    }
    let beyond = log.entries[PacketLog.capacity...].map(\.number)
    #expect(beyond.first == 600 && beyond.last == count - 1)
    #expect(log.entries.count + log.omitted == Int(count))
    #expect(log.place(of: 600) == PacketLog.capacity && log.place(of: 700) == nil)
  }

  @Test("A log in the order of its stamps keeps each change of state with its packet")
  func exchangeInOrderOfStamps() {
    // Our second packet was made before the third was read, and left after that had come.
    let packets: [(milliseconds: Int64, State, State)] = [
      (0, .established, .established), (30, .finWait1, .established), (20, .finWait1, .established),
      (40, .finWait1, .closeWait),
    ]
    var log = PacketLog()
    for (number, packet) in packets.enumerated() {
      let time = packet.milliseconds * 1_000_000
      log.append(
        PacketLog.Entry(
          direction: number == 1 ? .sent : .received, content: .unreadable,
          stamp: Stamp(
            instant: Instant(nanoseconds: time), wall: WallTime(nanoseconds: time), kernel: WallTime(nanoseconds: time)),
          state: packet.1, peer: packet.2, number: UInt32(number))
      ) { _ in false }
    }
    let sorted = log.inOrderOfStamps()
    #expect(sorted.entries.map(\.number) == [0, 2, 1, 3])
    #expect(sorted.entries.map(\.state) == [.established, .established, .finWait1, .finWait1])
    #expect(sorted.entries.map(\.peer) == [.established, .established, .established, .closeWait])
    #expect(sorted.place(of: 1) == 2 && sorted.inOrderOfStamps() == sorted)
  }

  @Test func exchangeTellsWhereBothEndsStood() throws {
    var trace = Trace()
    try trace.play(
      ClosingTests.closing + """
        0.15  < R 7:7(0)  ! rst-mismatch
        0.15  > . 2:2(0) ack 1
        0.2   < F. 1:1(0) ack 2
        0.2   > . 2:2(0) ack 2
        0.2   -
        """)
    let entries = trace.conversation.log.entries
    #expect(
      entries.map { [$0.state, $0.peer] } == [
        [.synSent, .listen], [.established, .synReceived], [.established, .synReceived], [.finWait1, .synReceived],
        [.finWait1, .synReceived], [.finWait1, .synReceived], [.timeWait, .lastAck], [.timeWait, .closed],
      ])
    #expect(entries.map { $0.direction == .sent } == [true, false, true, true, false, true, false, true])
    #expect(entries.map(\.refusal) == [nil, nil, nil, nil, .rstMismatch, nil, nil, nil])
  }

  /// The option lists that Linux sends for the same offers.
  @Test func offersAreWrittenAsLinuxWritesThem() {
    let rows: [(SynOptions, String)] = [
      (SynOptions(), "mss 1460,sackOK,TS val 1 ecr 2,nop,wscale 7"),
      (SynOptions(timestamps: false), "mss 1460,nop,nop,sackOK,nop,wscale 7"),
      (SynOptions(sack: false), "mss 1460,nop,nop,TS val 1 ecr 2,nop,wscale 7"),
      (SynOptions(windowScale: nil, sack: false, timestamps: false), "mss 1460"),
      (SynOptions(maximumSegmentSize: nil, windowScale: nil, sack: false, timestamps: false), ""),
    ]
    for (offer, text) in rows {
      let bases = TraceLine.Bases(ours: SequenceNumber(0), theirs: SequenceNumber(0))
      let line = try? TraceLine("0 > S 0:0(0) <\(text)>", bases)
      guard case .sends(let expected) = line?.event else {
        Issue.record("\(text)")
        continue
      }
      let list = offer.list(value: 1, echoReply: 2)
      #expect(list == expected.segment.options)
      #expect(list.count % 4 == 0)
    }
  }

  @Test func namesOfStates() {
    #expect(State.timeWait.identifier == "TIME_WAIT" && State.finWait1.identifier == "FIN_WAIT_1")
    #expect(State.synReceived.shortName == "SYN-RCVD" && State.lastAck.shortName == "LAST-ACK")
    #expect(Notes.names.map(\.name).count == Set(Notes.names.map(\.name)).count)
    #expect(Notes([.halfOpenPeer, .windowZero]).list == ["window-zero", "half-open-peer"])
  }

  @Test func endpointsAreReadable() {
    #expect("\(Endpoint(.v4(IPv4Address(192, 0, 2, 1)), 80))" == "192.0.2.1:80")
    #expect("\(Endpoint(.v6(IPv6Address(1)), 443))" == "[::1]:443")
  }

  @Test("without a lost SYN the first wait stays as it was asked for (RFC 6298 §5.7)")
  func theWaitBeforeData() {
    for (wait, hasLost, timeout) in [
      (1_000, false, 1_000), (1_000, true, 3_000), (100, true, 300), (100, false, 100), (2_000, true, 4_000),
    ] as [(Int64, Bool, Int64)] {
      var timer = Retransmission(initial: .milliseconds(wait))
      if hasLost { timer.backOff() }
      timer.beginData()
      #expect(timer.timeout == .milliseconds(timeout))
    }
  }
}
