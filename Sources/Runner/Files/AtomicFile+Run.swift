import Kernel

/// A file that a run was asked for: in its place when it is whole, and never a part of it.
///
/// It is begun before anything is sent, so that one that cannot be written is told at once, and while the process still
/// has its privileges: root may write into the folder of whoever said `sudo`.
extension AtomicFile {
  /// Begins a file that was asked for; nil where none was.
  convenience init?(begun path: FilePath?) throws(RunError) {
    guard let path else { return nil }
    do throws(Errno) { try self.init(path) } catch { throw RunError(writing: error, to: path) }
  }

  /// Writes all that is left of it and puts it in its place.
  func finish(_ text: String = "") throws(RunError) {
    do throws(Errno) {
      try write(text)
      try commit()
    } catch {
      throw RunError(writing: error, to: path)
    }
  }
}
