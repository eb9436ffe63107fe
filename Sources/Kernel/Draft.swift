import Glibc
import Wire

/// A file that is written beside its place and put there at once when it is whole.
///
/// A reader finds the old one or the new one, never a part. Given up, it leaves nothing behind.
public struct Draft: ~Copyable {
  private let path: String
  private let name: String
  private let file: FileDescriptor

  /// Begins a file that is to lie at a path; until then it is called `PATH.tmp-PID`.
  ///
  /// - Throws: what `open(2)` gives; EISDIR where a folder has the path, EEXIST where something else does that
  ///   is no plain file and that a rename would destroy: a device, a pipe, a link.
  public init(of path: String) throws(Errno) {
    var status = stat()
    if !path.utf8.contains(0), unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw Errno(code: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EEXIST, call: .rename)
    }
    let name = path + ".tmp-\(getpid())"
    // Never through a link that somebody has put there.
    let file = try File.open(name, O_WRONLY | O_CREAT | O_EXCL)
    self.path = path
    self.name = name
    self.file = file
  }

  deinit { _ = unsafe unlink(name) }

  /// Writes all octets; a plain file is always ready, so that nothing is waited for.
  public func write(_ octets: RawSpan) throws(Errno) {
    var offset = 0
    while offset < octets.byteCount { offset += try file.write(octets.extracting(offset...)) ?? 0 }
  }

  /// Puts the file in its place, `rename(2)`; where it is to outlive a crash, after all of it is on the disk, `fsync(2)`.
  public consuming func commit(isDurable: Bool = true) throws(Errno) {
    let raw = file.raw
    if isDurable { _ = try kernel(.fsync) { fsync(raw) } }
    let (name, path) = (self.name, self.path)
    // The name is gone after the rename, so that nothing is left to remove.
    _ = try kernel(.rename) { unsafe rename(name, path) }
  }
}
