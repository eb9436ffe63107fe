import CLinux
import Glibc
import Timebase
import Wire

/// Names to addresses, as every other program of this machine gets them, and back.
///
/// Lookups wait for their answer: a run asks a `NameService` to do them.
public enum Resolver {
  /// A text as it is to be looked up.
  public enum Question: Hashable, Sendable {
    /// It is an address, and its own answer.
    case address(ZonedAddress)
    /// A name in ASCII.
    case name(String)
  }

  /// What a text asks for: an address in any form, or the name as DNS and hosts files have it.
  ///
  /// Ours is done by `HostName`: glibc would load libidn2 for it (AI_IDN), which a static program cannot rely on, and
  /// takes names in the locale's character set, which is ASCII for `getent` as it is run here.
  public static func question(_ text: String) throws(ResolveError) -> Question {
    if let address = ZonedAddress(parsing: text) { return .address(address) }
    // `getent` would take it for an option.
    guard !text.hasPrefix("-") else { throw .invalidName(name: text, .label) }
    do throws(HostNameError) {
      let ascii = try HostName.ascii(text)
      return ZonedAddress(parsing: ascii).map { .address($0) } ?? .name(ascii)
    } catch {
      throw .invalidName(name: text, error)
    }
  }

  /// The addresses of a host name, in the order that the machine prefers them (RFC 6724), each once.
  public static func addresses(
    of name: String, family: AddressFamily? = nil
  ) throws(ResolveError) -> [ZonedAddress] {
    switch try question(name) {
    case .address(let address):
      guard family == nil || family == address.address.family else { throw .noAddress(name: name) }
      return [address]
    case .name(let ascii):
      do throws(ResolveError) { return try lookUp(ascii, family) } catch { throw error.about(name) }
    }
  }

  /// The addresses of a name in ASCII.
  ///
  /// Names are asked of `getaddrinfo(3)`, or of `getent(1)` where the machine has name services that a static program
  /// cannot load (see `NameServiceSwitch`).
  static func lookUp(_ ascii: String, _ family: AddressFamily?) throws(ResolveError) -> [ZonedAddress] {
    do throws(ResolveError) {
      let services = NameServiceSwitch.ofThisMachine()
      let external = services.isBuiltIn ? nil : try external(ascii, family, services)
      let found = if let external { external } else { try builtIn(ascii, family) }
      let unique = unique(found, of: family)
      guard !unique.isEmpty else { throw .noAddress(name: ascii) }
      return unique
    } catch {
      // Where no descriptor can be had, files and servers are not there for glibc, and no name exists.
      guard let shortage else { throw error }
      throw .failure(name: ascii, reason: shortage.hint.map { "\(shortage); \($0)" } ?? "\(shortage)")
    }
  }

  /// The name of an address, as `getnameinfo(3)` or `getent(1)` tells it; nil where it has none or no one answers.
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
    return result == 0 ? String(preserving: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }) : nil
  }

  /// The TCP port of a service, from /etc/services, which is read once.
  public static func port(ofService name: String) -> UInt16? { services.port(of: name) }

  private static let services = ServiceNames.ofThisMachine()

  /// An IPv4-mapped address is IPv4: asked for IPv6, getent shows a host without IPv6 in that form.
  private static func unique(_ addresses: [ZonedAddress], of family: AddressFamily?) -> [ZonedAddress] {
    var seen: Set<ZonedAddress> = []
    return addresses.filter { (family == nil || $0.address.family == family) && seen.insert($0).inserted }
  }

  /// Why no descriptor can be had, where that is so.
  private static var shortage: Errno? {
    do throws(Errno) {
      _ = try FileDescriptor(socket: AF_UNIX, .datagram, protocol: 0)
    } catch {
      return error
    }
    do throws(Errno) {
      _ = try File.open("/")
      return nil
    } catch {
      return error.isOutOfDescriptors ? error : nil
    }
  }
}

// MARK: The machine's own program

extension Resolver {
  /// - Returns: nil where there is no getent.
  private static func external(
    _ name: String, _ family: AddressFamily?, _ services: NameServiceSwitch
  ) throws(ResolveError) -> [ZonedAddress]? {
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
    if answer.isFound { return answer.lines.compactMap { $0.first.flatMap { ZonedAddress(parsing: $0) } } }
    // It does not say whether no one knows the name or no one answered, and hides the addresses of a family that it
    // takes to be unused here. What DNS says of the name tells.
    guard services.asksServers(for: name) else { throw .notFound(name: name) }
    return try builtIn(name, family)
  }
}

// MARK: The glibc that we are linked with

extension Resolver {
  static func builtIn(_ name: String, _ family: AddressFamily?) throws(ResolveError) -> [ZonedAddress] {
    // As getent asks. With a family it would hide ::1 from a host whose interfaces have IPv4 alone.
    let (result, found) = ask(name, family, flags: family == nil ? CInt(AI_ADDRCONFIG) : 0)
    if result == 0 { return found }
    // A family that only loopback has is hidden by that flag.
    guard family == nil, result != EAI_AGAIN, hidesFamily else { throw error(result, name) }
    let (second, all) = ask(name, nil, flags: 0)
    guard second == 0 else { throw error(second, name) }
    return all
  }

  private static func ask(
    _ name: String, _ family: AddressFamily?, flags: CInt
  ) -> (result: CInt, found: [ZonedAddress]) {
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = family?.number ?? AF_UNSPEC
    unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = flags
    var first: UnsafeMutablePointer<addrinfo>?
    let result = unsafe getaddrinfo(name, nil, &hints, &first)
    guard result == 0 else { return (result, []) }
    defer { unsafe freeaddrinfo(first) }
    var found: [ZonedAddress] = []
    var next = unsafe first
    while let entry = unsafe next {
      if let address = unsafe ZonedAddress(copying: entry.pointee.ai_addr, length: entry.pointee.ai_addrlen) {
        found.append(address)
      }
      unsafe next = unsafe entry.pointee.ai_next
    }
    return (0, found)
  }

  /// Whether AI_ADDRCONFIG leaves a family out: no interface but loopback has an address of it.
  private static var hidesFamily: Bool {
    guard let addresses = try? Interface.localAddresses() else { return true }
    return AddressFamily.allCases.contains { family in
      !addresses.contains { $0.family == family && !$0.isLoopback }
    }
  }

  private static func error(_ result: CInt, _ name: String) -> ResolveError {
    switch result {
    case EAI_NONAME: .notFound(name: name)
    case clinux_no_data, clinux_address_family: .noAddress(name: name)
    case EAI_AGAIN: .temporaryFailure(name: name)
    default: .failure(name: name, reason: unsafe String(cString: gai_strerror(result)))
    }
  }
}

extension ZonedAddress {
  /// The address in a `sockaddr` that glibc has made; nil for one of another family.
  fileprivate init?(copying pointer: UnsafePointer<sockaddr>?, length: socklen_t) {
    guard let pointer = unsafe pointer else { return nil }
    let octets = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(pointer), byteCount: Int(length))
    let copy = SocketAddress(copying: octets)
    guard let address = copy.address else { return nil }
    self.init(address, zone: copy.scope == 0 ? nil : String(copy.scope))
  }
}

/// Why a name has no address.
public enum ResolveError: Error, Hashable, Sendable {
  /// No one knows the name.
  case notFound(name: String)
  /// The name has addresses, but none of the family asked for.
  case noAddress(name: String)
  /// The name servers did not answer, or not now: it may work later.
  case temporaryFailure(name: String)
  /// The text cannot be a host name.
  case invalidName(name: String, HostNameError)
  /// The lookup itself failed, in the words of whoever did it.
  case failure(name: String, reason: String)
}

extension ResolveError: CustomStringConvertible {
  /// One line that says what to do.
  public var description: String {
    switch self {
    case .notFound(let name): "\(name): no such host name"
    case .noAddress(let name): "\(name): the name has no address of that family"
    case .temporaryFailure(let name):
      "\(name): the name servers do not answer, or report an error: check /etc/resolv.conf, or try again"
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
