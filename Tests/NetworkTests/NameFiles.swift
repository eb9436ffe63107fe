import Laboratory

/// A machine's files for names, which a program under test finds instead of this machine's.
struct NameFiles {
  private let folder: TemporaryDirectory
  private let names: [String]

  /// Files by their name in /etc, such as `hosts`; what is not given stays as it is.
  init(_ files: [String: String]) throws {
    folder = try TemporaryDirectory()
    names = files.keys.sorted()
    for name in names { try folder.write(name, files[name] ?? "") }
  }

  /// The command that runs a program with these files, in a mount namespace of its own.
  func command(_ words: [String]) -> [String] {
    let mounts = names.map { "mount --bind '\(folder.file($0))' /etc/\($0) && " }.joined()
    return ["unshare", "--mount", "sh", "-c", mounts + "exec \"$@\"", "sh"] + words
  }

  /// Runs the program under test to its end.
  func run(_ words: String..., input: String = "", in namespace: Namespace, seconds: Double = 20) throws -> Outcome {
    try Program.run(command([Probe.path] + words), in: namespace, input: input, seconds: seconds)
  }
}
