import CLinux
import Glibc
import Wire

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

  private init(interfaceIndex: UInt32, linkAddress: [UInt8]) {
    self.interfaceIndex = interfaceIndex
    self.linkAddress = linkAddress
  }
}
