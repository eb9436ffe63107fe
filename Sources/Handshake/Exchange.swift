import Timebase
import Wire

/// One packet of a connection, and where both ends stood after it.
public struct ExchangeEntry: Hashable, Sendable {
  /// Which way it went.
  public enum Direction: Hashable, Sendable {
    /// From us.
    case sent
    /// To us.
    case received
  }

  /// What it was.
  public enum Content: Hashable, Sendable {
    /// A TCP segment.
    case segment(Segment)
    /// An ICMP error that quotes a segment of ours: its type and code.
    case icmp(type: UInt8, code: UInt8)
    /// A packet that could not be read as either.
    case unreadable
  }

  /// Which way it went.
  public var direction: Direction
  /// What it was.
  public var content: Content
  /// When it left or came.
  public var stamp: Stamp
  /// Our state after it.
  public var state: State
  /// The peer's state after it, as far as it is known.
  public var peer: State
  /// Why it was not believed; nil where it was, and for what we sent.
  public var refusal: Refusal?
  /// For what we sent: its number in the connection, and whether it was sent before.
  public var number: UInt32
  /// Whether the same sequence space was sent before.
  public var isRetransmission: Bool

  /// An entry from its parts.
  public init(
    direction: Direction, content: Content, stamp: Stamp, state: State, peer: State, refusal: Refusal? = nil,
    number: UInt32 = 0, isRetransmission: Bool = false
  ) {
    self.direction = direction
    self.content = content
    self.stamp = stamp
    self.state = state
    self.peer = peer
    self.refusal = refusal
    self.number = number
    self.isRetransmission = isRetransmission
  }
}

/// The packets of one connection in their order, in bounded memory.
public struct Exchange: Hashable, Sendable {
  /// The packets; the first ones, where there were too many.
  public private(set) var entries: [ExchangeEntry] = []
  /// How many more there were.
  public private(set) var omitted = 0

  /// The most packets that are kept of one connection.
  public static let capacity = 512
  /// The packets of an ordinary connection, from SYN to the last ACK, and one to spare.
  private static let ordinary = 8

  /// No packets yet.
  public init() {}

  /// The packets that somebody else kept, the first `capacity` of them, and how many more there were.
  public init(_ entries: [ExchangeEntry], omitted: Int) {
    self.entries = Array(entries.prefix(Exchange.capacity))
    self.omitted = omitted + max(entries.count - Exchange.capacity, 0)
  }

  mutating func append(_ entry: ExchangeEntry) {
    guard entries.count < Exchange.capacity else {
      omitted += 1
      return
    }
    // Room for a whole connection at once, not for one packet, two, four, eight.
    if entries.isEmpty { entries.reserveCapacity(Exchange.ordinary) }
    entries.append(entry)
  }

  /// Gives a sent packet its stamp from user space and where both ends stand once it has left.
  mutating func departed(_ number: UInt32, at stamp: Stamp, state: State, peer: State) {
    update(number) {
      $0.stamp = stamp
      $0.state = state
      $0.peer = peer
    }
  }

  /// Gives a sent packet the kernel's stamp.
  mutating func transmitted(_ number: UInt32, kernel: WallTime) { update(number) { $0.stamp.kernel = kernel } }

  private mutating func update(_ number: UInt32, _ body: (inout ExchangeEntry) -> Void) {
    // The stamps of the latest segments are the ones that are missing. Numbers only grow, so that what was
    // omitted is not searched for among all that was kept.
    for index in entries.indices.reversed() where entries[index].direction == .sent {
      if entries[index].number == number { body(&entries[index]) }
      if entries[index].number <= number { return }
    }
  }
}
