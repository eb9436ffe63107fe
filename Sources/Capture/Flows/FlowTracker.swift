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
    /// Flows given up for lack of room.
    public var evicted = 0
    /// Flows given up because they were silent for too long.
    public var idle = 0

    /// Nothing counted yet.
    public init() {}
  }

  /// What was counted.
  public private(set) var counts = Counts()
  /// How many numbers flows have taken, those among them of which an ICMP error quotes a segment and nothing was seen.
  public private(set) var numbers = 0
  /// The packets of the flow that is followed.
  public private(set) var story = FlowPacketLog()

  private let policy: Policy
  private var table: FlowTable
  private var recent: RecentPackets
  private var time = CaptureTime()

  /// A tracker that has seen nothing; the seed keeps its hashes from being foreseen.
  public init(_ policy: Policy = Policy(), seed: UInt64) {
    self.policy = policy
    table = FlowTable(seed: seed)
    recent = RecentPackets(seed: seed)
  }

  /// How many flows are remembered at the moment.
  public var remembered: Int { table.count }

  /// Takes the next packet: what it was to its flow; nil where it is no TCP segment that can be read.
  ///
  /// The flows that have ended are handed to `ended` on the way, in the order in which they did.
  public mutating func receive(_ packet: borrowing CapturedPacket, ended: (TrackedFlow) -> Void) -> Sighting? {
    switch CapturedContent(packet) {
    case .segment(let segment):
      return receive(segment, FrameMark(packet.stamp, frame: packet.number), ended: ended)
    case .malformed: skipMalformed()
    case .other: receive(other: packet, ended: ended)
    }
    return nil
  }

  /// Takes the next segment, already taken apart.
  public mutating func receive(
    _ segment: borrowing CapturedSegment, _ mark: FrameMark, ended: (TrackedFlow) -> Void
  ) -> Sighting {
    counts.packets &+= 1
    counts.segments &+= 1
    if let doubt = time.pass(mark) { settle(doubt) }
    retireSilent(ended)
    let (key, fromHigh) = FlowKey.of(segment)
    let place = place(of: key, segment, fromHigh, mark, ended)
    let sighting = table[place].receive(segment, fromHigh: fromHigh, mark, at: time.now, among: &recent)
    time.note(mark, flow: sighting.flow, place: place)
    if sighting.flow == policy.followed { story.append(segment, sighting, fromHigh: fromHigh, mark) }
    table.touch(place)
    if policy.isLive, table.isOver(place), !table.ask(place, { $0.isHandedOut }) {
      table[place].isHandedOut = true
      ended(table[place])
    }
    return sighting
  }

  /// Takes a packet that is no TCP segment: an ICMP error goes to the flow of the segment that it quotes.
  ///
  /// Where none is known the segment takes a number, as it does in Wireshark, but nothing is told of it: what follows of
  /// that flow has this number.
  public mutating func receive(other packet: borrowing CapturedPacket, ended: (TrackedFlow) -> Void) {
    counts.packets &+= 1
    guard let error = QuotingError(packet.octets) else {
      counts.other &+= 1
      return
    }
    let (key, quotesHigh) = FlowKey.of(error.sender, to: error.receiver)
    let mark = FrameMark(packet.stamp, frame: packet.number)
    let hash = table.hash(key)
    guard let place = table.find(key, hash: hash) ?? placeOfQuoted(error, key, hash, quotesHigh, mark, ended) else {
      counts.other &+= 1
      return
    }
    let isOnlyQuoted = table.ask(place) { $0.isOnlyQuoted }
    if isOnlyQuoted { counts.other &+= 1 } else { counts.errors &+= 1 }
    if error.isOpening, error.countsAsSeen, let number = error.sequence,
      !isOnlyQuoted, table[place].isSucceeded(by: number, fromHigh: quotesHigh)
    {
      numbers += 1  // that of a connection of the same ports, of which nothing else was seen
    }
    table[place].receive(error, quotesHigh: quotesHigh, mark)
    let flow = table.ask(place) { $0.number }
    if flow == policy.followed { story.append(error, quotesHigh: quotesHigh, mark) }
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
      if table.isOver(place), table.ask(place, { $0.isOnlyQuoted }) {
        begin(place, fromHigh, mark)
        return place
      }
      if segment.isOpening {
        guard table[place].isSucceeded(by: segment.header.sequence, fromHigh: fromHigh) else { return place }
        retire(place, ended)
      } else {
        guard time.isInDoubt(mark) else { return place }
        // How long a flow was silent is in doubt while no other packet bears the stamp out: its numbers decide.
        let isOver = table.isOver(place)
        guard isSilent(place, for: isOver ? policy.linger : policy.idle, at: mark.nanoseconds),
          !table[place].isContinued(by: segment, fromHigh: fromHigh)
        else { return place }
        if isOver { retire(place, ended) } else { retireIdle(place, ended) }
      }
    }
    makeRoom(ended)
    counts.flows += 1
    return insert(key, hash, fromHigh, mark)
  }

  /// A new flow with the next number.
  private mutating func insert(_ key: FlowKey, _ hash: UInt32, _ fromHigh: Bool, _ mark: FrameMark) -> Int {
    var flow = TrackedFlow(number: numbers, key, senderIsHigh: fromHigh, at: mark)
    flow.heard = time.now
    numbers += 1
    return table.insert(flow, key, hash: hash)
  }

  /// Where the flow is of which an ICMP error quotes a segment, and nothing was seen; nil where it takes no number.
  private mutating func placeOfQuoted(
    _ error: QuotingError, _ key: FlowKey, _ hash: UInt32, _ quotesHigh: Bool, _ mark: FrameMark,
    _ ended: (TrackedFlow) -> Void
  ) -> Int? {
    guard error.countsAsSeen else { return nil }
    makeRoom(ended)
    let place = insert(key, hash, quotesHigh, mark)
    table[place].isOnlyQuoted = true
    table.touch(place)
    return place
  }

  /// The first packet of a flow of which only an ICMP error was seen before.
  private mutating func begin(_ place: Int, _ fromHigh: Bool, _ mark: FrameMark) {
    table[place].begin(fromHigh: fromHigh, mark)
    let errors = table.ask(place) { $0.errors?.count ?? 0 }
    counts.flows += 1
    counts.errors += errors
    counts.other -= errors
  }

  /// Lets go of a flow where there are as many as may be.
  private mutating func makeRoom(_ ended: (TrackedFlow) -> Void) {
    guard table.count >= policy.capacity, let oldest = table.first(in: .over) ?? table.first(in: .running) else {
      return
    }
    if !table.ask(oldest, { $0.isOnlyQuoted }) { counts.evicted += 1 }
    table[oldest].isForgotten = true
    retire(oldest, ended)
  }

  /// Takes a flow out and hands it on, unless that was done when it was over, or nothing of it was seen.
  private mutating func retire(_ place: Int, _ ended: (TrackedFlow) -> Void) {
    table.remove(place)
    if table.ask(place, { !$0.isHandedOut && !$0.isOnlyQuoted }) {
      table[place].goneAt = time.now
      ended(table[place])
    }
  }

  private mutating func retireIdle(_ place: Int, _ ended: (TrackedFlow) -> Void) {
    counts.idle += 1
    table[place].isForgotten = true
    retire(place, ended)
  }

  /// Retires the flows that have been silent for too long, by the capture's time.
  private mutating func retireSilent(_ ended: (TrackedFlow) -> Void) {
    while let place = table.first(in: .over), isSilent(place, for: policy.linger, at: time.now) { retire(place, ended) }
    while let place = table.first(in: .running), isSilent(place, for: policy.idle, at: time.now) {
      retireIdle(place, ended)
    }
  }

  private func isSilent(_ place: Int, for limit: Interval, at now: Int64) -> Bool {
    let heard = table.ask(place) { $0.heard }
    guard now != .min, heard != .min else { return false }
    let (end, overflows) = heard.addingReportingOverflow(limit.nanoseconds)
    return !overflows && now > end
  }

  /// Of a packet that had a wild stamp its flow has no time; one whose stamp was borne out made its flow younger.
  private mutating func settle(_ doubt: CaptureTime.Doubt) {
    let isThere = table.ask(doubt.place) { $0.number } == doubt.flow
    if isThere, doubt.isWild { table[doubt.place].forgetTime(of: doubt.mark.frame) }
    if isThere, !doubt.isWild { table[doubt.place].heard = doubt.mark.nanoseconds }
    if doubt.flow == policy.followed, doubt.isWild { story.forgetTime(of: doubt.mark.frame) }
  }
}
