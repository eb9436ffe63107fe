import Handshake
import Scan
import Testing
import Wire

/// Results that are brought together by host.
@Suite struct ScanHostsTests {
  private func result(_ host: UInt32, _ port: UInt16, _ reason: Reason = .synAck) -> ScanResult {
    ScanResult(
      address: .v4(IPv4Address(0xC000_0200 + host)), port: port, state: reason.verdict, reason: reason,
      hopLimit: reason == .noResponse ? nil : 64, pass: 1)
  }

  @Test("a host is given out with all of its ports, in order, as soon as they are known")
  func whole() {
    var hosts = ScanHosts(ports: 3, probes: 6)
    #expect(hosts.waits)
    #expect(hosts.take(result(1, 443)) == nil)
    #expect(hosts.take(result(2, 22, .rst)) == nil)
    #expect(hosts.take(result(1, 22, .noResponse)) == nil)
    let host = hosts.take(result(1, 80))
    #expect(host?.address == result(1, 80).address)
    #expect(host?.results.map(\.port) == [22, 80, 443])
    let rest = hosts.takeRest()
    #expect(rest.map(\.address) == [result(2, 22).address] && rest.first?.results.count == 1)
    #expect(hosts.takeRest().isEmpty)
    #expect(hosts.up == 2)
  }

  @Test("what is not shown counts as known, and its host as up")
  func hidden() {
    var hosts = ScanHosts(ports: 2, probes: 4)
    #expect(hosts.take(result(1, 22, .rst), isShown: false) == nil)
    #expect(hosts.take(result(1, 80))?.results.map(\.port) == [80])
    #expect(hosts.take(result(2, 22, .rst), isShown: false) == nil)
    #expect(hosts.take(result(2, 80, .rst), isShown: false) == nil)
    #expect(hosts.takeRest().isEmpty)
    #expect(hosts.up == 2)
  }

  @Test("beyond the bound each result is given out by itself, and nothing is kept")
  func many() {
    var hosts = ScanHosts(ports: 2, probes: ScanHosts.most + 1)
    #expect(!hosts.waits)
    #expect(hosts.take(result(1, 22))?.results.map(\.port) == [22])
    #expect(hosts.take(result(1, 80))?.results.map(\.port) == [80])
    #expect(hosts.takeRest().isEmpty)
    #expect(hosts.up == nil)
    var one = ScanHosts(ports: 1, probes: ScanHosts.most + 1)
    #expect(one.take(result(1, 22)) != nil)
    #expect(one.take(result(2, 22, .noResponse)) != nil)
    #expect(one.up == 1)
  }

  @Test func hostsThatAreLeftComeByFamilyAndAddress() throws {
    var hosts = ScanHosts(ports: 2, probes: 8)
    let addresses = ["192.0.2.9", "::1", "192.0.2.10", "10.0.0.1"].compactMap { IPAddress(parsing: $0) }
    for address in addresses {
      let host = hosts.take(ScanResult(address: address, port: 80, state: .open, reason: .synAck, pass: 1))
      #expect(host == nil)
    }
    let rest = hosts.takeRest().map { "\($0.address)" }
    #expect(rest == ["10.0.0.1", "192.0.2.9", "192.0.2.10", "::1"])
  }
}
