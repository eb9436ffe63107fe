import Testing
import Wire

@testable import Report

@Suite("A terminal's lines as a picture") struct ScreenPictureTests {
  @Test("the README's screen of watch is what the tool draws") func committed() throws {
    let style = Style(isColoured: true, width: 100)
    let lines = WatchScreen(style: style, rows: 12).lines(WatchTests.several, WatchTests.frame)
    try Golden.expect(
      ScreenPicture(lines, title: "$ sudo probe watch web.test:80 db.test:5432").svg, is: "watch.svg", in: Golden.docs)
  }

  @Test("each piece lies in its column and has its colour, and nothing of a line is markup") func pieces() throws {
    let style = Style(isColoured: true)
    let lines = ["ab  \(style.paint("<red>", .bad))  c", "", "  x\u{1b}y"]
    let reading = try XMLReading(ScreenPicture(lines, title: "t").svg)
    #expect(reading.texts(of: "text") == ["t", "ab", "<red>", "c", "x\\u{1b}y"])
    let svg = ScreenPicture(lines, title: "t").svg
    #expect(svg.contains("class=\"bad\" x=\"45.2\""), "columns 4 of 7.8 units behind a margin of 14")
    #expect(svg.contains("textLength=\"39\""))
  }
}
