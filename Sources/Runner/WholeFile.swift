import Kernel

/// A file that a run was asked for: in its place when it is whole, and never a part of it.
///
/// It is begun before anything is sent, so that one that cannot be written is told at once, and while the process still
/// has its privileges: root may write into the folder of whoever said `sudo`.
final class WholeFile {
  private let path: String
  private var draft: Draft?

  init(_ path: String) throws(RunError) {
    self.path = path
    do throws(Errno) { draft = try Draft(of: path) } catch { throw RunError(writing: error, to: path) }
  }

  /// Whether it is filled where it lies, so that no name is changed at the end.
  var isInPlace: Bool { draft?.isInPlace ?? true }

  /// Writes on.
  func write(_ octets: [UInt8]) throws(Errno) { try draft?.write(octets.span.raw) }

  /// Puts it in its place.
  func commit() throws(RunError) {
    guard let draft = draft.take() else { return }
    do throws(Errno) { try draft.commit() } catch { throw .file(error, path) }
  }

  /// Writes all of it at once and puts it in its place.
  func commit(_ text: String) throws(RunError) {
    do throws(Errno) { try draft?.write(text.utf8.span.raw) } catch { throw .file(error, path) }
    try commit()
  }
}
