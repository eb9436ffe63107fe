import CLinux
import Glibc
import Wire

/// What `make build` wrote into the program.
public enum Build {
  /// The commit that it was built from and that commit's day; empty where they are not known.
  public static var words: [String] {
    let text = unsafe UnsafeBufferPointer(start: clinux_build(), count: Int(CLINUX_BUILD_ROOM))
    let octets = unsafe text.map { UInt8(bitPattern: $0) }
    return octets.split { !(0x21...0x7e).contains($0) }.map { String(decoding: $0, as: UTF8.self) }
  }
}

/// The command line that the process was started with, `execve(2)`.
public enum Arguments {
  /// The words behind the program's name, as texts that keep octets which are not UTF-8 (`String.octets`).
  public static var words: [String] {
    var words: [String] = []
    while let word = unsafe clinux_argument(CInt(words.count + 1)) {
      let octets = unsafe UnsafeBufferPointer(start: word, count: strlen(word))
      words.append(String(preserving: unsafe octets.map { UInt8(bitPattern: $0) }))
    }
    return words
  }

  /// The path of this program, to be typed into a shell: `/proc/self/exe` of `proc(5)`, otherwise the word that started it.
  ///
  /// Where that word was looked up in PATH, the shell is asked for it: `$(command -v probe)`.
  public static var programPath: String {
    var octets = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = unsafe readlink("/proc/self/exe", &octets, octets.count)
    let path = length > 0 ? String(preserving: octets.prefix(length).map { UInt8(bitPattern: $0) }) : name
    guard path.contains("/") else { return "$(command -v \(path.shellWord))" }
    return path.shellWord
  }

  /// The word that started the program.
  private static var name: String {
    guard let word = unsafe clinux_argument(0) else { return "probe" }
    return unsafe String(
      preserving: UnsafeBufferPointer(start: word, count: strlen(word)).map { UInt8(bitPattern: $0) })
  }
}

extension String {
  /// The text as one word of a shell: in single quotes where a character has a meaning there.
  fileprivate var shellWord: String {
    let isPlain = !isEmpty && utf8.allSatisfy { isalnum(CInt($0)) != 0 || "/._+-:@%,=".utf8.contains($0) }
    return isPlain ? self : "'\(split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
  }
}

/// The environment that the process was started with, `environ(7)`.
public enum Environment {
  /// The value of a variable; nil where it is not set, empty where it is set to nothing.
  public static func value(of name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// How wide lines may be, as COLUMNS says, `environ(7)`; nil where it says nothing.
  public static var columns: Int? {
    guard let text = value(of: "COLUMNS"), let number = UInt16(portNumber: text), number > 0 else { return nil }
    return Int(number)
  }

  /// Whether the locale's characters are UTF-8, as LC_ALL, LC_CTYPE and LANG say in that order, `locale(7)`.
  public static var isUTF8: Bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(value).first { !$0.isEmpty } ?? "C"
    let codeset = locale.prefix { $0 != "@" }.lowercased()
    return codeset.hasSuffix("utf-8") || codeset.hasSuffix("utf8")
  }
}
