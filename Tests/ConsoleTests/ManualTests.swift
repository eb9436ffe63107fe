import Testing

@testable import Console

/// How the long text of an option becomes mdoc(7).
@Suite("Manual") struct ManualTests {
  static let texts: [(text: String, mdoc: String)] = [
    ("Sends it. Then waits.", "Sends it.\nThen waits.\n"),
    ("Waits for SEC, as -W does.", "Waits for\n.Ar SEC ,\nas\n.Fl W\ndoes.\n"),
    ("With --json and (`50ms`).", "With\n.Fl Fl json\nand\n.Li ( 50ms ) .\n"),
    ("As `tcpdump -w -`; `-` too.", "As\n.Li \"tcpdump -w -\" ;\n.Li \\-\ntoo.\n"),
    ("See [EXIT STATUS] and tcpdump(8).", "See\n.Sx EXIT STATUS\nand\n.Xr tcpdump 8 .\n"),
    (".x 'y' a\\b", "\\&.x 'y' a\\eb\n"), ("over (two\nlines)", "over (two lines)\n"),
  ]

  @Test("the notation", arguments: texts) func notation(_ vector: (text: String, mdoc: String)) {
    #expect(Manual.mdoc(vector.text, value: "SEC") == vector.mdoc)
  }

  @Test("the page has every command's section") func sections() {
    let marks = Manual.sections.split(separator: "\n").filter { $0.hasPrefix(Manual.mark) && !$0.hasSuffix(" end") }
    #expect(marks.map { $0.dropFirst(Manual.mark.count + 1) } == Verb.all.map { $0.words[...] })
  }
}
