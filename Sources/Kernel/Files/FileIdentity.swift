import Glibc

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
