import Handshake
import Path
import Testing
import Timebase
import Wire

@testable import Judging

/// The file of `--resume` as it is read.
@Suite("A journal of trials") struct IdleJournalTests {
  private static let head =
    #"{"schema":1,"type":"idle-resume","target":"db.test:5432","address":"192.0.2.1","port":5432,"max_ns":7440000000000,"#
    + #""resolution_ns":1000000000,"first_ns":8000000000,"patience_ns":3000000000}"#
  private static let trial =
    #"{"schema":1,"type":"trial","target":"db.test:5432","address":"192.0.2.1","port":5432,"number":1,"#
    + #""silence_ns":8000000000,"answer":"rst","announced_ns":7500000000,"sender":"path","evidence":"R"}"#

  private static func journal(_ text: String) throws -> IdleJournal { try IdleJournal(parsing: Array(text.utf8)) }

  @Test func isRead() throws {
    let journal = try Self.journal(Self.head + "\n" + Self.trial + "\n")
    #expect(journal.target.name == "db.test:5432" && journal.target.remote.port == 5_432)
    #expect(journal.plan.longest == .seconds(7_440) && journal.plan.patience == .seconds(3))
    #expect(
      journal.trials == [
        IdleTrial(.seconds(8), .rst, announced: .milliseconds(7_500), sender: .path, evidence: "R")
      ])
    #expect(journal.search.dead == .milliseconds(7_500))
    #expect(journal.difference(from: journal) == nil)
  }

  @Test(
    "what is none is refused, by its line",
    arguments: [
      ("", 1), ("{}", 1), ("x", 1), (trial, 1), (head + "\n" + head, 2), (head + "\n{\"type\":\"trial\"}", 2),
      (head + "\n" + trial.replacing("\"rst\"", with: "\"gone\""), 2),
      (head + "\n" + trial.replacing("8000000000", with: "-8"), 2),
      (head + "\n" + trial.replacing("\"path\"", with: "\"me\""), 2),
      (head.replacing("192.0.2.1", with: "192.0.2"), 1), (head.replacing("5432,\"max", with: "65536,\"max"), 1),
      (head.replacing("7440000000000", with: "9223372036854775807"), 1),
      (head + String(repeating: "\n" + trial, count: 513), 514),
    ] as [(String, Int)])
  func mistakes(_ text: String, _ line: Int) {
    #expect {
      _ = try Self.journal(text)
    } throws: {
      ($0 as? IdleJournal.Mistake)?.line == line
    }
  }

  @Test(
    "another search is told by what is different",
    arguments: [
      ("db.test:5432\"", "web.test:80\"", "it is of web.test:80, not of db.test:5432"),
      ("192.0.2.1", "192.0.2.7", "its db.test:5432 is 192.0.2.7, not 192.0.2.1"),
      ("7440000000000", "60000000000", "it has another --max"),
      ("1000000000,", "500000000,", "it has another --resolution"),
      ("8000000000", "4000000000", "it has another --first"), ("3000000000", "6000000000", "it has another -W"),
    ] as [(String, String, String)])
  func differences(_ old: String, _ new: String, _ words: String) throws {
    let (mine, other) = (try Self.journal(Self.head), try Self.journal(Self.head.replacing(old, with: new)))
    #expect(other.difference(from: mine) == words)
  }
}
