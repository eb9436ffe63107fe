import HTTP
import Handshake
import Timebase
import Wire

/// The open-loop benchmark: thousands of connections in flight, each begun when it is due whatever the others do.
///
/// A batched sibling of `Engine`: what it wants sent is appended to a batch that its owner sends and empties, and what has
/// ended waits in `results`. It reads no clock and owns no socket, and after its ports are there it allocates nothing.
public struct BenchEngine: Sendable {
  /// What it was asked for.
  public let plan: BenchPlan
  /// What has ended and was not taken yet.
  public internal(set) var results: [BenchResult] = []
  /// The home that needs another port before what is due can begin; see `add(port:home:)`.
  public internal(set) var wantedHome: Int?
  /// Packets that belong to no connection of the run.
  public internal(set) var strays = 0
  /// Connections in flight.
  public internal(set) var underWay = 0
  /// Why a packet was refused last; asked for by `judge(_:at:into:)` alone.
  var lastRefusal: Refusal?

  var lanes: [BenchTargetState]
  var slots: [BenchSlot] = []
  /// By slot: when its timer is over, in nanoseconds, or `Int64.max` (apart from the slots, for the search).
  var deadlines: [Int64] = []
  /// No timer is over before this.
  var earliest = Int64.max
  /// By slot, where the mode is `http`.
  var readers: [HTTPResponseReader] = []
  var ports: BenchPorts
  var schedule: BenchSchedule
  var noise: UInt64
  let timestampBase: UInt32
  private var portLimit: Int
  private let room: Room

  /// The most packets that one event makes: there must be room for so many in a batch that is handed over.
  public static let mostPacketsPerEvent = 3

  /// A benchmark of targets; `seed` makes its numbers unpredictable.
  ///
  /// Throws where a target's two addresses are not of one family.
  public init(_ plan: BenchPlan, targets: [BenchTarget], seed: UInt64) throws(WireError) {
    var homes: [IPAddress] = []
    var lanes: [BenchTargetState] = []
    for target in targets {
      let home = homes.firstIndex(of: target.source) ?? homes.count
      if home == homes.count { homes.append(target.source) }
      lanes.append(try BenchTargetState(target, home: home))
    }
    self.plan = plan
    room = Room(places: plan.concurrency, targets: targets.count)
    self.lanes = lanes
    ports = BenchPorts(homes: homes)
    schedule = BenchSchedule(plan, targets: targets.count)
    noise = seed
    timestampBase = UInt32(truncatingIfNeeded: seed >> 32)
    portLimit = max(plan.concurrency, 1)
  }

  /// The source addresses that ports are wanted of.
  public var homes: [IPAddress] { ports.homes }

  /// What was counted at one target.
  public func counts(of target: Int) -> BenchCounts { lanes[target].counts }

  /// Whether nothing is in flight and nothing is due any more.
  public var isDone: Bool { underWay == 0 && schedule.isOver }

  /// When `advance` wants to be called next; nil where only a packet can bring news.
  public var nextDeadline: Instant? {
    let timer = earliest == .max ? nil : Instant(nanoseconds: earliest)
    guard let due = schedule.nextDue else { return timer }
    return timer.map { min($0, due) } ?? due
  }

  /// Begins: the first connection is due now.
  public mutating func start(at now: Instant) { schedule.begin(at: now) }

  /// Takes a port in that was reserved and guarded at one of the homes.
  public mutating func add(port: UInt16, home: Int) {
    let place = ports.add(port, home: home)
    for lane in lanes.indices {
      let slot = place * lanes.count + lane
      slots.append(BenchSlot(target: lane, port: port, iss: SequenceNumber(UInt32(truncatingIfNeeded: random()))))
      deadlines.append(.max)
      if plan.mode == .http { readers.append(HTTPResponseReader()) }
      if lanes[lane].home == home { lanes[lane].free.append(slot) }
    }
    wantedHome = nil
  }

  /// No port can be had any more: those there are must do.
  public mutating func refusePorts() {
    portLimit = ports.count
    wantedHome = nil
  }

  /// Does what is due, as far as the batch has room: timers that are over, then connections that are to begin.
  public mutating func advance(at now: Instant, into batch: inout PacketBatch) {
    expireTimers(at: now, into: &batch)
    while batch.vacancies >= BenchEngine.mostPacketsPerEvent, let due = schedule.nextDue, due <= now {
      let lane = schedule.nextTarget
      guard now - due <= BenchPlan.latest, underWay < plan.concurrency,
        room.allows(lanes[lane].underWay, of: underWay)
      else {
        lanes[lane].counts.notStarted += 1
        _ = schedule.take(at: now)
        continue
      }
      guard let slot = lanes[lane].free.popLast() else {
        guard ports.count(of: lanes[lane].home) >= portLimit else {
          wantedHome = lanes[lane].home
          return
        }
        lanes[lane].counts.notStarted += 1
        _ = schedule.take(at: now)
        continue
      }
      guard let turn = schedule.take(at: now) else { return }
      begin(turn, in: slot, at: now, into: &batch)
    }
  }

  /// Hands out what has ended, and forgets it.
  public mutating func takeResults(_ body: (BenchResult) -> Void) {
    for result in results { body(result) }
    results.removeAll(keepingCapacity: true)
  }

  /// Ends: nothing is begun any more, and whatever is in flight is reset.
  ///
  /// False where the batch had not room for all: it is to be sent, and this called again.
  public mutating func interrupt(at now: Instant, into batch: inout PacketBatch) -> Bool {
    schedule.end()
    for slot in slots.indices where slots[slot].state != .closed {
      guard batch.vacancies > 0 else { return false }
      reset(slot, into: &batch)
      finish(slot, .interrupted)
    }
    return true
  }

  /// SplitMix64: the numbers between one ISS and the next.
  mutating func random() -> UInt64 {
    noise &+= 0x9e37_79b9_7f4a_7c15
    var mixed = (noise ^ (noise >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

// MARK: Departures

extension BenchEngine {
  /// Says that a packet left, as user space saw it; the name is the batch's.
  public mutating func departed(_ name: UInt64, at stamp: Stamp) {
    let name = PacketTag(rawValue: name)
    guard name.role != .other, isCurrent(name) else { return }
    switch name.role {
    case .other: break
    case .syn:
      slots[name.slot].lastCopy.left = stamp
      if slots[name.slot].copies == 1 { slots[name.slot].firstCopy.left = stamp }
    case .awaited: slots[name.slot].left = stamp
    }
  }

  /// Says when a packet left, by the kernel's word.
  public mutating func transmitted(_ name: UInt64, kernel: WallTime) {
    let name = PacketTag(rawValue: name)
    guard name.role != .other, isCurrent(name) else { return }
    switch name.role {
    case .other: break
    case .syn:
      slots[name.slot].lastCopy.left?.kernel = kernel
      if slots[name.slot].copies == 1 { slots[name.slot].firstCopy.left?.kernel = kernel }
    case .awaited: slots[name.slot].left?.kernel = kernel
    }
  }

  /// Says that a packet could not be sent: its connection has ended.
  public mutating func failed(_ name: UInt64) {
    let name = PacketTag(rawValue: name)
    guard isCurrent(name), slots[name.slot].state != .closed else { return }
    if name.role == .syn { slots[name.slot].result.transmissions -= 1 }
    finish(name.slot, slots[name.slot].state == .synSent ? .unreachable : .abandoned)
  }

  private func isCurrent(_ name: PacketTag) -> Bool {
    slots.indices.contains(name.slot) && name.isOf(slots[name.slot].generation)
  }
}
