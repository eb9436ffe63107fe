import Glibc
import Wire

/// Whole files, in and out, with a limit.
public enum File {
  /// Reads a file to its end, `open(2)`.
  ///
  /// - Throws: EFBIG where it is longer than the limit in octets; ENOENT, EACCES, EISDIR and what else `open` gives;
  ///   EINVAL for a path with a NUL in it.
  public static func read(_ path: String, atMost limit: Int) throws(Errno) -> [UInt8] {
    try read(open(path, O_RDONLY), atMost: limit)
  }

  /// Opens a file to be read piece by piece, `open(2)`; nothing is waited for, not even whoever will write into a pipe.
  ///
  /// - Throws: ENOENT, EACCES and what else `open` gives; EINVAL for a path with a NUL in it. A folder opens, and gives
  ///   EISDIR when it is read.
  public static func open(_ path: String) throws(Errno) -> FileDescriptor { try open(path, O_RDONLY | O_NONBLOCK) }

  /// Reads standard input to its end; see `read(_:atMost:)`.
  public static func readStandardInput(atMost limit: Int) throws(Errno) -> [UInt8] {
    try read(.standardInput, atMost: limit)
  }

  /// Puts a file in the place of another at once: a reader finds the old one or the new one, never a part.
  ///
  /// See `Draft`.
  public static func replace(_ path: String, with octets: RawSpan, isDurable: Bool = true) throws(Errno) {
    var draft = try Draft(of: path)
    try draft.write(octets)
    try draft.commit(isDurable: isDurable)
  }

  /// Opens a file that no child process inherits.
  static func open(_ path: String, _ flags: CInt) throws(Errno) -> FileDescriptor {
    guard !path.utf8.contains(0) else { throw Errno(code: EINVAL, call: .open) }
    return FileDescriptor(owning: try kernel(.open) { unsafe Glibc.open(path, flags | O_CLOEXEC, 0o666) })
  }

  private static func read(_ file: consuming FileDescriptor, atMost limit: Int) throws(Errno) -> [UInt8] {
    var octets: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 16_384)
    while true {
      var list = part.mutableSpan
      var bytes = unsafe list.mutableBytes
      guard let count = try file.read(into: &bytes) else {
        _ = try Poller.isReady(file, for: .readable, until: nil)
        continue
      }
      if count == 0 { return octets }
      guard count <= limit - octets.count else { throw Errno(code: EFBIG, call: .read) }
      octets.append(contentsOf: part[..<count])
    }
  }
}

extension FileDescriptor {
  /// How long a regular file is, in octets, `fstat(2)`; nil for anything else.
  var regularLength: Int? {
    var status = stat()
    guard unsafe fstat(raw, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }
}
