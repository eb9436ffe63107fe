import Statistics
import Testing
import Timebase

@testable import Report

@Suite("Comma-separated values: RFC 4180") struct CSVTests {
  @Test("a field that needs quotation marks has them, and no other")
  func quoting() {
    #expect(CSV.line(["a", nil, "", "b c"]) == "a,,,b c\r\n")
    #expect(CSV.line(["a,b", "c\"d", "e\nf", "g\r\nh", "é"]) == "\"a,b\",\"c\"\"d\",\"e\nf\",\"g\r\nh\",é\r\n")
    #expect(CSV.line([]) == "\r\n")
  }

  @Test("connections and series are lines of as many fields as their headers have")
  func lines() throws {
    var text = CSV.connectionHeader
    for (name, scene) in Scenes.all {
      text += CSV.connection(Record(target: name, sequence: 3, outcome: try scene.outcome()))
    }
    text += CSV.seriesHeader
    var series = Series()
    for micros in 1...10 as ClosedRange<Int64> { series.record(.microseconds(micros)) }
    text += CSV.series(series, target: "a,b:80", step: .syn) + CSV.series(Series(), target: "t:1", step: .fin)
    try Golden.expect(text, is: "results.csv")
    let columns = CSV.connectionHeader.split(separator: ",").count
    for line in text.split(separator: "\r\n").prefix(Scenes.all.count + 1) {
      #expect(line.split(separator: ",", omittingEmptySubsequences: false).count == columns)
    }
  }
}
