import Handshake
import Timebase
import Wire

/// `probe listen`: answers handshakes on one port, in bounded memory whatever comes.
public struct ListenEngine: Engine {
  /// How much of everything there may be.
  public struct Limits: Hashable, Sendable {
    /// Half-open connections that are kept; beyond them a SYN is answered by a cookie (RFC 4987 §3.6).
    public var halfOpen = 128
    /// Connections that are open at once; beyond them the idlest makes room for a new one, see `grace`.
    public var connections = 256
    /// How long an open connection may get on with nothing before it is reset, and how long an HTTP request may take.
    public var idle = Interval.seconds(60)
    /// How long a connection may be open, whatever it does; nil for as long as it likes.
    public var lifetime: Interval?
    /// After how many connections the run ends; nil goes on until interrupted.
    public var count: Int?

    /// How long each connection has its place for certain: a younger one makes no room for another, whose SYN is not
    /// answered then and will come again.
    static let grace = Interval.seconds(1)

    /// The usual limits.
    public init() {}
  }

  /// Where to listen, and what for.
  public struct Port: Sendable {
    /// The address; unspecified for all of this host's.
    public var address: IPAddress
    /// The port; 0 lets the kernel choose.
    public var number: UInt16
    /// The addresses that are this host's: nothing is answered for any other but loopback's.
    public var local: Set<IPAddress>

    /// A port to listen on.
    public init(address: IPAddress, number: UInt16, local: Set<IPAddress> = []) {
      self.address = address
      self.number = number
      self.local = local
    }
  }

  /// One connection that has ended, or that never became one.
  public struct Finding: Sendable {
    /// Which it was, in the order in which they were answered, from 1.
    public var sequence: Int
    /// What came of it; nil where it was interrupted before it was decided.
    public var outcome: Outcome?
  }

  /// What was counted beside the connections.
  public internal(set) var counts = ListenCounts()

  let service: Service
  let limits: Limits
  let plan: Plan
  let key: SipHash.Key
  let cookies: SynCookie
  var port: Port
  var table = ListenTable()
  /// The connection that something happened to last; nil where a packet belonged to none.
  var lastSlot: Int?
  /// How many connections ever had a place in the table, and how many of those there now are half-open.
  var entered = 0
  var halfOpen = 0
  /// How many of those in the table have to make room for others, and have not gone yet.
  var leaving = 0
  var isListening = false
  var isInterrupted = false
  var startedAt = Instant(nanoseconds: 0)
  /// When an address that is not known to be this host's was last asked for by a packet, and when all were last learnt.
  var strangeAddressAt: Instant?
  var addressesLearntAt: Instant?
  /// Until when an acknowledgment may be of a cookie; nil where none was sent.
  var cookiesUntil: Instant?

  /// How long a finished connection waits for the kernel's last transmit stamp.
  static let stampGrace = Interval.milliseconds(2)

  /// A listener; the plan says what its segments offer, and `key` makes its numbers unpredictable.
  public init(port: Port, service: Service, limits: Limits, plan: Plan, key: SipHash.Key) {
    self.port = port
    self.service = service
    self.limits = limits
    var plan = plan
    plan.isPassive = true
    plan.isInteractive = true
    // What is sent back comes in whatever pieces it came in: it is no one's measurement.
    plan.joinsSmallSegments = service == .echo
    self.plan = plan
    self.key = key
    // Cookies and initial sequence numbers are never made by the same key: one must not give the other away.
    cookies = SynCookie(key: SipHash.Key(k0: key.k0 ^ .max, k1: key.k1))
  }

  /// Whether a packet came for an address that was not this host's when that was last asked, a second ago or longer.
  public var wantsAddresses: Bool {
    guard let strangeAddressAt else { return false }
    return addressesLearntAt.map { strangeAddressAt - $0 >= .seconds(1) } ?? true
  }

  /// Learns which addresses are this host's now; the packet that made for it has to come again.
  public mutating func know(local: Set<IPAddress>) {
    port.local = local
    addressesLearntAt = strangeAddressAt
    strangeAddressAt = nil
  }

  /// How many connections are kept now, half-open ones included.
  public var size: Int { table.count }

  /// Whether no new connection is begun any more.
  var isEnding: Bool { isInterrupted || counts.established >= limits.count ?? .max }
}

/// What a listener counted.
public struct ListenCounts: Hashable, Sendable {
  /// SYNs received to LISTEN.
  public var syns = 0
  /// Handshakes that were completed.
  public var established = 0
  /// Half-open connections that ended without having been completed.
  public var abandoned = 0
  /// SYNs that were answered by a cookie.
  public var cookiesSent = 0
  /// Cookies that came back and were right.
  public var cookiesAccepted = 0
  /// SYNs and cookies that found no room.
  public var refused = 0
  /// Open connections that were reset to make room for others.
  public var displaced = 0
  /// Segments to LISTEN that were answered by RST.
  public var resets = 0
  /// Packets that nothing explains.
  public var strays = 0

  /// Nothing counted yet.
  public init() {}
}

// MARK: The doors

extension ListenEngine {
  /// Asks for the port.
  public mutating func start(at now: Stamp) -> Action<Finding> {
    startedAt = now.instant
    return .open(slot: 0, address: port.address, port: port.number)
  }

  /// Takes what became of the port, which is answered for once it is guarded, or of a connection's packet.
  @discardableResult public mutating func note(_ event: Happening) -> Action<Finding> {
    switch event {
    case .opened(_, let number, _, _):
      port.number = number
      isListening = true
    case .unreserved: isInterrupted = true
    case .departed(let token, let stamp): table.update(token) { $0.departed(token.number, at: stamp) }
    case .transmitted(let token, let kernel): table.update(token) { $0.transmitted(token.number, kernel: kernel) }
    case .failed(let token, let reason):
      if table.update(token, { $0.failedToSend(reason) }) { settle(token.slot) }
    }
    return .none
  }

  /// Hands a packet to the connection whose flow it belongs to, or to LISTEN.
  public mutating func receive(_ arrival: borrowing ReceivedPacket, at now: Stamp) -> Action<Finding> {
    lastSlot = nil
    guard isListening else { return .none }
    switch arrival.judged() {
    case .segment(let flow, let segment, let text, let ip):
      guard let slot = table.slot(of: flow), !isSucceeded(slot, by: segment) else {
        return receiveInListen(segment, text: text, of: flow, ip, at: now)
      }
      return serve(slot, at: now) { $0.receive(segment, text: text, ip: ip, at: now) }
    case .icmp(let flow, let notice, let hopLimit):
      guard let slot = table.slot(of: flow) else { return stray() }
      return serve(slot, at: now) { $0.receive(notice, hopLimit: hopLimit, at: now) }
    case .refused(let refusal, let flow):
      guard let slot = flow.flatMap({ table.slot(of: $0) }) else { return stray() }
      let segment = arrival.readableSegment
      return serve(slot, at: now) {
        $0.refuse(refusal, segment, at: now)
        return nil
      }
    case .notOurs: return stray()
    }
  }

  /// Whether a connection is over and waits for its last timestamp alone, so that a SYN is of the next one of its flow:
  /// CLOSED keeps no record of a connection, and the SYN is LISTEN's (RFC 9293 §3.10.7.1).
  private mutating func isSucceeded(_ slot: Int, by segment: Segment) -> Bool {
    guard segment.flags.contains(.syn), table.entries[slot]?.conversation.connection.isFinished == true else {
      return false
    }
    table.release(slot)
    return true
  }

  /// What became of the packet that came last.
  public var lastReceived: Judgement? { lastSlot.flatMap { table.entries[$0]?.conversation.lastReceived } }

  /// What the packet that was to be sent last is.
  public func judgement(ofSent token: Token) -> Judgement? {
    table.conversation(of: token)?.judgement(ofSent: token.number)
  }

  private mutating func stray() -> Action<Finding> {
    counts.strays += 1
    return .none
  }

  /// Begins nothing new, and resets what is in flight.
  public mutating func interrupt(at now: Stamp) {
    isInterrupted = true
    for slot in table.occupied { settle(slot) }
  }
}
