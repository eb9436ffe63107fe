import Script

/// What the program said of one scenario, by the names that `expect` uses (`Scenario.expectations`).
public struct ScenarioAnswer: Hashable, Sendable, CustomStringConvertible {
  /// The values, by name.
  public var values: [String: String] = [:]
  /// What the program sent, in the scenario's words.
  public var sent: [String] = []

  /// Reads what a run with `--json --packet-trace` wrote.
  init(_ outcome: Outcome, sent: [String], isn: UInt32?) throws {
    self.sent = sent
    let lines = try JSON.lines(outcome.output)
    let connections = lines.filter { $0["type"]?.string == "connection" }
    guard connections.count == 1, let connection = connections.first else {
      throw LaboratoryError("\(connections.count) lines of connection: \(outcome.output)\(outcome.errors)")
    }
    func list(_ value: JSON?) -> String { (value?.array ?? []).compactMap(\.string).joined(separator: ",") }
    values = [
      "state": ScenarioAnswer.word(connection["state"]), "reason": ScenarioAnswer.word(connection["reason"]),
      "exit": String(outcome.code), "notes": list(connection["notes"]),
      "refusals": list(.list(lines.compactMap { $0["refused"] })),
      "invalid": ScenarioAnswer.word(connection["invalid_replies"]),
      "transmissions": ScenarioAnswer.word(connection["transmissions"]),
      "steps": (connection["steps"]?.array ?? []).map {
        ScenarioAnswer.word($0["step"]) + ($0["rtt_ns"]?.int == nil ? "?" : "")
      }.joined(separator: ","),
      "closed_by": ScenarioAnswer.word(connection["closed_by"]),
      "client": ScenarioAnswer.word(connection["client_state"]),
      "server": ScenarioAnswer.word(connection["server_state"]),
      "mss": ScenarioAnswer.word(connection["peer"]?["mss"] ?? .null),
      "irs": connection["irs"]?.int == Int64(ScenarioPlayer.theirs) ? "peer" : ScenarioAnswer.word(connection["irs"]),
      "isn": connection["isn"]?.int == isn.map(Int64.init) ? "sent" : ScenarioAnswer.word(connection["isn"]),
    ]
  }

  private static func word(_ value: JSON?) -> String {
    value?.string ?? value?.int.map(String.init) ?? (value == .null ? "null" : "absent")
  }

  /// What differs from what is expected.
  func complaints(_ expected: [String: String]) -> [String] {
    Scenario.expectations.compactMap { name in
      guard let wanted = expected[name], let value = values[name], value != wanted else { return nil }
      return "expect: \(name)=\(value), not \(wanted)"
    }
  }

  /// All of it in a line a fact.
  public var description: String {
    (Scenario.expectations.map { "\($0)=\(values[$0] ?? "")" } + sent).joined(separator: "\n")
  }
}
