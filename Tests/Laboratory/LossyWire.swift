import CLaboratory
import Foundation
import Repeatable
import Synchronization

/// What a bad wire does to the packets of one direction, each as a share from 0 to 1.
public struct Weather: Hashable, Sendable {
  /// Packets that do not arrive.
  public var loss: Double
  /// Packets that arrive twice.
  public var duplication: Double
  /// Packets that arrive behind the two that follow, or 5 ms late where none follow.
  public var reordering: Double

  /// None of it, unless told.
  public init(loss: Double = 0, duplication: Double = 0, reordering: Double = 0) {
    (self.loss, self.duplication, self.reordering) = (loss, duplication, reordering)
  }
}

/// What the relay of a lossy wire did in one direction.
public struct Passage: Hashable, Sendable {
  /// Packets that came.
  public var came = 0
  /// Packets that were dropped.
  public var lost = 0
  /// Packets that were passed on twice.
  public var doubled = 0
  /// Packets that were held back.
  public var delayed = 0
  /// Packets that were passed on, copies among them.
  public var passed = 0
  /// TCP segments that came with sequence space from before the furthest that had come: sent again.
  public var again = 0
  /// Packets whose IPv4 or TCP checksum was wrong, or that were neither.
  public var wrong = 0
  /// Packets that the other device did not take.
  public var refused = 0
}

/// Two namespaces with a TUN device each, and a relay between them that loses, doubles and reorders.
///
/// What becomes of the n-th packet of a direction depends on the seed and on n alone. Nothing can leave: the devices'
/// other ends are descriptors of this process.
public final class LossyWire: Sendable {
  /// Where the prober runs.
  public let client: Namespace
  /// Where the servers run.
  public let server: Namespace

  /// The name of the device on both ends.
  public static let device = "lossy0"
  /// The client's address.
  public static let client4 = "10.91.0.1"
  /// The server's address.
  public static let server4 = "10.91.0.2"

  private let descriptors: [Int32]
  private let passages = Mutex([Passage(), Passage()])
  private let stopping = Atomic<Bool>(false)
  private let ended = DispatchSemaphore(value: 0)
  private let lifetime: Double

  /// Opens both devices and begins to relay; it ends by itself after its lifetime in seconds.
  ///
  /// `back` is the weather of the server's packets; nil: the same.
  public init(_ weather: Weather = Weather(), back: Weather? = nil, seed: UInt64 = 1, lifetime: Double = 600) throws {
    let ends = [try Namespace(), try Namespace()]
    (client, server) = (ends[0], ends[1])
    self.lifetime = lifetime
    descriptors = try ends.map { namespace in
      try namespace.setting("net/ipv6/conf/default/disable_ipv6", "1")
      return try namespace.run {
        let descriptor = unsafe laboratory_open_tun(LossyWire.device)
        guard descriptor >= 0 else { throw LaboratoryError.system("open a TUN device") }
        return descriptor
      }
    }
    let addresses = [LossyWire.client4, LossyWire.server4]
    for (namespace, (ours, theirs)) in zip(ends, zip(addresses, addresses.reversed())) {
      let device = LossyWire.device
      try namespace.command("ip", "address", "add", ours, "peer", theirs, "dev", device)
      // The queue is the relay's inbox: nothing may be lost there that is not counted.
      try namespace.command("ip", "link", "set", device, "mtu", "1500", "txqueuelen", "20000", "up")
    }
    let directions = [
      Direction(from: descriptors[0], to: descriptors[1], weather, seed: seed &* 2),
      Direction(from: descriptors[1], to: descriptors[0], back ?? weather, seed: seed &* 2 &+ 1),
    ]
    Thread { [self] in relay(directions) }.start()
  }

  /// What was done to the client's packets until now.
  public var fromClient: Passage { passages.withLock { $0[0] } }
  /// What was done to the server's packets until now.
  public var fromServer: Passage { passages.withLock { $0[1] } }

  /// Stops relaying and gives the devices back.
  public func stop() {
    guard stopping.compareExchange(expected: false, desired: true, ordering: .sequentiallyConsistent).exchanged else {
      return
    }
    ended.wait()
    for descriptor in descriptors { close(descriptor) }
  }

  private func relay(_ start: [Direction]) {
    var directions = start
    let end = monotonicSeconds() + lifetime
    while !stopping.load(ordering: .relaxed), monotonicSeconds() < end {
      let next = directions.compactMap(\.due).min() ?? .infinity
      let wait = Int32(max(0, min((next - monotonicSeconds()) * 1000, 20)).rounded(.up))
      var polled = directions.map { pollfd(fd: $0.from, events: Int16(POLLIN), revents: 0) }
      _ = unsafe poll(&polled, nfds_t(polled.count), wait)
      for index in directions.indices { directions[index].turn() }
      let now = directions.map(\.passage)
      passages.withLock { $0 = now }
    }
    ended.signal()
  }
}

/// One direction of the relay.
private struct Direction: Sendable {
  let from: Int32
  let to: Int32
  let weather: Weather
  var passage = Passage()
  private var chance: Random
  private var held: [Held] = []
  private var furthest: [UInt32: UInt32] = [:]
  private var buffer = [UInt8](repeating: 0, count: 65_536)

  /// A packet that is held back behind so many others, or until then.
  private struct Held {
    var packet: [UInt8]
    var behind: Int
    var at: Double
  }

  init(from: Int32, to: Int32, _ weather: Weather, seed: UInt64) {
    (self.from, self.to, self.weather) = (from, to, weather)
    chance = Random(seed: seed)
  }

  /// When the next packet that is held back must go.
  var due: Double? { held.map(\.at).min() }

  /// Takes what has come, a few packets at most, and sends what must go.
  mutating func turn() {
    for _ in 0..<64 {
      let count = unsafe read(from, &buffer, buffer.count)
      guard count > 0 else { break }
      take(Array(buffer.prefix(count)))
    }
    let now = monotonicSeconds()
    let late = held.filter { $0.at <= now }
    held.removeAll { $0.at <= now }
    for entry in late { send(entry.packet) }
  }

  private mutating func take(_ packet: [UInt8]) {
    passage.came += 1
    inspect(packet)
    // All are drawn for every packet, so that one decision does not shift those to come.
    let isLost = chance.happens(weather.loss)
    let isDoubled = chance.happens(weather.duplication)
    let isDelayed = chance.happens(weather.reordering)
    if isLost {
      passage.lost += 1
      return
    }
    if isDoubled {
      passage.doubled += 1
      pass(packet)
    }
    guard isDelayed else { return pass(packet) }
    passage.delayed += 1
    held.append(Held(packet: packet, behind: 2, at: monotonicSeconds() + 0.005))
  }

  /// Sends a packet, and what had waited for it.
  private mutating func pass(_ packet: [UInt8]) {
    send(packet)
    for index in held.indices { held[index].behind -= 1 }
    let over = held.filter { $0.behind <= 0 }
    held.removeAll { $0.behind <= 0 }
    for entry in over { send(entry.packet) }
  }

  private mutating func send(_ packet: [UInt8]) {
    if unsafe write(to, packet, packet.count) == packet.count {
      passage.passed += 1
    } else {
      passage.refused += 1
    }
  }

  /// Checks the checksums and looks for sequence space that was there before.
  private mutating func inspect(_ packet: [UInt8]) {
    let header = Int(packet[0] & 0x0f) * 4
    guard packet.count >= 40, packet[0] >> 4 == 4, packet[9] == 6, packet.count >= header + 20,
      sum(packet[..<header]) == 0xffff,
      // The pseudo-header: both addresses, the protocol and the length.
      sum(packet[12...], adding: 6 + UInt64(packet.count - header), without: header - 20) == 0xffff
    else {
      passage.wrong += 1
      return
    }
    func word(_ place: Int) -> UInt32 { packet[place..<(place + 4)].reduce(0) { $0 << 8 | UInt32($1) } }
    let flags = packet[header + 13]
    let text = packet.count - header - Int(packet[header + 12] >> 4) * 4
    let length = text + Int(flags & 1) + Int(flags >> 1 & 1)
    guard length > 0 else { return }
    let (ports, sequence) = (word(header), word(header + 4))
    let seen = furthest[ports] ?? sequence
    if Int32(bitPattern: sequence &- seen) < 0 || (flags & 2 != 0 && furthest[ports] != nil) { passage.again += 1 }
    let beyond = sequence &+ UInt32(length)
    if furthest[ports] == nil || Int32(bitPattern: beyond &- seen) > 0 { furthest[ports] = beyond }
  }

  /// The one's complement sum of an even beginning of 16-bit words, folded; options behind the addresses are left out.
  private func sum(_ octets: ArraySlice<UInt8>, adding start: UInt64 = 0, without options: Int = 0) -> UInt64 {
    var total = start
    var index = octets.startIndex
    while index < octets.endIndex {
      if options > 0, index == 20 { index += options }
      let low = index + 1 < octets.endIndex ? UInt64(octets[index + 1]) : 0
      total += UInt64(octets[index]) << 8 | low
      index += 2
    }
    while total > 0xffff { total = total & 0xffff + total >> 16 }
    return total
  }
}
