import Handshake
import Wire

/// A packet of the peer's, as a conversation looks at it.
public enum PlayPacket: Hashable, Sendable {
  /// A segment whose checksum is right.
  case segment(PlaySegment)
  /// An ICMP error about a packet of ours.
  case icmp(ICMPNotice)

  /// Whether all that it carries had come before.
  var isAgain: Bool {
    guard case .segment(let arrived) = self else { return false }
    return arrived.isAgain
  }
}

/// A segment of the peer's and what its IP header says.
public struct PlaySegment: Hashable, Sendable {
  /// The segment.
  public var segment: Segment
  /// Its text.
  public var text: [UInt8]
  /// Time to live or hop limit.
  public var timeToLive: UInt8
  /// DSCP and ECN.
  public var trafficClass: UInt8
  /// IPv4's identification; nil with IPv6.
  public var identification: UInt16?
  /// Whether routers must not fragment it.
  public var dontFragment: Bool
  /// Whether it carries text, SYN or FIN, and all of that had come before.
  var isAgain = false

  /// A segment from its parts.
  public init(
    _ segment: Segment, text: [UInt8] = [], timeToLive: UInt8 = 64, trafficClass: UInt8 = 0,
    identification: UInt16? = nil, dontFragment: Bool = true
  ) {
    self.segment = segment
    self.text = text
    self.timeToLive = timeToLive
    self.trafficClass = trafficClass
    self.identification = identification
    self.dontFragment = dontFragment
  }

  /// What its numbers count from where nothing came before: its own SYN, or 0 where the peer has sent none, as a closed
  /// port has not.
  var ownISS: UInt32 { segment.flags.contains(.syn) ? segment.seq.value : 0 }

  /// The number of a field; nil where it is not there.
  func value(of field: Pattern.Field, _ numbers: PlayNumbers) -> UInt32? {
    switch field {
    case .seq: return segment.seq.value &- (numbers.irs ?? ownISS)
    case .ack: return segment.ack.map { $0.value &- numbers.iss }
    case .win: return UInt32(segment.wnd)
    case .len: return UInt32(text.count)
    case .urg: return UInt32(segment.up)
    case .res: return UInt32(segment.flags.intersection(.reserved).rawValue >> 9)
    case .psh: return segment.flags.contains(.psh) ? 1 : 0
    case .ttl: return UInt32(timeToLive)
    case .id: return identification.map(UInt32.init)
    case .df: return dontFragment ? 1 : 0
    case .tos: return UInt32(trafficClass)
    case .ecn: return UInt32(trafficClass & 3)
    case .accecn: return segment.options.accurateECN
    case .again: return isAgain ? 1 : 0
    case .optlen: return UInt32(segment.options.count)
    case .padding: return segment.options.octetsBehindEnd
    case .mss: return segment.options.maximumSegmentSize.map(UInt32.init)
    case .wscale: return segment.options.windowScale.map(UInt32.init)
    case .tsval: return segment.options.timestamps?.value
    case .tsecr: return segment.options.timestamps?.echoReply
    case .sackleft: return segment.options.firstSACKBlock.map { $0.left.value &- numbers.iss }
    case .sackright: return segment.options.firstSACKBlock.map { $0.right.value &- numbers.iss }
    }
  }
}

extension TCPOptionList {
  /// Octets of an AccECN option's counters that are not zero; nil without the option.
  fileprivate var accurateECN: UInt32? {
    for case .other(let kind, let payload) in options where kind == 172 || kind == 174 {
      return payload.reduce(0) { $0 + ($1 == 0 ? 0 : 1) }
    }
    return nil
  }

  /// Octets behind an end of option list that are not zero (RFC 9293 §3.1: padding is zeros); 0 without one.
  fileprivate var octetsBehindEnd: UInt32 {
    let bytes = paddedBytes
    var cursor = TCPOptionCursor(bytes)
    while let (kind, payload) = try? cursor.next() {
      if kind == TCPOption.Kind.endOfList {
        return bytes.extracting(payload.upperBound...).octets.reduce(0) { $0 + ($1 == 0 ? 0 : 1) }
      }
    }
    return 0
  }
}

/// The numbers of a conversation: both ends' variables, and what the script captured.
public struct PlayNumbers: Hashable, Sendable {
  /// Our ISS.
  public var iss: UInt32
  /// The peer's ISS; nil before its SYN.
  public var irs: UInt32?
  /// SND.NXT, from our ISS.
  public var sndNxt: UInt32 = 0
  /// SND.UNA, from our ISS.
  public var sndUna: UInt32 = 0
  /// RCV.NXT, from the peer's ISS.
  public var rcvNxt: UInt32 = 0
  /// Octets of what makes the service answer.
  public var request: UInt32 = 0
  /// How many packets the latest `collect` counted.
  public var count: UInt32 = 0
  /// Octets that the service has sent by itself, by which the peer's numbers are ahead of those that a check speaks of;
  /// always 0 in a script.
  public var spoken: UInt32 = 0
  /// What was captured, in order.
  public private(set) var captured: [Captured] = []

  /// A value that a packet gave to a variable.
  public struct Captured: Hashable, Sendable {
    /// The variable, without its sign.
    public var name: String
    /// The value.
    public var value: UInt32
  }

  /// Numbers of a conversation that begins.
  public init(iss: UInt32) { self.iss = iss }

  mutating func bind(_ name: String, to value: UInt32) { captured.append(Captured(name: name, value: value)) }

  /// What a number comes to; nil for a variable without a value.
  func value(of number: ScriptNumber) -> UInt32? {
    switch number {
    case .constant(let value): return value
    case .variable(let name, let plus): return value(named: name).map { $0 &+ plus }
    }
  }

  private func value(named name: String) -> UInt32? {
    switch name {
    case "iss", "irs": 0
    case "snd.nxt": sndNxt
    case "snd.una": sndUna
    case "rcv.nxt": rcvNxt
    case "count": count
    case "request": request
    default: captured.first { $0.name == name }?.value
    }
  }
}
