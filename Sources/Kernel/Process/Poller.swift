import CLinux
import Glibc
import Timebase

/// A set of descriptors to wait for, `ppoll(2)`: small, level-triggered, with a time limit in nanoseconds.
public struct Poller: ~Copyable {
  /// A place in the set.
  public struct Slot: Hashable, Sendable {
    fileprivate let index: Int
  }

  /// What to wait for, and what came.
  public struct Events: OptionSet, Hashable, Sendable {
    /// The `POLL*` bits.
    public var rawValue: Int16
    /// The events with these bits.
    public init(rawValue: Int16) { self.rawValue = rawValue }
    /// There is something to read, or a connection to accept.
    public static let readable = Events(rawValue: Int16(POLLIN))
    /// There is room to write, or a connection is made.
    public static let writable = Events(rawValue: Int16(POLLOUT))
    /// There is something on the error queue, such as a transmission stamp, or the peer reset; always waited for.
    public static let error = Events(rawValue: Int16(POLLERR))
    /// The other side has hung up; always waited for.
    public static let hangUp = Events(rawValue: Int16(POLLHUP))
  }

  private var set: [pollfd] = []

  /// An empty set.
  public init() {}

  /// Waits for the descriptor from now on; it must outlive its place in the set.
  public mutating func add(_ descriptor: borrowing FileDescriptor, for events: Events = .readable) -> Slot {
    let entry = pollfd(fd: descriptor.raw, events: events.rawValue, revents: 0)
    if let free = set.firstIndex(where: { $0.fd < 0 }) {
      set[free] = entry
      return Slot(index: free)
    }
    set.append(entry)
    return Slot(index: set.count - 1)
  }

  /// Waits for what is typed: for standard input, which no one owns.
  public mutating func addStandardInput() -> Slot {
    set.append(pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0))
    return Slot(index: set.count - 1)
  }

  /// Waits for other events in the same place.
  public mutating func change(_ slot: Slot, to events: Events) { set[slot.index].events = events.rawValue }

  /// Waits no more for what is in the place, and frees it.
  public mutating func remove(_ slot: Slot) { set[slot.index] = pollfd(fd: -1, events: 0, revents: 0) }

  /// What the last wait found in a place.
  public func events(of slot: Slot) -> Events { Events(rawValue: set[slot.index].revents) }

  /// Waits until something has come or the time is over; nil waits without limit, a time not above zero not at all.
  ///
  /// - Returns: in how many places something came; 0 when the time is over or a signal came in between.
  public mutating func wait(atMost limit: Interval?) throws(Errno) -> Int {
    let found = unsafe try set.withUnsafeMutableBufferPointer { list throws(Errno) in
      let count = nfds_t(list.count)
      guard let limit else {
        return try kernelOnce(.ppoll) { unsafe clinux_ppoll(list.baseAddress, count, nil) }
      }
      var time = timespec(max(limit, .zero))
      return try kernelOnce(.ppoll) { unsafe clinux_ppoll(list.baseAddress, count, &time) }
    }
    if let found { return Int(found) }
    for index in set.indices { set[index].revents = 0 }
    return 0
  }

  /// Waits until something has come or the clock reads `end`; see `wait(atMost:)`.
  public mutating func wait(until end: Instant?) throws(Errno) -> Int {
    try wait(atMost: end.map { $0 - SystemClock.monotonic() })
  }

  /// Lets time pass; a signal ends it early.
  public static func pause(_ time: Interval) {
    var limit = timespec(max(time, .zero))
    _ = try? kernelOnce(.ppoll) { unsafe clinux_ppoll(nil, 0, &limit) }
  }

  /// Waits for one descriptor alone: true once there is something to read, false when the time is over.
  static func isReadable(_ descriptor: borrowing FileDescriptor, until end: Instant) throws(Errno) -> Bool {
    try isReady(descriptor, for: .readable, until: end)
  }

  static func isReady(
    _ descriptor: borrowing FileDescriptor, for events: Events, until end: Instant?
  ) throws(Errno) -> Bool {
    var poller = Poller()
    _ = poller.add(descriptor, for: events)
    while try poller.wait(until: end) == 0 {
      if let end, SystemClock.monotonic() >= end { return false }
    }
    return true
  }
}
