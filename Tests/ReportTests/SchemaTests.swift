import Foundation
import Handshake
import Judging
import Laboratory
import Testing

@testable import Report

/// The tables of fields and words, and what is made from them.
struct SchemaTests {
  private static let tests = Golden.docs.deletingLastPathComponent().appending(path: "Tests")

  private static func validate(_ lines: String, _ options: String...) throws -> (code: Int32, output: String) {
    let outcome = try Program.run(
      [tests.appending(path: "schema-lines").path] + options, input: lines, seconds: 60)
    return (outcome.code, outcome.output + outcome.errors)
  }

  private func record() throws -> Record {
    Record(target: "web.test:80", sequence: 1, outcome: try LadderPictureTests.outcome("open"))
  }

  private static let canValidate = ConditionTrait.enabled(
    if: Tool.schemaObstacle == nil, Comment(rawValue: Tool.schemaObstacle ?? ""))

  /// Every golden line is valid, and every kind of line but those of commands without one is among them.
  @Test(canValidate) func goldenLinesAreValid() throws {
    let folder = Self.tests.appending(path: "Vectors/Report")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    let lines = try files.filter { $0.pathExtension == "json" }.map { try String(contentsOf: $0, encoding: .utf8) }
    #expect(lines.count >= 20)
    let result = try Self.validate(lines.joined())
    #expect(result.code == 0, "\(result.output)")
  }

  /// What a line must not look like, and where that is seen.
  @Test(
    canValidate,
    arguments: [
      (#""port":80"#, #""port":"80""#, "$.port"),
      (#""port":80"#, #""port":65536"#, "$.port"),
      (#""port":80"#, #""port":null"#, "$.port"),
      (#""port":80"#, #""port":80.5"#, "$.port"),
      (#""port":80,"#, "", "'port' is a required property"),
      (#""state":"open""#, #""state":"opened""#, "$.state"),
      (#""type":"connection""#, #""type":"connections""#, "no schema of type connections"),
      (#""schema":1"#, #""schema":2"#, "$.schema"),
      (#""port":80"#, #""port":80,"extra":1"#, "'extra'"),
      (#""step":"syn""#, #""step":"sny""#, "$.steps[0].step"),
      (#"{"schema""#, #"["schema""#, "not an object"),
    ])
  func aWrongLineIsRefused(_ right: String, _ wrong: String, _ complaint: String) throws {
    let line = JSONLines.connection(try record())
    try #require(line.contains(right))
    #expect(try Self.validate(line).code == 0)
    let result = try Self.validate(line.replacingOccurrences(of: right, with: wrong))
    #expect(result.code == 1)
    #expect(result.output.contains(complaint), "\(result.output)")
  }

  /// A reader has to accept members that later versions add.
  @Test(canValidate) func anOpenSchemaAcceptsMore() throws {
    let line = JSONLines.connection(try record()).replacingOccurrences(of: "\"port\":", with: "\"extra\":1,\"port\":")
    #expect(try Self.validate(line).code == 1)
    let result = try Self.validate(line, "--open")
    #expect(result.code == 0, "\(result.output)")
  }

  /// A member of every sort, as JSON, as a cell, and as a row.
  @Test func fields() {
    let table = FieldTable<Int?>([
      .number(orNull: "number", "") { $0 },
      .text(orNull: "text", "") { $0.map { "<\($0)\u{1b}>" } },
      .mark("mark", "") { $0 == 7 },
      .texts("texts", "") { $0.map { ["a", "\($0)"] } ?? [] },
      .time(orNull: "time_ns", "") { $0.map { .microseconds(Int64($0)) } },
      .decimal(orNull: "decimal", "") { $0.map { 1 / Double($0) } },
      .truth("truth", "") { $0 != nil },
      .object(orNull: "object", "", FieldTable([.number("same", "") { $0 }])) { $0 },
      .list("list", "", FieldTable([.number("item", "") { $0 }])) { $0.map { [$0, $0] } ?? [] },
      .counts("counts", "", among: ["x"]) { $0.map { [("x", $0)] } ?? [] },
      .members(absentOr: FieldTable([.number("inner", "") { $0 }])) { $0 },
    ])
    func json(_ value: Int?) -> String {
      var writer = JSONWriter()
      writer.object(table, value)
      return writer.text
    }
    #expect(
      json(7)
        == #"{"number":7,"text":"<7\u001b>","mark":true,"texts":["a","7"],"time_ns":7000,"decimal":0.14285714285714285,"#
        + #""truth":true,"object":{"same":7},"list":[{"item":7},{"item":7}],"counts":{"x":7},"inner":7}"#)
    #expect(
      json(nil)
        == #"{"number":null,"text":null,"texts":[],"time_ns":null,"decimal":null,"truth":false,"object":null,"list":[],"#
        + #""counts":{}}"#)
    #expect(json(0).contains(#""decimal":null,"#), "JSON has no infinity")
    let cells = ["number", "text", "mark", "texts", "time_ns", "truth"]
    #expect(table.columns(cells).map { $0.cell(7) } == ["7", "<7\\u{1b}>", "true", "a 7", "7000", "true"])
    #expect(table.columns(cells).map { $0.cell(nil) } == [nil, nil, nil, "", nil, "false"])
    let row = { (name: String) in table.rows.first { $0.name == name } }
    #expect(row("number").map { $0.isNullable && !$0.isOptional } == true)
    #expect(row("mark").map { !$0.isNullable && $0.isOptional } == true)
    #expect(row("inner").map { !$0.isNullable && $0.isOptional } == true)
    #expect(row("truth").map { !$0.isNullable && !$0.isOptional } == true)
    #expect(table.columns(["nothing"]).map(\.name) == [])
  }

  /// A part's members are columns as its own are.
  @Test func columnsOfAPart() {
    let part = FieldTable<Int>([.number("a", "") { $0 }, .number("b", "") { $0 + 1 }])
    let table = FieldTable<String>([.text("whole", "") { $0 }, .members(of: part) { $0.utf8.count }])
    #expect(table.columns(["b", "whole", "a"]).map { $0.cell("xyz") } == ["4", "xyz", "3"])
  }

  /// No line has two members of one name, and none is named twice over.
  @Test func namesAreUnique() {
    for kind in JSONLines.kinds {
      let names = kind.rows.map(\.name)
      #expect(Set(names).count == names.count, "\(kind.name): \(names)")
      #expect(names.allSatisfy { !$0.isEmpty })
      #expect(kind.rows.allSatisfy { !$0.meaning.isEmpty }, "\(kind.name)")
    }
    let kinds = JSONLines.kinds.map(\.name)
    #expect(Set(kinds).count == kinds.count)
  }

  /// Every word that a script can read is explained: states, reasons, refusals, notes, steps.
  @Test(
    arguments: [
      ("state", Verdict.allCases.map(\.rawValue)), ("reason", Reason.allCases.map(\.rawValue)),
      ("refusal", Refusal.allCases.map(\.rawValue)), ("note", Notes.names.map(\.name)),
      ("step", StepKind.allCases.map(\.rawValue)),
    ])
  func wordsAreDocumented(_ table: String, _ words: [String]) throws {
    let page = try String(contentsOf: Golden.docs.appending(path: "Output.md"), encoding: .utf8)
    let part = try #require(page.components(separatedBy: "<!-- table: words \(table) -->\n").last)
    let rows = part.components(separatedBy: "<!-- table: end -->")[0].split(separator: "\n").dropFirst(2)
    #expect(rows.map { String($0.split(separator: "`")[1]) } == words)
    for row in rows {
      #expect((row.split(separator: "|").last?.filter { $0 != " " }.count ?? 0) > 10, "no meaning: \(row)")
    }
  }

  @Test func everyNoteHasAMeaning() {
    for (name, meaning) in Notes.meanings { #expect(meaning != nil, "\(name)") }
    #expect(Notes.meanings.count == Notes.names.count)
  }
}
