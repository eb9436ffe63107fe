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
