import CLinux
import Glibc
import Wire

/// A terminal that is drawn on rather than written to: on its alternate screen, without cursor and echo.
///
/// Whatever ends the value leaves the terminal as it was found, and so does whatever ends the process, a trap of its own
/// included; of SIGKILL alone no one is told.
public struct Terminal: ~Copyable {
  private let output: Output
  /// How the terminal was set before; nil where the input is no terminal.
  private let found: termios?

  /// Rows and columns.
  public struct Size: Hashable, Sendable {
    /// How many lines there are.
    public var rows: Int
    /// How many characters are in each.
    public var columns: Int

    /// A size from its parts.
    public init(rows: Int, columns: Int) {
      self.rows = rows
      self.columns = columns
    }
  }

  /// Whether standard output is a terminal that can be drawn on, and ours at present: in the background, and on a
  /// terminal that knows no cursor, lines are all there is.
  public static var isAvailable: Bool {
    guard Output.standardOutput.isTerminal, tcgetpgrp(STDOUT_FILENO) == getpgrp() else { return false }
    guard let kind = Environment.value(of: "TERM"), !kind.isEmpty else { return false }
    return kind != "dumb"
  }

  /// Takes the terminal of standard output.
  public init() throws(Errno) {
    output = Output.standardOutput
    var settings = termios()
    if unsafe tcgetattr(STDIN_FILENO, &settings) == 0 {
      found = settings
      Terminal.takeKeys(&settings)
      _ = unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
    } else {
      found = nil
    }
    guardAgainstSignals()
    try output.control(Terminal.entering)
  }

  deinit {
    try? output.control(Terminal.leaving)
    if var found, isOurs {
      // What was typed meanwhile was not meant for the shell.
      _ = unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &found)
    }
    clinux_unguard_terminal()
  }

  /// No echo, and each key at once; reading never waits.
  ///
  /// Ctrl-C and Ctrl-Z stay signals.
  private static func takeKeys(_ settings: inout termios) {
    settings.c_lflag &= ~tcflag_t(ECHO | ICANON)
    settings.c_cc.6 = 0  // VMIN
    settings.c_cc.5 = 0  // VTIME
  }

  /// Whether keys can be read: standard input is a terminal, too.
  public var hasKeys: Bool { found != nil }

  /// The keys that were typed since the last call, at most 64; nil once the terminal has gone.
  public func keys() -> [UInt8]? {
    // Whoever is in the background does not read from the terminal.
    guard found != nil, isOurs else { return [] }
    var octets = [UInt8](repeating: 0, count: 64)
    let count = unsafe octets.withUnsafeMutableBytes { unsafe read(STDIN_FILENO, $0.baseAddress, $0.count) }
    guard count >= 0 else { return errno == EIO ? nil : [] }
    return Array(octets.prefix(count))
  }

  /// The alternate screen, no cursor, and no line that runs on in the next one.
  private static var entering: String { "\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l" }
  /// The way back.
  private static var leaving: String { "\u{1b}[0m\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l" }

  private func guardAgainstSignals() {
    let restoring = Array(Terminal.leaving.utf8)
    unsafe restoring.span.raw.withUnsafeBytes { bytes in
      let octets = unsafe bytes.assumingMemoryBound(to: UInt8.self).baseAddress
      if var found {
        unsafe clinux_guard_terminal(STDOUT_FILENO, octets, bytes.count, STDIN_FILENO, &found)
      } else {
        unsafe clinux_guard_terminal(STDOUT_FILENO, octets, bytes.count, STDIN_FILENO, nil)
      }
    }
  }

  /// Whether we are in the foreground, so that the terminal's modes are ours to change.
  private var isOurs: Bool { tcgetpgrp(STDOUT_FILENO) == getpgrp() }

  /// Takes it again after a stop that came without a word (SIGSTOP): the shell has used it meanwhile.
  public func enterAgain() throws(Errno) {
    if var settings = found {
      Terminal.takeKeys(&settings)
      _ = unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
    }
    try output.control(Terminal.entering)
  }

  /// Its present size, `ioctl_tty(2)` TIOCGWINSZ; 24 by 80 where it does not say.
  public var size: Size {
    var size = winsize()
    guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else {
      return Size(rows: 24, columns: 80)
    }
    return Size(rows: Int(size.ws_row), columns: Int(size.ws_col))
  }

  /// Draws lines over those that were there, from the upper left corner.
  public func draw(_ lines: [String]) throws(Errno) {
    var picture = "\u{1b}[H"
    for (index, line) in lines.enumerated() {
      // What was longer before is erased to the right.
      picture += (index == 0 ? "" : "\r\n") + line.escapedForOutput + "\u{1b}[K"
    }
    try output.control(picture + "\u{1b}[J")
  }

  /// Stops this process as Ctrl-Z would, until someone continues it; the terminal must have been given back.
  public static func suspend() { _ = raise(SIGSTOP) }
}
