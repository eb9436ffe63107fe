import Timebase
import Wire

/// A connection together with the packets that made it: what an engine drives and a report tells.
public struct Conversation: Sendable {
  /// Both ends.
  public let flow: Flow
  /// The machine.
  public private(set) var connection: Connection
  /// The packets so far.
  public private(set) var exchange = Exchange()
  /// The hop limit (time to live) of the answer that decided, or of the first that came.
  public private(set) var hopLimit: UInt8?

  /// The packets that passed last; see `lastReceived`.
  private(set) var latest = LatestPackets()

  /// A connection that has not sent anything yet.
  public init(_ plan: Plan, flow: Flow, seed: Seed) {
    self.flow = flow
    connection = Connection(plan, seed: seed)
  }

  /// A connection that already stands somewhere: one that a SYN cookie brought back.
  public init(_ connection: Connection, flow: Flow) {
    self.flow = flow
    self.connection = connection
  }

  /// Sends the first segment.
  public mutating func start(at now: Stamp) -> Outgoing? { record(connection.start(at: now), at: now) }

  /// Takes a segment of this flow with its text.
  public mutating func receive(_ segment: Segment, text: RawSpan, hopLimit: UInt8?, at now: Stamp) -> Outgoing? {
    let wasUndecided = connection.verdict == nil
    let isLate = connection.isFinished
    let reaction = connection.receive(segment, text: text, at: now)
    if wasUndecided, reaction.refusal == nil { self.hopLimit = hopLimit }
    append(.received, .segment(segment), at: now, refusal: reaction.refusal, isLate: isLate)
    return record(reaction, at: now)
  }

  /// Takes a segment of this flow whose octets nobody asks for: they are counted.
  public mutating func receive(_ segment: Segment, hopLimit: UInt8?, at now: Stamp) -> Outgoing? {
    receive(segment, text: RawSpan(), hopLimit: hopLimit, at: now)
  }

  /// Takes an ICMP error that quotes a segment of this flow.
  public mutating func receive(_ notice: ICMPNotice, hopLimit: UInt8?, at now: Stamp) -> Outgoing? {
    let isLate = connection.isFinished
    var refusal: Refusal?
    var send: Outgoing?
    if let sequence = notice.quotedSequence {
      if let verdict = notice.verdict {
        let reaction = connection.receive(verdict, quoting: sequence, at: now)
        (refusal, send) = (reaction.refusal, reaction.send)
      }
    } else {
      connection.refuse()
      refusal = .badQuote
    }
    if refusal == nil, self.hopLimit == nil, connection.pendingError != nil { self.hopLimit = hopLimit }
    append(
      .received, .icmp(type: notice.type, code: notice.code), at: now, refusal: refusal, errorSource: notice.source,
      isLate: isLate)
    return record(Reaction(send: send), at: now)
  }

  /// Counts a packet that is not believed, whatever the connection's state; what it says is kept where it can be read.
  public mutating func refuse(_ refusal: Refusal, _ segment: Segment? = nil, at now: Stamp) {
    connection.refuse()
    append(.received, segment.map { .segment($0) } ?? .unreadable, at: now, refusal: refusal)
  }

  /// Does what is due.
  public mutating func expire(at now: Stamp) -> Outgoing? { record(connection.expire(at: now), at: now) }

  /// Ends it at once with the RST that is owed.
  public mutating func abort(at now: Stamp, isOverdue: Bool = false) -> Outgoing? {
    record(connection.abort(at: now, isOverdue: isOverdue), at: now)
  }

  /// Ends it because there is no route.
  public mutating func failedToSend(_ reason: Reason = .noRoute) { connection.failedToSend(reason) }

  /// Gives the connection octets to send; see `Connection.write`.
  public mutating func write(_ octets: [UInt8]) { connection.write(octets) }

  /// Says that nothing more will be written; see `Connection.shutdown`.
  public mutating func shutdown() { connection.shutdown() }

  /// The text that came since the last call; see `Connection.takeReceived`.
  public mutating func takeReceived() -> [UInt8] { connection.takeReceived() }

  /// The same, in place of what `octets` held; see `Connection.takeReceived(into:)`.
  public mutating func takeReceived(into octets: inout [UInt8]) { connection.takeReceived(into: &octets) }

  /// Changes it in place: a container reaches it without copying its packets.
  public mutating func apply<Result>(_ body: (inout Conversation) -> Result) -> Result { body(&self) }

  /// Notes when a segment left, as user space saw it.
  public mutating func departed(_ number: UInt32, at stamp: Stamp) {
    connection.departed(number, at: stamp)
    exchange.departed(number, at: stamp, state: connection.state, peer: connection.peer)
  }

  /// Notes when a segment left, as the kernel says.
  public mutating func transmitted(_ number: UInt32, kernel: WallTime) {
    connection.transmitted(number, kernel: kernel)
    exchange.transmitted(number, kernel: kernel)
  }

  private mutating func record(_ reaction: Reaction, at now: Stamp) -> Outgoing? {
    guard let outgoing = reaction.send else { return nil }
    append(
      .sent, .segment(outgoing.segment), at: now, number: outgoing.number,
      isRetransmission: outgoing.isRetransmission)
    return outgoing
  }

  private mutating func append(
    _ direction: ExchangeEntry.Direction, _ content: ExchangeEntry.Content, at now: Stamp,
    refusal: Refusal? = nil, number: UInt32 = 0, isRetransmission: Bool = false, errorSource: IPAddress? = nil,
    isLate: Bool = false
  ) {
    let entry = ExchangeEntry(
      direction: direction, content: content, stamp: now, state: connection.state, peer: connection.peer,
      refusal: refusal, number: number, isRetransmission: isRetransmission, errorSource: errorSource)
    exchange.append(entry)
    latest.note(entry, isLate: isLate)
  }
}
