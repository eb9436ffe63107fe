import Glibc
import Timebase
import Wire

/// Where results go: a standard descriptor or a file.
///
/// Everything is written or an error is thrown; nothing is buffered.
public struct Output: ~Copyable, Sendable {
  /// What is written to.
  public let descriptor: FileDescriptor

  /// Writes to a descriptor.
  public init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

  /// Standard output: results.
  public static var standardOutput: Output { Output(.standardOutput) }
  /// Standard error: progress and diagnostics.
  public static var standardError: Output { Output(.standardError) }

  /// As much as a pipe takes without blocking once it says that it has room, `pipe(7)` PIPE_BUF.
  private static var part: Int { 4096 }
  /// How long a wait for room lasts before the signals are looked at.
  private static var slice: Interval { .milliseconds(50) }

  /// Writes all octets, in as many parts as it takes, waiting where the other side is slow.
  ///
  /// - Throws: ENOSPC, EPIPE (with SIGPIPE ignored, see `SignalSource`), EIO, EFBIG; EINTR where the other side takes
  ///   nothing and a signal that a `SignalSource` holds back asks for an end.
  public func write(_ octets: RawSpan) throws(Errno) {
    var offset = 0
    while offset < octets.byteCount {
      let refusal = try awaitRoom()
      let end = min(offset + Output.part, octets.byteCount)
      let count = try descriptor.write(octets.extracting(offset..<end))
      // Nothing went, and nothing can be waited for.
      if count == nil, let refusal { throw refusal }
      offset += count ?? 0
    }
  }

  /// A reader who has stopped reading must not keep us beyond a Ctrl-C, which no longer ends the process by itself.
  ///
  /// - Returns: why it cannot be waited for; then whether there is room is seen by writing, so that even that can be said.
  private func awaitRoom() throws(Errno) -> Errno? {
    while true {
      do throws(Errno) {
        if try Poller.isReady(descriptor, for: .writable, until: SystemClock.monotonic() + Output.slice) { return nil }
      } catch {
        return error
      }
      if SignalSource.pending != nil { throw Errno(code: EINTR, call: .write) }
    }
  }

  /// Writes all octets; see `write(_:)` above.
  public func write(_ octets: [UInt8]) throws(Errno) { try write(octets.span.raw) }

  /// Writes a text in UTF-8: the door that every line goes through.
  ///
  /// What a terminal would obey is escaped (`escapedForOutput`), whoever put it there; waits and fails as the above.
  public func write(_ text: String) throws(Errno) { try control(text.escapedForOutput) }

  /// Writes a line over the one that is there, for progress on a terminal; empty, nothing is left of it.
  public func rewriteLine(_ text: String) throws(Errno) {
    try control("\r" + text.escapedForOutput + (text.isEmpty ? "\u{1b}[K" : ""))
  }

  /// Writes one line on standard error, with the program's name, whatever the words hold; where it cannot be written,
  /// there is no one to tell.
  public static func complain(_ words: String) { try? standardError.write("probe: \(words.printable)\n") }

  /// Writes what is to be obeyed by a terminal; the words in it must have been escaped.
  func control(_ text: String) throws(Errno) { try write(text.utf8.span.raw) }

  /// Closes the file and reports an error that the writes have not, such as that of a full disk behind a network.
  public consuming func close() throws(Errno) { try descriptor.close() }

  /// Whether a person is watching, `isatty(3)`.
  public var isTerminal: Bool { isatty(descriptor.raw) == 1 }

  /// The terminal's width in columns, `ioctl_tty(2)` TIOCGWINSZ; nil where it has none.
  public var width: Int? {
    var size = winsize()
    let raw = descriptor.raw
    let isKnown = (try? kernel(.ioctl, { unsafe ioctl(raw, UInt(TIOCGWINSZ), &size) })) != nil
    return isKnown && size.ws_col > 0 ? Int(size.ws_col) : nil
  }
}
