import CLinux
import Glibc
import Timebase
import Wire

/// Names to addresses, as every other program of this machine gets them, and back.
///
/// Look-ups wait for their answer.
public enum Resolver {
  /// The addresses of a host name, in the order that the machine prefers them (RFC 6724), each once.
  ///
  /// An address in text is its own answer. Names are asked of `getaddrinfo(3)`, or of `getent(1)` where the machine
  /// has name services that a static program cannot load (see `NameServiceSwitch`).
  public static func addresses(
    of name: String, family: AddressFamily? = nil
  ) throws(ResolveError) -> [IPAddress] {
    let ascii = IPAddress(parsing: name) == nil ? try ascii(name) : name
    if let address = IPAddress(parsing: ascii)?.unmapped {
      guard family == nil || family == address.family else { throw .noAddress(name: name) }
      return [address]
    }
    do throws(ResolveError) {
      let found =
        if let external = try external(ascii, family) { external } else { try builtIn(ascii, family) }
      return unique(found.map(\.unmapped), of: family)
    } catch {
      throw error.about(name)
    }
  }

  /// The name of an address, as `getnameinfo(3)` or `getent(1)` tells it; nil where it has none or nobody answers.
  public static func name(of address: IPAddress) -> String? {
    guard NameServiceSwitch.ofThisMachine().isBuiltIn else {
      let answer = try? Getent.ask("hosts", "\(address)")
      return answer?.lines.first.flatMap { $0.count > 1 ? $0[1] : nil }
    }
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let length = socklen_t(text.count)
    let result = unsafe try? SocketAddress(address).read { (pointer, size) throws(Errno) in
      unsafe getnameinfo(pointer, size, &text, length, nil, 0, NI_NAMEREQD)
    }
    return result == 0 ? String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
  }

  /// The TCP port of a service, from /etc/services.
  public static func port(ofService name: String) -> UInt16? { ServiceNames.ofThisMachine().port(of: name) }

  /// The name as DNS and hosts files have it.
  ///
  /// Ours is done by `HostName`: glibc would load libidn2 for it (AI_IDN), which a static program cannot rely on, and
  /// takes names in the locale's character set, which is ASCII for `getent` as it is run here.
  static func ascii(_ name: String) throws(ResolveError) -> String {
    // `getent` would take it for an option.
    guard !name.hasPrefix("-") else { throw .invalidName(name: name, .label) }
    do throws(HostNameError) { return try HostName.ascii(name) } catch { throw .invalidName(name: name, error) }
  }

  private static func unique(_ addresses: [IPAddress], of family: AddressFamily?) -> [IPAddress] {
    var seen: Set<IPAddress> = []
    return addresses.filter { (family == nil || $0.family == family) && seen.insert($0).inserted }
  }

  /// - Returns: nil where glibc answers as well as getent, or where there is no getent.
  private static func external(_ name: String, _ family: AddressFamily?) throws(ResolveError) -> [IPAddress]? {
    guard !NameServiceSwitch.ofThisMachine().isBuiltIn else { return nil }
    let database =
      switch family {
      case nil: "ahosts"
      case .v4: "ahostsv4"
      case .v6: "ahostsv6"
      }
    let answer: Getent.Answer
    do {
      answer = try Getent.ask(database, name)
    } catch {
      if error.isNoSuchFile { return nil }
      throw .failure(name: name, reason: "\(error)")
    }
    guard answer.isFound else { throw .notFound(name: name) }
    // With ahostsv6, getent shows a host without IPv6 as ::ffff:a.b.c.d: that is no address to send IPv6 to.
    let found = answer.lines.compactMap { $0.first.flatMap { IPAddress(parsing: $0)?.unmapped } }
      .filter { family == nil || $0.family == family }
    guard !found.isEmpty else { throw .noAddress(name: name) }
    return found
  }

  /// Asks the glibc that we are linked with.
  static func builtIn(_ name: String, _ family: AddressFamily?) throws(ResolveError) -> [IPAddress] {
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = family?.number ?? AF_UNSPEC
    unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    // As getent asks. With a family it would hide ::1 from a host whose interfaces have IPv4 alone.
    unsafe hints.ai_flags = family == nil ? CInt(AI_ADDRCONFIG) : 0
    var first: UnsafeMutablePointer<addrinfo>?
    let result = unsafe getaddrinfo(name, nil, &hints, &first)
    guard result == 0 else { throw error(result, name) }
    defer { unsafe freeaddrinfo(first) }
    var found: [IPAddress] = []
    var next = unsafe first
    while let entry = unsafe next {
      if let address = unsafe IPAddress(copying: entry.pointee.ai_addr, length: entry.pointee.ai_addrlen) {
        found.append(address)
      }
      unsafe next = unsafe entry.pointee.ai_next
    }
    return found
  }

  private static func error(_ result: CInt, _ name: String) -> ResolveError {
    switch result {
    case EAI_NONAME: .notFound(name: name)
    case clinux_no_data: .noAddress(name: name)
    case EAI_AGAIN: .temporaryFailure(name: name)
    default: .failure(name: name, reason: unsafe String(cString: gai_strerror(result)))
    }
  }
}

extension IPAddress {
  /// The address in a `sockaddr` that glibc has made; nil for one of another family.
  fileprivate init?(copying pointer: UnsafePointer<sockaddr>?, length: socklen_t) {
    guard let pointer = unsafe pointer else { return nil }
    let octets = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(pointer), byteCount: Int(length))
    guard let address = SocketAddress(copying: octets).address else { return nil }
    self = address
  }
}
