import Handshake
import Kernel
import Wire

/// Which interface each link-local address of a run belongs to (RFC 4007 §6): without it the kernel knows no way.
struct Scopes {
  private var entries: [(address: IPAddress, interface: Interface)] = []
  /// The interface of all others.
  private var common: Interface?

  /// Every link-local address is this interface's: peers are not known before they come.
  init(common: Interface?) { self.common = common }

  /// The addresses of both ends of the targets.
  ///
  /// - Throws: `.refused` where one address is asked for by two interfaces: answers could not be told apart.
  init(_ targets: [ResolvedTarget]) throws(RunError) {
    for target in targets { try add(target) }
  }

  /// The addresses of both ends of one more target.
  mutating func add(_ target: ResolvedTarget) throws(RunError) {
    guard let interface = target.zone ?? target.interface, let source = target.source else { return }
    for address in [target.remote.address, source] where Scopes.needsOne(address) {
      if let known = self.interface(of: address) {
        guard known != interface else { continue }
        throw .refused("\(address): by \(known.name) and by \(interface.name) at once; probe one after the other")
      }
      entries.append((address, interface))
    }
  }

  /// The interface of a link-local address; nil for every other address.
  func interface(of address: IPAddress) -> Interface? {
    entries.first { $0.address == address }?.interface ?? (Scopes.needsOne(address) ? common : nil)
  }

  private static func needsOne(_ address: IPAddress) -> Bool {
    if case .v6(let v6) = address { return v6.isLinkLocal }
    return false
  }
}
