import Foundation
import Handshake
import Judging
import Testing
import Timebase
import Wire

@testable import HTTP
@testable import Report

@Suite("The page of a run") struct HTMLPageTests {
  private func record(_ name: String, target: String = "web.test:80", sequence: Int = 1) throws -> Record {
    Record(target: target, sequence: sequence, outcome: try LadderPictureTests.outcome(name))
  }

  /// XML's rules are stricter than HTML's: what keeps them is read the same by everyone.
  private func reading(_ page: HTMLPage, _ summaries: [TargetSummary] = []) throws -> XMLReading {
    let text = page.text(summaries)
    try #require(text.hasPrefix("<!DOCTYPE html>\n"))
    return try XMLReading(String(text.dropFirst("<!DOCTYPE html>\n".count)))
  }

  @Test("it has the ladder, the steps, the packets and the options", arguments: LadderPictureTests.names)
  func parts(name: String) throws {
    var page = HTMLPage()
    page.add(try record(name))
    let reading = try reading(page)
    #expect(reading.elements.filter { $0.name == "svg" }.count == 1)
    let outcome = try LadderPictureTests.outcome(name)
    let headings = reading.texts(of: "h3")
    #expect(headings.contains("Steps") == !outcome.steps.isEmpty)
    #expect(headings.contains("Packets"))
    #expect(headings.contains("Options") == (outcome.peerOffer != nil))
    let rows = reading.texts(of: "tr")
    for step in outcome.steps {
      let time = step.measurement?.interval.fixedMilliseconds ?? (step.isAmbiguous ? "ambiguous" : "unknown")
      #expect(rows.contains { $0.hasPrefix("\n" + step.kind.rawValue) && $0.contains(time) }, "\(step.kind)")
    }
  }

  @Test("nothing is loaded, nothing is run, whatever names, phrases and fields say")
  func hostile() throws {
    let evil = "</td></table><script>alert(1)</script><img src=x onerror=alert(2)>\u{202e}\u{0}&amp;"
    var page = HTMLPage()
    var request = HTTPTests.request(
      1, evil,
      HTTPHead(minorVersion: 1, status: 200, reason: evil, fields: [HTTPField(unchecked: evil, evil)], length: 9))
    request.fault = .truncated
    page.add(try record("open", target: evil), requests: [request])
    var summary = TargetSummary(target: evil, remote: Scene.remote, mode: .full)
    summary.add(try record("open"))
    let reading = try reading(page, [summary])
    let names = Set(reading.elements.map(\.name))
    #expect(names.isDisjoint(with: ["script", "img", "iframe", "object", "link", "a"]))
    let attributes = reading.elements.flatMap(\.attributes.keys)
    #expect(!attributes.contains { $0.hasPrefix("on") || $0 == "src" || $0 == "href" })
    #expect(!page.text([]).replacing("http://www.w3.org/2000/svg", with: "").contains("://"))
    #expect(reading.texts(of: "td").contains { $0.contains("<script>alert(1)</script>") })
  }

  @Test("of many probes the first, the slowest and the last are drawn, and memory has a bound")
  func many() throws {
    var page = HTMLPage()
    var summary = TargetSummary(target: "web.test:80", remote: Scene.remote, mode: .full)
    for sequence in 1...300 {
      let record = try record(sequence == 77 ? "page" : "open", sequence: sequence)
      page.add(record)
      summary.add(record)
    }
    let reading = try reading(page, [summary])
    let headings = reading.texts(of: "h2")
    #expect(
      headings == [
        "web.test:80: 300 probes", "Distribution", "Results", "web.test:80, first connection",
        "Slowest handshake, connection 77",
        "Last connection, 300",
      ])
    #expect(reading.elements.filter { $0.name == "svg" }.count == 4)
    #expect(reading.texts(of: "p").contains("… and 100 more results."))
  }

  @Test("without a result there is no picture, and the page says nothing of one")
  func nothing() throws {
    #expect(HTMLPage().picture == nil)
    #expect(try reading(HTMLPage()).elements.contains { $0.name == "svg" } == false)
  }
}
