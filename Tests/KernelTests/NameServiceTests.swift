import Glibc
import Testing
import Timebase
import Wire

@testable import Kernel

/// Look-ups in a process of their own.
///
/// Parallel tests have threads, which the process must do without: it asks no lock of theirs before its answers are there.
@Suite("The name service", .serialized) struct NameServiceTests {
  private func answers(_ service: NameService, _ count: Int) -> [UInt32: Result<[ZonedAddress], ResolveError>] {
    var found: [UInt32: Result<[ZonedAddress], ResolveError>] = [:]
    let end = SystemClock.monotonic() + .seconds(20)
    var poller = Poller()
    _ = service.watch(by: &poller)
    while found.count < count, SystemClock.monotonic() < end {
      _ = try? poller.wait(until: end)
      while let answer = try? service.next() { found[answer.question] = answer.result }
    }
    return found
  }

  @Test("messages are read back as they were written") func messages() throws {
    let addresses = ["127.0.0.1", "fe80::1%7", "::1"].compactMap { ZonedAddress(parsing: $0) }
    let results: [Result<[ZonedAddress], ResolveError>] = [
      .success(addresses), .success([]), .failure(.notFound(name: "")), .failure(.noAddress(name: "")),
      .failure(.temporaryFailure(name: "")), .failure(.failure(name: "", reason: "why")),
    ]
    for result in results {
      let octets = NameMessage.answer(9, .milliseconds(5), result)
      let read = NameMessage.answer(octets.span.raw)
      let answer = try #require(read)
      #expect(answer.question == 9 && answer.result == result && answer.took.interval == .milliseconds(5))
    }
    for family in [nil, AddressFamily.v4, .v6] {
      let octets = NameMessage.question(3, "web.test", family)
      let read = NameMessage.question(octets.span.raw)
      let question = try #require(read)
      #expect(question.number == 3 && question.1 == .addresses(of: "web.test", family))
    }
    for address in addresses.map(\.address) {
      let octets = NameMessage.question(4, nameOf: address)
      let read = NameMessage.question(octets.span.raw)
      let question = try #require(read)
      #expect(question.number == 4 && question.1 == .name(of: address))
    }
    for name in [nil, "gw.test", "\u{1b}[2J.test"] {
      let octets = NameMessage.answer(4, .milliseconds(5), name: name)
      let read = NameMessage.answer(octets.span.raw)
      let answer = try #require(read)
      #expect(answer.question == 4 && answer.name == name && answer.result == .success([]))
    }
    let many = NameMessage.answer(0, .zero, .success(Array(repeating: addresses[0], count: 100_000)))
    #expect(many.count <= NameMessage.longest)
  }

  @Test("what is no message traps nobody") func damaged() {
    let whole = NameMessage.answer(9, .milliseconds(5), .success([ZonedAddress(.v6(IPv6Address(1)))]))
    for length in 0..<whole.count {
      let answer = NameMessage.answer(Array(whole[..<length]).span.raw)
      #expect((answer == nil) == (length < 13))
    }
    for octet in UInt8.min...UInt8.max {
      for place in whole.indices {
        var changed = whole
        changed[place] = octet
        _ = NameMessage.answer(changed.span.raw)
        _ = NameMessage.question(changed.span.raw)
        _ = NameMessage.question(Array(changed[..<place]).span.raw)
      }
    }
  }

  @Test("gives what the look-up itself gives") func localhost() throws {
    let service = try NameService(workers: 2)
    #expect(try service.ask(5, "localhost", .v4))
    #expect(answers(service, 1)[5] == .success(try Resolver.addresses(of: "localhost", family: .v4)))
  }

  @Test("tells the name of an address, where it has one") func reverse() throws {
    let service = try NameService(workers: 2)
    let loopback = IPAddress.v4(IPv4Address(127, 0, 0, 1))
    #expect(try service.ask(5, nameOf: loopback))
    let end = SystemClock.monotonic() + .seconds(20)
    var poller = Poller()
    _ = service.watch(by: &poller)
    var answer: NameService.Answer?
    while answer == nil, SystemClock.monotonic() < end {
      _ = try? poller.wait(until: end)
      answer = try? service.next()
    }
    #expect(answer?.question == 5 && answer?.name == Resolver.name(of: loopback))
    #expect(answer?.name != nil, "every hosts file has it")
  }

  @Test("many questions, few workers") func many() throws {
    let service = try NameService(workers: 3)
    var asked = 0
    while asked < 40, try service.ask(UInt32(asked), "localhost", .v4) { asked += 1 }
    #expect(asked >= 10, "a few messages have room")
    #expect(answers(service, asked).count == asked)
  }

  @Test("ends with whoever asks, at any time") func ends() throws {
    for _ in 0..<20 {
      let service = try NameService(workers: 4)
      _ = try service.ask(0, "localhost", nil)
    }
    var status: CInt = 0
    #expect(unsafe waitpid(-1, &status, WNOHANG) <= 0 && errno == ECHILD, "none is left")
  }
}
