import Testing
import Timebase
import Wire

@testable import Kernel

/// What leaves together: segments that nobody answers, each unlike the others in number and length.
struct Batch: ~Copyable {
  let source: IPAddress
  let sourcePort: UInt16
  let destinationPort: UInt16
  private(set) var packets: [[UInt8]] = []
  private var batch: PacketBatch

  init(from source: IPAddress, port: UInt16, to destination: UInt16 = 9, capacity: Int) {
    (self.source, sourcePort, destinationPort) = (source, port, destination)
    batch = PacketBatch(capacity: capacity, room: 1_500)
  }

  /// Adds a segment with a text, to an address; an RST is never answered.
  mutating func append(to address: IPAddress, at index: Int = 0, text: Int = 0) throws {
    let header = TCPHeader(
      sourcePort: sourcePort, destinationPort: destinationPort, sequence: SequenceNumber(UInt32(packets.count)),
      flags: .rst)
    let packet = try Batch.packet(
      from: source, to: address, header, [UInt8](repeating: UInt8(truncatingIfNeeded: text), count: text),
      number: UInt16(1 + packets.count))
    batch.append(to: index, named: 0) { out, start in
      out.copy(packet.span.raw, at: start)
      return packet.count
    }
    packets.append(packet)
  }

  /// Sends all of them.
  borrowing func send(by sender: borrowing BatchSender) throws {
    var sent = 0
    let end = SystemClock.monotonic() + .seconds(2)
    while sent < batch.count, SystemClock.monotonic() < end { sent += try send(by: sender, from: sent) }
    try #require(sent == batch.count)
  }

  /// Sends from one of them on.
  borrowing func send(by sender: borrowing BatchSender, from index: Int) throws(Errno) -> Int {
    try sender.send(batch, from: index)
  }

  /// A whole packet, its numbers such that the kernel has nothing to fill in.
  static func packet(
    from source: IPAddress, to destination: IPAddress, _ header: TCPHeader, _ text: [UInt8], number: UInt16
  ) throws -> [UInt8] {
    let length = header.headerLength + text.count
    let pseudoHeader = PseudoHeader(
      source: source, destination: destination, protocolNumber: IPProtocol.tcp, length: length)
    var packet = [UInt8](repeating: 0, count: 40 + length)
    let count = try packet.build { (out) throws(WireError) in
      let start =
        switch (source, destination) {
        case (.v4(let source), .v4(let destination)):
          try IPv4Header(
            source: source, destination: destination, protocolNumber: IPProtocol.tcp, totalLength: UInt16(20 + length),
            identification: number
          ).serialize(into: &out)
        case (.v6(let source), .v6(let destination)):
          try IPv6Header(
            source: source, destination: destination, nextHeader: IPProtocol.tcp, payloadLength: UInt16(length)
          ).serialize(into: &out)
        default: 0
        }
      let textStart = start + (try header.serialize(into: &out, at: start))
      out.copy(text.span.raw, at: textStart)
      TransportChecksum.seal(&out, in: start..<start + length, pseudoHeader: pseudoHeader)
      return start + length
    }
    return Array(packet.prefix(count))
  }
}

/// A packet that lay in a ring.
struct Ringed {
  var octets: [UInt8]
  var reception: RingReception
}

extension PacketRing {
  /// So many packets, or as many as come in time.
  mutating func next(_ count: Int) -> [Ringed] {
    var taken: [Ringed] = []
    let end = SystemClock.monotonic() + .milliseconds(500)
    while taken.count < count, SystemClock.monotonic() < end {
      if !take({ taken.append(Ringed(octets: $0.octets, reception: $1)) }) { Poller.pause(.microseconds(50)) }
    }
    return taken
  }
}
