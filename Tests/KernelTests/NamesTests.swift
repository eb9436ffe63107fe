import Glibc
import Testing
import Timebase
import Wire

@testable import Kernel

@Suite("Names") struct NamesTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var text: String
    var hosts: [String]
    var isBuiltIn: Bool
    var testDescription: String { text }

    init(_ text: String, _ hosts: [String], _ isBuiltIn: Bool) {
      (self.text, self.hosts, self.isBuiltIn) = (text, hosts, isBuiltIn)
    }
  }

  @Test(
    "the hosts line of nsswitch.conf is read",
    arguments: [
      Row("", [], true), Row("hosts: files dns", ["files", "dns"], true), Row("hosts:files", ["files"], true),
      Row("passwd: files systemd\nhosts:\tfiles\tdns # mdns\n", ["files", "dns"], true),
      Row("#hosts: mdns", [], true), Row("nohosts: mdns\nhosts: dns", ["dns"], true),
      Row("hosts: files mdns4_minimal [NOTFOUND=return] dns", ["files", "mdns4_minimal", "dns"], false),
      Row("hosts: files[SUCCESS=return]dns", ["files", "dns"], true),
      Row("hosts: resolve [!UNAVAIL = return] files dns", ["resolve", "files", "dns"], false),
      Row("hosts: files myhostname\r\n", ["files", "myhostname"], false), Row("hosts: files [broken", ["files"], true),
      Row("hosts : files sss", ["files", "sss"], false), Row("hosts: files\nhosts: sss", ["files", "sss"], false),
    ])
  func nameServiceSwitch(_ row: Row) {
    let parsed = NameServiceSwitch(parsing: row.text)
    #expect(parsed.hosts == row.hosts)
    #expect(parsed.isBuiltIn == row.isBuiltIn)
  }

  @Test("names of multicast DNS are told to no server") func local() {
    let mdns = NameServiceSwitch(parsing: "hosts: files mdns4_minimal [NOTFOUND=return] dns")
    #expect(!mdns.asksServers(for: "printer.local") && !mdns.asksServers(for: "printer.LOCAL."))
    #expect(mdns.asksServers(for: "local.test") && mdns.asksServers(for: "web.test"))
    #expect(NameServiceSwitch(parsing: "hosts: files myhostname dns").asksServers(for: "printer.local"))
    #expect(NameServiceSwitch(parsing: "hosts: resolve [!UNAVAIL=return]").asksServers(for: "web.test"))
    #expect(!NameServiceSwitch(parsing: "hosts: myhostname sss").asksServers(for: "web.test"), "nothing of its own")
  }

  @Test("services are read with their aliases, for TCP alone") func services() {
    let names = ServiceNames(
      parsing: """
        # a comment
        http\t\t80/tcp\t\twww # WorldWideWeb HTTP
        http 8080/tcp
        domain 53/udp
        broken
        also-broken 99999/tcp
        odd 7/tcp/x
        https 443/tcp\r
        late 81/tcp# comment
        """)
    #expect(names.port(of: "http") == 80)
    #expect(names.port(of: "www") == 80)
    #expect(names.port(of: "https") == 443)
    #expect(names.port(of: "late") == 81)
    #expect(names.port(of: "domain") == nil)
    #expect(names.port(of: "also-broken") == nil)
    #expect(names.port(of: "odd") == nil)
    #expect(names.name(of: 80) == "http")
    #expect(names.name(of: 53) == nil)
  }

  @Test("addresses are their own answer") func numeric() throws {
    #expect(try Resolver.addresses(of: "127.0.0.1") == [ZonedAddress(loopback(.v4))])
    #expect(try Resolver.addresses(of: "::1", family: .v6) == [ZonedAddress(loopback(.v6))])
    #expect(try Resolver.addresses(of: "fe80::1%lo") == [ZonedAddress(.v6(IPv6Address(0xfe80 << 112 | 1)), zone: "lo")])
    #expect(throws: ResolveError.noAddress(name: "::1")) { try Resolver.addresses(of: "::1", family: .v4) }
    #expect(try Resolver.addresses(of: "::ffff:127.0.0.1") == [ZonedAddress(loopback(.v4))])
    #expect(try Resolver.addresses(of: "１２７.０.０.１") == [ZonedAddress(loopback(.v4))], "in full-width digits")
  }

  @Test("localhost is this host") func localhost() throws {
    #expect(try Resolver.addresses(of: "localhost", family: .v4) == [ZonedAddress(loopback(.v4))])
    let both = try Resolver.addresses(of: "localhost").map(\.address)
    #expect(!both.isEmpty)
    #expect(both.filter { !$0.isLoopback }.isEmpty)
    #expect(Set(both).count == both.count)
    #expect(try Resolver.builtIn("localhost", .v4).first == ZonedAddress(loopback(.v4)))
  }

  @Test(
    "what cannot be a name is refused before anyone is asked",
    arguments: [
      ("", HostNameError.emptyLabel), ("-A", .label), ("two words", .character(" ")), ("new\nline", .character("\n")),
      ("nul\0byte", .character("\0")), (String(repeating: "a.", count: 127) + "a", .tooLong), ("127.1", .numeric),
    ])
  func invalid(_ name: String, _ reason: HostNameError) {
    #expect(throws: ResolveError.invalidName(name: name, reason)) { try Resolver.addresses(of: name) }
  }

  @Test("errors are one line each") func words() {
    for error in [
      ResolveError.notFound(name: "x"), .noAddress(name: "x"), .temporaryFailure(name: "x"),
      .invalidName(name: "x", .label),
      .failure(name: "x", reason: "y"),
    ] {
      #expect(error.description.hasPrefix("x: "))
      #expect(!error.description.contains("\n"))
    }
  }

  @Test("getent's lines are split into words") func getentLines() {
    #expect(
      Getent.lines(Array("::1   STREAM localhost\n\n::1\tDGRAM\n".utf8)) == [
        ["::1", "STREAM", "localhost"], ["::1", "DGRAM"],
      ])
    #expect(Getent.lines([]).isEmpty)
  }
}

@Suite("Child processes") struct ChildProcessTests {
  static var soon: Instant { SystemClock.monotonic() + .seconds(10) }

  @Test("give their output and their status") func output() throws {
    let answer = try ChildProcess.run(["/bin/sh", "-c", "echo $LC_ALL; exit 3"], outputLimit: 100, until: Self.soon)
    #expect(answer.output == Array("C\n".utf8))
    #expect(answer.status == 3)
  }

  @Test("that are not there are an error") func missing() {
    #expect(throws: Errno(code: ENOENT, call: .spawn)) {
      try ChildProcess.run(["/nowhere/getent", "hosts"], outputLimit: 100, until: Self.soon)
    }
  }

  @Test("that say too much or take too long are ended") func bounded() {
    #expect(throws: Errno(code: EFBIG, call: .read)) {
      try ChildProcess.run(["/bin/sh", "-c", "while :; do echo y; done"], outputLimit: 10_000, until: Self.soon)
    }
    let start = SystemClock.monotonic()
    #expect(throws: Errno(code: ETIMEDOUT, call: .spawn)) {
      try ChildProcess.run(["/bin/sleep", "30"], outputLimit: 100, until: start + .milliseconds(50))
    }
    #expect(SystemClock.monotonic() - start < .seconds(5))
  }
}
