import Glibc

/// The environment that the process was started with, `environ(7)`.
public enum Environment {
  /// The value of a variable; nil where it is not set, empty where it is set to nothing.
  public static func value(of name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }
}
