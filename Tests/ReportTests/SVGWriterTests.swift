import Foundation
import FoundationXML
import Testing

@testable import Report

@Suite("Drawings: escaped, and in two colour schemes") struct SVGWriterTests {
  @Test("whatever comes as text comes out as text")
  func escaping() {
    let hostile = "</text><script>alert('1' & \"2\")</script>\u{0}\u{1b}\u{202e}\u{fffe}\u{ffff}]]>"
    var svg = SVGWriter(width: 10, height: 20, title: hostile, rules: SVGRule.common)
    svg.words(hostile, x: 1.5, y: -2.25, anchor: "middle", class: hostile)
    svg.element("g", ["id": SVGValue(hostile)]) { $0.element("desc", [:], text: hostile) }
    svg.line(through: [(0, 0), (.nan, .infinity)], ["class": "axis"])
    #expect(XMLParser(data: Data(svg.text.utf8)).parse())
    #expect(!svg.text.contains("<script") && !svg.text.contains("\u{1b}"))
    #expect(svg.text.contains("x=\"1.5\" y=\"-2.25\" text-anchor=\"middle\""))
  }

  @Test("numbers have two decimals at most, and no zeros behind them")
  func numbers() {
    let cases: [(Double, String)] = [
      (0, "0"), (1, "1"), (-1.5, "-1.5"), (0.004, "0"), (0.006, "0.01"), (12.345, "12.35"), (99.999, "100"),
      (.nan, "0"), (.infinity, "0"), (1e300, "1000000000"), (-0.001, "0"),
    ]
    for (number, text) in cases { #expect(SVGWriter.number(number) == text) }
  }

  @Test("rules are in both schemes")
  func rules() {
    let rules = [SVGRule(".a", "stroke-width: 2", light: "stroke: #000", dark: "stroke: #fff"), SVGRule(".b", "x: 1")]
    let svg = SVGWriter(width: 1, height: 1, title: "t", rules: rules)
    #expect(
      svg.text.contains(
        ".a { stroke-width: 2; stroke: #000 }\n.b { x: 1 }\n@media (prefers-color-scheme: dark) {\n.a { stroke: #fff }\n}\n"
      ))
    let plain = SVGWriter(width: 1, height: 1, title: "t", rules: [SVGRule(".b", "x: 1")])
    #expect(!plain.text.contains("@media"))
  }
}
