import CLinux
import Glibc

/// What is left of the system to a run that is sealed: by Landlock the files and ports, by seccomp the system calls.
///
/// Both are for good, and hold for every thread that is started later.
public enum Confinement {
  /// What a run still needs when it is sealed.
  public struct Needs: OptionSet, Sendable {
    /// The needs as `SystemCalls.h` names them, a bit each.
    public let rawValue: UInt32

    /// Needs by their bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Sockets of the Internet and of netlink: whoever sends by hand.
    public static let sockets = Needs(rawValue: CLINUX_SOCKETS)
    /// Connections that the kernel makes.
    public static let connections = Needs(rawValue: CLINUX_SOCKETS | CLINUX_CONNECT)
    /// Names of files are changed in some folders.
    public static let names = Needs(rawValue: CLINUX_FILES)
    /// Files are opened for reading, any.
    public static let reading = Needs(rawValue: CLINUX_FILES | CLINUX_READS_FILES)
  }

  /// A folder in which names are changed later, held while it can still be opened.
  public final class Folder {
    private let descriptor: FileDescriptor

    /// The folder that a path's last name is in.
    public init(of path: FilePath) throws(Errno) {
      descriptor = FileDescriptor(
        owning: try kernel(.open) { unsafe path.folder.withCString { unsafe clinux_open_folder($0) } ?? -1 })
    }

    fileprivate var number: CInt { descriptor.raw }
  }

  /// The version of Landlock that this kernel has; nil without it.
  public static var landlock: Int? {
    let version = clinux_landlock_version()
    return version > 0 ? Int(version) : nil
  }

  /// Leaves the process the folders, the ports that the kernel chooses and one that was asked for; all other files are
  /// shut, `landlock(7)`.
  public static func confineFiles(_ needs: Needs, port: UInt16 = 0, folders: [Folder]) throws(Errno) {
    let numbers = folders.map(\.number)
    _ = try kernel(.landlock) { unsafe clinux_confine_files(needs.rawValue, port, numbers, numbers.count) }
    withExtendedLifetime(folders) {}
  }

  /// Leaves the process the system calls of its needs, `seccomp(2)`; others fail, and some end it at once.
  public static func confineSystemCalls(_ needs: Needs) throws(Errno) {
    _ = try kernel(.seccomp) { clinux_confine_system_calls(needs.rawValue) }
  }
}
