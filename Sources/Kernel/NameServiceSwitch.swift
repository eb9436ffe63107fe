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
