import Timebase
import Wire

/// How a connection that was opened is ended.
public enum CloseManner: String, Hashable, Sendable, CaseIterable {
  /// By FIN: the four-way close.
  case fin
  /// By RST: the peer's application sees a reset.
  case rst
  /// Not at all.
  case none
}

/// What one connection is to do: policy, handed to the machine as a value.
public struct Plan: Hashable, Sendable {
  /// How far the connection goes.
  public enum Mode: String, Hashable, Sendable {
    /// The whole handshake, then the close.
    case full
    /// SYN and answer, then RST: nothing reaches the peer's application.
    case halfOpen = "syn"
  }

  /// How far the connection goes.
  public var mode = Mode.full
  /// How it is ended once open.
  public var close = CloseManner.fin
  /// Whether it waits in LISTEN for the peer's SYN, rather than sending its own (RFC 9293 §3.10.1, passive OPEN).
  public var isPassive = false
  /// Whether a keep-alive probe asks for a proof that the peer is ESTABLISHED.
  public var confirm = false
  /// The control bits of the first segment; a plain SYN unless crafted.
  public var flags = TCPFlags.syn
  /// The options that the first segment carries.
  public var offer = SynOptions()
  /// The acknowledgment number of the first segment, whether or not it has the ACK bit; nil is an unpredictable one with
  /// that bit, and 0 without.
  public var acknowledgment: UInt32?
  /// The urgent pointer of the first segment.
  public var urgentPointer: UInt16 = 0
  /// What else is done to the first segment and the packet around it; nil for nothing.
  public var crafting: Crafting?
  /// The initial sequence number; nil draws an unpredictable one for every connection (RFC 9293 §3.4.1).
  public var iss: UInt32?
  /// Our receive window in octets, as the first segment's window field says it.
  public var window: UInt16 = 64_240
  /// What is sent once open, or inside the first segment where the mode is half-open.
  public var data: [UInt8] = []
  /// The most octets of options and text that a segment of ours may carry: the path's MTU less the fixed headers.
  public var textLimit = 1_400
  /// Whether its owner writes and shuts down as it likes, and takes what comes: there is no `data` and no `close` then.
  ///
  /// The connection stays open until `Connection.shutdown()` or `abort(at:)`, and the text that comes waits for
  /// `Connection.takeReceived()`. How long to wait for a peer that says nothing is the owner's affair.
  public var isInteractive = false
  /// The most octets of text that may wait for an interactive owner; nil takes what `window` says.
  ///
  /// What exceeds 65,535 octets counts only where window scaling is agreed (RFC 7323 §2.3).
  public var receiveLimit: Int?
  /// How often the SYN, and later anything else of ours, is retransmitted.
  public var retries = 2
  /// Whether small segments wait for what was sent before them (RFC 9293 §3.7.4, Nagle): not where each is to be timed.
  public var joinsSmallSegments = false
  /// What the IP headers of its packets say.
  public var ipFields = IPFields()
  /// The wait for the answer to the first transmission; it doubles with each further one (RFC 6298 §5.5).
  public var wait = Interval.seconds(1)
  /// How long TIME-WAIT lasts: 2 MSL in the RFC, nothing for a prober whose port is not used again.
  ///
  /// As long as it lasts a FIN that the peer repeats is acknowledged, and begins the wait again (RFC 9293 §3.10.7.4), but
  /// not for longer than `patience` in all: a peer may repeat it forever.
  public var timeWait = Interval.zero

  /// The plan of an ordinary probe.
  public init() {}

  /// The most retransmissions that a plan may ask for: the copies of a SYN are kept in a table of fixed size.
  public static let retriesLimit = 15

  /// How often a segment is really retransmitted: the retries, within what can be kept.
  var retransmissions: Int { min(max(retries, 0), Plan.retriesLimit) }

  /// Whether the first segment opens a connection, rather than only provoking an answer.
  public var opensConnection: Bool {
    flags.contains(.syn) && flags.isDisjoint(with: [.ack, .rst, .fin])
  }

  /// How long all copies of a SYN are waited for; and, whatever else it sends, a peer's FIN after ours.
  public var patience: Interval {
    let wait = min(max(wait, .zero), Retransmission.longestWait)
    return min(wait * ((1 << Int64(retransmissions + 1)) - 1), max(wait, Retransmission.ceiling))
  }

  /// How long a peer may take for all of our data, however little at a time; and for anything else that its own pace
  /// prolongs.
  public var longestStage: Interval { max(patience, Retransmission.ceiling) }

  /// How long after its acknowledgment the answer to data is waited for before our FIN; it may come after that as well.
  public var answerWait: Interval { min(max(wait, .zero), Retransmission.longestWait) }

  /// The text that the first segment carries: what fits behind its options.
  public var textInFirst: Range<Int> {
    guard !isInteractive, mode == .halfOpen || !opensConnection else { return 0..<0 }
    let room = textLimit - offer.list(value: 0, echoReply: 0).paddedCount
    return 0..<min(data.count, max(room, 0))
  }
}

/// The numbers that make one connection unpredictable to others; drawn from the kernel's entropy.
public struct Seed: Hashable, Sendable {
  /// ISS (RFC 9293 §3.4.1).
  public var iss: UInt32
  /// Where our time-stamp clock starts (RFC 7323 §5.4).
  public var timestamp: UInt32

  /// A seed from its two numbers.
  public init(iss: UInt32, timestamp: UInt32) {
    self.iss = iss
    self.timestamp = timestamp
  }
}
