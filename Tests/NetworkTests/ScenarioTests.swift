import Foundation
import Laboratory
import Script
import Testing

extension NetworkTests {
  /// Every file of Tests/Scenarios, played against the program over IPv4 and IPv6.
  ///
  /// PROBE_SCENARIO_REPEAT=50 plays each so often, and all its answers must be equal; PROBE_SCENARIO=TEXT plays only
  /// those whose name has the text.
  @Suite(.needs(peer: true)) struct ScenarioTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Scenarios")

    static let files: [String] = {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
      return names.filter { $0.hasSuffix(".scenario") }.sorted()
    }()

    /// The scenarios of a file; a mistake in one file is that file's alone.
    private static func scenarios(_ file: String) throws -> [Scenario] {
      let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
      let only = environment["PROBE_SCENARIO"] ?? ""
      return try Scenario.all(in: text, file: file).filter { only.isEmpty || $0.name.contains(only) }
    }

    /// All of them, played once for all tests: several at once take a tenth of the time.
    private static let results: Result<[String: [ScenarioStage.Result]], any Error> = Result {
      let stage = try ScenarioStage(program: Probe.path)
      defer { stage.close() }
      let all = files.flatMap { (try? scenarios($0)) ?? [] }
      let times = environment["PROBE_SCENARIO_REPEAT"].flatMap { Int($0) } ?? 1
      let played = stage.play(all, times: max(times, 1))
      return Dictionary(zip(all.map(\.name), played)) { first, _ in first }
    }

    @Test func thereAreSome() { #expect(Self.files.count > 20) }

    @Test(arguments: files) func plays(_ file: String) throws {
      let results = try Self.results.get()
      for scenario in try Self.scenarios(file) {
        let played = try #require(results[scenario.name])
        for (index, result) in played.enumerated() where !result.complaints.isEmpty {
          let words = result.complaints.joined(separator: "\n")
          Issue.record("\(scenario.name), time \(index + 1):\n\(words)\n\(result.answer?.description ?? "")")
        }
        let answers = Set(played.map(\.answer))
        #expect(answers.count == 1, "\(scenario.name): \(answers.count) different answers in \(played.count)")
      }
    }
  }
}
