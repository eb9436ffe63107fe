import Glibc
import Wire

/// A file that is written beside its place and put there at once when it is whole.
///
/// A reader finds the old one or the new one, never a part. Given up, it leaves nothing behind. What takes the place of
/// another file has its mode, and its owner where that can be had. A device, a FIFO and standard output have no such
/// place: what is written there is gone at once.
///
/// It is begun with privileges and finished without, and as another user under `sudo` (see `Privileges.giveUp`). Where
/// only the privilege allows names in the folder to be changed, as for root in another's, no rename is possible
/// later: the file is opened in its place and filled there when it is whole. A file that is new belongs to who said `sudo`.
public final class AtomicFile {
  /// How it comes to its place.
  private enum Way {
    /// By a rename, from this name.
    case rename(from: FilePath)
    /// By being filled there when it is whole.
    case fill
    /// By every write.
    case stream
  }

  /// Where it is to lie.
  public let path: FilePath
  private let way: Way
  private let output: Output
  /// What is kept until the file is whole, where it lies in its place already.
  private var octets: [UInt8] = []
  private var isOver = false
  /// Whether standard output is this file.
  private var standsForOutput = false

  /// Begins a file that is to lie at a path; until then it is called `PATH.tmp-PID`.
  ///
  /// - Throws: what `OutputPlace` refuses, and what `open(2)` gives.
  public init(_ path: FilePath) throws(Errno) {
    self.path = path
    guard case .file(let old) = try OutputPlace(path) else {
      output = try Output(creating: path)
      way = .stream
      return
    }
    guard Identity.ofFiles.mayReplace(path) else {
      output = Output(try File.openInPlace(path, isNew: old == nil))
      way = .fill
      return
    }
    let name = path.appending(".tmp-\(getpid())")
    let file = try File.open(name, O_WRONLY | O_CREAT | O_EXCL, mode: old == nil ? 0o666 : 0o600)
    file.giveToInvoker()
    if let old { AtomicFile.take(old, for: file) }
    output = Output(file)
    way = .rename(from: name)
  }

  deinit {
    if case .rename(let name) = way, !isOver { _ = unsafe name.withCString { unsafe unlink($0) } }
  }

  /// Whether there is nothing to be put anywhere: what is written is gone at once, and cannot be taken back.
  public var isStream: Bool { if case .stream = way { true } else { false } }

  /// Whether a name is changed when it is whole.
  public var isRenamed: Bool { if case .rename = way { true } else { false } }

  /// Whether a person would see what is written.
  public var isTerminal: Bool { output.isTerminal }

  /// Writes all octets, as they are; an error names the file.
  public func write(_ octets: RawSpan) throws(Errno) {
    guard case .fill = way, !standsForOutput else {
      do throws(Errno) { return try output.write(octets) } catch {
        var error = error
        error.file = path
        throw error
      }
    }
    unsafe octets.withUnsafeBytes { unsafe self.octets.append(contentsOf: $0) }
  }

  /// Takes the place of standard output: from then on all results are written into the file.
  public func takeStandardOutput() throws(Errno) {
    let raw = output.descriptor.raw
    if case .fill = way { _ = try kernel(.ftruncate) { ftruncate(raw, 0) } }
    _ = try kernel(.open) { dup2(raw, STDOUT_FILENO) }
    standsForOutput = true
  }

  /// Writes a text in UTF-8, escaped as everything that may be shown; see `Output.write(_:)`.
  public func write(_ text: String) throws(Errno) { try write(text.escapedForOutput.utf8.span.raw) }

  /// Puts the file in its place, `rename(2)`; where it is to outlive a crash, after all of it is on the disk, `fsync(2)`.
  public func commit(isDurable: Bool = true) throws(Errno) {
    guard !isOver, !isStream else { return }
    let raw = output.descriptor.raw
    if case .fill = way, !standsForOutput {
      _ = try kernel(.ftruncate) { ftruncate(raw, 0) }
      try output.write(octets)
    }
    if isDurable { _ = try kernel(.fsync) { fsync(raw) } }
    if case .rename(let name) = way {
      _ = try kernel(.rename) {
        unsafe name.withCString { old in unsafe path.withCString { new in unsafe rename(old, new) } ?? -1 } ?? -1
      }
    }
    // The name is gone after the rename, so that nothing is left to remove.
    isOver = true
  }

  /// Puts a file in the place of another at once; see above.
  public static func replace(_ path: FilePath, with octets: RawSpan, isDurable: Bool = true) throws(Errno) {
    let file = try AtomicFile(path)
    try file.write(octets)
    try file.commit(isDurable: isDurable)
  }

  /// Finds out whether a file can be put in a place later, and leaves nothing behind.
  public static func check(_ path: FilePath) throws(Errno) {
    guard case .file = try OutputPlace(path), Identity.ofFiles.mayReplace(path) else { return }
    _ = try AtomicFile(path)
  }

  /// Gives a new file the owner and the mode of the one that it will replace, as far as that is allowed.
  private static func take(_ old: stat, for file: borrowing FileDescriptor) {
    let raw = file.raw
    var (mode, new) = (old.st_mode & 0o777, stat())
    let isSame = unsafe fstat(raw, &new) == 0 && new.st_uid == old.st_uid && new.st_gid == old.st_gid
    if !isSame, fchown(raw, old.st_uid, old.st_gid) != 0, fchown(raw, .max, old.st_gid) != 0 {
      // What the old group could do is not for another one to do.
      mode = mode & ~0o070 | (mode & 0o007) << 3
    }
    _ = fchmod(raw, mode)
  }
}
