import Handshake
import Kernel
import Timebase
import Wire

extension Bench {
  /// What the event loop asks of the kernel for each packet, on loopback.
  mutating func addNetworkPaths() throws(Errno) {
    let line = try Line()
    add("read both clocks", calls: 1_000) { calls in
      var sum: UInt64 = 0
      for _ in 0..<calls { sum &+= UInt64(truncatingIfNeeded: SystemClock.now().instant.nanoseconds) }
      return sum
    }
    add("send a packet, wait, read its timestamp and the packet", calls: 200) { calls in line.exchange(calls) }
  }
}

/// A pair of raw sockets on loopback: what is sent comes in again.
private final class Line {
  private var sender: SendSocket
  private let receiver: ReceiveSocket
  private var poller = Poller()
  private var buffer = ReceiveBuffer()
  private let packet: [UInt8]
  private let address = IPAddress.v4(IPv4Address(127, 0, 0, 1))

  init() throws(Errno) {
    sender = try SendSocket(family: .v4)
    receiver = try ReceiveSocket(family: .v4, carrying: .tcp)
    try receiver.accept(only: .tcp(family: .v4, destinationPorts: [80]))
    _ = poller.add(receiver.descriptor, for: .readable)
    // An RST: nobody answers it.
    let flow = Flow(local: Endpoint(address, 50_000), remote: Endpoint(address, 80))
    packet = Sample.packet(Segment(seq: SequenceNumber(1), flags: .rst), flow: flow)
  }

  /// So many packets out and in again; how many came.
  func exchange(_ calls: Int) -> UInt64 {
    let packet = packet
    var came: UInt64 = 0
    for _ in 0..<calls {
      do throws(Errno) {
        _ = try sender.send(packet.span.raw, to: address, interfaceIndex: 0)
      } catch {
        continue
      }
      _ = try? poller.wait(atMost: .seconds(1))
      while (try? sender.nextTransmitStamp()) != nil {}
      while (try? receiver.receive(into: &buffer)) != nil { came &+= 1 }
    }
    return came
  }
}
