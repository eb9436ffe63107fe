import Handshake
import Path
import Timebase
import Wire

/// One flow of a trace: its port, how far its path is known, and what of the current round is sent.
struct RouteFlow: Sendable {
  /// How far it is from being able to send probes.
  enum Stage: Hashable, Sendable {
    /// A source port is to be asked for, or has been.
    case wanted, asked
    /// Its connection is being opened.
    case opening
    case ready
    /// No port, or no connection: it sends nothing.
    case failed
  }

  /// The probes of a flow in a round: one for each time to live, lowest first.
  struct Sweep: Sendable {
    var round: Int
    var trafficClass: UInt8
    var isExtra = false
    /// The time to live of the next probe.
    var next: Int
  }

  var stage = Stage.wanted
  var local: Endpoint
  var seed = Seed(iss: 0, timestamp: 0)
  /// The connection that probes go within; nil where they are SYNs.
  var session: ProbeSession?
  /// How many connections were opened, and how many probes the current one's target has answered.
  var (sessions, hits) = (0, 0)
  /// How many probes were sent: their names are made of it.
  var count: UInt32 = 0

  /// The time to live at which the path ends; nil where that is not known.
  var end: UInt8?
  /// The highest time to live that was answered; 0 for none.
  var farthest: UInt8 = 0
  /// How far the first sweep goes where no end shows.
  var expected: UInt8
  /// Whether the first sweep is done.
  var isExplored = false
  var sweep: Sweep?
  /// Probes of the first sweep without an answer, until it is known which of them lie beyond the path.
  var silent: [PathProbe] = []
  /// Where our last RST was: it is sent again before every round until another one takes its place, since the target that did
  /// not get it stays half open and answers no SYN, however many come.
  var lastReset: SequenceNumber?

  init(_ local: Endpoint, expected: UInt8) { (self.local, self.expected) = (local, expected) }

  /// The highest time to live that is asked for.
  func last(_ ttls: ClosedRange<UInt8>) -> UInt8 {
    if let end { return end }
    let next = farthest < ttls.upperBound ? farthest + 1 : ttls.upperBound
    return max(ttls.lowerBound, isExplored ? next : max(next, expected))
  }

  /// The octets that may be sent beyond what the peer expects: what reaches it there it has to keep.
  static let mostHits = 60

  /// Whether the connection is to be replaced by a new one.
  var isWorn: Bool {
    guard let session else { return false }
    return session.state != .established || hits >= RouteFlow.mostHits
      || session.hasSACK && 2 * count + 2 >= session.sndWnd
  }

  /// What probes of this flow are.
  var form: PathProbe.Form {
    guard let session else { return .syn }
    return session.hasSACK ? .beyond : .keepAlive
  }

  /// Whether an answer of the target's names its probe; otherwise one probe at a time may reach it.
  var namesAnswers: Bool { session.map { $0.hasSACK || $0.hasTimestamps } ?? true }

  /// The next probe's segment and text, whose sequence number no other probe in flight has.
  mutating func segment(_ syn: RouteSyn, at now: Instant) -> (Segment, text: [UInt8]) {
    defer { count &+= 1 }
    guard let session else {
      // Steps of the golden ratio: of any number in a row no two come close, so that no SYN lies in the window of
      // another one's half-open connection.
      let iss = SequenceNumber(seed.iss &+ count &* 0x9e37_79b1)
      let list = syn.offer.list(value: seed.timestamp &+ count, echoReply: 0)
      return (Segment(seq: iss, flags: .syn, wnd: syn.window, options: list), [])
    }
    guard session.hasSACK else {
      // What the peer has already, up to the octet before the next, so that it echoes our timestamp (RFC 7323 §4.3).
      let text = [UInt8](repeating: 0, count: Int(count % UInt32(RouteFlow.mostOldOctets)) + 1)
      var segment = session.segment(seq: session.sndNxt - UInt32(text.count), textLength: text.count, at: now)
      if session.hasTimestamps { segment.options = stamped(segment) }
      return (segment, text)
    }
    // A hole before each, so that the first SACK block of its answer is this octet and no other (RFC 2018 §4).
    return (session.segment(seq: session.sndNxt + 1 + 2 * count, textLength: 1, at: now), [0])
  }

  /// The most octets of a keep-alive probe.
  static let mostOldOctets = 512

  /// The segment's timestamps, with TSval a tick further for each probe.
  private func stamped(_ segment: Segment) -> TCPOptionList {
    guard let stamps = ParsedOptions(segment.options).timestamps else { return segment.options }
    return .timestampsOnly(value: stamps.value &+ count, echoReply: stamps.echoReply)
  }
}

/// What the SYNs of a trace carry.
public struct RouteSyn: Hashable, Sendable {
  /// The options.
  public var offer: SynOptions
  /// The window.
  public var window: UInt16
  /// The traffic class, and the time to live of everything that is no probe.
  public var ipFields: IPFields
  /// The source port of the first flow; 0 leaves the choice to the kernel.
  public var port: UInt16

  /// SYNs of an ordinary client.
  public init(
    offer: SynOptions = SynOptions(), window: UInt16 = 64_240, ipFields: IPFields = IPFields(), port: UInt16 = 0
  ) {
    (self.offer, self.window, self.ipFields, self.port) = (offer, window, ipFields, port)
  }
}

/// A probe that is not finished.
struct PendingProbe: Sendable {
  var probe: PathProbe
  /// Its sequence number, which names it.
  var seq: SequenceNumber
  /// TSval; nil without timestamps.
  var timestamp: UInt32?
  /// IPv4's identification, which names it where something changed the sequence number.
  var identification: UInt16
  /// What was sent, to be compared with what is quoted.
  var octets: [UInt8]
  var departure: Stamp?
  var arrival: Stamp?
  /// When it is given up; once it is answered, when it no longer waits for the stamp of its departure.
  var deadline: Instant

  var isAnswered: Bool { arrival != nil }
}
