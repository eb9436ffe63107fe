import Engines
import Kernel
import Synchronization
import Timebase
import Wire

/// How the probes of one family leave: straight to the next hop where all have the same one, else as the kernel routes them.
struct ScanSender: ~Copyable, Sendable {
  private let family: AddressFamily
  private var routed: BatchSender
  private var direct: BatchSender?
  /// The next hop of all, where there is only one.
  private let hop: ScanHop?
  private var isResolved = false
  private var checkedAt: Instant?

  /// How often a full queue is waited for before a packet is left to the next pass.
  private static var patience: Int { 40 }

  /// A sender of a family; `hop` is the next hop of all packets, where there is only one.
  init(family: AddressFamily, interface: Interface?, hop: ScanHop?) throws(Errno) {
    let routed = try BatchSender(routingAnyOf: family, places: ScanSender.batchSize, interface: interface)
    self.init(family: family, hop: hop, routed: routed, direct: try ScanSender.direct(family, hop))
  }

  private init(family: AddressFamily, hop: ScanHop?, routed: consuming BatchSender, direct: consuming BatchSender?) {
    self.family = family
    self.hop = hop
    self.routed = routed
    self.direct = direct
  }

  private static func direct(_ family: AddressFamily, _ hop: ScanHop?) throws(Errno) -> BatchSender? {
    guard hop != nil else { return nil }
    return try BatchSender(toLinkOf: family)
  }

  /// The most packets that leave by one system call.
  static var batchSize: Int { 128 }

  /// Which way packets go at present.
  var path: BatchSender.Path { isResolved ? .packet : .raw }

  /// Sends a batch; `failed` takes what this host refuses, by its number in the batch, and answers whether that is its result.
  ///
  /// What finds no room, or is refused without a result, is asked again in the next pass.
  mutating func send(
    _ batch: borrowing PacketBatch, _ stride: ScanStride?, failed: (Int, Errno) throws(Errno) -> Bool
  ) throws(Errno) {
    resolve()
    if !isResolved {
      for index in 0..<batch.count { routed.name(index, ScanSender.destination(batch[index])) }
    }
    var (index, attempts) = (0, 0)
    while index < batch.count {
      let sent: Int
      do throws(Errno) {
        sent = isResolved ? try direct?.send(batch, from: index) ?? 0 : try routed.send(batch, from: index)
      } catch {
        if try !failed(index, error) { stride?.noteUnsent(1, error: error.code) }
        index += 1
        continue
      }
      index += sent
      guard sent == 0 else { continue }
      attempts += 1
      stride?.noteFull()
      guard attempts < ScanSender.patience else {
        stride?.noteUnsent(batch.count - index)
        return
      }
      Poller.pause(.microseconds(100))
    }
  }

  /// Looks for the link address of the next hop, which the kernel finds with the first packets that it routes.
  private mutating func resolve() {
    guard let hop, direct != nil else { return }
    let now = SystemClock.monotonic()
    if let checkedAt, now - checkedAt < (isResolved ? .seconds(1) : .milliseconds(5)) { return }
    checkedAt = now
    guard let neighbor = try? Neighbor.at(hop.address, on: hop.interface) else {
      isResolved = false
      return
    }
    direct?.address([Neighbor](repeating: neighbor, count: ScanSender.batchSize))
    isResolved = true
  }

  private static func destination(_ packet: RawSpan) -> IPAddress {
    packet.octet(at: 0) >> 4 == 4
      ? .v4(IPv4Address(packet.load(bigEndian: 16, as: UInt32.self)))
      : .v6(
        IPv6Address(
          UInt128(packet.load(bigEndian: 24, as: UInt64.self)) << 64
            | UInt128(packet.load(bigEndian: 32, as: UInt64.self))))
  }
}

/// The next hop of all packets of a scan, and the interface that it is behind.
struct ScanHop: Sendable {
  let address: IPAddress
  let interface: Interface
}

/// A sender that the loop and a thread of a pass use by turns.
final class ScanSenderBox: Sendable {
  /// Its family.
  let family: AddressFamily
  private let sender: Mutex<ScanSender>

  /// Opens its sockets.
  init(family: AddressFamily, interface: Interface?, hop: ScanHop?) throws(Errno) {
    self.family = family
    sender = Mutex(try ScanSender(family: family, interface: interface, hop: hop))
  }

  /// Which way packets go at present.
  var path: BatchSender.Path { sender.withLock { $0.path } }

  /// Sends a batch; see `ScanSender.send`.
  func send(
    _ batch: borrowing PacketBatch, _ stride: ScanStride?, failed: (Int, Errno) throws(Errno) -> Bool
  ) throws(Errno) {
    try sender.withLock { (sender) throws(Errno) in try sender.send(batch, stride, failed: failed) }
  }

  /// Sends a part of a pass until it is over, sleeping in between: the body of a thread.
  func drive(_ lane: ScanLane) {
    sender.withLock { sender in
      var lane = lane
      var batch = PacketBatch(capacity: ScanSender.batchSize, room: 128)
      while !lane.isOver {
        lane.fill(&batch, at: SystemClock.monotonic())
        if batch.count > 0 {
          // What is refused is counted by the sender, and seen by the loop.
          try? sender.send(batch, lane.stride) { (_, _) throws(Errno) in false }
        }
        let isFull = batch.vacancies == 0
        batch.removeAll()
        guard !isFull, !lane.isOver else { continue }
        let left = lane.nextDeadline - SystemClock.monotonic()
        if left > .zero { Poller.pause(min(left, .milliseconds(20))) }
      }
    }
  }
}

/// The threads that send a pass, while they do.
struct ScanThreads: ~Copyable {
  private var threads: [Holder] = []

  private final class Holder {
    private var thread: SideThread?
    init(_ thread: consuming SideThread) { self.thread = consume thread }
    func join() { thread.take()?.join() }
  }

  /// Whether there are any.
  var areRunning: Bool { !threads.isEmpty }

  /// Starts one for each part, with a separate sender; returns the parts for which the system has no thread to give.
  mutating func start(_ lanes: [ScanLane], by senders: [ScanSenderBox]) -> [ScanLane] {
    var left: [ScanLane] = []
    for (lane, sender) in zip(lanes, senders) {
      if let thread = SideThread({ sender.drive(lane) }) {
        threads.append(Holder(thread))
      } else {
        left.append(lane)
      }
    }
    return left
  }

  /// Waits until all have ended.
  mutating func join() {
    for thread in threads { thread.join() }
    threads = []
  }
}
