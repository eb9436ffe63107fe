import Testing
import Wire

@testable import Runner

/// Lines out of pieces, each with its number, and none longer than is kept.
@Suite("Lines") struct LineReaderTests {
  private func lines(_ pieces: [String], limit: Int = 5) -> [String] {
    var reader = LineReader(limit: limit)
    var lines = pieces.flatMap { reader.take(Array($0.utf8).span.raw) }
    if let last = reader.finish() { lines.append(last) }
    return lines.map { line in
      "\(line.number) \(String(decoding: line.octets, as: UTF8.self))" + (line.isTooLong ? "…" : "")
    }
  }

  @Test("however they are cut", arguments: [["ab\n\ncd\n"], ["a", "b\n", "\n", "cd", "\n"], ["ab\n\nc", "d"]])
  func pieces(_ pieces: [String]) {
    #expect(lines(pieces) == ["1 ab", "2 ", "3 cd"])
  }

  @Test("without an end of line there is a last line, and behind one there is none") func ends() {
    #expect(lines([]).isEmpty && lines([""]).isEmpty && lines(["\n"]) == ["1 "] && lines(["a"]) == ["1 a"])
  }

  @Test(
    "a line as long as the limit is whole", arguments: [["12345\n"], ["12345", "\n"], ["1234", "5\n"], ["12345"]])
  func limit(_ pieces: [String]) {
    #expect(lines(pieces) == ["1 12345"])
  }

  @Test("a longer one is told as soon as it is known, and is kept no further") func tooLong() {
    for pieces in [["1234567\nab\n"], ["12345", "67\nab\n"]] { #expect(lines(pieces) == ["1 123456…", "2 ab"]) }
    var reader = LineReader(limit: 5)
    #expect(reader.take(Array("12345".utf8).span.raw).isEmpty)
    let told = reader.take(Array("6".utf8).span.raw)
    #expect(told.map(\.isTooLong) == [true] && told.map(\.octets.count) == [6])
  }
}
