import Timebase
import Wire

/// What the IP header of a packet says of who sent it.
public struct IPMarks: Hashable, Sendable {
  /// IPv4's identification; nil for IPv6, and where it is not known.
  public var identification: UInt16?
  /// Time to live, or hop limit.
  public var hopLimit: UInt8
  /// Whether IPv4's routers must not fragment the packet; true for IPv6.
  public var dontFragment: Bool

  /// Marks of these values.
  @inlinable public init(hopLimit: UInt8, identification: UInt16? = nil, dontFragment: Bool = true) {
    self.hopLimit = hopLimit
    self.identification = identification
    self.dontFragment = dontFragment
  }
}

/// What the packets of one end have in common, so that an RST can be compared with them: of fixed size.
///
/// RSTs and FINs are not among them: these are what is compared.
public struct SenderMarks: Hashable, Sendable {
  /// How many packets there were, up to 65,535.
  public private(set) var packets: UInt16 = 0
  /// The lowest hop limit among them.
  public private(set) var least = UInt8.max
  /// The highest hop limit among them.
  public private(set) var most = UInt8.min
  /// The latest identification other than 0: of a SYN-ACK it is 0 with Linux, which counts from the next packet on.
  public private(set) var identification: UInt16 = 0
  /// How often the identification rose by a little, and by more or not at all, each up to 255.
  private var steps: UInt8 = 0
  private var jumps: UInt8 = 0
  /// Whether all of them forbid fragmentation.
  public private(set) var dontFragment = true
  /// The latest window field.
  public private(set) var window: UInt16 = 0
  /// The latest timestamp; nil where they have none.
  public private(set) var timestamp: UInt32? {
    get { hasTimestamp ? latestTimestamp : nil }
    set { (latestTimestamp, hasTimestamp) = (newValue ?? 0, newValue != nil) }
  }
  private var latestTimestamp: UInt32 = 0
  private var hasTimestamp = false

  /// By so much the identification of a sender may rise from one packet of a flow to the next: what an offload cuts into
  /// pieces counts each of them.
  static let smallStep: UInt16 = 64

  /// No packets yet.
  @inlinable public init() {}

  /// Takes a packet that is neither RST nor FIN.
  public mutating func take(_ ip: IPMarks, window: UInt16, timestamp: UInt32?) {
    if packets < .max { packets &+= 1 }
    least = min(least, ip.hopLimit)
    most = max(most, ip.hopLimit)
    dontFragment = dontFragment && ip.dontFragment
    self.window = window
    self.timestamp = timestamp
    guard let new = ip.identification, new != 0 else { return }
    if identification != 0 {
      let step = new &- identification
      if step >= 1, step <= SenderMarks.smallStep {
        if steps < .max { steps &+= 1 }
      } else if step != 0, jumps < .max {
        jumps &+= 1
      }
    }
    identification = new
  }

  /// Whether the identifications count: most of them rise by a little.
  public var countsIdentification: Bool { steps >= 2 && steps / 4 >= jumps }

  /// Whether a hop limit is one that these packets have.
  func contains(_ hopLimit: UInt8) -> Bool { packets > 0 && least <= hopLimit && hopLimit <= most }

  /// The hop limit of theirs that is nearest to another; nil without any.
  func nearest(to hopLimit: UInt8) -> UInt8? { packets == 0 ? nil : min(max(hopLimit, least), most) }
}

/// The packet that ended a connection, or was meant to: an RST, or until there is one the first FIN.
public struct EndMarks: Hashable, Sendable {
  // In an order that leaves no gaps: a tracker keeps tens of thousands.
  /// Its number: in the log of a connection, or of a capture's frame.
  public var number: Int
  /// The time since the latest packet of the other end; nil where it is not known.
  public var elapsed: Interval?
  /// Whether it is an RST.
  public var isReset: Bool
  /// Whether it was believed.
  public var isAccepted: Bool
  /// Whether the sender sent data, or a SYN-ACK that is right, behind it.
  public var wentOn = false
  /// Its sequence number.
  public var seq: SequenceNumber
  /// Its timestamp; nil without one.
  public var timestamp: UInt32?
  /// What its IP header says.
  public var ip: IPMarks
  /// How far its sequence number is from those that it may have; negative below them; nil where that is not known.
  public var offset: Int32?
  /// Its window field.
  public var window: UInt16
  /// The sender's latest identification before it; 0 without one.
  public var lastIdentification: UInt16

  /// Marks of these values.
  public init(
    isReset: Bool, number: Int, ip: IPMarks, seq: SequenceNumber, window: UInt16, timestamp: UInt32?,
    offset: Int32? = nil, elapsed: Interval? = nil, isAccepted: Bool = true, after marks: SenderMarks
  ) {
    self.isReset = isReset
    self.number = number
    self.ip = ip
    self.seq = seq
    self.window = window
    self.timestamp = timestamp
    self.offset = offset
    self.elapsed = elapsed
    self.isAccepted = isAccepted
    lastIdentification = marks.identification
  }
}

extension EndMarks {
  /// Whether what ends at a number goes on behind it: what was overtaken by the RST ends before.
  public func isPassed(by end: SequenceNumber) -> Bool { end.isIn(seq + 1, length: 1 << 30) }
}
