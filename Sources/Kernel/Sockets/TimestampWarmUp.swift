import CLinux
import Glibc
import Timebase
import Wire

/// Has the kernel stamp received packets, from as early on as possible.
///
/// The first socket that asks for stamps switches them on for the machine, but the kernel does so in its own time:
/// 0.15 ms later as a rule, up to 28 ms under load, and what comes in between carries none. So this is opened first,
/// and before a packet that must be stamped is sent, `wait` makes sure. Stamps stay on as long as the value lives.
public struct TimestampWarmUp: ~Copyable, Sendable {
  private let descriptor: FileDescriptor
  private let own: SocketAddress
  /// Whether a received packet was seen to carry a stamp.
  public private(set) var isOn = false

  /// Asks for stamps, through a UDP socket that only ever speaks to itself on 127.0.0.1.
  public init() throws(Errno) {
    let descriptor = try FileDescriptor(socket: AF_INET, .datagram, protocol: 0)
    try descriptor.set(.timestamping, to: CInt(SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE))
    try descriptor.bind(to: .v4(IPv4Address(127, 0, 0, 1)), port: 0, scope: 0)
    own = try descriptor.localEnd()
    self.descriptor = descriptor
  }

  /// Sends itself datagrams until one arrives stamped or the time is over.
  ///
  /// - Returns: whether stamps are on; false too where loopback is down and nothing can be seen.
  public mutating func wait(atMost limit: Interval = .milliseconds(30)) -> Bool {
    let end = SystemClock.monotonic() + limit
    while !isOn {
      guard let stamped = try? roundTrip() else { return false }
      isOn = stamped
      if isOn || SystemClock.monotonic() >= end { break }
      // The kernel's worker needs a processor to switch the stamps on: leave it ours.
      Poller.pause(.microseconds(20))
    }
    return isOn
  }

  private func roundTrip() throws(Errno) -> Bool {
    var octet = InlineArray<1, UInt8>(repeating: 0)
    var list = octet.mutableSpan
    var bytes = unsafe list.mutableBytes
    try unsafe own.read { (name, length) throws(Errno) in
      try unsafe bytes.withUnsafeMutableBytes { buffer throws(Errno) in
        _ = try kernelNow(.sendto) { unsafe sendto(descriptor.raw, buffer.baseAddress, 1, 0, name, length) }
      }
    }
    // Loopback delivers within the call that sends, or a moment later on another processor.
    var stamped = false
    while let message = try descriptor.receiveMessage(into: &bytes) {
      stamped = stamped || message.control.kernelStamp != nil
    }
    return stamped
  }
}
