import CLinux
import Glibc

/// A user and a group, `credentials(7)`: whose rights over files a process has.
public struct Identity: Hashable, Sendable {
  /// The user's number.
  public var user: UInt32
  /// The group's number.
  public var group: UInt32

  /// An identity from its parts.
  public init(user: UInt32, group: UInt32) {
    self.user = user
    self.group = group
  }

  /// User 0, who owns the machine's files.
  public static let root = Identity(user: 0, group: 0)

  /// Who this process is now, by its effective numbers.
  public static var current: Identity { Identity(user: geteuid(), group: getegid()) }

  /// The user who owns nothing: 65534, as the kernel and Debian have it.
  public static let nobody = Identity(user: 65_534, group: 65_534)

  /// Who said `sudo`, where root runs this and may become that user; nil everywhere else.
  ///
  /// By SUDO_UID and SUDO_GID, `sudo(8)`. Only root's own environment is believed: a set-user-ID copy is not root any
  /// more when this is asked (see `Privileges.shedSetID()`).
  public static let invoker: Identity? = {
    guard geteuid() == 0, let identity = invoker(Environment.value(of:)) else { return nil }
    return clinux_may_become(identity.user, identity.group) == 1 ? identity : nil
  }()

  /// Reads the two variables; user 0 has no one else behind it.
  static func invoker(_ value: (String) -> String?) -> Identity? {
    guard let user = number(value("SUDO_UID")), let group = number(value("SUDO_GID")), user != 0 else { return nil }
    return Identity(user: user, group: group)
  }

  /// Digits alone; the largest number means "no change" to the kernel, and is no one's.
  private static func number(_ text: String?) -> UInt32? {
    guard let text, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return UInt32(text).flatMap { $0 == .max ? nil : $0 }
  }

  /// Whose files the run makes, and with whose rights it goes on once its privileges are dropped; found out once.
  public static let ofFiles = invoker ?? current

  /// Whether names in a folder may be changed by its owner, group and mode alone; true where they cannot be read, so
  /// that the kernel gives its own answer.
  ///
  /// In a folder with the sticky bit, such as /tmp, a file of another's cannot be replaced.
  public func mayReplace(_ path: FilePath) -> Bool {
    guard let status = FileStatus.of(path.folder) else { return true }
    let mode = status.st_mode
    if status.st_uid == user { return mode & 0o300 == 0o300 }
    guard status.st_gid == group && mode & 0o030 == 0o030 || mode & 0o003 == 0o003 else { return false }
    guard mode & S_ISVTX != 0, let old = FileStatus.of(path, follows: false) else { return true }
    return old.st_uid == user
  }
}

extension FileDescriptor {
  /// Gives a file that was just made to whoever said `sudo`, `fchown(2)`; where that is not possible root keeps it.
  func giveToInvoker() {
    guard let invoker = Identity.invoker else { return }
    _ = fchown(raw, invoker.user, invoker.group)
  }
}
