import Glibc
import Testing
import Wire

@testable import Kernel

@Suite("Errors") struct ErrnoTests {
  @Test(
    "are named and put into words whatever the locale",
    arguments: [
      (EPERM, "EPERM", "Operation not permitted"), (ENOSPC, "ENOSPC", "No space left on device"),
      (EAGAIN, "EAGAIN", "Resource temporarily unavailable"), (ECONNREFUSED, "ECONNREFUSED", "Connection refused"),
    ])
  func words(_ code: CInt, _ name: String, _ message: String) {
    let error = Errno(code: code, call: .sendto)
    #expect(error.name == name)
    #expect(error.message == message)
    #expect(error.description == "sendto: \(message) (\(name))")
  }

  @Test("without a name keep their number") func unknown() {
    let error = Errno(code: 4000, call: .socket)
    #expect(error.name == "errno 4000")
    #expect(error.message == "Unknown error 4000")
    #expect(error.hint == nil)
  }

  @Test(
    "say what helps where that is certain",
    arguments: [
      (Errno(code: EPERM, call: .socket), "CAP_NET_RAW"), (Errno(code: EPERM, call: .socket), "--connect"),
      (Errno(code: EADDRNOTAVAIL, call: .bind), "one of this host's"), (Errno(code: EMSGSIZE, call: .sendto), "MTU"),
      (Errno(code: EPERM, call: .sendto), "firewall"), (Errno(code: ENETUNREACH, call: .routeLookup), "no route"),
      (Errno(code: ENETUNREACH, call: .sendto), "no route"), (Errno(code: ENODEV, call: .bindToDevice), "ip link"),
      (Errno(code: EEXIST, call: .open), "not a file"), (Errno(code: ELOOP, call: .open), "symbolic link"),
    ])
  func hints(_ error: Errno, _ word: String) throws {
    #expect(try #require(error.hint).contains(word))
  }

  @Test("of the route look-up all mean no route, and EINVAL elsewhere does not") func noRoute() {
    for code in [ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL] { #expect(Errno(code: code, call: .routeLookup).isNoRoute) }
    #expect(Errno(code: EHOSTUNREACH, call: .connect).isNoRoute)
    #expect(!Errno(code: EINVAL, call: .sendto).isNoRoute)
    #expect(!Errno(code: EACCES, call: .sendto).isNoRoute)
  }

  @Test("come with the call that failed") func named() {
    #expect(throws: Errno(code: ENOENT, call: .open)) { try File.read("/nowhere/at/all", atMost: 1) }
    #expect(throws: Errno(code: EINVAL, call: .open)) { try File.read("/etc/hosts\0.txt", atMost: 1) }
    #expect(throws: Errno(code: EISDIR, call: .read)) { try File.read("/", atMost: 1) }
    #expect(throws: Errno(code: ENODEV, call: .interfaceLookup)) { try Interface.named("no-such-if") }
  }

  @Test("of a mistake of ours end the process") func mistakes() async {
    await #expect(processExitsWith: .failure) {
      let raw: CInt = 999_999
      _ = try kernel(.close) { Glibc.close(raw) }
    }
  }

  @Test("EINTR and EAGAIN are values where they should be") func values() throws {
    var calls = 0
    let result: Int = try kernel(.read) {
      calls += 1
      errno = EINTR
      return calls < 3 ? -1 : 7
    }
    #expect(result == 7)
    #expect(calls == 3)
    let nothing: Int? = try kernelNow(.read) {
      errno = EAGAIN
      return -1
    }
    #expect(nothing == nil)
    let interrupted: Int? = try kernelOnce(.ppoll) {
      errno = EINTR
      return -1
    }
    #expect(interrupted == nil)
  }
}
