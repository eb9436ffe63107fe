import Timebase

/// One connection of the model: RFC 9293's variables and states.
struct ModelConnection {
  enum State {
    case closed, synSent, synReceived, established, finWait1, finWait2, closeWait, closing, lastAck, timeWait
  }

  /// What the host says of its connections.
  struct Rules {
    var address: [UInt8]
    var service: ModelTCP.Service
    var fault: ModelTCP.Fault?
    var receiveBuffer: Int
    var understandsAccECN: Bool
  }

  let rules: Rules
  var fault: ModelTCP.Fault? { rules.fault }
  let flow: ModelTCP.Flow
  /// Where its segments come from.
  private var source: [UInt8]
  var state = State.closed
  /// Whether it was ESTABLISHED before the segment that is being read.
  var wasEstablished = false

  // What is sent. `outgoing` begins at `una`; `cursor` is what is sent next, and moves back to send again.
  var iss: UInt32
  var una: UInt32, nxt: UInt32, cursor: UInt32
  var sendWindow: UInt32 = 0, largestWindow: UInt32 = 0
  var windowSeq: UInt32 = 0, windowAck: UInt32 = 0
  var outgoing: [UInt8] = []
  /// The application has closed; whether it has let go of the socket as a whole.
  var hasClosed = false, isOrphan = false
  /// Whether the FIN is among what was sent.
  var hasSentFIN = false
  var congestionWindow = 0

  // What is received.
  var irs: UInt32 = 0
  var received: UInt32 = 0
  var hasReceivedFIN = false
  var unread: [UInt8] = []
  /// Text that came ahead of what is missing, the latest first.
  var ahead: [(seq: UInt32, text: [UInt8], hasFIN: Bool)] = []
  /// The latest old text, for a D-SACK (RFC 2883).
  var old: (start: UInt32, end: UInt32)?

  // What was agreed.
  var peerMSS: Int
  var pathMTU = 1_500
  var hasScale = false, hasSACK = false, hasTimestamps = false, hasECN = false
  var sendShift: UInt8 = 0
  static let receiveShift: UInt8 = 7
  var recent: UInt32 = 0
  var lastACK: UInt32 = 0
  /// Congestion was experienced, and is echoed until CWR comes.
  var echoesCongestion = false
  /// The flags of its SYN-ACK.
  var synAckFlags: PeerSegment.Flags = [.syn, .ack]
  var synAckReserved: UInt8 = 0
  /// The ACK of a FIN that is not to count it.
  var hidesFIN = false

  // Time.
  var deadline: Instant?
  var timeout = Interval.seconds(1)
  var tries = 0
  /// How long TIME-WAIT takes, and an abandoned FIN-WAIT-2.
  static let twoLifetimes = Interval.seconds(60)
  private let clockOffset: UInt32

  init(flow: ModelTCP.Flow, rules: Rules, at now: Instant) {
    (self.flow, self.rules, source) = (flow, rules, rules.address)
    iss = ModelConnection.key(flow, salt: 1) &+ UInt32(truncatingIfNeeded: now.nanoseconds / 64)
    clockOffset = ModelConnection.key(flow, salt: 2)
    (una, nxt, cursor) = (iss, iss, iss)
    peerMSS = rules.address.count == 4 ? 536 : 1_220
  }

  /// A number that is fixed for a flow and looks random between flows (RFC 6528).
  private static func key(_ flow: ModelTCP.Flow, salt: UInt64) -> UInt32 {
    var hash = 0x9e37_79b9_7f4a_7c15 &* (salt &+ 0x1234_5678)
    let ports: [UInt8] = [
      UInt8(flow.remotePort >> 8), UInt8(flow.remotePort & 255), UInt8(flow.localPort >> 8),
      UInt8(flow.localPort & 255),
    ]
    for octet in flow.remote + ports {
      hash = (hash ^ UInt64(octet)) &* 0x0100_0000_01b3
      hash ^= hash >> 29
    }
    hash = (hash ^ (hash >> 31)) &* 0xbf58_476d_1ce4_e5b9
    return UInt32(truncatingIfNeeded: hash >> 32)
  }

  /// Answers from another address than the host's: that to which the SYN went.
  mutating func answers(from address: [UInt8]) { source = address }
}

// MARK: Segments

extension ModelConnection {
  /// The most text that a segment carries, options deducted (RFC 6691).
  var segmentSize: Int {
    let header = rules.address.count == 4 ? 40 : 60
    return max(min(peerMSS, pathMTU - header), 48) - (hasTimestamps ? 12 : 0)
  }

  /// Octets that may still come.
  var receiveWindow: UInt32 { UInt32(max(rules.receiveBuffer - unread.count, 0)) }

  private func windowField(isSYN: Bool) -> UInt16 {
    let isScaled = isSYN ? fault == .synWindowScaled : fault != .windowNeverScaled
    let window = hasScale && isScaled ? receiveWindow >> UInt32(ModelConnection.receiveShift) : receiveWindow
    return UInt16(min(window, 65_535))
  }

  private func clock(_ now: Instant) -> UInt32 {
    clockOffset &+ UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000)
  }

  /// The options of a SYN or SYN-ACK.
  private func synOptions(at now: Instant) -> [UInt8] {
    let isActive = state == .synSent
    let size = UInt16(rules.address.count == 4 ? 1_460 : 1_440)
    var options: [UInt8] = [2, 4, UInt8(size >> 8), UInt8(size & 255)]
    let permitted = hasSACK || isActive || fault == .sackUnoffered
    let timestamps =
      hasTimestamps || isActive || fault == .timestampsUnoffered
      ? [UInt8].timestamps(clock(now), echo: fault == .echoZero ? 0 : recent) : []
    if permitted, !timestamps.isEmpty {
      options += [4, 2] + timestamps
    } else if permitted {
      options += .aligned([4, 2])
    } else if !timestamps.isEmpty {
      options += .aligned(timestamps)
    }
    if hasScale || isActive || fault == .scaleUnoffered {
      options += .aligned([3, 3, ModelConnection.receiveShift])
    }
    return options
  }

  private func laterOptions(_ flags: PeerSegment.Flags, text: Int, at now: Instant) -> [UInt8] {
    var options: [UInt8] = []
    if hasTimestamps { options += .aligned(.timestamps(clock(now), echo: recent)) }
    let blocks = (old.map { [$0] } ?? []) + islands
    if hasSACK, text == 0, flags.contains(.ack), !flags.contains(.rst), !blocks.isEmpty {
      options += .aligned(.sack(Array(blocks.prefix(hasTimestamps ? 3 : 4))))
    }
    return options
  }

  /// What has come ahead, as blocks; neighbours are one.
  private var islands: [(start: UInt32, end: UInt32)] {
    var blocks: [(start: UInt32, end: UInt32)] = []
    for piece in ahead {
      let (start, end) = (piece.seq, piece.seq &+ UInt32(piece.text.count) &+ (piece.hasFIN ? 1 : 0))
      if let index = blocks.firstIndex(where: { $0.start == end || $0.end == start }) {
        if blocks[index].start == end { blocks[index].start = start } else { blocks[index].end = end }
      } else {
        blocks.append((start, end))
      }
    }
    return blocks
  }

  /// A segment of this connection.
  mutating func segment(
    _ flags: PeerSegment.Flags, seq: UInt32, text: ArraySlice<UInt8> = [], at now: Instant
  ) -> PeerSegment {
    var segment = PeerSegment(
      source: source, destination: flow.remote, sourcePort: flow.localPort, destinationPort: flow.remotePort,
      seq: seq, ack: 0, flags: flags)
    let isSYN = flags.contains(.syn)
    if flags.contains(.ack) {
      segment.ack = hidesFIN ? received &- 1 : received
      lastACK = received
      if echoesCongestion, !isSYN, !flags.contains(.rst) { segment.flags.insert(.ece) }
    }
    segment.window = flags.contains(.rst) ? 0 : windowField(isSYN: isSYN)
    segment.options = isSYN ? synOptions(at: now) : laterOptions(flags, text: text.count, at: now)
    segment.payload = Array(text)
    if isSYN, flags.contains(.ack) { segment.reserved = synAckReserved }
    if !flags.contains(.rst) { (hidesFIN, old) = (false, nil) }
    return segment
  }

  /// An acknowledgment of all that has come.
  mutating func acknowledgment(at now: Instant) -> PeerSegment { segment(.ack, seq: nxt, at: now) }

  /// Its SYN-ACK.
  mutating func synAck(at now: Instant) -> PeerSegment {
    var segment = segment(synAckFlags, seq: iss, at: now)
    if fault == .synNotCounted, irs != .max { segment.ack = irs }
    if fault == .wrapSkipsZero, irs == .max { segment.ack = 1 }
    return segment
  }
}

// MARK: Opening

extension ModelConnection {
  /// Sends the SYN of an active open.
  mutating func open(at now: Instant) -> [PeerSegment] {
    (state, nxt) = (.synSent, iss &+ 1)
    cursor = nxt
    deadline = now + timeout
    return [segment(.syn, seq: iss, at: now)]
  }

  /// Answers a SYN to a listening port.
  mutating func accept(
    _ segment: PeerSegment, _ options: ModelOptions, iss: UInt32?, at now: Instant
  ) -> [PeerSegment] {
    if let iss { self.iss = iss }
    (una, nxt) = (self.iss, self.iss &+ 1)
    cursor = nxt
    state = .synReceived
    learn(segment, options)
    let bits = segment.flags.intersection([.ece, .cwr])
    if rules.understandsAccECN, bits == [.ece, .cwr], segment.reserved & 1 == 1 {
      // How the SYN's own ECN field arrived (RFC 9768 §3.1.1, table 2): AE, CWR, ECE.
      switch segment.typeOfService & 3 {
      case 1: synAckFlags.formUnion([.cwr, .ece])
      case 2: synAckReserved = 1
      case 3: (synAckReserved, synAckFlags) = (1, [.syn, .ack, .cwr])
      default: synAckFlags.insert(.cwr)
      }
    } else if bits == [.ece, .cwr] {
      (hasECN, synAckFlags) = (true, [.syn, .ack, .ece])
    } else if bits == .ece, fault == .echoOfECEAlone {
      synAckFlags.insert(.ece)
    }
    deadline = now + timeout
    return [synAck(at: now)]
  }

  /// What the other end's SYN says.
  mutating func learn(_ segment: PeerSegment, _ options: ModelOptions) {
    (irs, received) = (segment.seq, segment.seq &+ 1)
    // What is behind an unknown option is another check's affair.
    if let size = options.maximumSegmentSize, fault != .offeredMSSIgnored || options.hasUnknown {
      // 0 is as if there were none; the floor is Linux's.
      if size > 0 { peerMSS = max(Int(size), 48) }
    } else if options.maximumSegmentSize != nil || fault == .defaultMSSIgnored {
      peerMSS = 1_460
    }
    hasScale = options.windowShift != nil
    sendShift = fault == .peerScaleIgnored ? 0 : options.windowShift ?? 0
    hasSACK = options.permitsSACK
    hasTimestamps = options.timestamps != nil
    recent = options.timestamps?.value ?? 0
    sendWindow = UInt32(segment.window)
    largestWindow = max(largestWindow, sendWindow)
    (windowSeq, windowAck) = (segment.seq, segment.ack)
    congestionWindow = 10 * segmentSize
  }

  /// SYN-SENT, in RFC 9293's order (§3.10.7.3).
  mutating func opening(_ segment: PeerSegment, at now: Instant) -> [PeerSegment] {
    let flags = segment.flags
    if flags.contains(.ack), segment.ack != nxt {
      return flags.contains(.rst) ? [] : [reset(answering: segment)]
    }
    if flags.contains(.rst) {
      if flags.contains(.ack) { state = .closed }
      return []
    }
    guard flags.contains(.syn) else { return [] }
    let options = ModelOptions(segment.options, fault: fault)
    learn(segment, options)
    guard flags.contains(.ack) else {
      if fault == .simultaneousOpenReset {
        state = .closed
        return [reset(answering: segment)]
      }
      (state, deadline, tries) = (.synReceived, now + .seconds(1), 0)
      return [synAck(at: now)]
    }
    una = nxt
    return established(by: segment, at: now) + [acknowledgment(at: now)]
  }

  /// Enters ESTABLISHED; what the application sends at once comes back.
  mutating func established(by segment: PeerSegment, at now: Instant) -> [PeerSegment] {
    state = .established
    (deadline, timeout, tries) = (nil, .seconds(1), 0)
    una = nxt
    cursor = nxt
    let isSYN = segment.flags.contains(.syn)
    sendWindow = UInt32(segment.window) << (isSYN ? 0 : UInt32(sendShift))
    largestWindow = max(largestWindow, sendWindow)
    (windowSeq, windowAck) = (segment.seq, segment.ack)
    if case .source(let octets) = rules.service { outgoing = [UInt8](repeating: 0x78, count: octets) }
    return []
  }

  /// RFC 9293 §3.10.7.1: the reset that a segment gets to which nothing belongs.
  func reset(answering segment: PeerSegment) -> PeerSegment {
    segment.flags.contains(.ack)
      ? segment.answer(.rst, seq: segment.ack, window: 0)
      : segment.answer([.rst, .ack], seq: 0, ack: segment.seq &+ segment.length, window: 0)
  }
}
