import CLinux
import Timebase

/// Which services answer for host names, `nsswitch.conf(5)`.
///
/// A statically linked glibc has `files` and `dns` built in, and would load any other with dlopen(3), from a glibc that
/// may not be its own. So where the machine names others, the question is put to a program of the machine.
public struct NameServiceSwitch: Hashable, Sendable {
  /// The services of the `hosts:` line in order, without the reactions in brackets; empty where there is no such line.
  public var hosts: [String]

  /// Reads the file's text; unknown lines are passed over, and of several `hosts:` lines all count.
  public init(parsing text: some StringProtocol) {
    hosts = []
    for line in text.split(whereSeparator: \.isNewline) {
      let statement = line.prefix { $0 != "#" }
      guard let colon = statement.firstIndex(of: ":") else { continue }
      let database = String(statement[..<colon].filter { !$0.isWhitespace })
      guard database == "hosts" else { continue }
      hosts += NameServiceSwitch.services(statement[statement.index(after: colon)...])
    }
  }

  /// The machine's own, from /etc/nsswitch.conf; without that file glibc asks `files` and `dns`.
  public static func ofThisMachine() -> NameServiceSwitch {
    let octets = (try? File.read("/etc/nsswitch.conf", atMost: 65_536)) ?? []
    return NameServiceSwitch(parsing: String(decoding: octets, as: UTF8.self))
  }

  /// Whether a statically linked glibc answers as every other program of the machine does.
  public var isBuiltIn: Bool { hosts.allSatisfy { $0 == "files" || $0 == "dns" } }

  /// Whether the services that a static glibc has built in can be asked for what the others did not tell of a name.
  ///
  /// Names in `.local` belong to multicast DNS where that is there: no server is told of them (RFC 6762 §3).
  func asksServers(for name: String) -> Bool {
    guard !own.isEmpty else { return false }
    guard hosts.contains(where: { $0.hasPrefix("mdns") }) else { return true }
    let bare = name.hasSuffix(".") ? name.dropLast() : name[...]
    return !bare.lowercased().hasSuffix(".local")
  }

  /// Has this process ask none but the built-in services by itself: others are asked by the machine's own programs.
  static func restrict() {
    let services = ofThisMachine()
    guard !services.isBuiltIn else { return }
    let own = services.own
    _ = unsafe clinux_use_host_services((own.isEmpty ? ["files"] : own).joined(separator: " "))
  }

  /// What glibc can answer of it by itself; systemd's resolver has its answers from servers, and stands in resolv.conf as
  /// one.
  private var own: [String] {
    (hosts.contains("files") ? ["files"] : []) + (hosts.contains { $0 == "dns" || $0 == "resolve" } ? ["dns"] : [])
  }

  /// Words outside brackets; a bracket may hold spaces, `[NOTFOUND = return]`.
  private static func services(_ words: some StringProtocol) -> [String] {
    var services: [String] = []
    var word = ""
    var isReaction = false
    for character in words {
      if !isReaction, !character.isWhitespace, character != "[" {
        word.append(character)
        continue
      }
      if !word.isEmpty { services.append(word) }
      word = ""
      isReaction = character == "[" || (isReaction && character != "]")
    }
    return word.isEmpty ? services : services + [word]
  }
}

/// The machine's own program for asking its name services, `getent(1)`.
enum Getent {
  struct Answer {
    /// Whether the database knows the key.
    var isFound: Bool
    /// Lines of words.
    var lines: [[String]]
  }

  /// How long it may take: longer than a resolver's own patience of 5 s and 2 attempts for each of 3 servers.
  private static let patience = Interval.seconds(40)

  /// - Throws: ENOENT where the machine has no such program, ETIMEDOUT, EFBIG for an answer of more than 64 KiB.
  static func ask(_ database: String, _ key: String) throws(Errno) -> Answer {
    let result = try ChildProcess.run(
      ["/usr/bin/getent", database, key], outputLimit: 65_536, until: SystemClock.monotonic() + patience)
    return Answer(isFound: result.status == 0, lines: lines(result.output))
  }

  static func lines(_ output: [UInt8]) -> [[String]] {
    output.split(separator: 0x0a).map { line in
      line.split { $0 == 0x20 || $0 == 0x09 }.map { String(decoding: $0, as: UTF8.self) }
    }
  }
}

/// Names of TCP ports, `services(5)`.
public struct ServiceNames: Sendable {
  private var ports: [String: UInt16] = [:]
  private var names: [UInt16: String] = [:]

  /// Reads the file's text: `name port/protocol alias… # comment`.
  ///
  /// Of several entries the first counts.
  public init(parsing text: String) {
    for line in text.utf8.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
      let fields = line.prefix { $0 != 0x23 }.split { $0 == 0x20 || $0 == 0x09 }
      guard fields.count >= 2 else { continue }
      let parts = fields[1].split(separator: 0x2f)
      guard parts.count == 2, parts[1].elementsEqual("tcp".utf8), let port = UInt16(String(Substring(parts[0])))
      else { continue }
      let name = String(Substring(fields[0]))
      if names[port] == nil { names[port] = name }
      for field in [fields[0]] + fields.dropFirst(2) {
        let known = String(Substring(field))
        if ports[known] == nil { ports[known] = port }
      }
    }
  }

  /// The machine's own, from /etc/services; without that file, none.
  public static func ofThisMachine() -> ServiceNames {
    let octets = (try? File.read("/etc/services", atMost: 4 << 20)) ?? []
    return ServiceNames(parsing: String(decoding: octets, as: UTF8.self))
  }

  /// The port of a service by its name or an alias of it, as it is written.
  public func port(of name: String) -> UInt16? { ports[name] }

  /// The name of a port.
  public func name(of port: UInt16) -> String? { names[port] }
}
