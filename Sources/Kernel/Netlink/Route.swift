import CLinux
import Glibc
import Wire

/// The way that the kernel would send a packet now, `rtnetlink(7)` RTM_GETROUTE.
public struct Route: Hashable, Sendable {
  /// What is at the end of a route, in the kernel's terms.
  public enum Kind: Hashable, Sendable {
    /// A host, directly or through a gateway.
    case unicast
    /// This host.
    case local
    /// Everyone on a link.
    case broadcast
    /// A group.
    case multicast
    /// The nearest of several hosts.
    case anycast
    /// No one: senders are told so.
    case unreachable
    /// No one: senders are told that it is forbidden.
    case prohibited
    /// No one, without a word.
    case blackhole
  }

  /// Where the packet goes.
  public var destination: IPAddress
  /// The address it is sent from.
  public var source: IPAddress
  /// The interface it leaves by; loopback for this host's own addresses.
  public var interface: Interface
  /// The longest IP packet of the way, in octets: the route's own limit where it has one, else the interface's.
  public var mtu: Int
  /// The router it is handed to; nil where the destination is on the link.
  public var gateway: IPAddress?
  /// What is at its end.
  public var kind: Kind

  /// Asks the kernel for the way to a destination, as it would send from that source and interface.
  ///
  /// - Throws: where there is no way, what the kernel says of it, for which `Errno.isNoRoute` holds: ENETUNREACH (no
  ///   route), EHOSTUNREACH (an `unreachable` route), EACCES (`prohibit`), EINVAL (`blackhole`); the kinds of those
  ///   names are for kernels that answer with one. EADDRNOTAVAIL for a source that is not this host's, ENODEV
  ///   without the interface.
  public static func to(
    _ destination: IPAddress, from source: IPAddress? = nil, interface: Interface? = nil
  ) throws(Errno) -> Route {
    do {
      return try look(destination, source, interface)
    } catch {
      // The kernel has no word of its own for a foreign source: ENETUNREACH or EINVAL, by version.
      if let source, !isLocal(source) { throw Errno(code: EADDRNOTAVAIL, call: .routeLookup) }
      throw error
    }
  }

  private static func isLocal(_ address: IPAddress) -> Bool { (try? look(address, nil, nil))?.kind == .local }

  private static func look(
    _ destination: IPAddress, _ source: IPAddress?, _ interface: Interface?
  ) throws(Errno) -> Route {
    if let source, source.family != destination.family { throw Errno(code: EAFNOSUPPORT, call: .routeLookup) }
    var netlink = try Netlink()
    var answer: Answer?
    try netlink.request(
      Int(RTM_GETROUTE), body: question(destination, source, interface), call: .routeLookup,
      answers: Int(RTM_NEWROUTE)
    ) { (message) throws(Errno) in
      if answer == nil { answer = Answer(parsing: message) }
    }
    guard let answer, let from = source ?? answer.source else { throw Errno(code: ENETUNREACH, call: .routeLookup) }
    let out = try InterfaceRequest.interface(at: answer.interfaceIndex, through: netlink.descriptor)
    return Route(
      destination: destination, source: from, interface: out, mtu: answer.mtu ?? out.mtu, gateway: answer.gateway,
      kind: answer.kind)
  }

  private static func question(_ destination: IPAddress, _ source: IPAddress?, _ interface: Interface?) -> [UInt8] {
    let length: UInt8 = destination.family == .v4 ? 32 : 128
    // An rtmsg: family, lengths of destination and source, and nothing else that a question needs.
    var body: [UInt8] = [UInt8(destination.family.number), length, source == nil ? 0 : length]
    body.append(contentsOf: repeatElement(0, count: 9))
    body.append(attribute: RTA_DST, destination.octets)
    if let source { body.append(attribute: RTA_SRC, source.octets) }
    if let interface {
      var index: [UInt8] = []
      index.append(native: interface.index)
      body.append(attribute: RTA_OIF, index)
    }
    return body
  }
}

/// An RTM_NEWROUTE message, as far as it concerns us.
private struct Answer {
  var kind: Route.Kind
  var source: IPAddress?
  var gateway: IPAddress?
  var interfaceIndex: UInt32 = 0
  var mtu: Int?

  /// - Returns: nil for a message that is too short or of a type that nothing is known about.
  init?(parsing message: RawSpan) {
    guard message.byteCount >= 12, let kind = Answer.kind(message.load(native: 7)) else { return nil }
    self.kind = kind
    var attributes = AttributeCursor(message, from: 12)
    while let attribute = attributes.next() {
      let value = message.extracting(attribute.value)
      switch attribute.type {
      case Int(RTA_PREFSRC.rawValue): source = IPAddress(octets: value)
      case Int(RTA_GATEWAY.rawValue): gateway = IPAddress(octets: value)
      case Int(RTA_VIA.rawValue) where value.byteCount > 2:
        gateway = IPAddress(octets: value.extracting(droppingFirst: 2))
      case Int(RTA_OIF.rawValue) where value.byteCount >= 4: interfaceIndex = value.load(native: 0)
      case Int(RTA_METRICS.rawValue): mtu = Answer.mtu(value)
      default: break
      }
    }
  }

  private static func kind(_ type: UInt8) -> Route.Kind? {
    switch Int(type) {
    case Int(RTN_UNICAST): .unicast
    case Int(RTN_LOCAL): .local
    case Int(RTN_BROADCAST): .broadcast
    case Int(RTN_MULTICAST): .multicast
    case Int(RTN_ANYCAST): .anycast
    case Int(RTN_UNREACHABLE): .unreachable
    case Int(RTN_PROHIBIT): .prohibited
    case Int(RTN_BLACKHOLE): .blackhole
    default: nil
    }
  }

  private static func mtu(_ metrics: RawSpan) -> Int? {
    var attributes = AttributeCursor(metrics, from: 0)
    while let attribute = attributes.next() {
      if attribute.type == Int(RTAX_MTU), attribute.value.count >= 4 {
        return Int(metrics.load(native: attribute.value.lowerBound, as: UInt32.self))
      }
    }
    return nil
  }
}

/// A neighbour on a link, as the kernel knows it now, `rtnetlink(7)` RTM_GETNEIGH (RFC 826, RFC 4861).
public struct Neighbor: Hashable, Sendable {
  /// The kernel's number of the interface that it is reached by.
  public var interfaceIndex: UInt32
  /// Its link address, six octets on Ethernet.
  public var linkAddress: [UInt8]

  /// What the kernel knows of an address on a link; nil where it has no valid link address of it.
  ///
  /// Asking resolves nothing: the kernel does that when it has a packet to send there.
  public static func at(_ address: IPAddress, on interface: Interface) throws(Errno) -> Neighbor? {
    var netlink = try Netlink()
    var found: Neighbor?
    do throws(Errno) {
      try netlink.request(
        Int(RTM_GETNEIGH), body: question(address, interface), call: .neighborLookup, answers: Int(RTM_NEWNEIGH)
      ) { (message) throws(Errno) in
        found = Neighbor(parsing: message)
      }
    } catch {
      guard error.code == ENOENT else { throw error }
    }
    return found
  }

  /// Whether the kernel has asked for the link address of an address and has no answer: packets to it wait, or fail.
  public static func isUnresolved(_ address: IPAddress, on interface: Interface) throws(Errno) -> Bool {
    var netlink = try Netlink()
    var isUnresolved = false
    do throws(Errno) {
      try netlink.request(
        Int(RTM_GETNEIGH), body: question(address, interface), call: .neighborLookup, answers: Int(RTM_NEWNEIGH)
      ) { (message) throws(Errno) in
        guard message.byteCount >= 12 else { return }
        isUnresolved = CInt(message.load(native: 8, as: UInt16.self)) & (NUD_INCOMPLETE | NUD_FAILED) != 0
      }
    } catch {
      guard error.code == ENOENT else { throw error }
    }
    return isUnresolved
  }

  private static func question(_ address: IPAddress, _ interface: Interface) -> [UInt8] {
    // An ndmsg: family, padding, interface, state, flags, type.
    var body: [UInt8] = [UInt8(address.family.number), 0, 0, 0]
    body.append(native: interface.index)
    body.append(contentsOf: [0, 0, 0, 0])
    body.append(attribute: rtattr_type_t(rawValue: UInt32(NDA_DST)), address.octets)
    return body
  }

  private init?(parsing message: RawSpan) {
    guard message.byteCount >= 12 else { return nil }
    let state = CInt(message.load(native: 8, as: UInt16.self))
    let valid = NUD_PERMANENT | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY
    guard state & valid != 0 else { return nil }
    var attributes = AttributeCursor(message, from: 12)
    while let attribute = attributes.next() {
      guard attribute.type == Int(NDA_LLADDR), attribute.value.count == 6 else { continue }
      self.init(interfaceIndex: message.load(native: 4), linkAddress: message.extracting(attribute.value).octets)
      return
    }
    return nil
  }

  init(interfaceIndex: UInt32, linkAddress: [UInt8]) {
    self.interfaceIndex = interfaceIndex
    self.linkAddress = linkAddress
  }
}
