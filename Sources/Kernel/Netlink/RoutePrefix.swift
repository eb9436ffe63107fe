import CLinux
import Glibc
import Wire

/// A destination that a routing table or a rule speaks of, `rtnetlink(7)` RTM_GETROUTE and RTM_GETRULE.
///
/// Between two of them that follow each other, all addresses have the same way: whoever asks for one of each part knows all.
public struct RoutePrefix: Hashable, Sendable {
  /// The first address.
  public var address: IPAddress
  /// How many bits it has; 0 for a default route.
  public var length: Int

  /// Hands out the destinations of all tables and rules of a family; the same one may come several times.
  public static func each(_ family: AddressFamily, _ body: (RoutePrefix) throws(Errno) -> Void) throws(Errno) {
    // An rtmsg, and a fib_rule_hdr of the same length, that ask for all of the family.
    let everything = [UInt8(family.number)] + [UInt8](repeating: 0, count: 11)
    for (question, answer) in [(RTM_GETROUTE, RTM_NEWROUTE), (RTM_GETRULE, RTM_NEWRULE)] {
      var netlink = try Netlink()
      do throws(Errno) {
        try netlink.request(
          Int(question), dump: true, body: everything, call: .routeLookup, answers: Int(answer)
        ) { (message) throws(Errno) in
          if let prefix = RoutePrefix(parsing: message) { try body(prefix) }
        }
      } catch {
        // A kernel without policy routing has no rules.
        guard question == RTM_GETRULE, error.code == EOPNOTSUPP || error.code == EAFNOSUPPORT else { throw error }
      }
    }
  }
}

extension RoutePrefix {
  /// The destination of a message, whose second octet is its length in both; a default has no attribute.
  init?(parsing message: RawSpan) {
    guard message.byteCount >= 12 else { return nil }
    length = Int(message.octet(at: 1))
    var attributes = AttributeCursor(message, from: 12)
    while let attribute = attributes.next() {
      // RTA_DST and FRA_DST have the same number.
      guard attribute.type == Int(RTA_DST.rawValue),
        let address = IPAddress(octets: message.extracting(attribute.value)),
        length <= (address.family == .v4 ? 32 : 128)
      else { continue }
      self.address = address
      return
    }
    return nil
  }
}
