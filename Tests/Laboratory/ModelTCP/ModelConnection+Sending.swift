import Timebase

/// What the application does, and what leaves: text, FIN, retransmissions, and probes of a closed window.
extension ModelConnection {
  /// Lets the application read and write; whether it has done something that is to be told at once.
  mutating func runApplication() -> Bool {
    let hadFIN = hasClosed
    let isOver = hasReceivedFIN
    switch rules.service {
    case .echo:
      write(unread)
      unread = []
      if isOver { hasClosed = true }
    case .discard, .source:
      unread = []
      if isOver { hasClosed = true }
    case .http(let octets):
      if !hasClosed, isRequestWhole {
        unread = []
        write(ModelConnection.response(octets: octets))
        (hasClosed, isOrphan) = (true, true)
      }
      if isOver { (hasClosed, unread) = (true, []) }
    case .sink: break
    case .closes:
      if !unread.isEmpty {
        state = .closed
        return true
      }
      if isOver { hasClosed = true }
    }
    return hasClosed && !hadFIN
  }

  private mutating func write(_ text: [UInt8]) {
    guard !hasClosed else { return }
    outgoing += text
  }

  /// A line alone is a request of the oldest HTTP; a newer one ends in an empty line.
  private var isRequestWhole: Bool {
    guard let end = unread.firstIndex(of: 10) else { return false }
    let line = unread[..<end]
    let isNewer = line.indices.contains { line[$0...].starts(with: "HTTP/".utf8) }
    if !isNewer { return true }
    let text = unread.filter { $0 != 13 }
    return text.indices.contains { text[$0] == 10 && $0 + 1 < text.count && text[$0 + 1] == 10 }
  }

  private static func response(octets: Int) -> [UInt8] {
    let head = Array("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ".utf8)
    // The whole has so many octets, its head included; a shorter one is the head alone.
    var body = max(octets - head.count - 4, 0)
    body = max(octets - head.count - 4 - "\(body)".utf8.count, 0)
    return head + Array("\(body)\r\n\r\n".utf8) + [UInt8](repeating: 0x78, count: body)
  }

  private var hasMore: Bool { Int(cursor &- una) < outgoing.count || hasClosed && !isFINOut }
  /// Whether the FIN lies behind the cursor.
  private var isFINOut: Bool { hasSentFIN && cursor == nxt }

  /// Sends what may be sent, or at least an acknowledgment where one is due; sets the timer.
  mutating func transmit(mustAnswer: Bool, at now: Instant) -> [PeerSegment] {
    var segments: [PeerSegment] = []
    while let segment = nextSegment(limit: nil, at: now) { segments.append(segment) }
    if segments.isEmpty, mustAnswer { segments.append(acknowledgment(at: now)) }
    arm(at: now)
    return segments
  }

  /// The next segment of text or FIN that the windows let out.
  private mutating func nextSegment(limit: Int?, at now: Instant) -> PeerSegment? {
    guard ![.synSent, .synReceived, .closed, .timeWait, .finWait2].contains(state), hasMore else { return nil }
    let flight = Int(cursor &- una)
    let available = outgoing.count - flight
    let window = fault == .zeroWindowOverrun ? max(Int(sendWindow), segmentSize) : Int(sendWindow)
    let room = min(window, congestionWindow) - flight
    let size = limit ?? min(available, segmentSize, room)
    // A FIN alone goes out even into a closed window once, as if it were its probe.
    guard size > 0 || available <= 0 && hasClosed else { return nil }
    let count = max(min(size, available), 0)
    let text = outgoing[flight..<(flight + count)]
    let start = cursor
    let isLast = flight + count == outgoing.count
    var flags: PeerSegment.Flags = count > 0 && isLast ? [.psh, .ack] : .ack
    cursor = cursor &+ UInt32(count)
    if isLast, hasClosed {
      if hasSentFIN, fault == .finNotRetransmitted {
        cursor = nxt
        if count == 0 { return nil }
      } else {
        flags.insert(.fin)
        cursor = cursor &+ 1
        if !hasSentFIN {
          hasSentFIN = true
          state = state == .closeWait ? .lastAck : .finWait1
        }
      }
    }
    if nxt.isBefore(cursor) { nxt = cursor }
    return segment(flags, seq: start, text: text, at: now)
  }

  /// Starts the timer that the state of things asks for.
  private mutating func arm(at now: Instant) {
    switch state {
    case .timeWait: deadline = deadline ?? now + ModelConnection.twoLifetimes
    case .finWait2: if isOrphan { deadline = deadline ?? now + ModelConnection.twoLifetimes }
    case .synSent, .synReceived, .closed: break
    default:
      let isWaiting = una != nxt || !outgoing.isEmpty || hasClosed && !hasSentFIN
      if !isWaiting { deadline = nil } else if deadline == nil { deadline = now + timeout }
    }
  }

  /// Time has passed.
  mutating func expire(at now: Instant) -> [PeerSegment] {
    deadline = nil
    switch state {
    case .closed: return []
    case .timeWait, .finWait2:
      state = .closed
      return []
    default: break
    }
    let isClosedWindow = sendWindow == 0 && !outgoing.isEmpty
    tries += 1
    // A closed window is probed for as long as the answers come (RFC 9293 §3.8.6.1), and longer than all else.
    guard tries <= (state == .synReceived || state == .synSent ? 5 : isClosedWindow ? 20 : 8) else {
      state = .closed
      return []
    }
    timeout = timeout * 2
    if state == .synReceived || state == .synSent {
      deadline = now + timeout
      return [state == .synSent ? segment(.syn, seq: iss, at: now) : synAck(at: now)]
    }
    if isClosedWindow, fault == .zeroWindowNeverProbed { return [] }
    cursor = una
    if !isClosedWindow { congestionWindow = segmentSize }
    let isOneOctet = isClosedWindow && fault != .zeroWindowOverrun
    let segment = nextSegment(limit: isOneOctet ? 1 : nil, at: now)
    deadline = now + timeout
    return segment.map { [$0] } ?? []
  }

  /// "Fragmentation needed" with that MTU, about a segment with that sequence number (RFC 5927 §7, RFC 8201 §4).
  mutating func pathIsNarrow(_ size: Int, quoted seq: UInt32, at now: Instant) -> [PeerSegment] {
    let isOurs = !seq.isBefore(una) && seq.isBefore(nxt)
    guard isOurs || fault == .fragmentationNeededUnverified, fault != .fragmentationNeededIgnored else { return [] }
    let floor = rules.address.count == 4 ? 552 : 1_280
    guard size < pathMTU, state != .synReceived, state != .synSent else { return [] }
    pathMTU = max(size, floor)
    cursor = una
    return transmit(mustAnswer: false, at: now)
  }
}
