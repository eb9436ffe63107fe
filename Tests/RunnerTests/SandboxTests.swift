import Glibc
import Kernel
import Testing

@testable import Runner

/// What a sealed process may no longer do: each is tried in a process of its own.
///
/// An exit test may have other threads; they have no part in it, and end with the process.
@Suite(.enabled(if: Confinement.landlock != nil, "this kernel has no Landlock")) struct SandboxTests {
  @Test func execve() async {
    await #expect(processExitsWith: .signal(SIGSYS)) {
      _ = try Session(Presentation(), .connections).seal()
      var words: [UnsafeMutablePointer<CChar>?] = unsafe [strdup("/bin/true"), nil]
      _ = unsafe Glibc.execve("/bin/true", &words, nil)
    }
  }

  @Test func aNewProcess() async {
    await #expect(processExitsWith: .signal(SIGSYS)) {
      _ = try Session(Presentation(), .connections).seal()
      var child: pid_t = 0
      var words: [UnsafeMutablePointer<CChar>?] = unsafe [strdup("/bin/true"), nil]
      _ = unsafe posix_spawn(&child, "/bin/true", nil, nil, &words, nil)
    }
  }

  @Test func socketsOfAnotherFamily() async {
    await #expect(processExitsWith: .signal(SIGSYS)) {
      _ = try Session(Presentation(), .sockets).seal()
      _ = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
    }
    await #expect(processExitsWith: .signal(SIGSYS)) {
      _ = try Session(Presentation(), .connections).seal()
      _ = socket(AF_PACKET, CInt(SOCK_DGRAM.rawValue), 0)
    }
  }

  /// Whoever only reads has no use for any socket.
  @Test func anySocketOfAReader() async {
    await #expect(processExitsWith: .signal(SIGSYS)) {
      _ = try Session(Presentation(), []).seal()
      _ = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    }
  }

  @Test func executableMemory() async {
    await #expect(processExitsWith: .signal(SIGSYS)) {
      _ = try Session(Presentation(), []).seal()
      _ = unsafe mmap(nil, 4_096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    }
  }

  @Test func typingIntoTheTerminal() async {
    await #expect(processExitsWith: .signal(SIGSYS)) {
      _ = try Session(Presentation(), []).seal()
      var letter: CChar = 0x78
      _ = unsafe ioctl(0, UInt(TIOCSTI), &letter)
    }
  }

  /// Files are shut: by the filter where none is needed, by Landlock outside the folders where some are.
  @Test func files() async {
    await #expect(processExitsWith: .success) {
      _ = try Session(Presentation(), .sockets).seal()
      precondition(unsafe Glibc.open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES)
      precondition(unsafe Glibc.open("/tmp/probe-sandbox", O_WRONLY | O_CREAT, 0o600) < 0 && errno == EACCES)
    }
    await #expect(processExitsWith: .success) {
      let folder = "/tmp/probe-sandbox-\(getpid())"
      precondition(unsafe mkdir(folder, 0o777) == 0)
      let session = try Session(Presentation(), .sockets)
      try session.replaces(FilePath(folder + "/a"))
      _ = try session.seal()
      precondition(unsafe Glibc.open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES)
      precondition(unsafe Glibc.open("/tmp/probe-sandbox", O_WRONLY | O_CREAT, 0o600) < 0 && errno == EACCES)
      let file = unsafe Glibc.open(folder + "/a.tmp", O_WRONLY | O_CREAT | O_EXCL, 0o600)
      precondition(unsafe file >= 0 && rename(folder + "/a.tmp", folder + "/a") == 0)
      precondition(unsafe unlink(folder + "/a") == 0)
    }
  }

  /// A guard's port is the kernel's choice; no other is bound, and no connection of the kernel's made.
  @Test func ports() async {
    await #expect(processExitsWith: .success) {
      _ = try Session(Presentation(), .sockets).seal()
      func tryToBind(_ port: UInt16) -> Bool {
        let socket = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return unsafe withUnsafePointer(to: &name) {
          unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
          }
        }
      }
      precondition(tryToBind(0))
      precondition((Confinement.landlock ?? 0) < 4 || !tryToBind(40_123) && errno == EACCES)
    }
  }

  /// Threads, memory, time and signals are what they were.
  @Test func whatIsLeft() async {
    await #expect(processExitsWith: .success) {
      _ = try Session(Presentation(), []).seal()
      var thread = pthread_t()
      precondition(unsafe pthread_create(&thread, nil, { _ in nil }, nil) == 0 && pthread_join(thread, nil) == 0)
      precondition([UInt8](repeating: 1, count: 64 << 20).last == 1)
      precondition(kill(getpid(), 0) == 0)
    }
  }

  /// Privileges alone.
  @Test func off() async {
    await #expect(processExitsWith: .success) {
      var presentation = Presentation()
      presentation.sandbox = .off
      _ = try Session(presentation, []).seal()
      precondition(unsafe Glibc.open("/etc/passwd", O_RDONLY) >= 0)
      precondition(!Capability.has(.netRaw))
    }
  }

  /// All or nothing, said by name.
  @Test func strict() {
    #expect(Layers(capabilities: true, user: true, landlock: 7, seccomp: true).missing == [])
    #expect(Layers(capabilities: true, user: true, landlock: nil, seccomp: true).missing == ["Landlock"])
    #expect(Layers(capabilities: true, user: true, landlock: 1, seccomp: false).missing == ["seccomp"])
    #expect(Layers(capabilities: false, user: false, landlock: 1, seccomp: true).missing.count == 2)
  }
}
