import CLinux
import Glibc
import Wire

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
}

/// The environment that the process was started with, `environ(7)`.
public enum Environment {
  /// The value of a variable; nil where it is not set, empty where it is set to nothing.
  public static func value(of name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// Whether the locale's characters are UTF-8, as LC_ALL, LC_CTYPE and LANG say in that order, `locale(7)`.
  public static var isUTF8: Bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(value).first { !$0.isEmpty } ?? "C"
    let codeset = locale.prefix { $0 != "@" }.lowercased()
    return codeset.hasSuffix("utf-8") || codeset.hasSuffix("utf8")
  }
}
