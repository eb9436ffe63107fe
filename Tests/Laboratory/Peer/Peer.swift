import CLaboratory
import Foundation
import Synchronization

/// What the peer sends, and how long after the packet that it answers.
public struct Reply: Sendable {
  /// The whole IP packet.
  public var packet: [UInt8]
  /// How much later, in milliseconds.
  public var after: Double

  /// A packet of the script's own making.
  public init(_ packet: [UInt8], after: Double = 0) { (self.packet, self.after) = (packet, after) }
  /// A segment with its checksum as told.
  public init(_ segment: PeerSegment, after: Double = 0, checksum: PeerSegment.Checksum = .right) {
    self.init(segment.packet(checksum: checksum), after: after)
  }
}

/// A segment that reached the peer, and when.
public struct ReceivedPacket: Sendable {
  /// What came.
  public var segment: PeerSegment
  /// On the monotonic clock, in seconds.
  public var seconds: Double
}

/// The owner of a TUN device: whatever is sent to its network, a script answers.
///
/// The prober's end is 10.9.0.1 and fd09::1; every other address of 10.9.0.0/24 and fd09::/64 is the peer's.
public final class Peer: Sendable {
  /// What answers: it sees each segment once, in order, and may keep state.
  public typealias Script = @Sendable (PeerSegment) -> [Reply]

  /// What owns the device as a whole: it sees each packet once, and sends what falls due.
  ///
  /// Times are monotonic seconds.
  public struct Host: Sendable {
    /// What is sent when a packet comes.
    public var receive: @Sendable (_ packet: [UInt8], _ now: Double) -> [Reply]
    /// What is sent because time has passed.
    public var expire: @Sendable (_ now: Double) -> [[UInt8]] = { _ in [] }
    /// When that is next; nil is never.
    public var nextDeadline: @Sendable () -> Double? = { nil }
  }

  /// The device's name.
  public static let device = "peer0"
  /// The addresses that most scripts live on.
  public static let address4 = "10.9.0.2", address6 = "fd09::2"

  private let descriptor: Int32
  private let host: Host
  private let seen = Mutex<[ReceivedPacket]>([])
  private let stopping = Atomic<Bool>(false)
  /// How often the device had nothing more to read.
  private let idle = Atomic<Int>(0)
  private let ended = DispatchSemaphore(value: 0)

  /// Why this machine cannot have one; nil where it can.
  public static let obstacle: String? = {
    let descriptor = unsafe open("/dev/net/tun", O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else {
      return "/dev/net/tun cannot be opened: \(unsafe String(cString: strerror(errno)))"
    }
    close(descriptor)
    return nil
  }()

  /// Opens the device in a namespace and begins to answer.
  public convenience init(in namespace: Namespace, script: @escaping Script) throws {
    try self.init(in: namespace, host: Host { packet, _ in PeerSegment(packet: packet).map(script) ?? [] })
  }

  /// Opens the device in a namespace and serves it.
  public init(in namespace: Namespace, host: Host) throws {
    try namespace.setting("net/ipv6/conf/default/accept_dad", "0")
    descriptor = try namespace.run {
      let descriptor = unsafe laboratory_open_tun(Peer.device)
      guard descriptor >= 0 else { throw LaboratoryError.system("open a TUN device") }
      return descriptor
    }
    self.host = host
    try namespace.command("ip", "address", "add", "10.9.0.1/24", "dev", Peer.device)
    try namespace.command("ip", "address", "add", "fd09::1/64", "dev", Peer.device, "nodad")
    try namespace.command("ip", "link", "set", Peer.device, "up")
    Thread { [self] in serve() }.start()
  }

  /// Every segment that came until now.
  public var arrivals: [ReceivedPacket] { seen.withLock { $0 } }
  /// The segments alone.
  public var segments: [PeerSegment] { arrivals.map(\.segment) }

  /// Waits until what came satisfies a condition.
  public func waits(seconds: Double = 5, for condition: ([PeerSegment]) -> Bool) -> Bool {
    waitUntil(seconds: seconds) { condition(segments) ? true : nil } != nil
  }

  /// Waits until everything that has been sent by now was seen by the script.
  public func drain() {
    let before = idle.load(ordering: .sequentiallyConsistent)
    _ = waitUntil(seconds: 5) { idle.load(ordering: .sequentiallyConsistent) > before + 1 ? true : nil }
  }

  /// Stops answering and gives the device back.
  public func stop() {
    guard stopping.compareExchange(expected: false, desired: true, ordering: .sequentiallyConsistent).exchanged else {
      return
    }
    ended.wait()
    close(descriptor)
  }

  private func serve() {
    var due: [(at: Double, packet: [UInt8])] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while !stopping.load(ordering: .relaxed) {
      var wait: Int32 = 20
      if let next = due.first {
        let left = next.at - monotonicSeconds()
        if left <= 0 {
          let packet = due.removeFirst().packet
          _ = unsafe write(descriptor, packet, packet.count)
          continue
        }
        wait = Int32(min(left * 1000, 20))  // the last millisecond is spun away
      }
      if let deadline = host.nextDeadline() {
        let now = monotonicSeconds()
        if deadline <= now {
          for packet in host.expire(now) { _ = unsafe write(descriptor, packet, packet.count) }
          continue
        }
        wait = min(wait, Int32((deadline - now) * 1000) + 1)
      }
      var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&polled, 1, wait) > 0 else {
        idle.add(1, ordering: .sequentiallyConsistent)
        continue
      }
      let count = unsafe read(descriptor, &buffer, buffer.count)
      let now = monotonicSeconds()
      guard count > 0 else { continue }
      let packet = Array(buffer.prefix(count))
      if let segment = PeerSegment(packet: packet) {
        seen.withLock { $0.append(ReceivedPacket(segment: segment, seconds: now)) }
      }
      for reply in host.receive(packet, now) {
        let at = now + reply.after / 1000
        let place = due.firstIndex { $0.at > at } ?? due.endIndex
        due.insert((at, reply.packet), at: place)
      }
    }
    ended.signal()
  }
}
