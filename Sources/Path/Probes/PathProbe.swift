import Handshake
import Timebase
import Wire

/// A packet that was sent to find a hop of the path, and what came of it.
public struct PathProbe: Hashable, Sendable {
  /// What was sent.
  public enum Form: String, Hashable, Sendable, CaseIterable {
    /// A SYN, whose sequence number names it.
    case syn
    /// An octet beyond what the peer expects, within a connection: the first SACK block of its answer names it.
    case beyond
    /// An octet before what the peer expects, as a keep-alive segment has it: its answer names nothing, or by the
    /// timestamp that it echoes.
    case keepAlive = "keep-alive"
  }

  /// Its place among all probes of the run, from 0.
  public var number: Int
  /// The round that it belongs to, from 0.
  public var round: Int
  /// Its flow, from 0: probes of a flow have the same addresses and ports.
  public var flow: Int
  /// The source port of the flow.
  public var sourcePort: UInt16
  /// Its time to live, or hop limit.
  public var ttl: UInt8
  /// What was sent.
  public var form: Form
  /// The traffic class that it was sent with: DSCP and ECN.
  public var trafficClass: UInt8
  /// Whether it only asks what is changed on the way: it counts in neither loss nor times.
  public var isExtra = false
  /// When it left.
  public var sent: WallTime
  /// What came; nil where nothing came in time.
  public var answer: Answer?

  /// A probe without an answer.
  public init(
    number: Int, round: Int, flow: Int, sourcePort: UInt16, ttl: UInt8, form: Form = .syn, trafficClass: UInt8 = 0,
    isExtra: Bool = false, sent: WallTime = .unknown, answer: Answer? = nil
  ) {
    (self.number, self.round, self.flow, self.sourcePort, self.ttl) = (number, round, flow, sourcePort, ttl)
    (self.form, self.trafficClass, self.isExtra) = (form, trafficClass, isExtra)
    (self.sent, self.answer) = (sent, answer)
  }

  /// What answered a probe.
  public struct Answer: Hashable, Sendable {
    /// What it was.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
      /// An ICMP error: the time to live ran out.
      case timeExceeded = "ttl-exceeded"
      /// Another ICMP error: the packet goes no further.
      case unreachable
      /// The target's SYN-ACK.
      case synAck = "syn-ack"
      /// The target's RST.
      case rst
      /// The target's acknowledgment, within a connection.
      case ack
    }

    /// What it was.
    public var kind: Kind
    /// What an ICMP error means for TCP; nil for the target's own answers.
    public var reason: Reason?
    /// Who sent it.
    public var address: IPAddress
    /// From the probe to the answer; nil where it cannot be told which copy was answered.
    public var rtt: Measurement?
    /// The time to live, or hop limit, that the answer came with.
    public var hopLimit: UInt8
    /// The time to live that the quote shows: 0 or 1 mostly, more where something on the way rewrote it; nil for the
    /// target's own answers.
    public var quotedTTL: UInt8?
    /// What is different in the segment that the error quotes, as far as it quotes it.
    public var changes: [QuoteChange] = []
    /// Octets of the transport that the error quotes; nil for the target's own answers.
    public var quotedLength: Int?
    /// What the router adds to its error (RFC 4884).
    public var extensions: [ICMPExtension] = []

    /// An answer from its parts.
    public init(kind: Kind, address: IPAddress, rtt: Measurement?, hopLimit: UInt8, reason: Reason? = nil) {
      (self.kind, self.address, self.rtt, self.hopLimit, self.reason) = (kind, address, rtt, hopLimit, reason)
    }

    /// Whether the path ends here: the target answered, or a router said that it goes no further.
    public var isEnd: Bool { kind != .timeExceeded }
    /// Whether the target's TCP answered.
    public var isTargets: Bool { kind == .synAck || kind == .rst || kind == .ack }
  }
}
