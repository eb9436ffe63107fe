import Handshake
import Timebase
import Wire

/// Segments that belong to no connection: LISTEN (RFC 9293 §3.10.7.2), and what becomes of a SYN.
extension ListenEngine {
  mutating func receiveInListen(
    _ segment: Segment, text: RawSpan, of flow: Flow, _ ip: IPMarks, at now: Stamp
  ) -> Action<Finding> {
    guard isOurs(flow) else {
      let isUnknown = port.address.isUnspecified && !port.local.contains(flow.local.address)
      if isUnknown, flow.local.port == port.number, segment.flags.contains(.syn) { strangeAddressAt = now.instant }
      counts.strays += 1
      return .none
    }
    switch ListenAnswer(to: segment) {
    case .drop:
      counts.strays += 1
      return .none
    case .reset(let seq):
      if let size = provenSegmentSize(segment, of: flow, at: now.instant) {
        return openByCookie(segment, text: text, of: flow, maximumSegmentSize: size, ip, at: now)
      }
      counts.resets += 1
      return stateless(Segment(seq: seq, flags: .rst), to: flow)
    case .open: return answer(segment, of: flow, ip, at: now)
    }
  }

  /// Whether a segment is between us and one other host; nothing is said to groups (RFC 9293 §3.9.2.3, MUST-57 and
  /// MUST-63), for addresses of others, or to ourselves at the same port.
  private func isOurs(_ flow: Flow) -> Bool {
    let (local, remote) = (flow.local.address, flow.remote.address)
    guard flow.local.port == port.number, flow.local != flow.remote, remote.mayBeAnswered else { return false }
    if !port.address.isUnspecified { return local == port.address }
    return local.isLoopback || port.local.contains(local)
  }

  /// A SYN: a connection where there is room for one, a cookie where half-open ones have none.
  private mutating func answer(
    _ syn: Segment, of flow: Flow, _ ip: IPMarks, at now: Stamp
  ) -> Action<Finding> {
    counts.syns += 1
    guard !isEnding, hasRoom || hasIdle(at: now.instant) else {
      counts.refused += 1
      return .none
    }
    guard halfOpen < limits.halfOpen else {
      counts.cookiesSent += 1
      cookiesUntil = now.instant + SynCookie.period * 2
      let cookie = cookies.sequenceNumber(for: flow, syn: syn, at: now.instant)
      return stateless(Connection.synAck(to: syn, cookie: cookie, plan: plan), to: flow)
    }
    var conversation = TracedConnection(plan, flow: flow, seed: seed(of: flow, at: now.instant))
    _ = conversation.start(at: now)
    let slot = enter(conversation, at: now)
    return serve(slot, at: now) { $0.receive(syn, text: RawSpan(), ip: ip, at: now) }
  }

  /// Whether another connection may be open.
  private var hasRoom: Bool { open < limits.connections }

  /// Whether one that is open would make room.
  private func hasIdle(at now: Instant) -> Bool { table.idlest(openFor: Limits.grace, at: now) != nil }

  /// How many connections are open and stay so.
  private var open: Int { table.count - halfOpen - leaving }

  /// Has the idlest connection go where a new one exceeds their number.
  ///
  /// Not for a SYN, whose sender may be forged: only who has completed a handshake takes someone's place.
  mutating func makeRoom(for slot: Int, at now: Instant) {
    guard open > limits.connections else { return }
    // Of several SYNs that were answered in view of one such connection, all but the first take a younger one's place.
    let old = table.idlest(openFor: Limits.grace, at: now, except: slot)
    guard let idlest = old ?? table.idlest(openFor: .zero, at: now, except: slot) else { return }
    table.giveUp(idlest)
    leaving += 1
    counts.displaced += 1
    settle(idlest)
  }

  /// The MSS behind an acknowledged cookie; nil where it is none of ours, or none was sent of late.
  private func provenSegmentSize(_ segment: Segment, of flow: Flow, at now: Instant) -> UInt16? {
    guard let cookiesUntil, now <= cookiesUntil, !segment.flags.contains(.syn) else { return nil }
    return cookies.maximumSegmentSize(provenBy: segment, of: flow, at: now)
  }

  /// A cookie has come back: the connection that it stands for takes the acknowledgment, and whatever came with it.
  private mutating func openByCookie(
    _ ack: Segment, text: RawSpan, of flow: Flow, maximumSegmentSize: UInt16, _ ip: IPMarks,
    at now: Stamp
  ) -> Action<Finding> {
    // Without room the peer is not told: its next segment may find some, as with a full accept queue.
    guard !isEnding, hasRoom || hasIdle(at: now.instant) else {
      counts.refused += 1
      return .none
    }
    counts.cookiesAccepted += 1
    let connection = Connection(
      plan, seed: seed(of: flow, at: now.instant), provenBy: ack, maximumSegmentSize: maximumSegmentSize, at: now)
    let slot = enter(TracedConnection(connection, flow: flow), at: now)
    return serve(slot, at: now) { $0.receive(ack, text: text, ip: ip, at: now) }
  }

  private mutating func enter(_ conversation: TracedConnection, at now: Stamp) -> Int {
    entered += 1
    halfOpen += 1
    return table.insert(
      ListenEntry(conversation, number: entered, attendant: Application(service), heard: now.instant))
  }

  /// Numbers that no one can foresee, and that grow from one connection of a flow to its next (RFC 6528 §3: a clock of
  /// 4 µs and a keyed hash of the flow; RFC 7323 §5.4 for timestamps).
  private func seed(of flow: Flow, at now: Instant) -> Seed {
    var hash = SipHash(key)
    hash.add(flow)
    let value = hash.value
    let clock = UInt32(truncatingIfNeeded: now.nanoseconds / 4_000)
    let milliseconds = UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000)
    return Seed(
      iss: clock &+ UInt32(truncatingIfNeeded: value),
      timestamp: milliseconds &+ UInt32(truncatingIfNeeded: value >> 32))
  }

  /// A segment that no connection remembers.
  private func stateless(_ segment: Segment, to flow: Flow) -> Action<Finding> {
    let nobody = Token(slot: -1, generation: 0, number: 0)
    return .send(Transmission(token: nobody, flow: flow, segment: segment, ipFields: plan.ipFields))
  }
}

extension IPAddress {
  /// Whether it can be one host's.
  fileprivate var mayBeAnswered: Bool {
    if case .v4(let address) = self, address.isLimitedBroadcast { return false }
    return !isMulticast && !isUnspecified
  }
}
