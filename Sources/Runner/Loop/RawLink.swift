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
  /// For what the sender would not send as it is; nil where no one asked for that.
  private let direct: LinkPath?
  private var ports = PortSet()
  /// Whether errors come in whatever ports they quote.
  private var takesAllErrors = false
  /// Whether packets of an interface may carry unfinished checksums, by interface index: as many as there are interfaces.
  private var unfinished: [(interface: UInt32, answer: Bool)] = []
  /// How many packets the kernel dropped because our buffers were full.
  var dropped: UInt32 { ((try? segments.dropped()) ?? 0) &+ ((try? errors.dropped()) ?? 0) }

  /// How many packets were longer than the buffer, and lost their end.
  private(set) var truncated = 0

  /// Opens the sockets, with `sendsAnything` one more for what a raw socket changes; nothing is received before
  /// `listen(on:)`.
  init(family: AddressFamily, interface: Interface?, sendsAnything: Bool = false) throws(Errno) {
    self.family = family
    segments = try ReceiveSocket(family: family, carrying: .tcp, interface: interface)
    errors = try ReceiveSocket(family: family, carrying: .icmp, interface: interface)
    sender = try SendSocket(family: family, interface: interface, sendsFragments: sendsAnything)
    direct = sendsAnything ? try LinkPath(family: family) : nil
  }

  /// Asks the poll loop to watch all sockets; the error queue shows as an error event.
  func watch(by poller: inout Poller) {
    _ = poller.add(segments.descriptor, for: .readable)
    _ = poller.add(errors.descriptor, for: .readable)
    _ = poller.add(sender.descriptor, for: [])
    direct?.watch(by: &poller)
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

  /// Lets ICMP errors through that quote any TCP segment, whatever its ports, from now on.
  func acceptAllErrors() throws(Errno) {
    takesAllErrors = true
    try errors.accept(only: .icmpErrors(family: family))
  }

  private func refreshFilters() throws(Errno) {
    let list = ports.sorted
    try segments.accept(only: .tcp(family: family, destinationPorts: list))
    guard !takesAllErrors else { return }
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

  /// Sends a packet exactly as it is, by whichever way does that.
  ///
  /// - Returns: false where there was no room for it, so that nothing left.
  /// - Throws: `changed` where it cannot be sent so.
  func sendUnchanged(
    _ packet: RawSpan, from source: IPAddress, to address: IPAddress, interface: Interface?, token: Token, isPart: Bool
  ) throws(SendFailure) -> Bool {
    if SendSocket.sendsUnchanged(packet) {
      do throws(Errno) {
        return try send(packet, to: address, interfaceIndex: interface?.index ?? 0, token: token, isPart: isPart)
      } catch {
        // Packets to everyone are refused by a raw socket that was not told to expect them.
        guard error.isPermission, direct != nil, !error.isFirewalled else { throw SendFailure(error) }
      }
    }
    guard let direct else { throw .changed }
    let neighbor = try direct.neighbor(towards: address, interface, of: packet) { () throws(Errno) in
      let nothing = nothing(from: source, to: address)
      _ = try sender.send(nothing.span.raw, to: address, interfaceIndex: interface?.index ?? 0)
    }
    return try direct.send(packet, to: neighbor, token: token, isPart: isPart)
  }

  /// A packet of a header alone, whose protocol number says that nothing follows (RFC 8200 §4.7).
  private func nothing(from source: IPAddress, to address: IPAddress) -> [UInt8] {
    var frame = FrameBuffer()
    let count = try? frame.build { (out) throws(WireError) in
      switch (source, address) {
      case (.v4(let source), .v4(let destination)):
        try IPv4Header(
          source: source, destination: destination, protocolNumber: IPProtocol.noNextHeader, totalLength: 20,
          dontFragment: true, timeToLive: 1
        ).serialize(into: &out)
      case (.v6(let source), .v6(let destination)):
        try IPv6Header(
          source: source, destination: destination, nextHeader: IPProtocol.noNextHeader, payloadLength: 0, hopLimit: 1
        ).serialize(into: &out)
      default: 0
      }
    }
    return frame.view(first: count ?? 0).octets
  }

  /// The next transmit stamp in an error queue, and the packet that it belongs to.
  func nextTransmitStamp() throws(Errno) -> TokenStamp? {
    while let stamp = try sender.nextTransmitStamp() {
      guard let entry = tokens.take(stamp.id) else { continue }
      return TokenStamp(token: entry.token, wall: stamp.wall, isPart: entry.isPart)
    }
    return try direct?.nextTransmitStamp()
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
