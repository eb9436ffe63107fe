import Repeatable
import Timebase
import Wire

@testable import Handshake

/// Two machines and a network between them that loses, repeats, delays and so reorders, in virtual time.
struct Pair {
  /// What the network does to a packet; shares in percent.
  struct Network {
    var loss = 0
    var duplication = 0
    /// How long a packet takes: anything in this range, so that packets overtake each other where it is wide.
    var delay = 10...10
    /// The octets of headers and text that a packet may have.
    var mtu = 1_500
  }

  /// One end, its owner, and what the owner has still to write.
  struct End {
    var connection: Connection
    /// What it is to send, and how much of that was written.
    var outgoing: [UInt8]
    var written = 0
    /// What it received.
    var incoming: [UInt8] = []
    /// Whether the owner takes what comes at once; else only when `drain` says so.
    var isReading = true
    var largestInFlight = 0
    var sent = 0
    /// The most octets that waited for the owner.
    var mostWaiting = 0
    /// The largest segment, options included.
    var largestSegment = 0
  }

  private struct Packet {
    var due: Int64
    var to: Int
    var segment: Segment
    var text: [UInt8]
  }

  var ends: [End]
  var network: Network
  private(set) var now: Int64 = 0
  private(set) var events = 0
  /// What happened that must not.
  private(set) var complaints: [String] = []
  private var random: Random
  private var underway: [Packet] = []

  init(
    _ network: Network, seed: UInt64, sizes: [Int], plans: [Plan] = [.log, .log]
  ) {
    self.network = network
    random = Random(seed: seed)
    ends = (0..<2).map { index in
      // No stretch of it is like another.
      let outgoing = Trace.text(sizes[index], at: UInt32(index + 1) &* 77_777_777)
      // Both count round the circle on the way.
      let seed = Handshake.Seed(iss: UInt32.max - UInt32(index * 300_000), timestamp: UInt32.max - 1_000)
      return End(connection: Connection(plans[index], seed: seed), outgoing: outgoing)
    }
  }

  private var stamp: Stamp { Stamp(instant: Instant(nanoseconds: now), wall: WallTime(nanoseconds: now)) }

  /// Both begin at once.
  mutating func start() {
    for index in ends.indices {
      let reaction = ends[index].connection.start(at: stamp)
      send(reaction.send, from: index)
    }
  }

  /// Runs until `isDone` or so much virtual time has passed; false where nothing is due any more, or too much happened.
  @discardableResult
  mutating func run(seconds: Int64 = 36_000, events limit: Int = 200_000, until isDone: (Pair) -> Bool) -> Bool {
    let end = now + seconds * 1_000_000_000
    while !isDone(self) {
      guard events < limit, step(before: end) else { return false }
    }
    return true
  }

  /// One event: the next packet or the next timer.
  private mutating func step(before end: Int64) -> Bool {
    events += 1
    for index in ends.indices { serve(index) }
    let timers = ends.indices.map { ends[$0].connection.nextDeadline?.nanoseconds ?? .max }
    let first = timers[1] < timers[0] ? 1 : 0
    let due = underway.last?.due ?? .max
    let next = max(now, min(due, timers[first]))
    guard next <= end else {
      now = end
      return false
    }
    now = next
    if due <= timers[first], let packet = underway.popLast() {
      let reaction = ends[packet.to].connection.receive(packet.segment, text: packet.text.span.raw, at: stamp)
      send(reaction.send, from: packet.to)
    } else {
      send(ends[first].connection.expire(at: stamp).send, from: first)
    }
    return true
  }

  /// The owner of an end writes ahead a little, shuts down at the end, and takes what came.
  private mutating func serve(_ index: Int) {
    if ends[index].written < ends[index].outgoing.count, ends[index].connection.unacknowledged < 50_000 {
      let more = min(10_000, ends[index].outgoing.count - ends[index].written)
      let from = ends[index].written
      ends[index].connection.write(Array(ends[index].outgoing[from..<(from + more)]))
      ends[index].written += more
    }
    if ends[index].written == ends[index].outgoing.count { ends[index].connection.shutdown() }
    ends[index].mostWaiting = max(ends[index].mostWaiting, ends[index].connection.received)
    if ends[index].isReading { drain(index) }
  }

  mutating func drain(_ index: Int) { ends[index].incoming += ends[index].connection.takeReceived() }

  private mutating func send(_ outgoing: Outgoing?, from index: Int) {
    guard let outgoing else { return }
    let segment = outgoing.segment
    ends[index].sent += 1
    ends[index].connection.departed(outgoing.number, at: stamp)
    ends[index].largestSegment = max(ends[index].largestSegment, segment.textLength + segment.options.paddedCount)
    ends[index].largestInFlight = max(ends[index].largestInFlight, ends[index].connection.sender.inFlight)
    if segment.textLength + segment.options.paddedCount + 40 > network.mtu { complaints.append("beyond the MTU") }
    let text = Array(ends[index].connection.octets(behind: outgoing)[outgoing.text])
    if text.count != segment.textLength { complaints.append("not its text") }
    let copies = Int.random(in: 0..<100, using: &random) < network.duplication ? 2 : 1
    for _ in 0..<copies where Int.random(in: 0..<100, using: &random) >= network.loss {
      let delay = Int64.random(in: Int64(network.delay.lowerBound)...Int64(network.delay.upperBound), using: &random)
      put(Packet(due: now + delay * 1_000_000, to: 1 - index, segment: segment, text: text))
    }
  }

  /// The latest first; among those of one moment the last to leave comes last.
  private mutating func put(_ packet: Packet) {
    var index = underway.count
    while index > 0, underway[index - 1].due <= packet.due { index -= 1 }
    underway.insert(packet, at: index)
  }

  var isFinished: Bool { ends.allSatisfy { $0.connection.isFinished } }
  /// Whether each end holds exactly what the other sent.
  var isWhole: Bool { ends[0].incoming == ends[1].outgoing && ends[1].incoming == ends[0].outgoing }
}

extension Plan {
  /// A plan whose owner writes and reads, with a peer that may be hard to reach.
  static var log: Plan {
    var plan = Plan()
    plan.isInteractive = true
    plan.retries = 15
    plan.timeWait = .seconds(600)
    plan.textLimit = 1_460
    return plan
  }
}
