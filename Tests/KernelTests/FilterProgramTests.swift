import CLinux
import Testing
import Wire

@testable import Kernel

/// A TCP header's first octets: both ports and a sequence number.
private func ports(_ source: UInt16, _ destination: UInt16) -> [UInt8] {
  [UInt8(source >> 8), UInt8(source & 255), UInt8(destination >> 8), UInt8(destination & 255), 1, 2, 3, 4]
}

private func ipv4(_ protocolNumber: UInt8, words: UInt8 = 5) -> [UInt8] {
  [0x40 | words] + [UInt8](repeating: 0, count: 8) + [protocolNumber]
    + [UInt8](repeating: 9, count: Int(words) * 4 - 10)
}

private func ipv6(_ nextHeader: UInt8) -> [UInt8] {
  [0x60, 0, 0, 0, 0, 0, nextHeader, 64] + [UInt8](repeating: 9, count: 32)
}

private func icmp(_ type: UInt8) -> [UInt8] { [type, 0, 0, 0, 0, 0, 0, 0] }

@Suite("Filter programs") struct FilterProgramTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var program: FilterProgram
    var packet: [UInt8]
    var isTaken: Bool

    init(_ name: String, _ program: FilterProgram, _ packet: [UInt8], _ isTaken: Bool) {
      (testDescription, self.program, self.packet, self.isTaken) = (name, program, packet, isTaken)
    }
  }

  static let many = (0..<200).map { UInt16(2000 + 3 * $0) }
  static let tcpV4 = FilterProgram.tcp(family: .v4, destinationPorts: [40000, 40005, 65535])
  static let tcpV6 = FilterProgram.tcp(family: .v6, destinationPorts: [40000])
  static let manyV4 = FilterProgram.tcp(family: .v4, destinationPorts: many)
  static let listV4 = FilterProgram.tcp(family: .v4, destinationPorts: Array(many.prefix(64)))
  static let rangeV4 = FilterProgram.tcp(family: .v4, destinationPorts: [7, 5, 6])
  static let icmpV4 = FilterProgram.icmpErrors(family: .v4, sourcePorts: [40000])
  static let icmpV6 = FilterProgram.icmpErrors(family: .v6, sourcePorts: [40000])

  static let anyV4 = FilterProgram.icmpErrors(family: .v4)
  static let anyV6 = FilterProgram.icmpErrors(family: .v6)

  static let segments = [
    Row("nothing passes", .dropAll, ipv4(6) + ports(80, 40000), false),
    Row("our first port", tcpV4, ipv4(6) + ports(80, 40000), true),
    Row("our second port", tcpV4, ipv4(6) + ports(80, 40005), true),
    Row("the highest port", tcpV4, ipv4(6) + ports(80, 65535), true),
    Row("a port between ours", tcpV4, ipv4(6) + ports(80, 40001), false),
    Row("ours as the source", tcpV4, ipv4(6) + ports(40000, 80), false),
    Row("behind IP options", tcpV4, ipv4(6, words: 15) + ports(80, 40000), true),
    Row("an IP header alone", tcpV4, ipv4(6), false),
    Row("nothing at all", tcpV4, [], false),
    Row("no port asked for", .tcp(family: .v4, destinationPorts: []), ipv4(6) + ports(80, 0), false),
    Row("IPv6, ours", tcpV6, ports(80, 40000), true),
    Row("IPv6, another", tcpV6, ports(80, 40001), false),
    Row("IPv6, three octets", tcpV6, [0, 80, 0x9c], false),
    Row("a range, below", rangeV4, ipv4(6) + ports(80, 4), false),
    Row("a range, lowest", rangeV4, ipv4(6) + ports(80, 5), true),
    Row("a range, highest", rangeV4, ipv4(6) + ports(80, 7), true),
    Row("a range, above", rangeV4, ipv4(6) + ports(80, 8), false),
    Row("64 ports, first", listV4, ipv4(6) + ports(80, 2000), true),
    Row("64 ports, last", listV4, ipv4(6) + ports(80, 2189), true),
    Row("64 ports, between", listV4, ipv4(6) + ports(80, 2001), false),
    Row("200 ports, first", manyV4, ipv4(6) + ports(80, 2000), true),
    Row("200 ports, last", manyV4, ipv4(6) + ports(80, 2597), true),
    Row("200 ports, between: let in", manyV4, ipv4(6) + ports(80, 2001), true),
    Row("200 ports, beyond", manyV4, ipv4(6) + ports(80, 2598), false),
  ]

  static let errors =
    [UInt8](0...41).map { type in
      Row(
        "ICMP type \(type)", icmpV4, ipv4(1) + icmp(type) + ipv4(6) + ports(40000, 80),
        [3, 4, 5, 11, 12].contains(type))
    } + [
      Row("another flow's port", icmpV4, ipv4(1) + icmp(3) + ipv4(6) + ports(40001, 80), false),
      Row("UDP quoted", icmpV4, ipv4(1) + icmp(3) + ipv4(17) + ports(40000, 80), false),
      Row("outer IP options", icmpV4, ipv4(1, words: 7) + icmp(3) + ipv4(6) + ports(40000, 80), true),
      Row("quoted IP options", icmpV4, ipv4(1) + icmp(3) + ipv4(6, words: 8) + ports(40000, 80), true),
      Row("quoted IP options, another port", icmpV4, ipv4(1) + icmp(3) + ipv4(6, words: 8) + ports(1, 80), false),
      Row("a quote without the port", icmpV4, ipv4(1) + icmp(3) + ipv4(6) + [0x9c], true),
      Row("a quote without the protocol", icmpV4, ipv4(1) + icmp(3) + ipv4(6).prefix(9), true),
      Row("no quote", icmpV4, ipv4(1) + icmp(3), true),
      Row("half an ICMP header", icmpV4, ipv4(1) + [3, 0], true),
      Row("no ICMP header", icmpV4, ipv4(1), false),
    ]

  static let errorsV6 =
    [0, 1, 2, 3, 4, 100, 127, 128, 129, 135, 255].map { type in
      Row("ICMPv6 type \(type)", icmpV6, icmp(type) + ipv6(6) + ports(40000, 80), type < 128)
    } + [
      Row("v6, another flow's port", icmpV6, icmp(1) + ipv6(6) + ports(40001, 80), false),
      Row("v6, UDP quoted", icmpV6, icmp(1) + ipv6(17) + ports(40000, 80), false),
      Row("v6, short quote", icmpV6, icmp(1) + ipv6(6).dropLast() + [], true),
      Row("v6, quote without ports", icmpV6, icmp(1) + ipv6(6) + [0x9c], true),
      Row("v6, ESP quoted", icmpV6, icmp(1) + ipv6(50) + ports(40000, 80), false),
    ]
    + [0, 43, 44, 51, 60].map { header in
      Row("v6, behind extension header \(header)", icmpV6, icmp(1) + ipv6(header) + ports(0, 0), true)
    }

  /// Errors about any TCP segment, whatever its ports.
  static let errorsOfAll = [
    Row("any, one port", anyV4, ipv4(1) + icmp(11) + ipv4(6) + ports(40000, 80), true),
    Row("any, another port", anyV4, ipv4(1) + icmp(11) + ipv4(6) + ports(1, 80), true),
    Row("any, behind IP options", anyV4, ipv4(1, words: 7) + icmp(3) + ipv4(6, words: 8) + ports(1, 80), true),
    Row("any, an echo", anyV4, ipv4(1) + icmp(8) + ipv4(6) + ports(40000, 80), false),
    Row("any, UDP quoted", anyV4, ipv4(1) + icmp(11) + ipv4(17) + ports(40000, 80), false),
    Row("any, a quote without ports", anyV4, ipv4(1) + icmp(11) + ipv4(6), true),
    Row("any, v6", anyV6, icmp(3) + ipv6(6) + ports(1, 80), true),
    Row("any, v6, a neighbour solicitation", anyV6, icmp(135) + ipv6(6) + ports(1, 80), false),
    Row("any, v6, UDP quoted", anyV6, icmp(3) + ipv6(17) + ports(1, 80), false),
    Row("any, v6, behind destination options", anyV6, icmp(3) + ipv6(60) + ports(0, 0), true),
  ]

  static let answersV4 = FilterProgram.answers(family: .v4, to: [40000, 40005])
  static let answersV6 = FilterProgram.answers(family: .v6, to: [40000])

  /// What a packet socket sees: both protocols, from the IP header on.
  static let answers = [
    Row("answers, none", .answers(family: .v4, to: []), ipv4(6) + ports(80, 0), false),
    Row("answers, our first port", answersV4, ipv4(6) + ports(80, 40000), true),
    Row("answers, our second port", answersV4, ipv4(6) + ports(80, 40005), true),
    Row("answers, a port between ours", answersV4, ipv4(6) + ports(80, 40001), false),
    Row("answers, ours as the source", answersV4, ipv4(6) + ports(40000, 80), false),
    Row("answers, behind IP options", answersV4, ipv4(6, words: 9) + ports(80, 40005), true),
    Row("answers, an IP header alone", answersV4, ipv4(6), false),
    Row("answers, UDP", answersV4, ipv4(17) + ports(80, 40000), false),
    Row("answers, an error about ours", answersV4, ipv4(1) + icmp(3) + ipv4(6) + ports(40005, 80), true),
    Row(
      "answers, behind IP options, an error", answersV4, ipv4(1, words: 7) + icmp(11) + ipv4(6) + ports(40000, 80), true
    ),
    Row("answers, an error about another", answersV4, ipv4(1) + icmp(3) + ipv4(6) + ports(40001, 80), false),
    Row("answers, an error about UDP", answersV4, ipv4(1) + icmp(3) + ipv4(17) + ports(40000, 80), false),
    Row("answers, an echo", answersV4, ipv4(1) + icmp(8) + ipv4(6) + ports(40000, 80), false),
    Row("answers, a short quote", answersV4, ipv4(1) + icmp(3) + ipv4(6) + [0x9c], true),
    Row("answers, v6, ours", answersV6, ipv6(6) + ports(80, 40000), true),
    Row("answers, v6, another", answersV6, ipv6(6) + ports(80, 40001), false),
    Row("answers, v6, an IP header alone", answersV6, ipv6(6), false),
    Row("answers, v6, behind an extension header", answersV6, ipv6(60) + ports(80, 1), true),
    Row("answers, v6, an error about ours", answersV6, ipv6(58) + icmp(1) + ipv6(6) + ports(40000, 80), true),
    Row("answers, v6, an error about another", answersV6, ipv6(58) + icmp(1) + ipv6(6) + ports(40001, 80), false),
    Row("answers, v6, an error about UDP", answersV6, ipv6(58) + icmp(1) + ipv6(17) + ports(40000, 80), false),
    Row("answers, v6, a neighbour solicitation", answersV6, ipv6(58) + icmp(135) + ipv6(6) + ports(40000, 80), false),
    Row("answers, v6, a short quote", answersV6, ipv6(58) + icmp(3) + ipv6(6).dropLast(), true),
  ]

  @Test("lets in what is ours", arguments: segments + errors + errorsV6 + errorsOfAll + answers) func judge(_ row: Row)
  {
    #expect((run(row.program, on: row.packet) != 0) == row.isTaken)
  }

  @Test(
    "ends in a return and stays below the kernel's limit",
    arguments: [tcpV4, manyV4, listV4, icmpV4, icmpV6, anyV4, anyV6, answersV4, answersV6])
  func shape(_ program: FilterProgram) {
    #expect(program.instructions.count < 4096)
    #expect(program.instructions.last?.code == 0x06)
  }

  @Test("ports are told apart once, and a range is one without gaps") func portLists() {
    func count(_ ports: [UInt16]) -> Int { FilterProgram.anyOf(ports).count }
    #expect(count([80, 80, 80]) == count([80]) && count([3, 1, 3, 1]) == count([1, 3]))
    #expect(count([7, 5, 6]) == 4 && count([5, 6]) == 4 && count([5, 6, 8]) == 5 && count([5, 8, 6]) == 5)
    let program = FilterProgram.tcp(family: .v4, destinationPorts: [5, 6, 8])
    #expect(
      [4, 5, 6, 7, 8, 9].map { run(program, on: ipv4(6) + ports(80, $0)) != 0 }
        == [false, true, true, false, true, false])
  }

  @Test("an ICMPv6 error that quotes both octets of the port is told by it") func shortestQuoteWithPort() {
    func isTaken(_ port: UInt16) -> Bool {
      run(FilterProgramTests.icmpV6, on: icmp(1) + ipv6(6) + ports(port, 80).prefix(2)) != 0
    }
    #expect(isTaken(40000) && !isTaken(40001))
  }

  @Test("attributes are filled to words of four octets", arguments: 0...9) func attributes(count: Int) {
    var octets: [UInt8] = []
    octets.append(attribute: RTA_DST, [UInt8](repeating: 7, count: count))
    #expect(octets.count == 4 + (count + 3) / 4 * 4)
    #expect(octets[0] == UInt8(4 + count) && octets.dropFirst(4 + count).allSatisfy { $0 == 0 })
  }
}
