import CLinux
import Glibc
import Wire

/// A network interface of this host, as it was when asked for.
public struct Interface: Hashable, Sendable {
  /// The name, at most 15 octets, such as `eth0`.
  public var name: String
  /// The kernel's number for it; the scope of a link-local IPv6 address.
  public var index: UInt32
  /// Whether what is sent there comes straight back.
  public var isLoopback: Bool
  /// Whether it is switched on.
  public var isUp: Bool
  /// Whether its link works too: the cable is plugged in, the other end is there.
  public var isRunning: Bool
  /// Whether hosts behind it have link addresses that are asked for; a tunnel has one other end and none.
  public var hasNeighbors: Bool
  /// The longest IP packet it carries, in octets.
  public var mtu: Int

  /// The interface of that name.
  ///
  /// - Throws: ENODEV where there is none.
  public static func named(_ name: String) throws(Errno) -> Interface {
    try InterfaceRequest.interface(named: name, through: InterfaceRequest.anySocket())
  }

  /// The interface of that number.
  ///
  /// - Throws: ENODEV where there is none.
  public static func indexed(_ index: UInt32) throws(Errno) -> Interface {
    try InterfaceRequest.interface(at: index, through: InterfaceRequest.anySocket())
  }

  /// The interface that a zone means: one of that name, or else of that number (RFC 4007 §11.2).
  ///
  /// - Throws: ENODEV where there is neither.
  public static func zone(_ text: String) throws(Errno) -> Interface {
    do {
      return try named(text)
    } catch {
      guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let index = UInt32(text), index > 0 else {
        throw error
      }
      return try indexed(index)
    }
  }

  /// All interfaces in the order of their numbers, `rtnetlink(7)` RTM_GETLINK.
  public static func all() throws(Errno) -> [Interface] {
    var netlink = try Netlink()
    var found: [Interface] = []
    var body = [UInt8](repeating: 0, count: 16)  // an ifinfomsg that asks for every family
    body.append(attribute: rtattr_type_t(rawValue: UInt32(IFLA_EXT_MASK)), [UInt8(RTEXT_FILTER_SKIP_STATS), 0, 0, 0])
    try netlink.request(
      Int(RTM_GETLINK), dump: true, body: body, call: .linkLookup, answers: Int(RTM_NEWLINK)
    ) { (message) throws(Errno) in
      if let interface = Interface(link: message) { found.append(interface) }
    }
    return found.sorted { $0.index < $1.index }
  }

  /// The addresses this host has: on one interface, or with nil on all of them.
  public static func localAddresses(on interface: Interface? = nil) throws(Errno) -> [IPAddress] {
    var found: [IPAddress] = []
    try eachAddress { (message) throws(Errno) in
      let index: UInt32 = message.load(native: 4)
      if let interface, interface.index != index { return }
      if let address = localAddress(message) { found.append(address) }
    }
    return found
  }

  /// The networks that this host is in: its addresses, with the lengths of their prefixes.
  public static func localNetworks() throws(Errno) -> [(address: IPAddress, prefixLength: Int)] {
    var found: [(address: IPAddress, prefixLength: Int)] = []
    try eachAddress { (message) throws(Errno) in
      if let address = localAddress(message) { found.append((address, Int(message.octet(at: 1)))) }
    }
    return found
  }

  /// Hands out an ifaddrmsg for each address, `rtnetlink(7)` RTM_GETADDR.
  private static func eachAddress(_ body: (RawSpan) throws(Errno) -> Void) throws(Errno) {
    var netlink = try Netlink()
    let everything = [UInt8](repeating: 0, count: 8)  // an ifaddrmsg that asks for every family and interface
    try netlink.request(
      Int(RTM_GETADDR), dump: true, body: everything, call: .addressLookup, answers: Int(RTM_NEWADDR)
    ) { (message) throws(Errno) in
      if message.byteCount >= 8 { try body(message) }
    }
  }

  /// The addresses on this interface.
  public var addresses: [IPAddress] { get throws(Errno) { try Interface.localAddresses(on: self) } }

  /// IFA_LOCAL is our own end, IFA_ADDRESS the other one on a point-to-point link; IPv6 often has only the latter.
  private static func localAddress(_ message: RawSpan) -> IPAddress? {
    var local: IPAddress?
    var address: IPAddress?
    var attributes = AttributeCursor(message, from: 8)
    while let attribute = attributes.next() {
      switch attribute.type {
      case Int(IFA_LOCAL): local = IPAddress(octets: message.extracting(attribute.value))
      case Int(IFA_ADDRESS): address = IPAddress(octets: message.extracting(attribute.value))
      default: break
      }
    }
    return local ?? address
  }

  private init?(link message: RawSpan) {
    guard message.byteCount >= 16 else { return nil }
    let flags: UInt32 = message.load(native: 8)
    var name: String?
    var mtu = 0
    var attributes = AttributeCursor(message, from: 16)
    while let attribute = attributes.next() {
      let value = message.extracting(attribute.value)
      switch attribute.type {
      case Int(IFLA_IFNAME): name = value.text()
      case Int(IFLA_MTU) where value.byteCount >= 4: mtu = Int(value.load(native: 0, as: UInt32.self))
      default: break
      }
    }
    guard let name else { return nil }
    self.init(name: name, index: message.load(native: 4), flags: flags, mtu: mtu)
  }

  init(name: String, index: UInt32, flags: UInt32, mtu: Int) {
    self.name = name
    self.index = index
    self.isLoopback = flags & UInt32(IFF_LOOPBACK) != 0
    self.isUp = flags & UInt32(IFF_UP) != 0
    self.isRunning = flags & UInt32(IFF_RUNNING) != 0
    self.hasNeighbors = flags & UInt32(IFF_NOARP) == 0
    self.mtu = mtu
  }
}

extension Interface {
  /// Whether a packet may come in here whose sender's kernel left the checksum to an offload that never happened.
  ///
  /// Such a packet carries only the folded sum of the pseudo-header, and is as good as one with a right checksum.
  /// It is so on loopback and behind every device that hands packets on within one machine. Asking opens a socket:
  /// ask once and keep the answer. The driver's name comes from ETHTOOL_GDRVINFO, since /sys shows the devices of
  /// whoever mounted it, not those of this network namespace.
  public var leavesChecksumsUnfinished: Bool {
    isLoopback || driverName.map { Interface.virtualDrivers.contains($0) } ?? false
  }

  /// The driver's name, such as `veth` or `e1000e`; nil where the driver does not tell.
  public var driverName: String? {
    guard let socket = try? InterfaceRequest.anySocket(), var request = try? InterfaceRequest(name: name) else {
      return nil
    }
    var information = InlineArray<196, UInt8>(repeating: 0)  // an ethtool_drvinfo
    return unsafe withUnsafeMutableBytes(of: &information) { bytes -> String? in
      unsafe bytes.storeBytes(of: UInt32(ETHTOOL_GDRVINFO), as: UInt32.self)
      request.store(UInt(bitPattern: bytes.baseAddress))
      guard (try? request.ask(CInt(SIOCETHTOOL), through: socket, call: .ioctl)) != nil else { return nil }
      return unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(bytes)).extracting(4..<36).text()
    }
  }

  /// Drivers of devices whose other end is, or may be, on this machine.
  private static let virtualDrivers = [
    "veth", "bridge", "tun", "macvlan", "macvtap", "ipvlan", "ipvtap", "virtio_net", "dummy", "vxlan", "geneve",
    "openvswitch", "bonding", "team", "802.1Q VLAN Support", "netkit", "vif", "vmxnet3", "hv_netvsc", "ifb", "vrf",
  ]
}
