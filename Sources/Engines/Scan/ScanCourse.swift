import Scan
import Synchronization
import Timebase

/// What the senders of a scan and its receiver share: a bit a probe, and a few words.
///
/// All of it is atomic, and relaxed: no other memory hangs on any of it.
public final class ScanCourse: Sendable {
  /// Whether each probe was answered: set by the receiver, read by the senders.
  public let answered: ScanBits
  private let stops = Atomic<Bool>(false)
  private let holds = Atomic<Bool>(false)
  private let pace = Atomic<Int>(1)

  init(_ answered: ScanBits) { self.answered = answered }

  /// Whether nothing more is to be sent.
  public var isStopped: Bool { stops.load(ordering: .relaxed) }
  /// Has the senders come to their ends.
  public func stop() { stops.store(true, ordering: .relaxed) }

  /// Whether the senders are to pause because the receiver is behind: a stall, which is not made up for.
  public internal(set) var isHeld: Bool {
    get { holds.load(ordering: .relaxed) }
    set { holds.store(newValue, ordering: .relaxed) }
  }

  /// Lets senders that are made from now on send.
  func proceed() { stops.store(false, ordering: .relaxed) }

  /// The rate of all senders together, in packets a second.
  public internal(set) var rate: Int {
    get { pace.load(ordering: .relaxed) }
    set { pace.store(newValue, ordering: .relaxed) }
  }
}

/// How far a sender is with its part of a pass: written by the sender, read by the receiver.
public final class ScanStride: Sendable {
  private let place: Atomic<UInt64>
  private let packets = Atomic<UInt64>(0)
  private let stalls = Atomic<UInt64>(0)
  private let refusals = Atomic<UInt64>(0)
  private let trouble = Atomic<Int32>(0)
  private let end = Atomic<Bool>(false)

  init(from next: UInt64) { place = Atomic(next) }

  /// The next probe: of this sender's part all before it were sent.
  public var next: UInt64 { place.load(ordering: .relaxed) }
  /// How many packets it has handed over.
  public var sent: UInt64 { packets.load(ordering: .relaxed) }
  /// How often this host had no room for a packet (ENOBUFS, EAGAIN).
  public var full: UInt64 { stalls.load(ordering: .relaxed) }
  /// How many packets did not leave: no room in the end, or refused.
  public var unsent: UInt64 { refusals.load(ordering: .relaxed) }
  /// Why the latest packet was refused, by errno; 0 where none was.
  public var error: Int32 { trouble.load(ordering: .relaxed) }
  /// Whether it has nothing more to send.
  public var isOver: Bool { end.load(ordering: .relaxed) }

  func note(next: UInt64, sent: Int) {
    place.store(next, ordering: .relaxed)
    packets.wrappingAdd(UInt64(sent), ordering: .relaxed)
  }

  func finish() { end.store(true, ordering: .relaxed) }

  /// This host had no room for a packet.
  public func noteFull() { stalls.wrappingAdd(1, ordering: .relaxed) }

  /// So many packets did not leave; with an errno where they were refused for it.
  public func noteUnsent(_ count: Int, error: Int32? = nil) {
    refusals.wrappingAdd(UInt64(count), ordering: .relaxed)
    if let error { trouble.store(error, ordering: .relaxed) }
  }
}
