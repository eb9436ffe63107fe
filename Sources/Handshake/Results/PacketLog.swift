import Timebase
import Wire

extension PacketLog {
  /// One packet of a connection, and where both ends stood after it.
  public struct Entry: Hashable, Sendable {
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
    /// The packet's number in its connection, counted over both directions in the order in which they were handled.
    public var number: UInt32
    /// Whether it has left; true for what came.
    public var hasDeparted: Bool
    /// Whether the same sequence space was sent before.
    public var isRetransmission: Bool
    /// Who sent an ICMP error; nil for anything else.
    public var errorSource: IPAddress?

    /// An entry from its parts.
    public init(
      direction: Direction, content: Content, stamp: Stamp, state: State, peer: State, refusal: Refusal? = nil,
      number: UInt32 = 0, isRetransmission: Bool = false, errorSource: IPAddress? = nil, hasDeparted: Bool = true
    ) {
      self.direction = direction
      self.content = content
      self.stamp = stamp
      self.state = state
      self.peer = peer
      self.refusal = refusal
      self.number = number
      self.isRetransmission = isRetransmission
      self.errorSource = errorSource
      self.hasDeparted = hasDeparted
    }
  }
}

extension PacketLog.Entry {
  /// On which side of user space's readings the kernel's stamp must lie.
  public var passage: Stamp.Passage { direction == .sent ? .departure : .arrival }

  /// The time since an earlier packet; nil where the two are so far apart that no interval can say it.
  public func elapsed(since earlier: PacketLog.Entry) -> Interval? {
    stamp.elapsed(since: earlier.stamp, from: earlier.passage, to: passage)
  }
}

/// The packets of one connection in the order in which they were handled, in bounded memory, with their stamps.
///
/// The only place where a stamp is stored: a step names two packets, and its time is computed from their entries.
public struct PacketLog: Hashable, Sendable {
  /// The packets: the first ones, where there were too many, and those of the others that a step lies between.
  public private(set) var entries: [PacketLog.Entry] = []
  /// How many more there were.
  public private(set) var omitted = 0

  /// The most packets that are kept of one connection, but for those that a step lies between.
  public static let capacity = 512
  /// The packets of an ordinary connection, from SYN to the last ACK, and one to spare.
  private static let ordinary = 8
  /// How many packets beyond the capacity may wait until it is looked which of them are still needed; half as many beyond
  /// those that were needed last.
  private static let slack = 64
  /// At how many packets it is looked which of those beyond the capacity are still needed.
  private var sweepAt = PacketLog.capacity + PacketLog.slack
  /// Those that an owner needs (`keep(_:)`).
  private var kept: [UInt32] = []

  /// Behind which of the packets those lie that were not kept; nil where all were.
  public var gap: Int? { omitted > 0 ? min(entries.count, PacketLog.capacity) : nil }

  /// No packets yet.
  public init() {}

  /// The packets that another log kept, the first `capacity` of them, and how many more there were.
  public init(_ entries: [PacketLog.Entry], omitted: Int) {
    self.entries = Array(entries.prefix(PacketLog.capacity))
    self.omitted = omitted + max(entries.count - PacketLog.capacity, 0)
  }

  /// Whether a packet more is kept only where it is needed.
  public var isFull: Bool { entries.count >= PacketLog.capacity }

  /// Appends a packet; beyond the capacity only one that is needed, in place of those that no longer are.
  mutating func append(_ entry: PacketLog.Entry, ifFull isNeeded: (UInt32) -> Bool) {
    guard isFull else {
      // Room for a whole connection at once, not for one packet, two, four, eight.
      if entries.isEmpty { entries.reserveCapacity(PacketLog.ordinary) }
      entries.append(entry)
      return
    }
    guard isNeeded(entry.number) else {
      omitted += 1
      return
    }
    if entries.count >= sweepAt { sweep(isNeeded) }
    entries.append(entry)
  }

  private mutating func sweep(_ isNeeded: (UInt32) -> Bool) {
    let before = entries.count
    let needed = entries[PacketLog.capacity...].filter { isNeeded($0.number) || kept.contains($0.number) }
    entries = entries[..<PacketLog.capacity] + needed
    omitted += before - entries.count
    sweepAt = max(PacketLog.capacity, entries.count - PacketLog.slack / 2) + PacketLog.slack
  }

  /// Keeps a packet that was handled last although there was no room for it, until `release(before:)`.
  mutating func keep(_ entry: PacketLog.Entry) {
    guard isFull, let before = entries.lastIndex(where: { $0.number <= entry.number }) else { return }
    let isThere = entries[before].number == entry.number
    if isThere, before < PacketLog.capacity { return }
    if !kept.contains(entry.number) { kept.append(entry.number) }
    guard !isThere else { return }
    entries.insert(entry, at: before + 1)
    omitted -= 1
  }

  /// Lets go of the packets before a number that were kept for an owner.
  mutating func release(before number: UInt32) { kept.removeAll { $0 < number } }

  /// The place of a packet; nil where it was not kept.
  public func place(of number: UInt32) -> Int? { entries.lastIndex { $0.number == number } }

  /// When a packet left or came; nil where it has not left, or was not kept.
  func stamp(of number: UInt32?) -> Stamp? {
    guard let entry = entry(number), entry.hasDeparted else { return nil }
    return entry.stamp
  }

  /// The time from one packet to another; nil where one of them has not left, or was not kept.
  public func measurement(from begin: UInt32?, to end: UInt32?) -> Measurement? {
    guard let from = stamp(of: begin), let to = stamp(of: end) else { return nil }
    return to.since(from, from: passage(of: begin), to: passage(of: end))
  }

  /// Whether a packet has left and the kernel has not said when.
  public func awaitsKernel(_ number: UInt32?) -> Bool {
    guard let entry = entry(number), entry.direction == .sent else { return false }
    return entry.hasDeparted && entry.stamp.kernel == nil
  }

  /// Which way a packet went.
  private func passage(of number: UInt32?) -> Stamp.Passage { entry(number)?.passage ?? .departure }

  private func entry(_ number: UInt32?) -> PacketLog.Entry? {
    guard let number, let place = place(of: number) else { return nil }
    return entries[place]
  }

  /// Gives a sent packet its stamp from user space and where both ends stand once it has left.
  mutating func departed(_ number: UInt32, at stamp: Stamp, state: State, peer: State) {
    update(number) {
      $0.stamp = stamp
      $0.state = state
      $0.peer = peer
      $0.hasDeparted = true
    }
  }

  /// Gives a sent packet the kernel's stamp.
  mutating func transmitted(_ number: UInt32, kernel: WallTime) { update(number) { $0.stamp.kernel = kernel } }

  private mutating func update(_ number: UInt32, _ body: (inout PacketLog.Entry) -> Void) {
    // The stamps of the latest segments are the ones that are missing. Numbers only grow, so that what was
    // omitted is not searched for among all that was kept.
    for index in entries.indices.reversed() {
      if entries[index].number == number, entries[index].direction == .sent { body(&entries[index]) }
      if entries[index].number <= number { return }
    }
  }
}

extension PacketLog {
  /// Whether there is nothing to sort, as mostly: asks for no memory.
  private var isInOrderOfStamps: Bool {
    guard let first = entries.first else { return true }
    var latest = Interval.zero
    for entry in entries {
      let time = entry.elapsed(since: first) ?? latest
      guard time >= latest else { return false }
      latest = time
    }
    return true
  }

  /// The packets in the order of their stamps, as they passed on the wire, rather than as they were handled.
  ///
  /// A segment of ours that was made before a packet of the peer's was read may have left after that came. Each change of
  /// state stays with the packet that made it.
  func inOrderOfStamps() -> PacketLog {
    guard let first = entries.first, !isInOrderOfStamps else { return self }
    var latest = Interval.zero
    let times = entries.map { entry in
      let time = entry.elapsed(since: first) ?? latest
      latest = max(latest, time)
      return time
    }
    var sorted = self
    let order = entries.indices.sorted { (times[$0], $0) < (times[$1], $1) }
    var (state, peer) = (entries[0].state, entries[0].peer)
    sorted.entries = order.map { index in
      var entry = entries[index]
      if index > 0, entry.state != entries[index - 1].state { state = entry.state }
      if index > 0, entry.peer != entries[index - 1].peer { peer = entry.peer }
      (entry.state, entry.peer) = (state, peer)
      return entry
    }
    return sorted
  }
}
