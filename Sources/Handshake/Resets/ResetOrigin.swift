import Timebase
import Wire

/// Who sent an RST, as far as the packet itself gives it away: compared with the other packets of the address it bears.
///
/// A FIN is judged alike. Nothing here is proof: a box on the way that copies all of the peer's fields looks like the peer.
public struct ResetOrigin: Hashable, Sendable {
  /// Who sent it.
  public enum Sender: String, Hashable, Sendable, CaseIterable {
    /// What there is speaks for the peer.
    case peer
    /// A box on the way.
    case path
    /// This host (its firewall), or its next hop.
    case host
    /// There is too little to tell, or it contradicts itself.
    case unknown
  }

  /// Who sent it.
  public var sender: Sender
  /// What that is concluded from.
  public var evidence: Evidence
  /// Whether it is an RST; else it is a FIN.
  public var isReset: Bool
  /// Whether it was believed: one with a wrong number resets nothing.
  public var isAccepted: Bool
  /// Its number: in the log of a connection, or of a capture's frame.
  public var number: Int
  /// Its hop limit.
  public var hopLimit: UInt8
  /// The hop limit nearest to it among the peer's other packets; nil where there are none.
  public var peerHopLimit: UInt8?
  /// Its identification; nil for IPv6.
  public var identification: UInt16?
  /// The latest identification other than 0 of the peer's other packets; nil without one.
  public var peerIdentification: UInt16?
  /// How far its sequence number is from one that it may have; nil where it may have it, or that is not known.
  public var sequenceOffset: Int32?
  /// The time since the packet of the other end before it; nil where it is not known.
  public var elapsed: Interval?
  /// The handshake's round trip; nil where it is not known.
  public var roundTrip: Interval?

  /// By how many hops its sender is nearer than the peer, negative where farther; nil where that cannot be told.
  public var hopsNearer: Int? {
    guard let peerHopLimit, evidence.contains(.otherHopLimit) else { return nil }
    return ResetOrigin.hops(peerHopLimit) - ResetOrigin.hops(hopLimit)
  }
}

extension ResetOrigin {
  /// What speaks for or against the peer.
  public struct Evidence: OptionSet, Hashable, Sendable {
    /// A bit each.
    public let rawValue: UInt16
    /// Evidence by its bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The hop limit is that of the peer's other packets.
    public static let sameHopLimit = Evidence(rawValue: 1 << 0)
    /// The hop limit is not that of the peer's other packets.
    public static let otherHopLimit = Evidence(rawValue: 1 << 1)
    /// The hop limit is another, and so is the initial one that it counts down from: the distance is the same.
    public static let sameDistance = Evidence(rawValue: 1 << 2)
    /// The hop limit is the one that this host sends with: no router has decremented it.
    public static let undecremented = Evidence(rawValue: 1 << 3)
    /// The identification goes on where the peer's stood.
    public static let nextIdentification = Evidence(rawValue: 1 << 4)
    /// The identification is far from the peer's, which count.
    public static let otherIdentification = Evidence(rawValue: 1 << 5)
    /// The identification is 0 and the peer's are not: so send boxes, and hosts that have no connection any more.
    public static let zeroIdentification = Evidence(rawValue: 1 << 6)
    /// It may be fragmented, and the peer's other packets may not.
    public static let otherFragmentBit = Evidence(rawValue: 1 << 7)
    /// Its timestamp goes on where the peer's clock stood.
    public static let nextTimestamp = Evidence(rawValue: 1 << 8)
    /// Its timestamp is none of the peer's clock.
    public static let otherTimestamp = Evidence(rawValue: 1 << 9)
    /// Its window is the peer's last, and not 0.
    public static let sameWindow = Evidence(rawValue: 1 << 10)
    /// Its sequence number is none that comes next.
    public static let otherSequence = Evidence(rawValue: 1 << 11)
    /// It came sooner than half a round trip after the packet before it.
    public static let early = Evidence(rawValue: 1 << 12)
    /// The peer sent data or a SYN-ACK behind it.
    public static let wentOn = Evidence(rawValue: 1 << 13)
    /// There is no other packet of the peer to compare with.
    public static let onlyPacket = Evidence(rawValue: 1 << 14)
    /// It is compared with the peer's packets of other connections of the run.
    public static let otherConnections = Evidence(rawValue: 1 << 15)

    /// All of them with their printed names, in a fixed order.
    public static let names: [(evidence: Evidence, name: String)] = [
      (.sameHopLimit, "ttl-same"), (.otherHopLimit, "ttl-differs"), (.sameDistance, "same-distance"),
      (.undecremented, "ttl-undecremented"), (.nextIdentification, "ip-id-continues"),
      (.otherIdentification, "ip-id-differs"), (.zeroIdentification, "ip-id-zero"), (.otherFragmentBit, "df-differs"),
      (.nextTimestamp, "timestamp-continues"), (.otherTimestamp, "timestamp-differs"), (.sameWindow, "window-same"),
      (.otherSequence, "sequence-differs"), (.early, "early"), (.wentOn, "peer-went-on"),
      (.onlyPacket, "only-packet"), (.otherConnections, "other-connections"),
    ]

    /// What an ordinary box on the way does not know.
    static let forPeer: Evidence = [.nextIdentification, .nextTimestamp, .sameWindow]
    /// What only the peer counts on.
    static let peersCounters: Evidence = [.nextIdentification, .nextTimestamp]
    /// What is odd, and decides nothing alone.
    static let doubts: Evidence = [.otherIdentification, .otherFragmentBit, .otherTimestamp, .sameDistance]
    /// What is odd and happens: a packet that the capture lacks, one that answers something else.
    static let slightDoubts: Evidence = [.otherSequence, .early]

    /// The names of those that are there.
    public var list: [String] { Evidence.names.filter { contains($0.evidence) }.map(\.name) }
  }

  /// What is compared with.
  public struct Context: Sendable {
    /// The hop limit that this host sends with; nil where no end of the connection is this host, or both are.
    public var ownHopLimit: UInt8?
    /// The handshake's round trip; nil where it is not known.
    public var roundTrip: Interval?

    /// Nothing but what is given.
    public init(ownHopLimit: UInt8? = nil, roundTrip: Interval? = nil) {
      self.ownHopLimit = ownHopLimit
      self.roundTrip = roundTrip
    }
  }

  /// Shorter round trips say nothing of who answers early: a first one may have waited for a link address to be resolved.
  static let leastRoundTrip = Interval.milliseconds(1)

  /// Compares an RST, or a FIN, with the sender's other packets.
  public init(_ end: EndMarks, among marks: SenderMarks, _ context: Context) {
    (isReset, isAccepted, number, hopLimit) = (end.isReset, end.isAccepted, end.number, end.ip.hopLimit)
    peerHopLimit = marks.nearest(to: end.ip.hopLimit)
    identification = end.ip.identification
    let lastIdentification = end.lastIdentification != 0 ? end.lastIdentification : marks.identification
    peerIdentification = lastIdentification != 0 ? lastIdentification : nil
    (elapsed, roundTrip) = (end.elapsed, context.roundTrip)
    (sender, evidence) = (.unknown, [])
    if let offset = end.offset, offset != 0 {
      sequenceOffset = offset
      evidence.insert(.otherSequence)
    }
    compareHopLimits(among: marks, own: context.ownHopLimit)
    compareIdentifications(countsUp: marks.countsIdentification, isBefore: end.lastIdentification != 0)
    if marks.packets > 0, marks.dontFragment, !end.ip.dontFragment { evidence.insert(.otherFragmentBit) }
    if let own = end.timestamp, let peers = marks.timestamp {
      evidence.insert((own &- peers).isSoon || (peers &- own).isSoon ? .nextTimestamp : .otherTimestamp)
    }
    if end.window != 0, end.window == marks.window, marks.packets > 0 { evidence.insert(.sameWindow) }
    if let elapsed, let roundTrip, roundTrip >= ResetOrigin.leastRoundTrip,
      elapsed.nanoseconds < roundTrip.nanoseconds / 2
    {
      evidence.insert(.early)
    }
    if end.wentOn { evidence.insert(.wentOn) }
    sender = conclusion
  }

  private mutating func compareHopLimits(among marks: SenderMarks, own: UInt8?) {
    if hopLimit == own { evidence.insert(.undecremented) }
    guard let peerHopLimit else {
      evidence.insert(.onlyPacket)
      return
    }
    if marks.contains(hopLimit) {
      evidence.insert(.sameHopLimit)
    } else if ResetOrigin.hops(hopLimit) == ResetOrigin.hops(peerHopLimit) {
      evidence.insert(.sameDistance)
    } else {
      evidence.insert(.otherHopLimit)
    }
  }

  private mutating func compareIdentifications(countsUp: Bool, isBefore: Bool) {
    guard let identification, let peerIdentification else { return }
    guard identification != 0 else {
      evidence.insert(.zeroIdentification)
      return
    }
    let step = isBefore ? identification &- peerIdentification : peerIdentification &- identification
    if step >= 1, step <= (countsUp ? SenderMarks.smallStep : 8) {
      evidence.insert(.nextIdentification)
    } else if countsUp, step != 0 {
      evidence.insert(.otherIdentification)
    }
  }

  /// Where the hop limit differs someone else sent it; else what else is odd makes it doubtful.
  private var conclusion: Sender {
    if evidence.contains(.otherHopLimit) || evidence.contains(.wentOn) {
      let isOwn = evidence.contains(.undecremented) && !evidence.contains(.sameHopLimit)
      return isOwn ? .host : .path
    }
    if evidence.contains(.onlyPacket) { return .unknown }
    if !evidence.isDisjoint(with: .doubts) { return .unknown }
    if !evidence.isDisjoint(with: .slightDoubts), evidence.isDisjoint(with: .peersCounters) { return .unknown }
    let speaksForPeer = !evidence.isDisjoint(with: .forPeer)
    // From a peer on the same link everything arrives as it was sent, and from this host as well.
    return evidence.contains(.undecremented) && !speaksForPeer ? .unknown : .peer
  }

  /// Compares the hop limit with the one of the same host's answers in other connections, where there is nothing else.
  public mutating func compare(withOtherConnections hopLimit: UInt8) {
    guard evidence.contains(.onlyPacket) else { return }
    evidence.remove(.onlyPacket)
    evidence.insert(.otherConnections)
    peerHopLimit = hopLimit
    var marks = SenderMarks()
    marks.take(IPMarks(hopLimit: hopLimit), window: 0, timestamp: nil)
    compareHopLimits(among: marks, own: evidence.contains(.undecremented) ? self.hopLimit : nil)
    sender = conclusion
  }

  /// Over how many hops a packet came, taking the initial value to be the next of those that are in use.
  static func hops(_ hopLimit: UInt8) -> Int {
    let initial: UInt8 = hopLimit <= 64 ? 64 : hopLimit <= 128 ? 128 : 255
    return Int(initial - hopLimit)
  }
}

extension UInt32 {
  /// Whether a clock of a millisecond or slower takes less than about four hours for so many ticks.
  fileprivate var isSoon: Bool { self < 1 << 24 }
}
