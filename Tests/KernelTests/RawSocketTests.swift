import Glibc
import Testing
import Timebase
import Wire

@testable import Kernel

/// Packets to loopback and to nowhere else; one test at a time, since raw sockets hear each other.
@Suite("Raw sockets", .serialized, .enabled(if: hasRawSockets, needsRawSockets))
struct RawSocketTests {
  static let families: [AddressFamily] = HostFacts.now().hasIPv6 ? [.v4, .v6] : [.v4]

  @Test("what is sent is received, stamped on both ways", arguments: families)
  func roundTrip(_ family: AddressFamily) throws {
    var warmUp = try TimestampWarmUp()
    let receiver = try ReceiveSocket(family: family, carrying: .tcp)
    var sender = try SendSocket(family: family)
    let guarded = try ResetGuard(address: loopback(family))
    try receiver.accept(only: .tcp(family: family, destinationPorts: [guarded.port]))
    let isWarm = warmUp.wait(atMost: .seconds(2)) && warmUp.isOn
    #expect(isWarm)

    let header = TCPHeader(sourcePort: 40_001, destinationPort: guarded.port, sequence: SequenceNumber(7), flags: .syn)
    let octets = try packet(family, header)
    let before = SystemClock.now()
    for expected in 0..<3 as Range<UInt32> {
      let id = try sender.send(octets.span.raw, to: loopback(family))
      #expect(id == expected)
    }
    for expected in 0..<3 as Range<UInt32> {
      let sent = try #require(try eventually { try sender.nextTransmitStamp() })
      let received = try #require(try eventually { try receiver.next() })
      let after = SystemClock.now()
      #expect(sent.id == expected)
      let reception = received.reception
      let stamp = try #require(reception.kernelStamp)
      #expect(before.wall <= sent.wall)
      #expect(sent.wall <= stamp)
      #expect(stamp <= after.wall)
      #expect(received.octets == (try segment(family, header)))
      #expect(reception.source == loopback(family))
      #expect(reception.destination == loopback(family))
      #expect(reception.interfaceIndex == (try Interface.named("lo").index))
      #expect(reception.hopLimit == (family == .v6 ? 61 : nil))
      #expect(reception.trafficClass == (family == .v6 ? 0x40 : nil))
      #expect(!reception.isTruncated)
      #expect(reception.dropped == 0)
    }
    #expect(try receiver.next()?.octets == nil)
    #expect(try sender.nextTransmitStamp() == nil)
  }

  @Test("a packet longer than the buffer is cut off and says so") func truncated() throws {
    let receiver = try ReceiveSocket(family: .v4, carrying: .tcp)
    var sender = try SendSocket(family: .v4, timestamps: false)
    let guarded = try ResetGuard(address: loopback(.v4))
    try receiver.accept(only: .tcp(family: .v4, destinationPorts: [guarded.port]))
    let octets = try packet(.v4, TCPHeader(sourcePort: 40_002, destinationPort: guarded.port, flags: .syn))
    #expect(try sender.send(octets.span.raw, to: loopback(.v4)) == 0)
    var small = InlineArray<8, UInt8>(repeating: 0)
    let reception = try eventually { () throws(Errno) -> ReceiveInfo? in
      var list = small.mutableSpan
      var bytes = unsafe list.mutableBytes
      return try receiver.receive(into: &bytes)
    }
    #expect(reception?.count == 8)
    #expect(reception?.isTruncated == true)
    #expect(try sender.nextTransmitStamp() == nil)
  }

  @Test("a socket is shut until it is told what may come in", arguments: families)
  func shut(_ family: AddressFamily) throws {
    let receiver = try ReceiveSocket(family: family, carrying: .tcp)
    var sender = try SendSocket(family: family, interface: Interface.named("lo"))
    let guarded = try ResetGuard(address: loopback(family))
    let octets = try packet(family, TCPHeader(sourcePort: 40_003, destinationPort: guarded.port, flags: .syn))
    _ = try sender.send(octets.span.raw, to: loopback(family))
    _ = try #require(try eventually { try sender.nextTransmitStamp() })
    Poller.pause(.milliseconds(5))
    #expect(try receiver.next()?.octets == nil)
  }

  @Test("a local peer leaves its checksum unfinished; ours is right", arguments: families)
  func checksum(_ family: AddressFamily) throws {
    let listener = try Listener(address: loopback(family))
    let guarded = try ResetGuard(address: loopback(family))
    let receiver = try ReceiveSocket(family: family, carrying: .tcp)
    try receiver.accept(only: .tcp(family: family, destinationPorts: [guarded.port, listener.port]))
    var sender = try SendSocket(family: family)
    try sendSYN(&sender, family, from: guarded.port, to: listener.port)
    let judgements = try (0..<2).map { _ in
      let received = try #require(try eventually { try receiver.next() })
      let judgement = TransportChecksum.judge(
        segment: received.octets.span.raw,
        pseudoHeader: PseudoHeader(
          source: loopback(family), destination: loopback(family), protocolNumber: IPProtocol.tcp,
          length: received.octets.count))
      return (try TCPHeader(parsing: received.octets.span.raw).flags, judgement)
    }
    #expect(judgements.first { $0.0 == .syn }?.1 == .good)
    #expect(judgements.first { $0.0 == [.syn, .ack] }?.1 == .unfinished)
  }

  @Test("the guard keeps the kernel silent, and without it the kernel resets", arguments: families)
  func resetGuard(_ family: AddressFamily) throws {
    #expect(try resets(family, guarded: false) == 1)
    #expect(try resets(family, guarded: true) == 0)
  }

  @Test("a guard answers nothing, whatever keeps it silent", arguments: families, [ResetGuard.Rule.filter, .signature])
  func silentGuard(_ family: AddressFamily, _ rule: ResetGuard.Rule) throws {
    guard allows(rule) else {
      #expect(rule == .filter, "the filter needs CAP_NET_ADMIN on recent kernels, the signature nothing")
      return
    }
    let guarded = try ResetGuard(address: loopback(family), rule: rule)
    let receiver = try ReceiveSocket(family: family, carrying: .tcp)
    var sender = try SendSocket(family: family, timestamps: false)
    let client = try ResetGuard(address: loopback(family))
    try receiver.accept(only: .tcp(family: family, destinationPorts: [client.port]))
    for flags: TCPFlags in [.syn, [.syn, .ack], .ack, .fin, [.psh, .ack], [], [.syn, .ece, .cwr]] {
      let header = TCPHeader(
        sourcePort: client.port, destinationPort: guarded.port, sequence: SequenceNumber(1), flags: flags, window: 9)
      let octets = try packet(family, header)
      _ = try sender.send(octets.span.raw, to: loopback(family))
    }
    // A SYN-ACK that was not sent at once would be by now.
    Poller.pause(.milliseconds(60))
    #expect(try receiver.next()?.octets == nil)
  }

  private func allows(_ rule: ResetGuard.Rule) -> Bool {
    do throws(Errno) {
      _ = try ResetGuard(address: loopback(.v4), rule: rule)
      return true
    } catch {
      return false
    }
  }

  /// How many RSTs this host sends a listener whose SYN-ACK answers a SYN made by hand.
  private func resets(_ family: AddressFamily, guarded: Bool) throws -> Int {
    let listener = try Listener(address: loopback(family))
    let receiver = try ReceiveSocket(family: family, carrying: .tcp)
    var sender = try SendSocket(family: family)
    let port = try ResetGuard(address: loopback(family)).port
    let resetGuard = guarded ? try ResetGuard(address: loopback(family), port: port) : nil
    try receiver.accept(only: .tcp(family: family, destinationPorts: [listener.port, port]))
    try sendSYN(&sender, family, from: port, to: listener.port)
    var flags: [TCPFlags] = []
    let end = SystemClock.monotonic() + .milliseconds(60)
    while SystemClock.monotonic() < end {
      while let received = try receiver.next() { flags.append(try TCPHeader(parsing: received.octets.span.raw).flags) }
      Poller.pause(.milliseconds(1))
    }
    #expect(flags.contains([.syn, .ack]))
    if let resetGuard { #expect(resetGuard.port == port) }
    return flags.count { $0.contains(.rst) }
  }

  private func sendSYN(
    _ sender: inout SendSocket, _ family: AddressFamily, from source: UInt16, to destination: UInt16
  ) throws {
    let header = TCPHeader(
      sourcePort: source, destinationPort: destination, sequence: SequenceNumber(1000), flags: .syn, window: 64_240)
    let octets = try packet(family, header)
    try #require(try sender.send(octets.span.raw, to: loopback(family)) != nil)
  }

  @Test("what there was no room for is counted") func drops() throws {
    let receiver = try ReceiveSocket(family: .v4, carrying: .tcp)
    try receiver.descriptor.set(.receiveBuffer, to: CInt(0))  // the kernel makes that its least, about two packets
    var sender = try SendSocket(family: .v4, timestamps: false)
    let guarded = try ResetGuard(address: loopback(.v4))
    try receiver.accept(only: .tcp(family: .v4, destinationPorts: [guarded.port]))
    let octets = try packet(.v4, TCPHeader(sourcePort: 40_004, destinationPort: guarded.port, flags: .syn))
    for _ in 0..<50 { _ = try sender.send(octets.span.raw, to: loopback(.v4)) }
    var taken = 0
    while let received = try receiver.next() {
      taken += 1
      #expect(received.reception.dropped == 0)  // nothing was lost before these came in
    }
    #expect(taken > 0)
    #expect(try receiver.dropped() == UInt32(50 - taken))
    _ = try sender.send(octets.span.raw, to: loopback(.v4))
    #expect(try receiver.next()?.reception.dropped == UInt32(50 - taken))
  }

  @Test("a guarded port cannot be taken twice, and a foreign address cannot be guarded") func guardErrors() throws {
    let first = try ResetGuard(address: loopback(.v4))
    #expect(throws: Errno(code: EADDRINUSE, call: .bind)) {
      _ = try ResetGuard(address: loopback(.v4), port: first.port)
    }
    #expect(throws: Errno(code: EADDRNOTAVAIL, call: .bind)) {
      _ = try ResetGuard(address: .v4(IPv4Address(192, 0, 2, 1)))
    }
  }

  @Test("a whole packet that the kernel refuses is an error") func refused() throws {
    var sender = try SendSocket(family: .v4)
    let long = [UInt8](repeating: 0, count: 65_536)
    #expect(throws: Errno(code: EMSGSIZE, call: .sendto)) { try sender.send(long.span.raw, to: loopback(.v4)) }
    #expect(throws: Errno.self) { try sender.send([0x45].span.raw, to: loopback(.v4)) }
  }
}
