import HTTP
import Handshake
import Timebase
import Wire

/// `probe http`: one connection after the other, each with so many requests inside it.
public struct HTTPEngine: Engine {
  /// What is asked, and how.
  public struct Job: Sendable {
    /// What is asked.
    public var request: HTTPRequest
    /// How many requests each connection carries; one connection an element, one after the other.
    public var visits: [Int]
    /// Whether requests are written without waiting for responses.
    public var isPipelined = false
    /// Whether content is reported.
    public var keepsContent = false
    /// How long each connection may last, from its SYN to the end of the last response; nil for as long as it likes.
    public var lifetime: Interval? = HTTPEngine.usualLifetime
    /// When the whole run is to end; nil lets it take its time.
    public var deadline: Interval?
    /// The source port; 0 lets the kernel choose one for each connection.
    public var sourcePort: UInt16 = 0

    /// One request on one connection, unless more is said.
    public init(_ request: HTTPRequest, visits: [Int] = [1]) {
      self.request = request
      self.visits = visits
    }
  }

  /// What it has to tell.
  public enum News: Sendable {
    /// Content of a response, in its order.
    case content([UInt8])
    /// A connection has ended.
    case visit(Finding)
  }

  /// One connection that has ended.
  public struct Finding: Sendable {
    /// Which one it was, from 1.
    public var sequence: Int
    /// What came of it as a connection; nil where it was interrupted before it was decided.
    public var outcome: Outcome?
    /// What was asked, how often, and what was answered.
    public var session: HTTPSession
    /// Its packets, counted.
    public var traffic: Traffic
  }

  /// The connection in flight.
  struct Visit {
    var sequence: Int
    /// Nil until the source port is reserved.
    var conversation: TracedConnection?
    var session: HTTPSession
    var traffic: Traffic
    /// When it began.
    var began: Instant
    /// When anything last came or was asked: the patience with the server is counted from here.
    var movedAt: Instant
    /// When nothing more was to be written; nil before.
    var shutDownAt: Instant?
    /// What came with the last packet; its memory serves the next.
    var received: [UInt8] = []
    /// When a finished one is reported although stamps are missing.
    var reportBy: Instant?
  }

  /// How long a connection may last unless more is said: a server that sends an octet now and then, or has room for one,
  /// would hold us forever.
  public static let usualLifetime = Interval.seconds(60)

  /// How many octets may be on their way to us: more keeps a fast path busy, but what comes waits in the buffer of a
  /// socket, and what does not fit there is lost.
  static let receiveLimit = 192 << 10

  /// Packets that no flow of ours explains.
  public private(set) var strays = 0

  private(set) var target: ConnectEngine.Target
  let job: Job
  var visit: Visit?
  /// Whether the packet that came last belonged to that connection.
  private var wasOurs = false
  var begun = 0
  var startedAt = Instant(nanoseconds: 0)
  var isInterrupted = false
  /// Whether it was the deadline that ended the run.
  var isOverdue = false

  /// An job to a target, whose plan becomes an interactive one.
  public init(target: ConnectEngine.Target, job: Job) {
    self.target = target
    self.target.plan.isInteractive = true
    self.target.plan.receiveLimit = HTTPEngine.receiveLimit
    self.job = job
  }
}

// MARK: The doors

extension HTTPEngine {
  /// Begins the first connection.
  public mutating func start(at now: Stamp) -> Action<News> {
    startedAt = now.instant
    return expire(at: now)
  }

  /// Hands a packet to the connection in flight.
  public mutating func receive(_ arrival: borrowing ReceivedPacket, at now: Stamp) -> Action<News> {
    let octets = arrival.packetLength
    switch arrival.judged() {
    case .segment(let flow, let segment, let text, let ip):
      guard isOurs(flow) else { return .none }
      visit?.traffic.received(octets, at: now)
      let outgoing = visit?.conversation?.apply { $0.receive(segment, text: text, ip: ip, at: now) }
      follow(at: now)
      return send(outgoing ?? nil, at: now)
    case .icmp(let flow, let notice, let hopLimit):
      guard isOurs(flow) else { return .none }
      let outgoing = visit?.conversation?.apply { $0.receive(notice, hopLimit: hopLimit, at: now) }
      return send(outgoing ?? nil, at: now)
    case .refused(let refusal, let flow):
      guard isOurs(flow) else { return .none }
      visit?.conversation?.refuse(refusal, arrival.readableSegment, at: now)
      return .none
    case .notOurs:
      _ = isOurs(nil)
      return .none
    }
  }

  private mutating func isOurs(_ flow: Flow?) -> Bool {
    wasOurs = flow != nil && visit?.conversation?.flow == flow
    if !wasOurs { strays += 1 }
    return wasOurs
  }

  /// What became of the packet that came last.
  public var lastReceived: Judgement? { wasOurs ? visit?.conversation?.lastReceived : nil }

  /// What the packet that was to be sent last is.
  public func judgement(ofSent token: Token) -> Judgement? {
    isCurrent(token) ? visit?.conversation?.judgement(ofSent: token.number) : nil
  }

  /// Hands what became of the port or a packet to the connection.
  @discardableResult public mutating func note(_ event: Happening) -> Action<News> {
    switch event {
    case .opened(let slot, let port, let seed, let now): return open(slot, port: port, seed: seed, at: now)
    case .unreserved: if visit?.conversation == nil { visit = nil }
    case .departed(let token, let stamp): depart(token, at: stamp)
    case .transmitted(let token, let kernel):
      if isCurrent(token) { visit?.conversation?.transmitted(token.number, kernel: kernel) }
    case .failed(let token, let reason): if isCurrent(token) { visit?.conversation?.failedToSend(reason) }
    }
    return .none
  }

  /// Sends the SYN from the port that was reserved.
  private mutating func open(_ slot: Int, port: UInt16, seed: Seed, at now: Stamp) -> Action<News> {
    guard visit != nil, let source = target.source else { return .none }
    let flow = Flow(local: Endpoint(source, port), remote: target.remote)
    var conversation = TracedConnection(target.plan, flow: flow, seed: seed)
    // Whoever was interrupted meanwhile sends nothing; the port is given back by the report.
    let outgoing = isInterrupted ? nil : conversation.start(at: now)
    visit?.conversation = conversation
    return send(outgoing, at: now)
  }

  private mutating func depart(_ token: Token, at stamp: Stamp) {
    guard isCurrent(token) else { return }
    visit?.conversation?.departed(token.number, at: stamp)
    visit?.traffic.departed(at: stamp)
  }

  /// Begins nothing new, and ends what is in flight.
  public mutating func interrupt(at now: Stamp) { isInterrupted = true }

  private func isCurrent(_ token: Token) -> Bool { visit.map { $0.sequence == Int(token.generation) } ?? false }
}

extension ReceivedPacket {
  /// The packet's length with its IP header, whether or not that came with it.
  var packetLength: Int {
    switch framing {
    case .inBand: octets.byteCount
    case .outOfBand: octets.byteCount + IPv6Header.length
    }
  }
}
