import Handshake
import Timebase
import Wire

/// A verb's decisions as a pure value: events go in by its doors, and what is to be done comes out.
///
/// An engine reads no clock, owns no socket and is never asked twice: whatever it wants done is in the
/// returned action, and where more is due than one action can say, `nextDeadline` is already past.
public protocol Engine: ~Copyable {
  /// What it has to show when something has ended.
  associatedtype Report: Sendable

  /// When `expire(at:)` wants to be called next; nil where only a packet can bring news.
  var nextDeadline: Instant? { get }

  /// Begins.
  mutating func start(at now: Stamp) -> Action<Report>

  /// Takes a packet that came.
  mutating func receive(_ arrival: borrowing ReceivedPacket, at now: Stamp) -> Action<Report>

  /// Does what is due.
  mutating func expire(at now: Stamp) -> Action<Report>

  /// Takes what became of something that it asked for.
  @discardableResult mutating func note(_ event: Happening) -> Action<Report>

  /// Asks it to end: nothing new is begun, and what is owed to peers is sent.
  mutating func interrupt(at now: Stamp)

  /// What became of the packet that it was handed last; nil where that belongs to no connection.
  ///
  /// Asked right after `receive(_:at:)`, and only where packets are written to a file.
  var lastReceived: Judgement? { get }

  /// What the packet that it asked to be sent last is; nil where that belongs to no connection.
  func judgement(ofSent token: Token) -> Judgement?

  /// What the packet that passed last belongs to, in words, where it is part of no connection with a state machine.
  ///
  /// Asked where packets are written to a file, right after the packet was received or handed out to be sent.
  var lastRemark: String? { get }
}

extension Engine where Self: ~Copyable {
  /// An engine that keeps no account of single packets.
  public var lastReceived: Judgement? { nil }
  /// An engine that keeps no account of single packets.
  public func judgement(ofSent token: Token) -> Judgement? { nil }
  /// Most engines have judgements.
  public var lastRemark: String? { nil }
}

/// What became of something that an engine asked for.
public enum Happening: Sendable {
  /// A source port was reserved and is guarded; the numbers of the connection that is to use it.
  case opened(slot: Int, port: UInt16, seed: Seed, at: Stamp)
  /// No port could be reserved, and the slot is free again; the result, where there is one, names the slot.
  case unreserved(slot: Int, at: Stamp)
  /// A packet left, as user space saw it.
  case departed(Token, at: Stamp)
  /// A packet left, as the kernel saw it.
  case transmitted(Token, kernel: WallTime)
  /// A packet could not be sent: this host has no route for it, or refused it.
  case failed(Token, Reason)
}

/// What an engine wants done: of fixed size.
public enum Action<Report: Sendable>: Sendable {
  /// Nothing now.
  case none
  /// A source port is to be reserved and guarded for a slot; `port` 0 leaves the choice to the kernel.
  case open(slot: Int, address: IPAddress, port: UInt16)
  /// A packet is to be sent.
  case send(Transmission)
  /// Something has ended: the slot's port, if it had one, is free again.
  case report(Report, slot: Int?)
  /// Everything has ended.
  case done
}

/// Names a packet of an engine's, so that its stamps find their way back.
public struct Token: Hashable, Sendable {
  /// The slot of the connection.
  public var slot: Int
  /// The connection that held the slot when the packet was made: slots are used again.
  public var generation: UInt32
  /// The packet's number in its connection.
  public var number: UInt32

  /// A name from its parts.
  public init(slot: Int, generation: UInt32, number: UInt32) {
    self.slot = slot
    self.generation = generation
    self.number = number
  }
}

/// A packet to be sent.
public struct Transmission: Sendable {
  /// Its name.
  public var token: Token
  /// Its addresses and ports.
  public var flow: Flow
  /// What it says.
  public var segment: Segment
  /// What its IP header says.
  public var ipFields: IPFields
  /// The data that its text is a range of.
  public var data: [UInt8]
  /// Which octets of the data it carries.
  public var text: Range<Int>
  /// Whole IP packets that are sent as they are in its place, such as the fragments of one; none: it is assembled from
  /// the fields above.
  public var packets: [[UInt8]] = []

  /// A packet from its parts.
  public init(
    token: Token, flow: Flow, segment: Segment, ipFields: IPFields = IPFields(), data: [UInt8] = [],
    text: Range<Int> = 0..<0
  ) {
    self.token = token
    self.flow = flow
    self.segment = segment
    self.ipFields = ipFields
    self.data = data
    self.text = text
  }
}
