import Handshake
import Judging
import Path
import Testing
import Timebase
import Wire

@testable import Report

/// What `probe idle` prints.
@Suite("The report of an idle limit") struct IdleReportTests {
  private let target = IdleTarget(name: "db.test:5432", remote: Endpoint(.v4(IPv4Address(192, 0, 2, 20)), 5_432))
  private let text = TextReport()

  private func record(
    _ trials: [IdleTrial], longest: Int64 = 7_440, proof: KeepAliveProof? = nil, searches: Bool = true
  ) -> IdleRecord {
    var plan = IdleSearch.Plan()
    plan.longest = .seconds(longest)
    var search = IdleSearch(plan)
    for trial in trials { search.take(trial) }
    return IdleRecord(
      target: target, search: search, hasSearched: searches, host: nil, proof: proof, elapsed: .seconds(60))
  }

  private func trials(_ answer: IdleTrial.Answer, _ sender: IdleTrial.Sender?, _ evidence: String) -> [IdleTrial] {
    [
      IdleTrial(.seconds(349), .alive), IdleTrial(.seconds(351), answer, sender: sender, evidence: evidence),
      IdleTrial(.seconds(350), answer, sender: sender, evidence: evidence),
    ]
  }

  @Test("a limit, who forgets, and a hint") func found() {
    #expect(
      text.idle(record(trials(.rst, .path, "R 1:1(0)"))) == """
        db.test:5432: alive after 349 s of silence, reset after 350 s
        reset by: the path (R 1:1(0))
        hint: 350 s is the limit of AWS Network Load Balancer and NAT gateway (AWS documentation)

        """)
    #expect(
      text.idle(record(trials(.silent, nil, "no answer"))).contains("forgotten after 350 s\nforgotten by: the path (no")
    )
    #expect(
      text.idle(record(trials(.fin, .peer, "F."))).contains("closed by the peer after 350 s\nclosed by: the peer (F.)"))
    #expect(
      text.idle(record(trials(.rst, .unknown, "R"))).contains(
        "reset by: the peer or the path; the evidence fits both (R)\n"))
  }

  @Test("searches that did not find one") func others() {
    let alive = IdleTrial(.seconds(8), .alive)
    #expect(
      text.idle(record([alive], longest: 8))
        == "db.test:5432: alive after 8 s of silence\nnothing forgets it within 8 s (--max)\n")
    #expect(text.idle(record([alive])) == "db.test:5432: alive after 8 s of silence\nsearch interrupted\n")
    #expect(text.idle(record([])) == "db.test:5432: not known\nsearch interrupted\n")
    #expect(
      text.idle(record([alive, IdleTrial(.seconds(16), .busy, evidence: "the peer\u{1b} sends")]))
        == "db.test:5432: alive after 8 s of silence\nsearch ended early: the peer\\u{1b} sends\n")
  }

  @Test("keep-alives") func proofs() {
    func proof(_ answer: IdleTrial.Answer, _ evidence: String) -> KeepAliveProof {
      KeepAliveProof(
        period: .milliseconds(60_500), time: .seconds(600), answer: answer, sender: nil, evidence: evidence)
    }
    #expect(
      text.idle(record([], proof: proof(.alive, ""), searches: false))
        == "keep-alive every 60.5 s: holds, answered for 600 s\n")
    #expect(
      text.idle(record([], proof: proof(.silent, "no answer"), searches: false))
        == "keep-alive every 60.5 s: does not hold: silent after 600 s (no answer)\n")
    #expect(!record([], proof: proof(.silent, ""), searches: false).isGood)
    #expect(record([], proof: proof(.alive, ""), searches: false).isGood)
  }

  @Test("trials") func lines() {
    #expect(text.trial(IdleTrial(.seconds(8), .alive, evidence: "."), number: 1) == "    1          8 s  alive\n")
    #expect(
      text.trial(IdleTrial(.milliseconds(16_500), .silent, evidence: "no answer"), number: 12)
        == "   12       16.5 s  silent   no answer\n")
    let fin = IdleTrial(.seconds(16), .fin, announced: .milliseconds(15_003), sender: .peer, evidence: "F.")
    #expect(text.trial(fin, number: 2) == "    2         16 s  fin      after 15.003 s: F.\n")
    #expect(
      CSV.trials.line((fin, 2, target)) == "db.test:5432,192.0.2.20,5432,2,16000000000,fin,15003000000,peer,F.\r\n")
  }

  @Test("what is written for --resume is read again") func journal() throws {
    let trials = trials(.rst, .path, "R \"1\"") + [IdleTrial(.seconds(1), .fin, announced: .seconds(1), sender: .peer)]
    var plan = IdleSearch.Plan()
    plan.first = .seconds(2)
    let journal = IdleJournal(target: target, plan: plan, trials: trials)
    let read = try IdleJournal(parsing: Array(journal.text.utf8))
    #expect(read == journal)
  }
}
