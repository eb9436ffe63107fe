import Testing

@testable import Report

@Suite("Markup and pictures") struct SVGWriterTests {
  private static let hostile = "</text><script>alert(\"&amp;'\")</script>\u{1b}[2J\u{202e}\u{0}\u{fffe}]]>"

  @Test("what a text holds stays text")
  func escapes() throws {
    var writer = MarkupWriter()
    writer.element("p", [("title", SVGWriterTests.hostile)]) { $0.element("b", [], SVGWriterTests.hostile) }
    let reading = try XMLReading(writer.text)
    #expect(reading.elements.map(\.name) == ["p", "b"])
    let shown = "</text><script>alert(\"&amp;'\")</script>\\u{1b}[2J\\u{202e}\\u{0}\\u{fffe}]]>"
    #expect(reading.elements[0].attributes["title"] == shown)
    #expect(reading.elements[1].text == shown)
  }

  @Test("a picture is well-formed, whatever its title, groups and words say")
  func picture() throws {
    let hostile = SVGWriterTests.hostile
    var svg = SVGWriter(
      width: 600, height: 80.25, title: hostile, description: hostile,
      style: SVGStyle(scope: "s", [SVGStyle.Rule(".way", stroke: .ink, "fill: none")]))
    svg.arrowhead(id: "way", "way")
    svg.group(title: hostile, [("transform", hostile)]) {
      $0.text(hostile, at: SVGPoint(1, 2), "label")
      $0.line(from: SVGPoint(0, 0), to: SVGPoint(-1.25, 1e300), "way")
    }
    let reading = try XMLReading(svg.finish())
    #expect(reading.elements[0].attributes["viewBox"] == "0 0 600 80.3")
    #expect(!reading.elements.contains { $0.name == "script" })
    let line = try #require(reading.elements.first { $0.name == "line" })
    #expect(line.attributes["x2"] == "-1.3")
    #expect(line.attributes["y2"] == "0")
  }

  @Test(
    "a coordinate has one decimal at most",
    arguments: [
      (0.0, "0"), (12, "12"), (12.04, "12"), (-0.05, "-0.1"), (-12.5, "-12.5"), (.nan, "0"), (.infinity, "0"),
    ])
  func coordinates(value: Double, text: String) {
    #expect(value.coordinate == text)
  }

  @Test("every colour has its light in the sheet, and its dark where the reader prefers it")
  func schemes() throws {
    for colour in SVGStyle.Colour.allCases {
      let parts = SVGStyle(scope: "s", [SVGStyle.Rule(".x", fill: colour)]).text.split(separator: "@media")
      try #require(parts.count == 2)
      #expect(parts[0].contains(".s .x { fill: \(colour.light) }"))
      #expect(parts[1].contains("prefers-color-scheme: dark"))
      #expect(parts[1].contains(".s .x { fill: \(colour.dark) }"))
    }
  }
}
