import Handshake
import Timebase
import Wire

/// What a conversation sends.
extension Play {
  mutating func send(_ packet: ScriptPacket, at now: Instant) {
    switch packet.content {
    case .segment(let words): send(words, packet, at: now)
    case .icmp(let words): send(words, packet, at: now)
    }
  }

  private mutating func send(_ words: ScriptSegment, _ packet: ScriptPacket, at now: Instant) {
    guard let (segment, text) = resolved(words, at: now) else {
      result = PlayResult(.error, "a variable has no value: \(step.text)", line: step.line)
      return
    }
    var send = PlaySend(segment: segment, text: text, ipFields: setting.ipFields, copies: packet.copies)
    if let ttl = packet.envelope.timeToLive { send.ipFields.hopLimit = ttl }
    if packet.envelope.trafficClass != 0 { send.ipFields.trafficClass = packet.envelope.trafficClass }
    send.crafting = Crafting(packet)
    transmit(send, counts: send.crafting == nil || packet.isAcceptable, at: now)
  }

  /// Sends what the peer's window still has room for; without its window scale, which no line of a check offers here.
  mutating func fill(at now: Instant) {
    guard let window = latest?.segment.wnd, deadline != nil else { return }
    while unfilled > 0 {
      let room = Int(window) - Int(numbers.sndNxt &- numbers.sndUna)
      let count = min(room, unfilled, Play.fillSize)
      guard count > 0 else { return }
      let segment = next(wnd: .max, textLength: count, at: now)
      note(
        isSent: true, notation(of: segment, sender: numbers.iss, receiver: numbers.irs ?? 0), line: step.line, at: now)
      let text = [UInt8](repeating: setting.filler, count: count)
      outbox.append(PlaySend(segment: segment, text: text, ipFields: setting.ipFields))
      numbers.sndNxt = segment.end.value &- numbers.iss
      unfilled -= count
    }
  }

  /// Asks for a sign of life: a segment without data, one octet before what the peer expects (RFC 9293 §3.8.4).
  mutating func sendKeepAlive(within: Interval, at now: Instant) {
    var segment = next(wnd: window, at: now)
    segment.seq = SequenceNumber(segment.seq.value &- 1)
    let words = notation(of: segment, sender: numbers.iss, receiver: numbers.irs ?? 0)
    note(isSent: true, words, PlaySegment(segment), line: step.line, at: now)
    outbox.append(PlaySend(segment: segment, ipFields: setting.ipFields, words: "keep-alive"))
    asked += 1
    deadline = now + within
  }

  /// Answers a keep-alive segment of the peer's (RFC 9293 §3.10.7.4, first).
  mutating func answerKeepAlive(_ arrived: PlaySegment, at now: Instant) {
    let segment = arrived.segment
    guard acknowledges, segment.len == 0, !segment.flags.contains(.rst), let irs = numbers.irs,
      segment.seq.value &- irs == numbers.rcvNxt &- 1
    else { return }
    outbox.append(PlaySend(segment: next(wnd: window, at: now), ipFields: setting.ipFields))
  }

  /// How much data a segment carries that fills a window: no more than the default MSS.
  private static let fillSize = 536

  private mutating func transmit(_ send: PlaySend, counts: Bool, at now: Instant) {
    let segment = send.segment
    let words = notation(of: segment, sender: numbers.iss, receiver: numbers.irs ?? 0)
    if !segment.flags.contains(.rst) { window = segment.wnd }
    note(isSent: true, words + (send.crafting.map { $0.words } ?? ""), PlaySegment(segment), line: step.line, at: now)
    var send = send
    send.words = step.text
    outbox.append(send)
    if !conversation.isStrict { unread = [] }
    // Only what follows in order is taken by the peer for certain, and moves SND.NXT.
    let start = segment.seq.value &- numbers.iss
    // A segment without ACK is dropped once there is a connection (RFC 9293 §3.10.7.4, fifth).
    let isTaken = counts && (segment.ack != nil || segment.flags.contains(.syn))
    let end = segment.end.value &- numbers.iss
    if isTaken, segment.ack != nil, segment.len > 0, Int32(truncatingIfNeeded: end &- farthest) > 0 { farthest = end }
    if isTaken, !segment.flags.contains(.rst), start == numbers.sndNxt, segment.len > 0 {
      numbers.sndNxt = end
      if segment.flags.contains(.fin) { course.finSent = true }
    }
    if counts, segment.flags.contains(.rst), start == numbers.sndNxt { course.wasReset = true }
    done(at: now)
  }

  /// A segment at SND.NXT that acknowledges all that came.
  func next(flags: TCPFlags = [], wnd: UInt16, textLength: Int = 0, at now: Instant) -> Segment {
    Segment(
      seq: SequenceNumber(numbers.iss &+ numbers.sndNxt),
      ack: SequenceNumber((numbers.irs ?? 0) &+ numbers.rcvNxt), flags: flags, wnd: wnd,
      options: stampedOptions(at: now), textLength: textLength)
  }

  mutating func ask(window: UInt16, at now: Instant) {
    let segment = next(flags: .psh, wnd: window, textLength: setting.request.count, at: now)
    transmit(PlaySend(segment: segment, text: setting.request, ipFields: setting.ipFields), counts: true, at: now)
  }

  /// The segment with its numbers; nil where one has no value.
  private mutating func resolved(_ words: ScriptSegment, at now: Instant) -> (Segment, [UInt8])? {
    guard let seq = numbers.value(of: words.seq) else { return nil }
    var segment = Segment(seq: SequenceNumber(numbers.iss &+ seq), flags: words.flags, textLength: words.length)
    if let ack = words.ack {
      guard let number = numbers.value(of: ack) else { return nil }
      segment.acknowledgment = SequenceNumber((numbers.irs ?? 0) &+ number)
    }
    if let window = words.window {
      guard let number = numbers.value(of: window) else { return nil }
      segment.wnd = UInt16(truncatingIfNeeded: number)
    } else {
      segment.wnd = words.flags.contains(.rst) ? 0 : 65_535
    }
    if let urgent = words.urgent {
      guard let number = numbers.value(of: urgent) else { return nil }
      segment.up = UInt16(truncatingIfNeeded: number)
    }
    if let list = words.options {
      guard let octets = octets(of: list), let options = try? TCPOptionList(raw: octets.span.raw) else { return nil }
      segment.options = options
      if words.flags.contains(.syn), let stamps = options.timestamps { offered = stamps.value }
    } else if !conversation.isStrict, !words.flags.contains(.syn) {
      segment.options = stampedOptions(at: now)
    }
    return (segment, words.text ?? [UInt8](repeating: setting.filler, count: words.length))
  }

  /// The timestamps that a segment of ours carries where both sides agreed on them (RFC 7323 §3.2).
  func stampedOptions(at now: Instant) -> TCPOptionList {
    guard let offered, let echo = latestTimestamp else { return TCPOptionList() }
    let value = offered &+ UInt32(truncatingIfNeeded: (now - began).nanoseconds / 1_000_000)
    let octets = octets(of: [.octets([1, 1]), .timestamps(.constant(value), echo: .constant(echo), shift: 0)]) ?? []
    return (try? TCPOptionList(raw: octets.span.raw)) ?? TCPOptionList()
  }

  private func octets(of options: [ScriptSegment.Option]) -> [UInt8]? {
    var octets: [UInt8] = []
    for option in options {
      switch option {
      case .octets(let list): octets += list
      case .timestamps(let value, let echo, let shift):
        var reply = (latestTimestamp ?? 0) &+ shift
        if let echo {
          guard let number = numbers.value(of: echo) else { return nil }
          reply = number
        }
        guard let number = numbers.value(of: value) else { return nil }
        octets += [8, 10]
        for word in [number, reply] { octets += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
      }
    }
    return octets
  }

  private var latestTimestamp: UInt32? { latest?.segment.options.timestamps?.value }

  // MARK: ICMP errors

  private mutating func send(_ words: ScriptError, _ packet: ScriptPacket, at now: Instant) {
    guard let latest, let quoted = quote(words.quote, of: latest) else {
      result = PlayResult(.error, "there is no packet of the peer's to quote: \(step.text)", line: step.line)
      return
    }
    var octets: Int?
    if case .octets(let count) = words.quote { octets = count }
    do throws(WireError) {
      let error = try Crafting.icmpError(
        type: words.type, code: words.code, word: words.word, about: quoted, quoting: octets,
        from: flow.local.address, to: flow.remote.address, ipFields: setting.ipFields)
      note(isSent: true, "icmp \(words.type)/\(words.code)", line: step.line, at: now)
      outbox.append(
        PlaySend(
          segment: Segment(seq: SequenceNumber(0)), ipFields: setting.ipFields, packets: [error], copies: packet.copies)
      )
      done(at: now)
    } catch {
      result = PlayResult(.error, "this ICMP error cannot be made: \(step.text)", line: step.line)
    }
  }

  /// The peer's packet as an error about it quotes it; nil where it cannot be made.
  private func quote(_ quote: ScriptError.Quote, of latest: PlaySegment) -> [UInt8]? {
    var flow = Flow(local: flow.remote, remote: flow.local)
    var segment = latest.segment
    switch quote {
    case .otherSequence: segment.seq = segment.seq + 0x4000_0000
    case .otherPort: flow.remote.port ^= 1
    case .none: return []
    default: break
    }
    let fields = IPFields(hopLimit: latest.timeToLive, trafficClass: latest.trafficClass)
    return try? Crafting().packets(segment, flow: flow, text: latest.text, ipFields: fields).first
  }
}

extension ScriptPacket {
  /// Whether the peer can take it for a segment of the connection.
  var isAcceptable: Bool {
    checksum == .right && dataOffset == nil && port == nil && !envelope.hasBadChecksum
  }
}

extension Crafting {
  /// What the tricks of a script's packet come to; nil where there are none.
  init?(_ packet: ScriptPacket) {
    self.init()
    switch packet.checksum {
    case .right: break
    case .bad: checksum = .wrong
    case .unfinished: checksum = .unfinished
    }
    dataOffset = packet.dataOffset
    sourcePort = packet.port
    let envelope = packet.envelope
    identification = envelope.identification
    dontFragment = envelope.dontFragment ?? envelope.fragments.isEmpty
    ipOptions = envelope.options
    hasBadHeaderChecksum = envelope.hasBadChecksum
    fragments = envelope.fragments
    extensions = envelope.extensions
    flowLabel = envelope.flowLabel
    if self == Crafting() { return nil }
  }

  /// What is unusual about a packet, behind its notation.
  var words: String {
    var list: [String] = []
    switch checksum {
    case .right: break
    case .wrong: list.append("checksum=bad")
    case .unfinished: list.append("checksum=unfinished")
    case .value(let value): list.append("checksum=\(value)")
    }
    if let dataOffset { list.append("offset=\(dataOffset)") }
    if let sourcePort { list.append("port=\(sourcePort)") }
    if let identification { list.append("id=\(identification)") }
    if !dontFragment { list.append("df=0") }
    if !ipOptions.isEmpty { list.append("ipoptions=" + ipOptions.map { "\($0)" }.joined(separator: ",")) }
    if hasBadHeaderChecksum { list.append("ipchecksum=bad") }
    if !fragments.isEmpty { list.append("fragments=" + fragments.map { "\($0)" }.joined(separator: ",")) }
    if !extensions.isEmpty { list.append("extensions=" + extensions.map { "\($0)" }.joined(separator: ",")) }
    if flowLabel != 0 { list.append("flowlabel=\(flowLabel)") }
    return list.isEmpty ? "" : " " + list.joined(separator: " ")
  }
}
