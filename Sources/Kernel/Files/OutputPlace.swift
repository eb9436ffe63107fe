import CLinux
import Glibc

/// What lies where a file is to be written, looked at before anything is.
///
/// Files are written only where they are named: never through a symbolic link, which someone else may have put there,
/// and in a folder that anyone may write to (as /tmp) never into what belongs to another user, as the kernel's
/// fs.protected_symlinks, fs.protected_regular and fs.protected_fifos have it, whatever they are set to. Devices and
/// FIFOs are written to as they are.
enum OutputPlace {
  /// A descriptor that the process was started with: `-`, `/dev/stdout`, `/dev/fd/3`.
  case descriptor(CInt)
  /// A character device, or a FIFO, which takes nothing until someone reads it.
  case stream
  /// A plain file, or nothing yet.
  case file(stat?)

  /// Looks at a path.
  ///
  /// - Throws: ELOOP for a link that is not followed, EISDIR for a folder, EACCES for what another user has put into a
  ///   folder of everyone's, EEXIST for what cannot be written to at all, EINVAL for a path with a NUL in it.
  init(_ path: FilePath) throws(Errno) {
    if path == .dash {
      self = .descriptor(STDOUT_FILENO)
      return
    }
    if let number = path.descriptorNumber {
      self = .descriptor(number)
      return
    }
    guard var status = FileStatus.of(path, follows: false) else {
      self = .file(nil)
      return
    }
    try OutputPlace.refuseOthers(status, at: path)
    if status.kind == S_IFLNK {
      let isTrusted = status.st_uid == 0 || OutputPlace.own.contains(status.st_uid)
      guard isTrusted, let target = FileStatus.of(path), [S_IFCHR, S_IFIFO, S_IFDIR].contains(target.kind) else {
        throw Errno(code: ELOOP, call: .open)
      }
      status = target
    }
    switch status.kind {
    case S_IFREG: self = .file(status)
    case S_IFCHR, S_IFIFO: self = .stream
    case S_IFDIR: throw Errno(code: EISDIR, call: .open)
    default: throw Errno(code: EEXIST, call: .open)
    }
  }

  private static func refuseOthers(_ status: stat, at path: FilePath) throws(Errno) {
    guard let folder = FileStatus.of(path.folder), folder.isEveryones, status.kind != S_IFCHR else { return }
    guard status.st_uid == folder.st_uid || own.contains(status.st_uid) else {
      throw Errno(code: EACCES, call: .open)
    }
  }

  /// The users who ask for this: the present one, and who said `sudo`.
  private static var own: [uid_t] { [Identity.current.user, Identity.ofFiles.user] }
}

extension Output {
  /// Opens what a path names for writing: a file is created, or emptied where it is one already and keeps its mode.
  ///
  /// - Throws: what `OutputPlace` refuses, and what `open(2)` gives; EINTR where a signal came before anybody read a
  ///   FIFO.
  public init(creating path: FilePath) throws(Errno) {
    switch try OutputPlace(path) {
    case .descriptor(let number): self = Output(try FileDescriptor(inherited: number))
    case .stream: self = Output(try File.open(path, O_WRONLY | O_NOCTTY))
    case .file(let old):
      let file = try File.openInPlace(path, isNew: old == nil)
      let raw = file.raw
      try file.claim()
      if old != nil { _ = try kernel(.ftruncate) { ftruncate(raw, 0) } }
      self = Output(file)
    }
  }
}

extension Output {
  /// Opens a file to go on writing behind its first octets; what lies behind them is cut off.
  ///
  /// - Throws: what `init(creating:)` does; ENOENT where there is none, ESPIPE for what is no plain file, ENODATA where it
  ///   is shorter.
  public init(continuing path: FilePath, behind length: UInt64) throws(Errno) {
    guard case .file(let old) = try OutputPlace(path) else { throw Errno(code: ESPIPE, call: .open) }
    guard let old else { throw Errno(code: ENOENT, call: .open) }
    guard let offset = off_t(exactly: length), old.st_size >= offset else { throw Errno(code: ENODATA, call: .open) }
    let file = try File.openInPlace(path, isNew: false)
    let raw = file.raw
    try file.claim()
    _ = try kernel(.ftruncate) { ftruncate(raw, offset) }
    _ = try kernel(.open) { lseek(raw, offset, SEEK_SET) < 0 ? -1 : 0 }
    self = Output(file)
  }

  /// How many octets lie before what is written next; nil where that is not known, as of a pipe.
  public var position: UInt64? {
    let place = lseek(descriptor.raw, 0, SEEK_CUR)
    return place < 0 ? nil : UInt64(place)
  }
}

extension Output {
  /// Takes back what lies behind the first octets, where that can be: a line that found no room is gone as a whole.
  public func cut(behind length: UInt64) {
    let raw = descriptor.raw
    guard let offset = off_t(exactly: length), ftruncate(raw, offset) == 0 else { return }
    lseek(raw, offset, SEEK_SET)
  }
}

extension FileDescriptor {
  /// Keeps other processes of this program from writing the same file, `flock(2)`; the lock ends with the process.
  ///
  /// - Throws: EWOULDBLOCK where another one does; a file system that knows no locks has none.
  fileprivate func claim() throws(Errno) {
    let raw = raw
    if clinux_lock(raw) != 0, errno == EWOULDBLOCK { throw Errno(code: EWOULDBLOCK, call: .flock) }
  }

  /// A copy of a descriptor that the process was started with.
  ///
  /// - Throws: EBADF where there is none of that number, or none that can be written to.
  fileprivate init(inherited number: CInt) throws(Errno) {
    let flags = fcntl(number, F_GETFL)
    guard flags >= 0, flags & O_ACCMODE != O_RDONLY else { throw Errno(code: EBADF, call: .open) }
    self.init(owning: try kernel(.open) { fcntl(number, F_DUPFD_CLOEXEC, 3) })
  }
}

extension File {
  /// Opens a plain file where it lies, as it was looked at: a new one, which belongs to who said `sudo`, or an old one, but
  /// no link that has come there meanwhile.
  static func openInPlace(_ path: FilePath, isNew: Bool) throws(Errno) -> FileDescriptor {
    let file = try open(path, O_WRONLY | (isNew ? O_CREAT | O_EXCL : O_NOFOLLOW))
    if isNew { file.giveToInvoker() }
    return file
  }
}

/// What the kernel says of a file, `stat(2)`.
enum FileStatus {
  /// The status of what a path leads to, or of the link itself; nil where nothing has the name, and where it cannot be
  /// looked at, which is told when it is opened.
  static func of(_ path: FilePath, follows: Bool = true) -> stat? {
    var status = stat()
    let result = unsafe path.withCString { name in
      unsafe follows ? stat(name, &status) : lstat(name, &status)
    }
    return result == 0 ? status : nil
  }
}

extension stat {
  /// The kind of file, one of `S_IFREG` and its like.
  var kind: mode_t { st_mode & S_IFMT }
  /// Whether anyone may put files there but not take away those of others, as in /tmp.
  var isEveryones: Bool { st_mode & S_ISVTX != 0 && st_mode & 0o002 != 0 }
}

extension FilePath {
  /// Whether a regular file has the name, whose reading waits for no one.
  public var isRegularFile: Bool { FileStatus.of(self).map { $0.kind == S_IFREG } ?? false }
}
