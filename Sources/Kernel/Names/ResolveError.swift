import Wire

/// Why a name has no address.
public enum ResolveError: Error, Hashable, Sendable {
  /// Nobody knows the name.
  case notFound(name: String)
  /// The name has addresses, but none of the family asked for.
  case noAddress(name: String)
  /// The name servers did not answer, or not now: it may work later.
  case temporaryFailure(name: String)
  /// The text cannot be a host name.
  case invalidName(name: String, HostNameError)
  /// The look-up itself failed, in the words of whoever did it.
  case failure(name: String, reason: String)
}

extension ResolveError: CustomStringConvertible {
  /// One line that says what to do.
  public var description: String {
    switch self {
    case .notFound(let name): "\(name): no such host name"
    case .noAddress(let name): "\(name): the name has no address of that family"
    case .temporaryFailure(let name):
      "\(name): the name servers do not answer, or report an error: see /etc/resolv.conf, or try again"
    case .invalidName(let name, let reason): "\(name): not a host name: \(reason)"
    case .failure(let name, let reason): "\(name): \(reason)"
    }
  }
}

extension ResolveError {
  /// The same, told of the name as it was typed.
  public func about(_ name: String) -> ResolveError {
    switch self {
    case .notFound: .notFound(name: name)
    case .noAddress: .noAddress(name: name)
    case .temporaryFailure: .temporaryFailure(name: name)
    case .invalidName(_, let reason): .invalidName(name: name, reason)
    case .failure(_, let reason): .failure(name: name, reason: reason)
    }
  }
}
