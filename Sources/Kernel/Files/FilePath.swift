import Glibc
import Wire

/// The path of a file as Linux has it, `path_resolution(7)`: any octets but NUL, which need not be text.
///
/// Printed, it is escaped: no name of a file can speak to a terminal.
public struct FilePath: Hashable, Sendable {
  /// The path.
  public let octets: [UInt8]

  /// A path by its octets.
  public init(octets: [UInt8]) { self.octets = octets }

  /// A path that was a word of the command line, or is one of ours.
  public init(_ word: String) { octets = word.octets }

  /// The path as text from which its octets can be had again (`String.octets`).
  public var text: String { String(preserving: octets) }

  /// The path with something behind it.
  func appending(_ suffix: String) -> FilePath { FilePath(octets: octets + suffix.utf8) }

  /// The folder that has it.
  var folder: FilePath {
    guard let slash = octets.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == 0 ? "/" : FilePath(octets: Array(octets[..<slash]))
  }

  /// What it is called there.
  public var name: FilePath {
    FilePath(octets: octets.lastIndex(of: UInt8(ascii: "/")).map { Array(octets[($0 + 1)...]) } ?? octets)
  }

  /// Hands the path to C; nil where it cannot, for a NUL in it.
  func withCString<R>(_ body: (UnsafePointer<CChar>) -> R) -> R? {
    guard !octets.contains(0) else { return nil }
    let characters = octets.map { CChar(bitPattern: $0) } + [0]
    return unsafe characters.withUnsafeBufferPointer { buffer in
      unsafe buffer.baseAddress.map { unsafe body($0) }
    }
  }
}

extension FilePath: CustomStringConvertible, ExpressibleByStringLiteral {
  /// The path, escaped: to be put into messages.
  public var description: String { text.printable }

  /// A path that is written in the program.
  public init(stringLiteral text: String) { self.init(text) }
}

extension FilePath {
  /// `-`: standard input, or standard output.
  public static let dash = FilePath("-")

  /// The descriptor that a path names: `/dev/stdout`, `/dev/fd/3`, `/proc/self/fd/3`; nil for any other path.
  ///
  /// They are read as names, as shells do, so that they mean the same on a machine without /proc.
  var descriptorNumber: CInt? {
    switch self {
    case "/dev/stdin": return STDIN_FILENO
    case "/dev/stdout": return STDOUT_FILENO
    case "/dev/stderr": return STDERR_FILENO
    default: break
    }
    for folder in ["/dev/fd/", "/proc/self/fd/"] where octets.starts(with: folder.utf8) {
      let digits = octets.dropFirst(folder.utf8.count)
      guard !digits.isEmpty, digits.count < 8, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
      return digits.reduce(0) { $0 * 10 + CInt($1 - 0x30) }
    }
    return nil
  }

  /// Whether it is standard input, by whichever name.
  public var isStandardInput: Bool { self == .dash || descriptorNumber == STDIN_FILENO }

  /// Whether it names a descriptor that the process was started with.
  public func names(_ number: Int32) -> Bool {
    descriptorNumber == number || self == .dash && (number == STDIN_FILENO || number == STDOUT_FILENO)
  }

  /// Whether it is standard output, by whichever name.
  public var isStandardOutput: Bool { self == .dash || descriptorNumber == STDOUT_FILENO }
}
