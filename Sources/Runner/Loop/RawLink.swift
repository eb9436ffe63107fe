import Engines
import Handshake
import Kernel
import Timebase
import Wire

/// The raw sockets of one address family: what we send goes out here, and what answers comes in.
final class RawLink {
  let family: AddressFamily
  private var sender: SendSocket
  private let segments: ReceiveSocket
  private let errors: ReceiveSocket
  private var tokens = TokenRing()
  private var ports = PortSet()
  /// Whether packets of an interface may carry unfinished checksums, by interface index: as many as there are interfaces.
  private var unfinished: [(interface: UInt32, answer: Bool)] = []
  /// How many packets the kernel dropped because our buffers were full.
  var dropped: UInt32 { ((try? segments.dropped()) ?? 0) &+ ((try? errors.dropped()) ?? 0) }

  /// How many packets were longer than the buffer, and lost their end.
  private(set) var truncated = 0

  /// Opens the sockets; nothing is received before `listen(on:)`.
  init(family: AddressFamily, interface: Interface?) throws(Errno) {
    self.family = family
    segments = try ReceiveSocket(family: family, carrying: .tcp, interface: interface)
    errors = try ReceiveSocket(family: family, carrying: .icmp, interface: interface)
    sender = try SendSocket(family: family, interface: interface, timestamps: true)
  }

  /// Asks the poll loop to watch all three sockets; the error queue shows as an error event.
  func watch(by poller: inout Poller) {
    _ = poller.add(segments.descriptor, for: .readable)
    _ = poller.add(errors.descriptor, for: .readable)
    _ = poller.add(sender.descriptor, for: [])
  }

  /// Lets packets to a port of ours through the filters.
  func listen(on port: UInt16) throws(Errno) {
    guard ports.insert(port) else { return }
    try refreshFilters()
  }

  /// Lets packets to several ports of ours through the filters, which are compiled once for all of them.
  func listen(on list: [UInt16]) throws(Errno) {
    var isNew = false
    for port in list where ports.insert(port) { isNew = true }
    if isNew { try refreshFilters() }
  }

  /// Shuts the filters to a port, when they are next changed: until then its late packets come in as strays, which
  /// costs less than filters that are compiled for no one.
  func ignore(_ port: UInt16) { ports.remove(port) }

  private func refreshFilters() throws(Errno) {
    let list = ports.sorted
    try segments.accept(only: .tcp(family: family, destinationPorts: list))
    try errors.accept(only: .icmpErrors(family: family, sourcePorts: list))
  }

  /// Sends a packet; its stamp will come back under the token, and with the word whether more packets of that name follow.
  ///
  /// - Returns: false where there was no room for it, so that nothing left.
  func send(
    _ packet: RawSpan, to address: IPAddress, interfaceIndex: UInt32, token: Token, isPart: Bool = false
  ) throws(Errno) -> Bool {
    guard let id = try sender.send(packet, to: address, interfaceIndex: interfaceIndex) else { return false }
    tokens.put(token, under: id, isPart: isPart)
    return true
  }

  /// The next transmit stamp in the error queue, and the packet that it belongs to.
  func nextTransmitStamp() throws(Errno) -> TokenStamp? {
    while let stamp = try sender.nextTransmitStamp() {
      guard let entry = tokens.take(stamp.id) else { continue }
      return TokenStamp(token: entry.token, wall: stamp.wall, isPart: entry.isPart)
    }
    return nil
  }

  /// Receives one packet, TCP before ICMP: a TCP answer outranks an ICMP error.
  func receive(into buffer: inout ReceiveBuffer) throws(Errno) -> (ReceiveInfo, protocolNumber: UInt8)? {
    if let reception = try segments.receive(into: &buffer) { return (counted(reception), IPProtocol.tcp) }
    guard let reception = try errors.receive(into: &buffer) else { return nil }
    return (counted(reception), family == .v4 ? IPProtocol.icmpv4 : IPProtocol.icmpv6)
  }

  private func counted(_ reception: ReceiveInfo) -> ReceiveInfo {
    if reception.isTruncated { truncated += 1 }
    return reception
  }

  /// Whether a packet from this interface may carry a checksum that no one finished.
  func mayBeUnfinished(_ interfaceIndex: UInt32) -> Bool {
    if let known = unfinished.first(where: { $0.interface == interfaceIndex }) { return known.answer }
    let answer = (try? Interface.indexed(interfaceIndex))?.leavesChecksumsUnfinished ?? false
    unfinished.append((interfaceIndex, answer))
    return answer
  }
}

/// When a packet of ours left, as the kernel saw it.
struct TokenStamp {
  /// Its name.
  var token: Token
  /// When it left.
  var wall: WallTime
  /// Whether another packet of the same name left after it: it is a fragment, and not the last.
  var isPart: Bool
}

/// Which packet a transmit stamp belongs to: the kernel counts the packets of a socket, we remember the last ones.
struct TokenRing {
  /// Stamps come back within microseconds: so many packets are never in flight at once without theirs.
  static let capacity = 256
  private var entries = [(id: UInt32, token: Token, isPart: Bool)?](repeating: nil, count: capacity)

  mutating func put(_ token: Token, under id: UInt32, isPart: Bool = false) {
    entries[Int(id) % TokenRing.capacity] = (id, token, isPart)
  }

  mutating func take(_ id: UInt32) -> (token: Token, isPart: Bool)? {
    let index = Int(id) % TokenRing.capacity
    guard let entry = entries[index], entry.id == id else { return nil }
    entries[index] = nil
    return (entry.token, entry.isPart)
  }
}

extension ReceiveInfo {
  /// Where the packet's IP header is: in its octets (IPv4), or in what the kernel told beside them (IPv6).
  func framing(protocolNumber: UInt8) -> ReceivedPacket.Framing {
    guard let source, let destination, case .v6 = destination else { return .inBand }
    return .outOfBand(
      Envelope(
        source: source, destination: destination, protocolNumber: protocolNumber, timeToLive: hopLimit ?? 0,
        transportLength: count, trafficClass: trafficClass ?? 0))
  }
}
