import Kernel

/// A file that a run was asked to read: opened before the seal, read after it.
///
/// What is wrong with it is told in its turn: the files before it are read all the same.
final class InputFile {
  let path: FilePath
  private var opened: FileDescriptor?
  private var trouble: Errno?

  /// Opens it; `-` is standard input.
  init(_ path: FilePath) {
    self.path = path
    do throws(Errno) {
      opened = path.isStandardInput ? .standardInput : try File.open(path)
    } catch {
      trouble = error
    }
  }

  /// Whether descriptors had run out, so that it is opened in its turn.
  var isLeftForLater: Bool { trouble?.isOutOfDescriptors ?? false }

  /// Hands it over, once.
  ///
  /// Where descriptors had run out it is opened now, with the rights that are left.
  func take() throws(RunError) -> FileDescriptor {
    if let opened = opened.take() { return opened }
    do throws(Errno) {
      if let trouble, !trouble.isOutOfDescriptors { throw trouble }
      return try File.open(path)
    } catch {
      throw .unreadable(error, path)
    }
  }
}
