import Handshake
import Timebase
import Wire

/// Follows all TCP connections of a capture in one pass and bounded memory.
///
/// Packets go in; flows come out when they are over, idle, or too many, and the rest of them by `finish`. Time is the
/// capture's own: no clock is read.
public struct FlowTracker: Sendable {
  /// How much is remembered, and for how long.
  public struct Policy: Hashable, Sendable {
    /// The most flows at once; beyond, the one that was silent for longest goes, those that are over first.
    public var capacity = 32_768
    /// How long a flow may be silent: a little longer than Linux takes to find a peer gone (two hours and eleven
    /// minutes, `tcp(7)`).
    public var idle = Interval.seconds(8_000)
    /// How long a flow that is over is kept, for what still comes of it: twice the maximum segment lifetime
    /// (RFC 9293 §3.4.2).
    public var linger = Interval.seconds(240)
    /// Whether a flow is handed out as soon as it is over, for whoever watches; what comes later is only counted.
    public var isLive = false
    /// The flow whose packets are kept; nil for none.
    public var followed: Int?

    /// The default.
    public init() {}
  }

  /// What was counted over all flows.
  public struct Counts: Hashable, Sendable {
    /// Packets handed in.
    public var packets = 0
    /// TCP segments among them.
    public var segments = 0
    /// Packets that could not be read.
    public var malformed = 0
    /// ICMP errors that quote a segment of a flow that is remembered.
    public var errors = 0
    /// Packets of other transports, and fragments.
    public var other = 0
    /// Flows that were begun.
    public var flows = 0
    /// Flows given up for want of room.
    public var evicted = 0
    /// Flows given up because they were silent for too long.
    public var idle = 0

    /// Nothing counted yet.
    public init() {}
  }

  /// What was counted.
  public private(set) var counts = Counts()
  /// The packets of the flow that is followed.
  public private(set) var story = FlowStory()

  private let policy: Policy
  private var table: FlowTable

  /// A tracker that has seen nothing; the seed keeps its hashes from being foreseen.
  public init(_ policy: Policy = Policy(), seed: UInt64) {
    self.policy = policy
    table = FlowTable(seed: seed)
  }

  /// How many flows are remembered at the moment.
  public var remembered: Int { table.count }

  /// Takes the next packet: what it was to its flow; nil where it is no TCP segment that can be read.
  ///
  /// The flows that have ended are handed to `ended` on the way, in the order in which they did.
  public mutating func receive(_ packet: borrowing CapturedPacket, ended: (TrackedFlow) -> Void) -> Sighting? {
    switch CapturedContent(packet.octets) {
    case .segment(let segment):
      return receive(segment, FrameMark(packet.stamp, frame: packet.number), ended: ended)
    case .malformed: skipMalformed()
    case .other: receive(other: packet)
    }
    return nil
  }

  /// Takes the next segment, already taken apart.
  public mutating func receive(
    _ segment: borrowing CapturedSegment, _ mark: FrameMark, ended: (TrackedFlow) -> Void
  ) -> Sighting {
    counts.packets &+= 1
    counts.segments &+= 1
    retireSilent(at: mark, ended)
    let (key, fromHigh) = FlowKey.of(segment)
    let place = place(of: key, segment, fromHigh, mark, ended)
    let wasOver = table.isOver(place)
    let sighting = table[place].receive(segment, fromHigh: fromHigh, mark)
    if sighting.flow == policy.followed { story.append(segment, sighting, mark) }
    table.touch(place)
    if policy.isLive, !wasOver, table.isOver(place) { ended(table[place]) }
    return sighting
  }

  /// Takes a packet that is no TCP segment: an ICMP error goes to the flow of the segment that it quotes, and begins none.
  public mutating func receive(other packet: borrowing CapturedPacket) {
    counts.packets &+= 1
    guard let error = QuotingError(packet.octets) else {
      counts.other &+= 1
      return
    }
    let (key, quotesHigh) = FlowKey.of(error.sender, to: error.receiver)
    guard let place = table.find(key, hash: table.hash(key)) else {
      counts.other &+= 1
      return
    }
    counts.errors &+= 1
    let mark = FrameMark(packet.stamp, frame: packet.number)
    table[place].receive(error, quotesHigh: quotesHigh, mark)
    let (flow, isAboutClient) = table.ask(place) { ($0.number, $0.isClientHigh == quotesHigh) }
    if flow == policy.followed { story.append(error, isAboutClient: isAboutClient, mark) }
  }

  /// Counts a packet that was handed in and cannot be read.
  public mutating func skipMalformed() {
    counts.packets &+= 1
    counts.malformed &+= 1
  }

  /// The capture has ended: hands out the flows that are left, in the order of their numbers.
  public mutating func finish(ended: (TrackedFlow) -> Void) {
    let left = table.places.map { place in (number: table.ask(place) { $0.number }, place: place) }
    for (_, place) in left.sorted(by: { $0.number < $1.number }) { retire(place, ended) }
  }
}

extension FlowTracker {
  /// Where the flow of a segment is; a new one where it has none, or begins another connection of the same ports.
  private mutating func place(
    of key: FlowKey, _ segment: borrowing CapturedSegment, _ fromHigh: Bool, _ mark: FrameMark,
    _ ended: (TrackedFlow) -> Void
  ) -> Int {
    let hash = table.hash(key)
    if let place = table.find(key, hash: hash) {
      guard segment.isOpening, table[place].isSucceeded(by: segment, fromHigh: fromHigh) else { return place }
      retire(place, ended)
    } else if table.count >= policy.capacity, let oldest = table.first(in: .over) ?? table.first(in: .running) {
      counts.evicted += 1
      table[oldest].isForgotten = true
      retire(oldest, ended)
    }
    counts.flows += 1
    let flow = TrackedFlow(number: counts.flows - 1, key, senderIsHigh: fromHigh, at: mark)
    return table.insert(flow, key, hash: hash)
  }

  /// Takes a flow out and hands it on, unless that was done when it was over.
  private mutating func retire(_ place: Int, _ ended: (TrackedFlow) -> Void) {
    table.remove(place)
    if !(policy.isLive && table.isOver(place)) { ended(table[place]) }
  }

  /// Retires the flows that have been silent for too long, by the capture's time.
  private mutating func retireSilent(at mark: FrameMark, _ ended: (TrackedFlow) -> Void) {
    while let place = table.first(in: .over), isSilent(place, for: policy.linger, at: mark) { retire(place, ended) }
    while let place = table.first(in: .running), isSilent(place, for: policy.idle, at: mark) {
      counts.idle += 1
      table[place].isForgotten = true
      retire(place, ended)
    }
  }

  private func isSilent(_ place: Int, for limit: Interval, at mark: FrameMark) -> Bool {
    mark.isLater(than: table.ask(place) { $0.last }, by: limit)
  }
}
