/// Why a name has no address.
public enum ResolveError: Error, Hashable, Sendable {
  /// Nobody knows the name.
  case notFound(name: String)
  /// The name has addresses, but none of the family asked for.
  case noAddress(name: String)
  /// The name servers did not answer, or not now: it may work later.
  case temporaryFailure(name: String)
  /// The name can be none: empty, longer than 253 octets, or with characters that no name has.
  case invalidName(name: String)
  /// The look-up itself failed, in the words of whoever did it.
  case failure(name: String, reason: String)
}

extension ResolveError: CustomStringConvertible {
  /// One line that says what to do.
  public var description: String {
    switch self {
    case .notFound(let name): "\(name): no such host name"
    case .noAddress(let name): "\(name): the name has no address of that family"
    case .temporaryFailure(let name): "\(name): the name servers do not answer: see /etc/resolv.conf, or try again"
    case .invalidName(let name): "\(name): this cannot be a host name"
    case .failure(let name, let reason): "\(name): \(reason)"
    }
  }
}
