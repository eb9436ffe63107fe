/// A command line that cannot be carried out: one line that says what was meant.
public struct UsageError: Error, Hashable, Sendable {
  /// The line, without the program's name.
  public var message: String

  /// An error with its line.
  public init(_ message: String) { self.message = message }
}
