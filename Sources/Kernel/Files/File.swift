import Glibc
import Timebase
import Wire

/// Whole files, in and out, with a limit.
public enum File {
  /// Reads a file to its end, `open(2)`.
  ///
  /// - Throws: EFBIG where it is longer than the limit in octets; ENOENT, EACCES, EISDIR and what else `open` gives;
  ///   EINVAL for a path with a NUL in it; EINTR where a signal came while nothing did, as from a FIFO without a writer.
  public static func read(_ path: FilePath, atMost limit: Int) throws(Errno) -> [UInt8] {
    try read(open(path, O_RDONLY), atMost: limit)
  }

  /// Opens a file to be read piece by piece, `open(2)`, which waits for nothing: a FIFO is ready to be read once
  /// someone writes.
  ///
  /// - Throws: ENOENT, EACCES and what else `open` gives; EINVAL for a path with a NUL in it. A folder opens, and gives
  ///   EISDIR when it is read.
  public static func open(_ path: FilePath) throws(Errno) -> FileDescriptor { try open(path, O_RDONLY) }

  /// Reads standard input to its end; see `read(_:atMost:)`.
  public static func readStandardInput(atMost limit: Int) throws(Errno) -> [UInt8] {
    try read(.standardInput, atMost: limit)
  }

  /// Opens a file that no child process inherits, and that never blocks: a FIFO that has no reader yet is waited for
  /// until it has one.
  ///
  /// - Throws: what `open(2)` gives; EINTR where a signal ended that wait.
  static func open(_ path: FilePath, _ flags: CInt, mode: mode_t = 0o666) throws(Errno) -> FileDescriptor {
    guard !path.octets.contains(0) else { throw Errno(code: EINVAL, call: .open) }
    do throws(Errno) {
      return try openNow(path, flags, mode)
    } catch {
      guard error.code == ENXIO, isPipe(path) else { throw error }
    }
    let wait = try SignalWait(for: .open)
    while true {
      do throws(Errno) {
        return try openNow(path, flags, mode)
      } catch {
        guard error.code == ENXIO else { throw error }
        try wait.pause(readerPeriod)
      }
    }
  }

  /// How often a FIFO without a reader is tried again: nothing but an attempt says that one has come.
  private static var readerPeriod: Interval { .milliseconds(50) }

  private static func openNow(_ path: FilePath, _ flags: CInt, _ mode: mode_t) throws(Errno) -> FileDescriptor {
    let flags = flags | O_CLOEXEC | O_NONBLOCK
    return FileDescriptor(
      owning: try kernel(.open) { unsafe path.withCString { unsafe Glibc.open($0, flags, mode) } ?? -1 })
  }

  private static func isPipe(_ path: FilePath) -> Bool {
    FileStatus.of(path)?.kind == S_IFIFO
  }

  private static func read(_ file: consuming FileDescriptor, atMost limit: Int) throws(Errno) -> [UInt8] {
    var octets: [UInt8] = []
    var pieces = try FilePieces(file)
    while try pieces.next() {
      guard pieces.octets.count <= limit - octets.count else { throw Errno(code: EFBIG, call: .read) }
      octets.append(contentsOf: pieces.octets)
    }
    return octets
  }
}

/// A file that is read to its end piece by piece, however long it is.
public struct FilePieces: ~Copyable {
  private let file: FileDescriptor
  private var part = [UInt8](repeating: 0, count: 65_536)
  private let wait: SignalWait?
  /// The latest piece.
  public private(set) var octets: ArraySlice<UInt8> = []

  /// Opens a file, or takes standard input where it is called `-`.
  ///
  /// - Throws: ENOENT, EACCES and what else `open` gives; EINVAL for a path with a NUL in it.
  public init(of path: FilePath) throws(Errno) {
    try self.init(path.isStandardInput ? .standardInput : File.open(path))
  }

  fileprivate init(_ file: consuming FileDescriptor) throws(Errno) {
    wait = file.regularLength == nil ? try SignalWait(for: .read) : nil
    self.file = file
  }

  /// Reads the next piece; false at the end.
  ///
  /// - Throws: EISDIR for a folder; EINTR where a signal came while nothing did, as from a FIFO without a writer.
  public mutating func next() throws(Errno) -> Bool {
    while true {
      try wait?.ready(file, for: .readable)
      guard let count = try file.read(into: &part) else { continue }
      octets = part[..<count]
      return count > 0
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

/// Which file it is, whatever it is called: two names of one file have the same identity, `inode(7)`.
///
/// A file that is not there yet is known by its folder and its name. Character devices have none, since /dev/null and
/// terminals take what several write.
public struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let inode: UInt64
  /// What it will be called; nil where it is there.
  private let name: FilePath?
  /// Whether it is a plain file.
  public let isFile: Bool

  /// What a path leads to.
  public static func of(_ path: FilePath) -> FileIdentity? {
    if let number = path.descriptorNumber { return of(descriptor: number) }
    guard let status = FileStatus.of(path) else {
      guard let folder = FileStatus.of(path.folder) else { return nil }
      return FileIdentity(folder, name: path.name)
    }
    return FileIdentity(status)
  }

  /// What a descriptor is open on; nil where it is not open, too.
  public static func of(descriptor number: CInt) -> FileIdentity? {
    var status = stat()
    return unsafe fstat(number, &status) == 0 ? FileIdentity(status) : nil
  }

  private init?(_ status: stat, name: FilePath? = nil) {
    guard name != nil || status.kind != S_IFCHR else { return nil }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    self.name = name
    isFile = name != nil || status.kind == S_IFREG
  }
}
