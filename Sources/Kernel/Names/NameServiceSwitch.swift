import CLinux

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
