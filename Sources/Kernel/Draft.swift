import Glibc
import Wire

/// A file that is written beside its place and put there at once when it is whole.
///
/// A reader finds the old one or the new one, never a part. Given up, it leaves nothing behind.
///
/// It is begun with privileges and finished without, and as another user under `sudo` (see `Privileges.giveUp`). Where
/// only the privilege allows names in the folder to be changed, as for root in somebody else's, no rename is possible
/// later: the file is opened in its place and filled there when it is whole. A file that is new belongs to who said `sudo`.
public struct Draft: ~Copyable {
  private let path: String
  private let name: String
  private let file: FileDescriptor
  /// What is kept until the file is whole, where it lies in its place already.
  private var octets: [UInt8] = []

  /// Whether it lies in its place already, so that no name is changed when it is whole.
  public var isInPlace: Bool { name == path }

  /// Begins a file that is to lie at a path; until then it is called `PATH.tmp-PID`.
  ///
  /// - Throws: what `open(2)` gives; EISDIR where a folder has the path, EEXIST where something else does that
  ///   is no plain file and that a rename would destroy: a device, a pipe, a link.
  public init(of path: String) throws(Errno) {
    var status = stat()
    let isThere = unsafe !path.utf8.contains(0) && lstat(path, &status) == 0
    if isThere, status.st_mode & S_IFMT != S_IFREG {
      throw Errno(code: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EEXIST, call: .rename)
    }
    let isOwn = Identity.ofFiles.mayReplace(path)
    let name = isOwn ? path + ".tmp-\(getpid())" : path
    // Never through a link that somebody has put there, and never another file than was looked at.
    let isNew = isOwn || !isThere
    file = try File.open(name, O_WRONLY | (isNew ? O_CREAT | O_EXCL : O_NOFOLLOW))
    if isNew { file.giveToInvoker() }
    self.path = path
    self.name = name
  }

  deinit { if !isInPlace { _ = unsafe unlink(name) } }

  /// Writes all octets; a plain file is always ready, so that nothing is waited for.
  public mutating func write(_ octets: RawSpan) throws(Errno) {
    guard isInPlace else { return try fill(octets) }
    unsafe octets.withUnsafeBytes { unsafe self.octets.append(contentsOf: $0) }
  }

  /// Puts the file in its place, `rename(2)`; where it is to outlive a crash, after all of it is on the disk, `fsync(2)`.
  public consuming func commit(isDurable: Bool = true) throws(Errno) {
    let raw = file.raw
    if isInPlace {
      _ = try kernel(.ftruncate) { ftruncate(raw, 0) }
      try fill(octets.span.raw)
    }
    if isDurable { _ = try kernel(.fsync) { fsync(raw) } }
    let (name, path) = (self.name, self.path)
    // The name is gone after the rename, so that nothing is left to remove.
    if !isInPlace { _ = try kernel(.rename) { unsafe rename(name, path) } }
  }

  private func fill(_ octets: RawSpan) throws(Errno) {
    var offset = 0
    while offset < octets.byteCount { offset += try file.write(octets.extracting(offset...)) ?? 0 }
  }

  /// Where a path's last name is.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
