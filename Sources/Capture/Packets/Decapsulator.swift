// What stands between a captured frame and the IP packet that whoever looks at connections wants.

import Timebase
import Wire

/// Takes the IP packets out of frames: link headers off, fragments put together, tunnels looked into where asked.
///
/// A packet that no tunnel wraps and no router has cut costs no memory.
public struct Decapsulator: Sendable {
  /// Tunnels within tunnels that are looked into.
  public static var depthLimit: Int { 8 }

  /// Whether tunnels are looked into: IP in IP, 6in4, GRE, VXLAN, Geneve, GTP-U and others (see `Tunnel`).
  ///
  /// The innermost packet counts then.
  public let looksIntoTunnels: Bool
  /// What became of the frames.
  public private(set) var counts = Counts()
  /// The first link type that was met and cannot be read.
  public private(set) var unreadableLink: LinkType?

  private var fragments = FragmentReassembly()

  /// Opens frames.
  public init(looksIntoTunnels: Bool = false) { self.looksIntoTunnels = looksIntoTunnels }

  /// What became of frames.
  public struct Counts: Hashable, Sendable {
    /// Packets that were taken out.
    public var packets = 0
    /// Frames that carry no IP, such as ARP's.
    public var others = 0
    /// Frames too short to show what they carry.
    public var cut = 0
    /// Frames of a link type that cannot be read.
    public var unreadable = 0
    /// Pieces of packets.
    public var fragments = 0
    /// Packets put together from pieces.
    public var reassembled = 0
    /// Packets that pieces came of and that were given up: overlapping, cut short by the capture, too late or too many.
    public var abandoned = 0
    /// Packets taken out of tunnels.
    public var tunnelled = 0
    /// Packets that carry others, and were handed out as they are since no one asked for tunnels.
    public var unopened = 0

    /// Nothing counted yet.
    public init() {}
  }

  /// Takes the packet out of a frame and hands it out; a piece of one is kept until it is whole.
  public mutating func open(_ frame: borrowing CapturedFrame, _ body: (borrowing CapturedPacket) -> Void) {
    let layer = LinkLayer(of: frame.octets, link: frame.link)
    switch layer.content {
    case .packet:
      let packet = CapturedPacket(
        number: frame.number, stamp: frame.stamp, interface: frame.interface,
        octets: frame.octets.extracting(droppingFirst: layer.length),
        originalLength: frame.originalLength &- layer.length,
        direction: frame.direction ?? LinkLayer.direction(of: frame.octets, link: frame.link))
      open(packet, body)
    case .other: counts.others &+= 1
    case .cut: counts.cut &+= 1
    case .unknownLink:
      counts.unreadable &+= 1
      unreadableLink = unreadableLink ?? frame.link
    }
  }

  /// Hands a packet out, or what it is a piece of or a tunnel for.
  private mutating func open(_ packet: borrowing CapturedPacket, _ body: (borrowing CapturedPacket) -> Void) {
    if !Fragment.isNone(packet.octets), let fragment = Fragment.look(at: packet.octets, interface: packet.interface) {
      guard let whole = reassemble(fragment, packet) else { return }
      return openTunnel(
        CapturedPacket(
          number: packet.number, stamp: packet.stamp, interface: packet.interface, octets: whole.span.raw,
          depth: packet.depth, isReassembled: true, direction: packet.direction), body)
    }
    openTunnel(packet, body)
  }

  private mutating func openTunnel(_ packet: borrowing CapturedPacket, _ body: (borrowing CapturedPacket) -> Void) {
    if !packet.isPlainTCP, packet.depth < Self.depthLimit, let tunnel = packet.tunnel {
      let frame = packet.octets.extracting(droppingFirst: min(tunnel.offset, packet.octets.byteCount))
      let layer = tunnel.layer(of: frame)
      if layer.content == .packet, looksIntoTunnels {
        let before = tunnel.offset + layer.length
        counts.tunnelled &+= 1
        return open(
          CapturedPacket(
            number: packet.number, stamp: packet.stamp, interface: packet.interface,
            octets: frame.extracting(droppingFirst: layer.length), originalLength: packet.originalLength - before,
            depth: packet.depth + 1, isReassembled: packet.isReassembled, direction: packet.direction), body)
      }
      if layer.content == .packet { counts.unopened &+= 1 }
    }
    counts.packets &+= 1
    body(packet)
  }

  /// Packets that pieces have come of and that are still waited for: at the end of a capture, those that never came.
  public var unfinished: Int { fragments.unfinishedCount }

  /// How many octets the unfinished packets have room for.
  var octetsHeld: Int { fragments.octetsHeld }

  private mutating func reassemble(_ fragment: Fragment, _ packet: borrowing CapturedPacket) -> [UInt8]? {
    let whole = fragments.take(fragment, of: packet.octets, at: packet.stamp)
    counts.fragments = fragments.counts.fragments
    counts.reassembled = fragments.counts.reassembled
    counts.abandoned = fragments.counts.abandoned
    return whole
  }
}

extension CapturedPacket {
  /// Whether it carries TCP and nothing before it, as nearly all do: no tunnel is looked for.
  @inline(__always) fileprivate var isPlainTCP: Bool {
    guard octets.byteCount >= IPv4Header.minimumLength else { return false }
    return octets.octet(at: octets.octet(at: 0) &>> 4 == 6 ? 6 : 9) == IPProtocol.tcp
  }

  /// The frame that the packet is a tunnel for; nil where it is none.
  fileprivate var tunnel: Tunnel? {
    if octets.octet(at: 0) &>> 4 == 6 {
      guard let header = try? IPv6HeaderView(lax: octets),
        let chain = try? IPv6ExtensionChain(nextHeader: header.nextHeader, payload: header.payload)
      else { return nil }
      return Tunnel(
        protocolNumber: chain.protocolNumber, payload: header.payload.extracting(droppingFirst: chain.offset),
        at: IPv6Header.length + chain.offset)
    }
    guard let header = try? IPv4HeaderView(lax: octets) else { return nil }
    return Tunnel(protocolNumber: header.protocolNumber, payload: header.payload, at: header.headerLength)
  }
}
