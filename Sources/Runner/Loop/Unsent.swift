import Handshake
import Kernel
import Report

/// What this host refused to send, told once for each target, and again only when it has been able to meanwhile.
struct Unsent {
  /// Why, by target; nil where nothing was refused, or something could be sent since.
  private var causes: [Int: String] = [:]

  /// Why nothing can be sent to a target at present, in words.
  subscript(target: Int) -> String? { causes[target] }

  /// The first target in trouble; nil where none is.
  var first: Int? { causes.keys.min() }

  /// Why nothing can be sent to a target at present, as a line for standard error.
  func line(of target: Int, _ name: String) -> String { "\(name): \(causes[target] ?? "")" }

  /// Notes a refusal; returns whether it is news.
  mutating func note(_ error: RunError, of target: Int) -> Bool {
    guard causes[target] != error.cause else { return false }
    causes[target] = error.cause
    return true
  }

  /// Notes that something could be sent.
  mutating func clear(_ target: Int) {
    // Asked for every result, and mostly there is nothing: no key is looked up for that.
    if !causes.isEmpty { causes[target] = nil }
  }
}

extension RunError {
  /// What went wrong without where: for lines that begin with the target.
  var cause: String {
    guard case .send(let errno, _) = self else { return message }
    return errno.hinted
  }
}

extension Errno {
  /// The route that forbids a destination, as the kernel tells it; nothing where there simply is none.
  ///
  /// These are the codes of `fib_props` in Linux' net/ipv4/fib_semantics.c and of `ip6_route_info_create`.
  var obstacle: Notes {
    switch name {
    case "EACCES": .routeProhibited
    case "EINVAL": .routeBlackhole
    case "EHOSTUNREACH": .routeUnreachable
    default: []
    }
  }

  /// The error, and what to do about it where that is known.
  public var hinted: String { hint.map { "\(self); \($0)" } ?? "\(self)" }
}
