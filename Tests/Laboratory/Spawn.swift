import Glibc

/// Starts a process in a group of its own, with no signal blocked or ignored and only its three streams open.
///
/// It runs in the namespaces of the calling thread.
func spawn(
  _ path: String, _ arguments: [String], _ settings: [String], input: String, output: Program.Stream,
  outputFile: String, errors: Program.Stream, errorFile: String
) throws -> pid_t {
  var actions = unsafe posix_spawn_file_actions_t()
  unsafe posix_spawn_file_actions_init(&actions)
  defer { unsafe posix_spawn_file_actions_destroy(&actions) }
  unsafe posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
  for (number, stream, file) in [(Int32(1), output, outputFile), (2, errors, errorFile)] {
    switch stream {
    case .captured: unsafe posix_spawn_file_actions_addopen(&actions, number, file, O_WRONLY | O_CREAT, 0o600)
    case .path(let path): unsafe posix_spawn_file_actions_addopen(&actions, number, path, O_WRONLY, 0)
    case .descriptor(let ours): unsafe posix_spawn_file_actions_adddup2(&actions, ours, number)
    }
  }
  var attributes = posix_spawnattr_t()
  unsafe posix_spawnattr_init(&attributes)
  defer { unsafe posix_spawnattr_destroy(&attributes) }
  var none = sigset_t()
  var all = sigset_t()
  unsafe sigemptyset(&none)
  unsafe sigfillset(&all)
  unsafe posix_spawnattr_setsigmask(&attributes, &none)
  unsafe posix_spawnattr_setsigdefault(&attributes, &all)
  let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
  unsafe posix_spawnattr_setflags(&attributes, Int16(flags))

  var argv = unsafe arguments.map { unsafe strdup($0) } + [nil]
  var envp = unsafe settings.map { unsafe strdup($0) } + [nil]
  defer {
    for index in unsafe argv.indices { unsafe free(argv[index]) }
    for index in unsafe envp.indices { unsafe free(envp[index]) }
  }
  var pid: pid_t = 0
  let code = unsafe posix_spawn(&pid, path, &actions, &attributes, &argv, &envp)
  guard code == 0 else { throw LaboratoryError("cannot start \(path): \(unsafe String(cString: strerror(code)))") }
  return pid
}
