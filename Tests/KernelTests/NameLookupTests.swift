import Testing
import Timebase
import Wire

@testable import Kernel

/// Names that are looked up while something else is done.
@Suite("A look-up on a thread of its own") struct NameLookupTests {
  private func wait(for lookup: NameLookup) -> Result<[IPAddress], ResolveError>? {
    let end = SystemClock.monotonic() + .seconds(60)
    while SystemClock.monotonic() < end {
      if let answer = lookup.answer { return answer }
      Poller.pause(.milliseconds(5))
    }
    return nil
  }

  @Test("gives what the look-up itself gives") func answers() throws {
    let found = try #require(NameLookup(of: "localhost", family: .v4))
    #expect(wait(for: found) == .success(try Resolver.addresses(of: "localhost", family: .v4)))
    #expect(found.answer != nil, "and again")
    let none = try #require(NameLookup(of: "-x", family: nil))
    #expect(wait(for: none) == .failure(.invalidName(name: "-x", .label)))
  }

  @Test("may be given up at any time") func abandoned() {
    for _ in 0..<50 { _ = NameLookup(of: "localhost", family: nil) }
  }
}
