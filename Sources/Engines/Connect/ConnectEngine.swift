import Handshake
import Timebase
import Wire

/// The default verb: connections to one target or several, once or on a schedule, each with a port of its own.
public struct ConnectEngine: Engine {
  /// Where to, and what to do there.
  public struct Target: Sendable {
    /// Our address towards it; nil where this host has no route there.
    public var source: IPAddress?
    /// Its address and port.
    public var remote: Endpoint
    /// What each connection does.
    public var plan: Plan
    /// What stands in the way where there is no route.
    public var obstacle: Notes = []
    /// Whether it can be probed.
    public var standing = Standing.ready

    /// Whether a target can be probed.
    public enum Standing: Hashable, Sendable {
      /// From the start.
      case ready
      /// Not before its address is known, which the run waits for.
      case awaited
      /// Not now, and the run waits for nothing.
      case absent
    }

    /// A target from its parts.
    public init(source: IPAddress?, remote: Endpoint, plan: Plan) {
      self.source = source
      self.remote = remote
      self.plan = plan
    }
  }

  /// One connection that has ended.
  public struct Finding: Sendable {
    /// The target's index.
    public var target: Int
    /// Which probe of the target it was, from 1.
    public var sequence: Int
    /// What came of it; nil where it was interrupted before it was decided.
    public var outcome: Outcome?
    /// By how many rounds it and all that follow were put off; above 0 nothing has ended, and this is all that is told.
    public var putOff = 0
    /// Whether it was never begun, because connections of its target hold all places that one target may.
    public var isLeftOut = false
  }

  /// A connection in flight.
  struct Probe {
    var target: Int
    var sequence: Int
    /// Nil until the source port is reserved.
    var conversation: TracedConnection?
    var generation: UInt32
    /// When a finished one is reported although stamps are missing.
    var reportBy: Instant?
  }

  /// A place for a connection, or a link in the chain of those that are free.
  struct Place {
    var probe: Probe?
    /// The next free place behind this one; -1 where there is none.
    var nextFree = -1
  }

  /// Packets that no flow of ours explains: counted, and shown with `-v`.
  public private(set) var strays = 0

  var targets: [Target]
  let schedule: Schedule
  let sourcePort: UInt16
  var places: [Place] = []
  /// The first free place; -1 where none is.
  var firstFree = -1
  var slots = FlowTable()
  var deadlines = DeadlineQueue()
  var startedAt = Instant(nanoseconds: 0)
  /// Whose turn it is.
  var rota: ProbeClock
  var active = 0
  /// How many targets the run waits for.
  var awaited = 0
  /// The same by target; empty where each target is probed once, and holds one place at most.
  var activeOf: [Int32]
  let room: Room
  var generation: UInt32 = 0
  /// The connection that the last packet belonged to; nil where it belonged to none.
  private var lastSlot: Int?
  var isInterrupted = false
  /// Whether it was the schedule's deadline that ended the run: what has not been answered by then is unanswered.
  var isOverdue = false

  /// The most connections that are in flight at once, of few targets or of many that are probed once; a probe that is
  /// due beyond that waits for a free place.
  public static let concurrency = 256
  /// How long a finished connection waits for the kernel's last transmit stamp.
  static let stampGrace = Interval.milliseconds(2)
  /// How long it waits for what the peer may still send after an RST that came from another distance.
  static let doubtGrace = Interval.milliseconds(200)

  /// A run over targets; `sourcePort` 0 lets the kernel choose a port for each connection.
  public init(targets: [Target], schedule: Schedule, sourcePort: UInt16 = 0, room: Room? = nil) {
    self.targets = targets
    self.schedule = schedule
    self.sourcePort = sourcePort
    self.room = room ?? Room(for: targets.count, count: schedule.count)
    activeOf = Array(repeating: 0, count: schedule.count == 1 ? 0 : targets.count)
    rota = ProbeClock(schedule, targets: 0, from: startedAt)
  }
}

// MARK: The doors

extension ConnectEngine {
  /// Begins with the first target.
  public mutating func start(at now: Stamp) -> Action<Finding> {
    startedAt = now.instant
    rota = ProbeClock(schedule, targets: targets.count, from: startedAt) { targets[$0].standing != .ready }
    awaited = targets.count { $0.standing == .awaited }
    return expire(at: now)
  }

  /// Hands a packet to the connection whose flow it belongs to.
  public mutating func receive(_ arrival: borrowing ReceivedPacket, at now: Stamp) -> Action<Finding> {
    lastSlot = nil
    switch arrival.judged() {
    case .segment(let flow, let segment, let text, let ip):
      return handle(flow) { $0.receive(segment, text: text, ip: ip, at: now) }
    case .icmp(let flow, let notice, let hopLimit):
      return handle(flow) { $0.receive(notice, hopLimit: hopLimit, at: now) }
    case .refused(let refusal, let flow):
      let segment = arrival.readableSegment
      return handle(flow) {
        $0.refuse(refusal, segment, at: now)
        return nil
      }
    case .notOurs:
      strays += 1
      return .none
    }
  }

  /// Hands what became of a port or a packet to the connection that asked for it.
  @discardableResult public mutating func note(_ event: Happening) -> Action<Finding> {
    switch event {
    case .opened(let slot, let port, let seed, let now): return open(slot, port: port, seed: seed, at: now)
    case .unreserved(let slot, let now): return giveUp(slot, at: now)
    case .departed(let token, let stamp): update(token) { $0.departed(token.number, at: stamp) }
    case .transmitted(let token, let kernel): update(token) { $0.transmitted(token.number, kernel: kernel) }
    case .failed(let token, let reason): update(token) { $0.failedToSend(reason) }
    }
    return .none
  }

  /// Sends the first segment from the port that was reserved.
  private mutating func open(_ slot: Int, port: UInt16, seed: Seed, at now: Stamp) -> Action<Finding> {
    guard places.indices.contains(slot), let index = places[slot].probe?.target, let source = targets[index].source
    else { return .none }
    let target = targets[index]
    let flow = Flow(local: Endpoint(source, port), remote: target.remote)
    var conversation = TracedConnection(target.plan, flow: flow, seed: seed)
    // Whoever was interrupted meanwhile sends nothing; the port is given back by the report.
    let outgoing = isInterrupted ? nil : conversation.start(at: now)
    places[slot].probe?.conversation = conversation
    slots.insert(flow, slot: slot)
    setDeadline(of: slot)
    return send(outgoing, from: slot)
  }

  /// Tells of a probe that never began: nothing can be sent from there at present.
  private mutating func giveUp(_ slot: Int, at now: Stamp) -> Action<Finding> {
    guard places.indices.contains(slot), let probe = places[slot].probe, probe.conversation == nil else { return .none }
    vacate(slot)
    let target = targets[probe.target]
    let outcome = Outcome(unroutable: target.remote, mode: Outcome.Mode(target.plan), at: now, .notSent)
    return .report(Finding(target: probe.target, sequence: probe.sequence, outcome: outcome), slot: slot)
  }

  /// Sends what follows to a target from another address of ours; nil: there is no way there at present.
  public mutating func reroute(_ target: Int, from source: IPAddress?, obstacle: Notes = []) {
    guard targets.indices.contains(target) else { return }
    (targets[target].source, targets[target].obstacle) = (source, obstacle)
  }

  /// Begins to probe a target whose address has become known.
  public mutating func join(_ index: Int, as target: Target, at now: Instant) {
    guard targets.indices.contains(index), targets[index].standing != .ready else { return }
    if targets[index].standing == .awaited { awaited -= 1 }
    targets[index] = target
    targets[index].standing = .ready
    rota.join(index, at: now)
  }

  /// Waits no more for a target; it may join later still.
  public mutating func dismiss(_ index: Int) {
    guard targets.indices.contains(index), targets[index].standing == .awaited else { return }
    awaited -= 1
    targets[index].standing = .absent
  }

  /// Takes another target in, and probes it from now on or once it joins.
  public mutating func add(_ target: Target, at now: Instant) {
    targets.append(target)
    if schedule.count != 1 { activeOf.append(0) }
    if target.standing == .awaited { awaited += 1 }
    rota.add(isAbsent: target.standing != .ready, at: now)
  }

  /// Begins no probe of a target any more; what is in flight comes to its end.
  public mutating func drop(_ target: Int) {
    dismiss(target)
    guard targets.indices.contains(target) else { return }
    targets[target].standing = .absent
    rota.remove(target)
  }

  /// Begins no probe from now on, or goes on; what is in flight comes to its end.
  public mutating func setPaused(_ isPaused: Bool, at now: Instant) { rota.setPaused(isPaused, at: now) }

  /// Begins what follows to a target as it is from now on; what is in flight stays as it is.
  public mutating func retarget(_ index: Int, to target: Target) {
    if targets.indices.contains(index) { targets[index] = target }
  }

  /// Begins nothing new, and ends what is in flight.
  public mutating func interrupt(at now: Stamp) {
    isInterrupted = true
    for slot in places.indices { setDeadline(of: slot) }
  }

  /// What became of the packet that came last.
  public var lastReceived: Judgement? { lastSlot.flatMap { places[$0].probe?.conversation?.lastReceived } }

  /// What the packet that was to be sent last is.
  public func judgement(ofSent token: Token) -> Judgement? {
    guard token.slot < places.count, places[token.slot].probe?.generation == token.generation else { return nil }
    return places[token.slot].probe?.conversation?.judgement(ofSent: token.number)
  }

  private mutating func handle(
    _ flow: Flow?, _ body: (inout TracedConnection) -> Outgoing?
  ) -> Action<Finding> {
    guard let flow, let slot = slots.slot(of: flow) else {
      strays += 1
      return .none
    }
    // Changed where it lies: to hand it out would copy it, packets and all.
    let outgoing = places[slot].probe?.conversation?.apply(body)
    lastSlot = slot
    setDeadline(of: slot)
    return send(outgoing ?? nil, from: slot)
  }

  private mutating func update(_ token: Token, _ body: (inout TracedConnection) -> Void) {
    guard token.slot < places.count, places[token.slot].probe?.generation == token.generation else { return }
    places[token.slot].probe?.conversation?.apply(body)
    setDeadline(of: token.slot)
  }

  mutating func send(_ outgoing: Outgoing?, from slot: Int) -> Action<Finding> {
    guard let outgoing, let probe = places[slot].probe, let conversation = probe.conversation else { return .none }
    var transmission = Transmission(
      token: Token(slot: slot, generation: probe.generation, number: outgoing.number),
      flow: conversation.flow, segment: outgoing.segment, ipFields: conversation.connection.plan.ipFields,
      data: conversation.connection.octets(behind: outgoing), text: outgoing.text)
    if outgoing.isFirst, let crafting = conversation.connection.plan.crafting {
      do throws(WireError) {
        transmission.packets = try crafting.packets(
          outgoing.segment, flow: conversation.flow, text: Array(transmission.data[outgoing.text]),
          ipFields: transmission.ipFields)
      } catch {
        // Never anything else in its place.
        return note(.failed(transmission.token, .notSent))
      }
    }
    return .send(transmission)
  }
}

extension Room {
  /// The room of so many targets that are probed so often, with so many descriptors to have.
  public init(for targets: Int, count: Int?, descriptors: Int = .max) {
    let (few, many) = (ConnectEngine.concurrency, min(targets, Room.limit) * 8)
    let places = count == 1 ? few : min(max(few, many), Room.limit)
    self.init(places: max(min(places, descriptors), 1), targets: targets)
  }
}
