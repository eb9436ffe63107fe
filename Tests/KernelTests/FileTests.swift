import Glibc
import Testing
import Wire

@testable import Kernel

/// A folder of its own, with everything in it gone at the end.
final class Folder {
  let path: FilePath

  init() throws {
    var name = Array("/tmp/probe-kernel-tests-XXXXXX".utf8CString)
    let isMade = unsafe mkdtemp(&name) != nil
    try #require(isMade)
    path = FilePath(octets: name.dropLast().map { UInt8(bitPattern: $0) })
  }

  deinit {
    for name in names { _ = unsafe file(name).withCString { unsafe unlink($0) } }
    _ = unsafe path.withCString { unsafe rmdir($0) }
  }

  /// A file in it.
  func file(_ name: FilePath) -> FilePath { FilePath(octets: path.octets + [0x2f] + name.octets) }

  /// What is in it.
  var names: [FilePath] {
    guard let folder = unsafe path.withCString({ unsafe opendir($0) }) ?? nil else { return [] }
    defer { unsafe closedir(folder) }
    var names: [FilePath] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe FilePath(octets: $0.prefix { $0 != 0 }) }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted { $0.text < $1.text }
  }

  /// Makes a file.
  func write(_ name: FilePath, _ text: String, mode: mode_t = 0o644, owner: uid_t? = nil) throws -> FilePath {
    let path = file(name)
    try AtomicFile.replace(path, with: Array(text.utf8).span.raw)
    _ = unsafe path.withCString { unsafe chmod($0, mode) }
    if let owner { _ = unsafe path.withCString { unsafe chown($0, owner, owner) } }
    return path
  }

  /// Makes a symbolic link.
  func link(_ name: FilePath, to target: FilePath) throws -> FilePath {
    let path = file(name)
    let result = unsafe target.withCString { old in unsafe path.withCString { unsafe symlink(old, $0) } ?? -1 }
    try #require(result == 0)
    return path
  }
}

private func text(_ path: FilePath) throws -> String {
  String(decoding: try File.read(path, atMost: 4_096), as: UTF8.self)
}

private func status(_ path: FilePath) throws -> stat { try #require(FileStatus.of(path, follows: false)) }

@Suite("Files that are written") struct FileTests {
  @Test("a file is replaced whole, and read back with a limit") func replace() throws {
    let folder = try Folder()
    let path = folder.file("replaced")
    try AtomicFile.replace(path, with: Array("first".utf8).span.raw)
    try AtomicFile.replace(path, with: Array("second".utf8).span.raw)
    #expect(try File.read(path, atMost: 6) == Array("second".utf8))
    #expect(throws: Errno(code: EFBIG, call: .read)) { try File.read(path, atMost: 5) }
    #expect(throws: Errno(code: ENOENT, call: .open)) { try AtomicFile.check("/nowhere/x") }
    try AtomicFile.check(path)
    #expect(throws: Errno(code: ENOENT, call: .open)) { try AtomicFile.replace("/nowhere/x", with: [1].span.raw) }
    #expect(throws: Errno(code: EISDIR, call: .open)) { try AtomicFile.replace(folder.path, with: [1].span.raw) }
    #expect(throws: Errno(code: EINVAL, call: .open)) { try AtomicFile.replace("/tmp/a\0b", with: [1].span.raw) }
    #expect(folder.names == ["replaced"])
  }

  @Test("a file that is given up leaves nothing behind, and the old one as it was") func givenUp() throws {
    let folder = try Folder()
    let path = try folder.write("kept", "old")
    do {
      let file = try AtomicFile(path)
      try file.write("new")
      #expect(folder.names == ["kept", FilePath("kept.tmp-\(getpid())")])
    }
    #expect(folder.names == ["kept"])
    #expect(try text(path) == "old")
  }

  @Test("any octets are a name") func octets() throws {
    let folder = try Folder()
    let name = FilePath(octets: [0x63, 0xe9, 0x1b, 0xff])
    let path = try folder.write(name, "x")
    #expect(folder.names == [name])
    #expect(try text(FilePath(path.text)) == "x")
    #expect(name.description == #"c\xe9\u{1b}\xff"#)
    #expect(FilePath("/a/b").name == "b" && FilePath("b").folder == "." && FilePath("/b").folder == "/")
  }

  @Test("what takes the place of a file has its mode", arguments: [0o600, 0o640, 0o444, 0o666, 0o755] as [mode_t])
  func mode(_ mode: mode_t) throws {
    let folder = try Folder()
    let path = try folder.write("kept", "old", mode: mode)
    try AtomicFile.replace(path, with: Array("new".utf8).span.raw)
    #expect(try status(path).st_mode & 0o7777 == mode)
    try Output(creating: path).write("newer")
    #expect(try status(path).st_mode & 0o7777 == mode)
    #expect(try text(path) == "newer")
  }

  @Test("a new file has the mode that the mask allows") func newMode() throws {
    let folder = try Folder()
    let mask = umask(0o022)
    defer { umask(mask) }
    try AtomicFile.replace(folder.file("new"), with: [UInt8]().span.raw)
    #expect(try status(folder.file("new")).st_mode & 0o7777 == 0o644)
  }

  @Test("the owner of a replaced file stays, where that may be", .enabled(if: geteuid() == 0 && isOwner(of: 65_534)))
  func owner() throws {
    let folder = try Folder()
    let path = try folder.write("theirs", "old", mode: 0o640, owner: 65_534)
    try AtomicFile.replace(path, with: Array("new".utf8).span.raw)
    let status = try status(path)
    #expect(status.st_uid == 65_534 && status.st_gid == 65_534 && status.st_mode & 0o7777 == 0o640)
  }

  @Test("no symbolic link is written through to a file, and none to nothing") func links() throws {
    let folder = try Folder()
    let victim = try folder.write("victim", "precious")
    for link in [try folder.link("link", to: victim), try folder.link("dangling", to: folder.file("nothing"))] {
      #expect(throws: Errno(code: ELOOP, call: .open)) { try AtomicFile(link) }
      #expect(throws: Errno(code: ELOOP, call: .open)) { _ = try Output(creating: link) }
    }
    #expect(try text(victim) == "precious")
    #expect(folder.names == ["dangling", "link", "victim"])
    // A device behind a link of one's own is what it is.
    let null = try AtomicFile(try folder.link("null", to: "/dev/null"))
    #expect(null.isStream)
  }

  @Test("in a folder of everyone's nothing of another user is written to", .enabled(if: isOwner(of: 65_534)))
  func planted() throws {
    let folder = try Folder()
    let planted = try folder.write("planted", "theirs", mode: 0o666, owner: 65_534)
    let own = try folder.write("own", "ours")
    _ = unsafe folder.path.withCString { unsafe chmod($0, 0o1777) }
    // The folder is another's, so that nobody in it can be trusted for being its owner.
    _ = unsafe folder.path.withCString { unsafe chown($0, 1, 1) }
    for path in [planted, try folder.link("null", to: "/dev/null")] where path == planted {
      #expect(throws: Errno(code: EACCES, call: .open)) { try AtomicFile(path) }
      #expect(throws: Errno(code: EACCES, call: .open)) { _ = try Output(creating: path) }
    }
    #expect(try text(planted) == "theirs")
    try AtomicFile.replace(own, with: Array("new".utf8).span.raw)
    #expect(try text(own) == "new")
  }

  @Test("devices, descriptors and FIFOs take what is written at once") func streams() throws {
    let folder = try Folder()
    let null = try AtomicFile("/dev/null")
    #expect(null.isStream && !null.isTerminal)
    try null.write("gone")
    try null.commit()
    var full = Errno(code: ENOSPC, call: .write)
    full.file = "/dev/full"
    #expect(throws: full) { try AtomicFile("/dev/full").write("lost") }
    let path = folder.file("fifo")
    #expect(unsafe path.withCString { unsafe mkfifo($0, 0o600) } == 0)
    let reader = try File.open(path, O_RDONLY | O_NONBLOCK)
    let fifo = try AtomicFile(path)
    try fifo.write("through")
    try fifo.commit()
    var octets = [UInt8](repeating: 0, count: 16)
    #expect(try reader.read(into: &octets) == 7)
    let file = try File.open(try folder.write("third", ""), O_WRONLY)
    try AtomicFile(FilePath("/dev/fd/\(file.raw)")).write("by number")
    #expect(try text(folder.file("third")) == "by number")
    #expect(throws: Errno(code: EBADF, call: .open)) { try AtomicFile("/dev/fd/9999999") }
    #expect(throws: Errno(code: EBADF, call: .open)) { try AtomicFile(FilePath("/dev/fd/\(reader.raw)")) }
  }

  @Test("one file has one identity, under all its names") func identity() throws {
    let folder = try Folder()
    let path = try folder.write("file", "")
    let hard = folder.file("hard")
    #expect(unsafe path.withCString { old in unsafe hard.withCString { unsafe link(old, $0) } } == 0)
    let identity = try #require(FileIdentity.of(path))
    #expect(identity.isFile)
    for name in [
      hard, try folder.link("soft", to: "file"), folder.file("./file"),
      folder.file(FilePath("../\(folder.path.name.text)/file")),
    ] {
      #expect(FileIdentity.of(name) == identity, "\(name)")
    }
    let file = try File.open(path)
    #expect(FileIdentity.of(FilePath("/dev/fd/\(file.raw)")) == identity)
    #expect(FileIdentity.of(descriptor: file.raw) == identity)
    #expect(FileIdentity.of(folder.file("new")) == FileIdentity.of(folder.file("./new")))
    #expect(FileIdentity.of(folder.file("new")) != FileIdentity.of(folder.file("other")))
    #expect(FileIdentity.of(folder.file("new")) != identity)
    #expect(FileIdentity.of("/dev/null") == nil, "a device takes what several write")
    #expect(FileIdentity.of("/nowhere/x") == nil)
  }

  @Test("the names of descriptors are read as names") func descriptors() {
    #expect(FilePath("/dev/stdout").isStandardOutput && FilePath("/dev/fd/1").isStandardOutput)
    #expect(FilePath("/proc/self/fd/1").isStandardOutput && FilePath.dash.isStandardOutput)
    #expect(FilePath.dash.isStandardInput && FilePath("/dev/stdin").isStandardInput)
    for name in ["/dev/fd/", "/dev/fd/1x", "/dev/fd/-1", "/dev/fd/12345678", "dev/stdout", "./-"] as [FilePath] {
      #expect(name.descriptorNumber == nil && !name.isStandardOutput, "\(name)")
    }
  }
}

/// Whether files can be given to a user here: as root, and in a user namespace that knows the user.
private func isOwner(of user: uid_t) -> Bool {
  guard let folder = try? Folder(), let path = try? folder.write("x", "") else { return false }
  return unsafe path.withCString { unsafe chown($0, user, user) } == 0
}
