import Timebase
import Wire

/// A connection between two addresses: what an engine drives and a report shows.
public struct TracedConnection: Sendable {
  /// Both ends.
  public let flow: Flow
  /// The machine.
  public private(set) var connection: Connection
  /// The hop limit (time to live) of the answer that decided, or of the first that came.
  public private(set) var hopLimit: UInt8?
  /// What the peer's packets have in common, and what came in its name to end the connection.
  var peerMarks = SenderMarks()
  var end: EndMarks?

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

  /// The packets so far.
  public var log: PacketLog { connection.log }

  /// Sends the first segment.
  public mutating func start(at now: Stamp) -> Outgoing? { connection.start(at: now).send }

  /// Takes a segment of this flow with its text, and what its IP header says of its sender.
  public mutating func receive(_ segment: Segment, text: RawSpan, ip: IPMarks, at now: Stamp) -> Outgoing? {
    let (wasUndecided, wasFinished) = (connection.verdict == nil, connection.isFinished)
    let next = connection.tcb.rcv.nxt
    let reaction = connection.receive(segment, text: text, at: now)
    if wasUndecided, reaction.refusal == nil { self.hopLimit = ip.hopLimit }
    if wasFinished {
      noteLate(segment)
    } else {
      noteSender(of: segment, ip, next: next, isAccepted: reaction.refusal == nil)
    }
    return reaction.send
  }

  /// Takes a segment of this flow whose octets no one asks for: they are counted.
  public mutating func receive(_ segment: Segment, hopLimit: UInt8, at now: Stamp) -> Outgoing? {
    receive(segment, text: RawSpan(), ip: IPMarks(hopLimit: hopLimit), at: now)
  }

  /// Adds what is seen from outside of the machine.
  mutating func note(_ notes: Notes) { connection.note(notes) }

  /// Takes an ICMP error that quotes a segment of this flow.
  public mutating func receive(_ notice: ICMPNotice, hopLimit: UInt8?, at now: Stamp) -> Outgoing? {
    let reaction = connection.receive(notice, at: now)
    if reaction.refusal == nil, self.hopLimit == nil, connection.pendingError != nil { self.hopLimit = hopLimit }
    return reaction.send
  }

  /// Counts a packet that is not believed, whatever the connection's state; what it says is kept where it can be read.
  public mutating func refuse(_ refusal: Refusal, _ segment: Segment? = nil, at now: Stamp) {
    connection.refuse(refusal, segment, at: now)
  }

  /// Does what is due.
  public mutating func expire(at now: Stamp) -> Outgoing? { connection.expire(at: now).send }

  /// Ends it at once with the RST that is owed.
  public mutating func abort(at now: Stamp, isOverdue: Bool = false) -> Outgoing? {
    connection.abort(at: now, isOverdue: isOverdue).send
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

  /// Keeps a packet in the log; see `Connection.keep`.
  public mutating func keep(_ number: UInt32) { connection.keep(number) }

  /// Lets go of packets that were kept; see `Connection.release`.
  public mutating func release(before number: UInt32) { connection.release(before: number) }

  /// Changes it in place: a container reaches it without copying its packets.
  public mutating func apply<Result>(_ body: (inout TracedConnection) -> Result) -> Result { body(&self) }

  /// Notes when a segment left, as user space saw it.
  public mutating func departed(_ number: UInt32, at stamp: Stamp) { connection.departed(number, at: stamp) }

  /// Notes when a segment left, as the kernel says.
  public mutating func transmitted(_ number: UInt32, kernel: WallTime) {
    connection.transmitted(number, kernel: kernel)
  }
}
