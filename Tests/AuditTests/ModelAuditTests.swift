import Laboratory
import Script
import Testing
import Wire

/// Every check against the model of TCP: it finds nothing wrong with a right one, and one thing with each wrong one.
@Suite struct ModelAuditTests {
  /// All checks in all tiers, over a family, but for those that wait for long.
  private static func findings(
    _ family: AddressFamily, service: ModelTCP.Service, fault: ModelTCP.Fault? = nil
  ) throws -> [Finding] {
    var world = AuditWorld(try Checks.all(family), family: family, service: service, fault: fault)
    let isWhole = world.run()
    #expect(isWhole, "it comes to its end")
    return world.findings
  }

  private static func lines(_ findings: [Finding]) -> [String] {
    findings.map { "\($0.rule.number) \($0.rule.name): \($0.verdict.rawValue): \($0.evidence)" }
  }

  @Test(arguments: [AddressFamily.v4, .v6]) func nothingIsWrongWithTheModel(_ family: AddressFamily) throws {
    let findings = try Self.findings(family, service: .http(octets: 5_000))
    #expect(Self.lines(findings.filter { [.fail, .inconclusive, .error].contains($0.verdict) }).isEmpty)
    #expect(findings.count == Set(try Checks.all(family).compactMap(\.rule?.number)).count)
    let asked = findings.filter { $0.rule.level == .must && $0.verdict == .notApplicable }.map(\.rule.number)
    #expect(asked.sorted() == Self.unreachable)
  }

  /// What one end cannot ask a service that reads all, answers and closes.
  static let unreachable = [29, 106, 107]

  /// Faults that no audit from one end can see, and why.
  static let hidden: [ModelTCP.Fault: String] = [
    .simultaneousOpenReset: "the target would have to connect to us",
    .broadcastAnswered: "packets go to the target alone", .multicastSourceAnswered: "packets come from us alone",
  ]

  /// Faults that depend on the family; the others are played over IPv4.
  static let ofFamily: Set<ModelTCP.Fault> = [
    .defaultMSSIgnored, .fragmentationNeededIgnored, .fragmentationNeededUnverified,
  ]

  @Test(arguments: ModelTCP.Fault.allCases.filter { hidden[$0] == nil })
  func aFaultFailsItsCheckAndNoOther(_ fault: ModelTCP.Fault) throws {
    let known = Set(try Checks.all(.v4).compactMap(\.rule?.number))
    guard known.contains(fault.check) else { return }
    for family in Self.ofFamily.contains(fault) ? [AddressFamily.v4, .v6] : [.v4] {
      let service: ModelTCP.Service = fault.check == 81 ? .sink : .http(octets: 5_000)
      let findings = try Self.findings(family, service: service, fault: fault)
      let failed = findings.filter { $0.verdict == .fail }
      #expect(failed.map(\.rule.number) == [fault.check], "\(family): \(fault.meaning): \(Self.lines(failed))")
    }
  }
}
