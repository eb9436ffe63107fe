/// What a probe says of a port: the state that scripts read.
public enum Verdict: String, Hashable, Sendable, CaseIterable {
  /// A SYN-ACK acknowledged our SYN.
  case open
  /// An RST acknowledged our SYN. (Not the TCP state CLOSED, hence the name.)
  case refused = "closed"
  /// No valid answer, or an ICMP prohibition.
  case filtered
  /// An ICMP unreachable, or this host cannot send there.
  case unreachable
}

/// What a probe is expected to find.
public enum ExpectedState: String, Hashable, Sendable, CaseIterable {
  /// An open port.
  case open
  /// A closed one.
  case refused = "closed"
  /// One that is filtered.
  case filtered
  /// One that is unreachable.
  case unreachable
  /// Any answer of the host, as ping takes it: the port may be open or closed.
  case any

  /// Whether a state is as expected.
  public func admits(_ verdict: Verdict) -> Bool {
    switch self {
    case .open: verdict == .open
    case .refused: verdict == .refused
    case .filtered: verdict == .filtered
    case .unreachable: verdict == .unreachable
    case .any: verdict == .open || verdict == .refused
    }
  }
}

/// Why a verdict was given.
public enum Reason: String, Hashable, Sendable, CaseIterable {
  /// A SYN-ACK with the right acknowledgment.
  case synAck = "syn-ack"
  /// The acknowledgment of our SYN-ACK, where the peer opened the connection.
  case ack
  /// An RST with the right acknowledgment.
  case rst
  /// Nothing came at all.
  case noResponse = "no-response"
  /// A router or the host said: host unreachable.
  case icmpHostUnreachable = "icmp-host-unreachable"
  /// A router said: network unreachable.
  case icmpNetUnreachable = "icmp-net-unreachable"
  /// The host said: port unreachable.
  case icmpPortUnreachable = "icmp-port-unreachable"
  /// The host said: protocol unreachable.
  case icmpProtoUnreachable = "icmp-proto-unreachable"
  /// Someone said: administratively prohibited.
  case icmpAdminProhibited = "icmp-admin-prohibited"
  /// A router said: fragmentation needed. Never decides a state.
  case icmpFragNeeded = "icmp-frag-needed"
  /// A router said: time to live exceeded.
  case icmpTTLExceeded = "icmp-ttl-exceeded"
  /// This host has no route to the target.
  case noRoute = "no-route"
  /// This host refused to send the packet, or had no port for it: nothing is known of the target.
  case notSent = "not-sent"
  /// Something came, and none of it could be believed.
  case invalidReplies = "invalid-replies"
}

/// Why a packet was not believed: it is counted, shown with `-v`, and decides nothing.
public enum Refusal: String, Hashable, Sendable, CaseIterable {
  /// It does not parse.
  case malformed
  /// It was longer than there was room for, and its end was lost.
  case truncated
  /// Its TCP, ICMP or ICMPv6 checksum is wrong.
  case badChecksum = "bad-checksum"
  /// An acknowledgment of something that we did not send.
  case ackMismatch = "ack-mismatch"
  /// An RST that does not acknowledge our SYN, or is not exactly at RCV.NXT.
  case rstMismatch = "rst-mismatch"
  /// A repeated SYN-ACK with another initial sequence number.
  case irsMismatch = "irs-mismatch"
  /// An ICMP error whose quote is too short or is not a packet of ours.
  case badQuote = "bad-quote"
  /// A segment outside the receive window.
  case outOfWindow = "out-of-window"
  /// Neither SYN nor RST, while only those can answer ours.
  case notSyn = "not-syn"
  /// No ACK on a synchronized connection, where every segment carries one.
  case noAck = "no-ack"
  /// A timestamp older than what came before: an old duplicate (RFC 7323 §5).
  case paws
  /// A SYN on a synchronized connection (RFC 5961 §4).
  case unexpectedSyn = "unexpected-syn"
  /// To LISTEN, where only a SYN opens a connection.
  case notForListen = "not-for-listen"
}

/// What was odd about an answer that nevertheless decided.
public struct Notes: OptionSet, Hashable, Sendable {
  /// One bit a note.
  public let rawValue: UInt32
  /// Notes from their bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The option list does not parse to its end.
  public static let optionsMalformed = Notes(rawValue: 1 << 0)
  /// The SYN-ACK carried FIN as well.
  public static let finInSynAck = Notes(rawValue: 1 << 1)
  /// The SYN-ACK offered no window, or none ever opened for our data: a SYN proxy, or a peer with a full receive buffer.
  public static let windowZero = Notes(rawValue: 1 << 2)
  /// The SYN-ACK answered an option that was never offered.
  public static let unofferedOption = Notes(rawValue: 1 << 3)
  /// The echoed timestamp is none of ours.
  public static let tsecrMismatch = Notes(rawValue: 1 << 4)
  /// The SYN-ACK carried text.
  public static let dataInSynAck = Notes(rawValue: 1 << 5)
  /// A reserved header bit was set.
  public static let reservedBits = Notes(rawValue: 1 << 6)
  /// The peer held an old connection half-open; it was reset first.
  public static let halfOpenPeer = Notes(rawValue: 1 << 7)
  /// Both ends opened at once.
  public static let simultaneousOpen = Notes(rawValue: 1 << 8)
  /// The peer reset the connection after the handshake.
  public static let resetByPeer = Notes(rawValue: 1 << 9)
  /// The peer stopped answering after the handshake.
  public static let peerVanished = Notes(rawValue: 1 << 10)
  /// The peer acknowledged our FIN and never sent its own.
  public static let peerFinMissing = Notes(rawValue: 1 << 11)
  /// Nothing verified that the peer is ESTABLISHED: it may be no more than half-open.
  public static let unconfirmed = Notes(rawValue: 1 << 12)
  /// Text came beyond a gap: what fills the gap was lost or overtaken.
  public static let dataOutOfOrder = Notes(rawValue: 1 << 13)
  /// The segment sent was no plain SYN: the verdict is about what answered it, not about a listener.
  public static let craftedFlags = Notes(rawValue: 1 << 14)

  /// Our SYN-ACK was a SYN cookie, and its acknowledgment brought the connection back.
  public static let synCookie = Notes(rawValue: 1 << 15)
  /// A second SYN-ACK came with another initial sequence number: someone else answers too, or the peer forgot the first.
  public static let irsMismatch = Notes(rawValue: 1 << 28)

  /// The RST's hop limit is not that of the host's other answers: someone on the way may have sent it.
  public static let ttlMismatch = Notes(rawValue: 1 << 29)

  /// A `prohibit` route of this host's forbids the destination.
  public static let routeProhibited = Notes(rawValue: 1 << 24)
  /// A `blackhole` route of this host's swallows the destination.
  public static let routeBlackhole = Notes(rawValue: 1 << 25)
  /// An `unreachable` route of this host's shuts the destination off.
  public static let routeUnreachable = Notes(rawValue: 1 << 26)
  /// The peer went on sending after our FIN for as long as its own was waited for.
  public static let keptSending = Notes(rawValue: 1 << 16)
  /// The peer took our data too slowly: not all of them in the time there is.
  public static let tooSlow = Notes(rawValue: 1 << 17)

  /// The target's name gave no address: nothing was sent.
  public static let unresolved = Notes(rawValue: 1 << 27)

  /// Every note with its printed name, in a fixed order.
  public static let names: [(note: Notes, name: String)] = [
    (.optionsMalformed, "options-malformed"), (.finInSynAck, "fin-in-syn-ack"), (.windowZero, "window-zero"),
    (.unofferedOption, "unoffered-option"), (.tsecrMismatch, "tsecr-mismatch"), (.dataInSynAck, "data-in-syn-ack"),
    (.reservedBits, "reserved-bits"), (.halfOpenPeer, "half-open-peer"), (.simultaneousOpen, "simultaneous-open"),
    (.resetByPeer, "reset-by-peer"), (.peerVanished, "peer-vanished"), (.peerFinMissing, "peer-fin-missing"),
    (.unconfirmed, "unconfirmed"), (.dataOutOfOrder, "data-out-of-order"), (.craftedFlags, "crafted-flags"),
    (.synCookie, "syn-cookie"), (.routeProhibited, "route-prohibited"), (.routeBlackhole, "route-blackhole"),
    (.routeUnreachable, "route-unreachable"), (.unresolved, "unresolved"),
    (.keptSending, "kept-sending"), (.tooSlow, "too-slow"), (.irsMismatch, "irs-mismatch"),
    (.ttlMismatch, "ttl-mismatch"),
  ]

  /// The names of the notes that are set.
  public var list: [String] { Notes.names.filter { contains($0.note) }.map(\.name) }
}

/// How a connection ended.
public enum Ending: String, Hashable, Sendable, CaseIterable {
  /// Both FINs were sent and acknowledged.
  case fin
  /// We reset it.
  case rst
  /// The peer reset it.
  case peerRst = "peer-rst"
  /// The peer stopped answering, and we reset it.
  case timeout
  /// It was left as it is.
  case none
}

/// How often each verdict was given.
///
/// Four numbers rather than a dictionary: the first dictionary of its kind costs a process some 35 µs of set-up,
/// which is more than a probe of a near host takes.
public struct VerdictCounts: Hashable, Sendable {
  private var open = 0
  private var refused = 0
  private var filtered = 0
  private var unreachable = 0

  /// Nothing counted yet.
  public init() {}

  /// How often a verdict was given.
  public subscript(verdict: Verdict) -> Int {
    switch verdict {
    case .open: open
    case .refused: refused
    case .filtered: filtered
    case .unreachable: unreachable
    }
  }

  /// How often a state was found that is as expected.
  public func count(admittedBy expected: ExpectedState) -> Int {
    Verdict.allCases.reduce(0) { $0 + (expected.admits($1) ? self[$1] : 0) }
  }

  /// Counts one more.
  public mutating func add(_ verdict: Verdict) {
    switch verdict {
    case .open: open += 1
    case .refused: refused += 1
    case .filtered: filtered += 1
    case .unreachable: unreachable += 1
    }
  }
}

/// What an ICMP error means for a SYN that it quotes.
public struct ICMPVerdict: Hashable, Sendable {
  /// The reason it gives.
  public var reason: Reason
  /// Whether it may decide a state once the wait for a TCP answer is over.
  public var decides: Bool

  /// Reads an ICMPv4 error (RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1); nil where it is none of TCP's affair.
  ///
  /// Source quench and redirect are advice and say nothing of the port; so does a parameter problem.
  public init?(v4 type: UInt8, code: UInt8) {
    switch (type, code) {
    case (3, 0), (3, 5), (3, 6), (3, 11): self.init(.icmpNetUnreachable)
    case (3, 1), (3, 7), (3, 8), (3, 12): self.init(.icmpHostUnreachable)
    case (3, 2): self.init(.icmpProtoUnreachable)
    case (3, 3): self.init(.icmpPortUnreachable)
    case (3, 4): self.init(.icmpFragNeeded, decides: false)
    case (3, 9), (3, 10), (3, 13), (3, 14), (3, 15): self.init(.icmpAdminProhibited)
    case (11, _): self.init(.icmpTTLExceeded)
    default: return nil
    }
  }

  /// Reads an ICMPv6 error (RFC 4443 §3); nil where it is none of TCP's affair.
  public init?(v6 type: UInt8, code: UInt8) {
    switch (type, code) {
    case (1, 0), (1, 2), (1, 7): self.init(.icmpNetUnreachable)
    case (1, 1), (1, 5), (1, 6): self.init(.icmpAdminProhibited)
    case (1, 3): self.init(.icmpHostUnreachable)
    case (1, 4): self.init(.icmpPortUnreachable)
    case (2, _): self.init(.icmpFragNeeded, decides: false)
    case (3, _): self.init(.icmpTTLExceeded)
    case (4, 1): self.init(.icmpProtoUnreachable)
    default: return nil
    }
  }

  private init(_ reason: Reason, decides: Bool = true) {
    self.reason = reason
    self.decides = decides
  }
}

extension Reason {
  /// The state that goes with a reason.
  public var verdict: Verdict {
    switch self {
    case .synAck, .ack: .open
    case .rst: .refused
    case .noResponse, .invalidReplies, .icmpAdminProhibited, .icmpFragNeeded: .filtered
    case .icmpHostUnreachable, .icmpNetUnreachable, .icmpPortUnreachable, .icmpProtoUnreachable, .icmpTTLExceeded,
      .noRoute, .notSent:
      .unreachable
    }
  }
}
