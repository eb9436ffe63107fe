import Handshake
import Testing
import Wire

@testable import Runner

/// Which of a name's addresses is probed.
@Suite("Addresses of a name") struct TargetResolutionTests {
  private func best(of addresses: [String], family: AddressFamily? = nil) throws -> String? {
    var settings = RunSettings()
    settings.family = family
    let list = try addresses.map { try #require(ZonedAddress(parsing: $0)) }
    return try TargetResolution(settings).best(of: list).map { "\($0.address)" }
  }

  @Test(
    "those that cannot be probed are passed over",
    arguments: ["fe80::1", "224.0.0.1", "ff02::1", "0.0.0.0", "::", "255.255.255.255"])
  func unfit(_ address: String) throws {
    #expect(try best(of: [address]) == nil)
    #expect(try best(of: [address, "127.0.0.1"]) == "127.0.0.1")
  }

  @Test("only the family that is asked for counts") func family() throws {
    #expect(try best(of: ["::1", "127.0.0.1"], family: .v4) == "127.0.0.1")
    #expect(try best(of: ["127.0.0.1", "::1"], family: .v6) == "::1")
    #expect(try best(of: ["127.0.0.1"], family: .v6) == nil)
    #expect(try best(of: []) == nil)
  }
}
