import Capture
import Engines
import Handshake
import Kernel
import Report
import Timebase
import Wire

/// The packets of a run as a capture file (`--pcap`, pcapng): ours and those that came, with the kernel's stamps, and a
/// comment on each that says what it is and how it was classified.
///
/// The kernel says when a packet left only after the fact. So packets wait in a short queue until the stamps of all
/// before them are there, 2 ms at most, and are written in the order of their stamps. What is in the file is whole
/// blocks, but for the last one where the process is killed while it writes.
final class PacketFile {
  /// A packet that waits for its turn.
  private struct Waiting {
    var octets: [UInt8]
    var stamp: Stamp
    /// Names one of ours; nil for what came.
    var token: Token?
    var interface: Int
    var remarks: [String]

    /// Whether the kernel has yet to say when it left.
    var awaitsStamp: Bool { token != nil && stamp.kernel == nil }
  }

  private let output: Output
  private let path: FilePath
  private var writer: PCAPNGWriter
  private var queue: [Waiting] = []
  private var interfaces = CapturedInterfaces()
  private let began = SystemClock.now().wall

  /// How long one packet's missing stamp keeps the others waiting.
  static let grace = Interval.milliseconds(2)
  /// The most packets that wait; beyond them the oldest goes with the stamp that it has.
  private static let capacity = 512
  private static let comment =
    "Packets as a raw socket sends and receives them. The kernel fills in the identification and header "
    + "checksum of our IPv4 packets later. Received IPv6 packets arrive without their header: it is rebuilt, without "
    + "flow label and extension headers."

  /// Begins the file that was asked for; nil where none was.
  ///
  /// `-` is standard output; results then go to standard error (see `Presentation.output`).
  init?(_ presentation: Presentation) throws(RunError) {
    guard let path = presentation.pcapPath else { return nil }
    self.path = path
    do throws(Errno) { output = try Output(creating: path) } catch { throw RunError(writing: error, to: path) }
    guard !output.isTerminal else {
      throw .refused("--pcap \(path): standard output is a terminal; use --pcap FILE, or --pcap - | tcpdump -nr -")
    }
    writer = PCAPNGWriter(application: "probe", comment: PacketFile.comment)
  }

  /// Takes a packet of ours that has left; `part` says which part of the transmission it is, where it is not the whole.
  func sent(
    _ packet: [UInt8], _ transmission: Transmission, through interface: Interface?, at stamp: Stamp,
    _ judgement: Judgement?, remark: String? = nil, part: String? = nil
  ) {
    let text = remark ?? (judgement.map { PacketRemark($0) } ?? PacketRemark(unremembered: transmission.segment)).text
    let number = interfaces.number(towards: transmission.flow, through: interface, in: &writer)
    queue.append(
      Waiting(
        octets: packet, stamp: stamp, token: transmission.token, interface: number,
        remarks: [text] + (part.map { [$0] } ?? [])))
  }

  /// Takes the kernel's word for when one of ours left.
  func transmitted(_ token: Token, kernel: WallTime) {
    guard let index = queue.firstIndex(where: { $0.token == token && $0.awaitsStamp }) else { return }
    queue[index].stamp.kernel = kernel
  }

  /// Takes a packet that came.
  func received(
    _ arrival: borrowing ReceivedPacket, by index: UInt32, at stamp: Stamp, _ judgement: Judgement?,
    remark: String? = nil
  ) {
    queue.append(
      Waiting(
        octets: arrival.packet, stamp: stamp, token: nil,
        interface: interfaces.number(of: index, from: arrival.source, in: &writer),
        remarks: [remark ?? judgement.map { PacketRemark($0).text } ?? PacketRemark.stray]))
  }

  /// When what waits must go even without a stamp; nil where nothing waits.
  var deadline: Instant? { queue.first { $0.awaitsStamp }.map { $0.stamp.instant + PacketFile.grace } }

  /// Writes what has its stamps; everything that came before now must have been handed over.
  func settle(at now: Stamp) throws(RunError) {
    if !queue.isEmpty {
      queue.sort { $0.stamp.bestWall < $1.stamp.bestWall }
      let ready = queue.firstIndex { $0.awaitsStamp && $0.stamp.instant + PacketFile.grace > now.instant }
      write(first: max(ready ?? queue.count, queue.count - PacketFile.capacity))
    }
    try flush()
  }

  /// Writes what is left and what there is to say of each interface; the file is complete.
  func finish(dropped: UInt32) throws(RunError) {
    queue.sort { $0.stamp.bestWall < $1.stamp.bestWall }
    write(first: queue.count)
    for (number, count) in interfaces.counts.enumerated() {
      // What was dropped is known of the sockets, and whose it was only where there is one interface.
      let lost = interfaces.counts.count == 1 ? UInt64(dropped) : nil
      writer.append(
        PCAPNGWriter.Statistics(start: began, end: SystemClock.now().wall, received: count, dropped: lost), of: number)
    }
    try flush()
  }

  private func write(first count: Int) {
    for packet in queue.prefix(count) {
      var remarks = packet.remarks
      if packet.stamp.kernel == nil { remarks.append("no kernel timestamp: the time is from user space") }
      // Longer ones are read by no one: libpcap's limit.
      let kept = packet.octets.span.raw.extracting(first: min(packet.octets.count, CaptureReader.frameLimit))
      writer.append(
        kept, on: packet.interface, at: packet.stamp.bestWall, originalLength: packet.octets.count,
        direction: packet.token == nil ? .inbound : .outbound, comments: remarks)
      interfaces.counts[packet.interface] += 1
    }
    queue.removeFirst(count)
  }

  private func flush() throws(RunError) {
    guard !writer.octets.isEmpty else { return }
    do throws(Errno) {
      try output.write(writer.octets)
    } catch {
      throw RunError(writing: error, to: path)
    }
    writer.removeAll()
  }
}

/// The interfaces of a capture file, each described when its first packet passes.
struct CapturedInterfaces {
  /// How many packets were written of each.
  var counts: [UInt64] = []
  private var numbers: [UInt32: Int] = [:]
  /// By which interface an address was last heard of, or is reached.
  private var routes: [IPAddress: UInt32] = [:]

  /// The most addresses that are remembered; after that their ways are asked for again.
  private static let capacity = 4_096

  /// The number of the interface that a packet came by.
  mutating func number(of index: UInt32, from source: IPAddress?, in writer: inout PCAPNGWriter) -> Int {
    if let source, index != 0 { remember(index, for: source) }
    return number(of: index, in: &writer)
  }

  /// The number of the interface that a packet leaves by: the one that was asked for, or the kernel's choice.
  mutating func number(towards flow: Flow, through interface: Interface?, in writer: inout PCAPNGWriter) -> Int {
    if let interface { return number(of: interface.index, in: &writer) }
    let remote = flow.remote.address
    if let index = routes[remote] { return number(of: index, in: &writer) }
    let route = try? Route.to(remote, from: flow.local.address)
    let index = route?.interface.index ?? 0
    remember(index, for: remote)
    return number(of: index, in: &writer)
  }

  private mutating func remember(_ index: UInt32, for address: IPAddress) {
    if routes.count >= CapturedInterfaces.capacity { routes.removeAll(keepingCapacity: true) }
    routes[address] = index
  }

  private mutating func number(of index: UInt32, in writer: inout PCAPNGWriter) -> Int {
    if let known = numbers[index] { return known }
    let name = (try? Interface.indexed(index))?.name
    let number = writer.describe(CaptureInterface(name: name, link: .rawIP))
    numbers[index] = number
    counts.append(0)
    return number
  }
}

extension ReceivedPacket {
  /// The packet from its IP header on; one that came without it gets what the kernel told of it.
  var packet: [UInt8] {
    var packet: [UInt8] = []
    if case .outOfBand(let envelope) = framing, case .v6(let source) = envelope.source,
      case .v6(let destination) = envelope.destination
    {
      // What offload has merged may be longer than the header can say (RFC 2675).
      let isJumbo = octets.byteCount > Int(UInt16.max)
      let header = IPv6Header(
        source: source, destination: destination,
        nextHeader: isJumbo ? IPProtocol.hopByHopOptions : envelope.protocolNumber,
        payloadLength: isJumbo ? 0 : UInt16(clamping: octets.byteCount), trafficClass: envelope.trafficClass,
        hopLimit: envelope.timeToLive)
      var frame = FrameBuffer()
      if let length = try? frame.build({ (out) throws(WireError) in try header.serialize(into: &out) }) {
        packet.append(copying: frame.view(first: length))
      }
      if isJumbo {
        packet += IPv6JumboPayload.hopByHop(
          nextHeader: envelope.protocolNumber, length: UInt32(truncatingIfNeeded: octets.byteCount + 8))
      }
    }
    packet.append(copying: octets)
    return packet
  }

  /// Who sent it, as far as that can be read.
  var source: IPAddress? {
    if case .outOfBand(let envelope) = framing { return envelope.source }
    guard let header = try? IPv4HeaderView(lax: octets) else { return nil }
    return .v4(header.source)
  }
}

extension RawSpan {
  /// The same octets in memory of their own.
  var copied: [UInt8] {
    var copy: [UInt8] = []
    copy.append(copying: self)
    return copy
  }
}

/// The packets of a benchmark on their way into the capture file (`--pcap`): each gets a name of its own, and the words of
/// the engine's judgement.
final class BenchPackets {
  let file: PacketFile
  private let interface: Interface?
  /// Tells packets of one connection apart that the engine gives one name, since it waits for the stamp of none.
  private var serial: UInt32 = 0

  /// Begins the file that was asked for; nil where none was.
  init?(_ settings: RunSettings, through interface: Interface?) throws(RunError) {
    guard let file = try PacketFile(settings.presentation) else { return nil }
    self.file = file
    self.interface = interface
  }

  /// The next packet's own token.
  func token(of name: UInt64) -> Token {
    serial = (serial &+ 1) & 0xff_ffff
    return Token(bench: name, serial: serial)
  }

  /// Takes a packet of ours that has left, as the batch has it.
  func sent(_ packet: RawSpan, named name: UInt64, _ token: Token, at stamp: Stamp, by engine: borrowing BenchEngine) {
    guard
      case .segment(let back, let segment, _, _) = ReceivedPacket(packet, framing: .inBand, mayBeUnfinished: false)
        .judged()
    else { return }
    // Read as if it had come to us: the ends are the other way round.
    let flow = Flow(local: back.remote, remote: back.local)
    let transmission = Transmission(token: token, flow: flow, segment: segment)
    file.sent(
      packet.copied, transmission, through: interface, at: stamp,
      engine.judgement(ofSent: name, segment, at: stamp))
  }
}

extension Token {
  /// The benchmark's name of a packet as a token; the serial number, of 24 bits, tells those of one name apart.
  init(bench name: UInt64, serial: UInt32 = 0) {
    self.init(
      slot: Int(name >> 32), generation: UInt32(truncatingIfNeeded: name >> 8) & 0xff_ffff,
      number: UInt32(name & 0xff) | serial << 8)
  }

  /// The benchmark's name that it was made of.
  var benchName: UInt64 { UInt64(slot) << 32 | UInt64(generation) << 8 | UInt64(number & 0xff) }
}
