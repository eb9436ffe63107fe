import Foundation
import Laboratory
import Testing

/// The program under test.
enum Probe {
  /// PROBE_BINARY, or the one that was built beside these tests.
  static let path: String = {
    if let path = ProcessInfo.processInfo.environment["PROBE_BINARY"] { return path }
    let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("probe").path
  }()

  /// Runs it to its end; a run that does not end is a failure.
  static func run(
    _ words: [String], in namespace: Namespace, input: String = "", output: Program.Stream = .captured,
    seconds: Double = 20
  ) throws -> Outcome {
    let outcome = try Program.run([path] + words, in: namespace, input: input, output: output, seconds: seconds)
    try #require(!outcome.timedOut, "probe \(words.joined(separator: " ")) does not end: \(outcome.output)")
    return outcome
  }

  /// Runs it to its end.
  static func run(_ words: String..., in namespace: Namespace, input: String = "") throws -> Outcome {
    try run(words, in: namespace, input: input)
  }

  /// Runs it with `--json` against one target and gives the one connection.
  static func connection(_ words: String..., in namespace: Namespace) throws -> (JSON, Outcome) {
    let outcome = try run(words + ["--json"], in: namespace)
    let connections = try outcome.connections
    try #require(connections.count == 1, "one line of connection: \(outcome.output)\(outcome.errors)")
    return (connections[0], outcome)
  }
}

extension Outcome {
  /// The connections among the lines of JSON.
  var connections: [JSON] { get throws { try records("connection") } }
  /// The summaries among the lines of JSON.
  var summaries: [JSON] { get throws { try records("summary") } }
  /// All that it said on both streams.
  var everything: String { output + errors }

  private func records(_ type: String) throws -> [JSON] {
    try JSON.lines(output).filter { $0["type"]?.string == type }
  }
}

extension JSON {
  /// State and reason in one.
  var verdict: String { "\(self["state"]?.string ?? "?") \(self["reason"]?.string ?? "?")" }
  /// The names of the steps in order.
  var steps: [String] { self["steps"]?.array?.compactMap { $0["step"]?.string } ?? [] }
  /// One step.
  func step(_ name: String) -> JSON? { self["steps"]?.array?.first { $0["step"]?.string == name } }
}

/// A target: an address of either family and a port.
func target(_ address: String, _ port: UInt16) -> String {
  address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
}

/// What a full connection must look like on the wire, seen from the prober's port.
func expectCleanConnection(
  _ packets: [CapturedPacket], from port: Int64?, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let port = Int(try #require(port, sourceLocation: sourceLocation))
  let flow = packets.filter { $0.sourcePort == port || $0.destinationPort == port }
  let ours = flow.filter { $0.sourcePort == port }
  #expect(!flow.contains { $0.has("R") }, "no RST on the wire", sourceLocation: sourceLocation)
  #expect(ours.filter(\.isSYN).count == 1, sourceLocation: sourceLocation)
  #expect(ours.filter { $0.has("F") }.count == 1, sourceLocation: sourceLocation)
  #expect(flow.filter { $0.has("F") }.count == 2, "a FIN each way", sourceLocation: sourceLocation)
  #expect(ours.count >= 4, "SYN, ACK, FIN, ACK", sourceLocation: sourceLocation)
  #expect(ours.flatMap(\.complaints).isEmpty, "tshark complains", sourceLocation: sourceLocation)
}
