import CLinux
import Glibc
import Timebase

/// A program that is run to its end for what it prints, `posix_spawn(3)`.
enum ChildProcess {
  /// Runs a program given by its full path, with an environment of its own, and waits for it.
  ///
  /// It reads nothing, and its errors are not shown. It gets no signal settings of ours.
  ///
  /// - Returns: its exit status (-1 where a signal ended it) and its output.
  /// - Throws: ENOENT without the program; ETIMEDOUT or EFBIG where it took too long or printed too much, and was ended.
  static func run(
    _ arguments: [String], outputLimit: Int, until end: Instant
  ) throws(Errno) -> (status: Int, output: [UInt8]) {
    let pipe = try Pipe()
    let child = try spawn(arguments, output: pipe.writer)
    try pipe.writer.close()
    do {
      let output = try collect(pipe.reader, limit: outputLimit, until: end)
      return (try wait(child), output)
    } catch {
      _ = kill(child, SIGKILL)
      _ = try? wait(child)
      throw error
    }
  }

  private static func wait(_ child: pid_t) throws(Errno) -> Int {
    var status: CInt = 0
    _ = try kernel(.waitpid) { unsafe waitpid(child, &status, 0) }
    return Int(clinux_exit_status(status))
  }

  private static func collect(
    _ reader: borrowing FileDescriptor, limit: Int, until end: Instant
  ) throws(Errno) -> [UInt8] {
    var output: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    while true {
      guard try Poller.isReady(reader, for: .readable, until: end) else { throw Errno(code: ETIMEDOUT, call: .spawn) }
      var list = part.mutableSpan
      var bytes = unsafe list.mutableBytes
      guard let count = try reader.read(into: &bytes), count > 0 else { return output }
      guard count <= limit - output.count else { throw Errno(code: EFBIG, call: .read) }
      output.append(contentsOf: part[..<count])
    }
  }

  private static func spawn(_ arguments: [String], output: borrowing FileDescriptor) throws(Errno) -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output.raw, 1)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)

    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    unsafe sigaddset(&signals, SIGPIPE)
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var child: pid_t = 0
    let code = unsafe withCStrings(arguments) { words in
      unsafe withCStrings(["PATH=/usr/bin:/bin", "LC_ALL=C"]) { environment in
        unsafe posix_spawn(&child, arguments[0], &actions, &attributes, words, environment)
      }
    }
    guard code == 0 else { throw Errno(code: code, call: .spawn) }
    return child
  }
}

/// Hands texts on as C passes them to a program: pointers to copies, and a null at the end.
private func withCStrings<R>(_ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R) -> R {
  var pointers = unsafe [UnsafeMutablePointer<CChar>?](repeating: nil, count: texts.count + 1)
  for (index, text) in texts.enumerated() { unsafe pointers[index] = unsafe strdup(text) }
  defer {
    for index in texts.indices { unsafe free(pointers[index]) }
  }
  return unsafe body(pointers)
}
