import Handshake
import Judging
import Path
import Testing
import Timebase
import Wire

@testable import Report

/// What `--one-way` prints.
@Suite("The report of each direction") struct OneWayReportTests {
  private func pair(_ base: UInt32, echoes: [[UInt32]], sack: Bool = true) -> OneWayPair {
    let start = SequenceNumber(base)
    var pair = OneWayPair(base: start, hasSACK: sack)
    for echo in echoes {
      pair.takeEcho(echo.map { SACKBlock(left: start + $0, right: start + ($0 + 1)) })
    }
    for filled: UInt32 in echoes.isEmpty ? [1, 3, 4] : [4] { pair.takeFill(start + filled, filled: filled, []) }
    return pair
  }

  private func record(_ pairs: [OneWayPair], ends: [OneWaySession.End: Int] = [:]) -> OneWayRecord {
    var counts = OneWayCounts()
    for pair in pairs { counts.take(pair) }
    return OneWayRecord(
      target: "web.test:9", remote: Endpoint(.v4(IPv4Address(192, 0, 2, 10)), 9),
      wanted: pairs.isEmpty ? 1 : pairs.count,
      counts: counts, ends: ends, elapsed: .seconds(1))
  }

  @Test("shares with their intervals") func shares() {
    let pairs = [pair(0, echoes: [[1], [3, 1]]), pair(4, echoes: [[3], [1, 3]]), pair(8, echoes: [[3, 1], [1]])]
    #expect(
      TextReport().oneWay(record(pairs + [pair(12, echoes: [])])) == """
        one-way web.test:9: 4 pairs
          forward  loss 25.00% (7.15–59.07%, 2 of 8), reordering 33.33% (6.15–79.23%, 1 of 3)
          reverse  loss 0.00% (0.00–39.03%, 0 of 6), reordering 33.33% (6.15–79.23%, 1 of 3)
          (shares with 95 % confidence intervals)

        """)
  }

  @Test("what is not known") func doubts() {
    #expect(
      TextReport().oneWay(record([pair(0, echoes: [[], []], sack: false)])).hasSuffix(
        "reordering not known\n  (shares with 95 % confidence intervals)\norder not known: no SACK on the connection\n"
      ))
    #expect(
      TextReport().oneWay(record([], ends: [.reset: 3, .closed: 1])) == """
        one-way web.test:9: 0 pairs
        not known: the peer resets the connection; use a port that takes data, such as discard or echo
        not known: the peer closes the connection; use a port that takes data, such as discard or echo

        """)
    let thinned = record((0..<12).map { pair($0 * 4, echoes: [[3, 1]]) })
    #expect(thinned.doubts == [.thinned] && thinned.loss(.reverse).value == nil && thinned.loss(.forward).value == 0)
    #expect(TextReport().oneWay(thinned).contains("reverse  loss not known, "))
  }

  @Test("a row for each direction") func rows() {
    let record = record([pair(0, echoes: [[1], [3, 1]])])
    #expect(CSV.directions.header.hasPrefix("target,address,port,direction,sent,lost,loss,"))
    #expect(CSV.directions.line((record, .forward)).hasPrefix("web.test:9,192.0.2.10,9,forward,2,0,0.0,0.0,"))
  }
}
