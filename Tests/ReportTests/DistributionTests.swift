import Foundation
import FoundationXML
import Repeatable
import Statistics
import Testing
import Timebase
import Wire

@testable import Report

@Suite("Distributions: for terminals, in pictures, in spreadsheets") struct DistributionTests {
  /// Durations around a median in microseconds, with a tail.
  private static func histogram(_ count: Int, around median: Double, tail: Double = 0, seed: UInt64 = 1) -> Histogram {
    var histogram = Histogram()
    each(count, around: median, tail: tail, seed: seed) { histogram.record($0) }
    return histogram
  }

  private static func each(
    _ count: Int, around median: Double, tail: Double, seed: UInt64, _ body: (Interval) -> Void
  ) {
    var random = Random(Seed(seed))
    for _ in 0..<count {
      let spread = (random.fraction() + random.fraction() + random.fraction() - 1.5) * 0.15
      let more = random.happens(tail) ? random.fraction() * 2 : 0
      body(.nanoseconds(Int64(median * 1_000 * (spread + more).tenToThis)))
    }
  }

  private static func curve(
    _ name: String, _ count: Int, around median: Double, tail: Double = 0, loss: Double = 0, seed: UInt64
  ) -> DistributionSVG.Curve {
    var random = Random(Seed(seed + 100))
    var curve = DistributionSVG.Curve(name: name, histogram: Histogram(), series: TimeSeries())
    var offset = Interval.zero
    each(count, around: median, tail: tail, seed: seed) { interval in
      offset = offset + .milliseconds(20)
      if random.happens(loss) {
        curve.series?.record(nil, at: offset)
      } else {
        curve.histogram.record(interval)
        curve.series?.record(interval, at: offset)
      }
    }
    return curve
  }

  static let pictures: [(String, DistributionSVG)] = [
    (
      "distribution-two",
      DistributionSVG(
        title: "Handshakes of 5,000 probes each, 50 a second",
        curves: [
          curve("web.test:80", 5_000, around: 213, tail: 0.01, seed: 1),
          curve("a-much-longer-name.of.a.host.example:8443", 5_000, around: 390, tail: 0.03, loss: 0.02, seed: 2),
        ])
    ),
    (
      "distribution-narrow",
      DistributionSVG(title: "One target", curves: [curve("10.0.0.2:443", 120, around: 20_000, seed: 3)])
    ),
    (
      "distribution-few",
      DistributionSVG(
        title: "Seven <targets> & \"more\"\u{1b}[31m",
        curves: (0..<7).map { index in
          .init(name: "t\(index):80", histogram: histogram(3 * index, around: 100 * Double(index), seed: UInt64(index)))
        })
    ),
    ("distribution-none", DistributionSVG(title: "Nobody", curves: [.init(name: "x:1", histogram: Histogram())])),
  ]

  @Test("pictures are those that were looked at, and well-formed", arguments: pictures.indices)
  func svg(index: Int) throws {
    let (name, picture) = DistributionTests.pictures[index]
    try Golden.expect(picture.text, is: name + ".svg")
    #expect(XMLParser(data: Data(picture.text.utf8)).parse())
    #expect(picture.text.utf8.count < 60_000)
    #expect(!picture.text.contains("nan") && !picture.text.contains("inf\""))
  }

  @Test("extreme durations and one alone have their place", arguments: [0, 1, 999, 60_000_000_000, Int64.max])
  func extremes(nanoseconds: Int64) {
    var histogram = Histogram()
    histogram.record(.nanoseconds(nanoseconds))
    var series = TimeSeries(length: .nanoseconds(1))
    series.record(.nanoseconds(nanoseconds), at: .zero)
    series.record(nil, at: .nanoseconds(.max))
    let text = DistributionSVG(title: "", curves: [.init(name: "", histogram: histogram, series: series)]).text
    #expect(XMLParser(data: Data(text.utf8)).parse() && !text.contains("nan"))
    #expect(DistributionText(histogram).text.utf8.count { $0 == 10 } == 2)
    histogram.record(.zero)
    histogram.record(.seconds(3_600))
    let both = DistributionSVG(title: "", curves: [.init(name: "", histogram: histogram)]).text
    #expect(XMLParser(data: Data(both.utf8)).parse())
    #expect(DistributionText(histogram).text.utf8.count { $0 == 10 } <= 18)
  }

  private static let texts: [(String, Histogram, Style)] = [
    ("wide", histogram(20_000, around: 213, tail: 0.01), .plain),
    ("ascii", histogram(20_000, around: 213, tail: 0.01), Style(isUnicode: false, width: 60)),
    ("coloured", histogram(300, around: 213), Style(isColoured: true, width: 80)),
    ("narrow", histogram(300, around: 20_000), Style(width: 30)),
    ("few", histogram(3, around: 1_500), .plain),
  ]

  @Test("bars are those that were looked at")
  func text() throws {
    var text = ""
    for (name, histogram, style) in DistributionTests.texts {
      text += "# \(name)\n" + DistributionText(histogram, style: style).text
    }
    try Golden.expect(text.escapedForOutput, is: "distributions.txt")
    #expect(DistributionText(Histogram()).text.isEmpty)
  }

  @Test("every answer is in one row", arguments: texts.indices)
  func rowsAddUp(index: Int) {
    let (_, histogram, _) = DistributionTests.texts[index]
    let lines = DistributionText(histogram, style: Style(isUnicode: false)).text.split(separator: "\n").dropFirst()
    let counts = lines.map { line in
      line.split(separator: "|").last.flatMap { $0.split { $0 == " " || $0 == "#" }.first.flatMap { UInt64($0) } } ?? 0
    }
    #expect(counts.reduce(0, +) == histogram.count)
  }

  /// Nanoseconds, and how they are told.
  private static let words: [(Int64, String)] = [
    (-5, "0 ns"), (0, "0 ns"), (999, "999 ns"), (1_000, "1 µs"), (1_234, "1.23 µs"), (12_345, "12.3 µs"),
    (213_400, "213 µs"), (999_600, "1 ms"), (1_020_000, "1.02 ms"), (1_500_000, "1.5 ms"), (20_000_000, "20 ms"),
    (999_499_999, "999 ms"), (3_600_000_000_000, "3600 s"), (.max, "4611686018 s"),
  ]

  @Test("durations are told in few letters", arguments: words)
  func brevity(nanoseconds: Int64, text: String) { #expect(Interval.nanoseconds(nanoseconds).briefly() == text) }

  @Test("shares are told from none and from all")
  func shares() {
    #expect(percent(0, of: 7) == "0.0 %" && percent(7, of: 7) == "100 %" && percent(1, of: 0) == "?")
    #expect(
      percent(1, of: 3) == "33.3 %" && percent(1, of: 10_000) == "0.01 %" && percent(9_999, of: 10_000) == "99.99 %")
    #expect(percent(1, of: 10_000_000) == "0.000 %")
    #expect(
      [Quantile.p50, .p999, .p9999, Quantile(995, of: 1_000)].map(\.words) == ["p50", "p99.9", "p99.99", "p99.5"])
  }

  @Test("an axis holds both ends and names a few round places", arguments: Seed.several)
  func scales(seed: Seed) {
    var random = Random(seed)
    for _ in 0..<500 {
      let (bits, more) = (random.next() % 40, random.next() % 12)
      let least = Interval.nanoseconds(Int64(random.next() % (1 << bits) + 1))
      let scale = Scale(from: least, to: least * Int64(random.next() % (1 << more) + 1))
      #expect((2...16).contains(scale.ticks.count), "\(scale)")
      #expect(scale.ticks == scale.ticks.sorted())
      #expect(scale.low <= Double(least.nanoseconds) && scale.place(of: least) >= 0)
      #expect(scale.place(of: .nanoseconds(.max)) == 1 && scale.place(of: .zero) == 0)
    }
  }

  @Test("rows begin at round numbers, with the shortest, and are no more than there is room for")
  func edges() {
    func edges(_ low: Int64, _ high: Int64, _ limit: Int = 16) -> [Int64] {
      Spans.edges(from: .nanoseconds(low), to: .nanoseconds(high), limit: limit).map(\.nanoseconds)
    }
    #expect(edges(100, 1_000).first == 100 && edges(99, 1_000).first == 0 && edges(126, 1_000).first == 125)
    #expect(edges(1_000, 1_015) == Array(1_000...1_015))
    #expect(edges(1_000, 1_016) == stride(from: 1_000, through: 1_016, by: 2).map { $0 })
    for high in [150, 399, 400, 1_000, 77_777, 3_600_000_000_000] as [Int64] {
      #expect(edges(100, high).count <= 16)
    }
  }

  @Test("what is right at a row's beginning belongs to it, and one of very many has a bar") func rows() {
    var histogram = Histogram()
    for nanoseconds in [100, 200, 400, 800] as [Int64] { histogram.record(.nanoseconds(nanoseconds)) }
    for (isUnicode, bars) in [(false, "#"), (true, "█▏▎▍▌▋▊▉")] {
      let style = Style(isUnicode: isUnicode)
      let rows = DistributionText(histogram, style: style).text.split(separator: "\n").dropFirst()
      let filled = rows.filter { row in row.contains { bars.contains($0) } }
      #expect(filled.map { $0.split(separator: " ")[0] } == ["100", "200", "400", "800"])
      var uneven = Histogram()
      uneven.record(.microseconds(1), times: 10_000_000_000)
      uneven.record(.microseconds(900))
      let narrow = DistributionText(uneven, style: style).text.split(separator: "\n").dropFirst()
      #expect(narrow.count { row in row.contains { bars.contains($0) } } == 2)
    }
  }

  @Test("one interval alone is a short line, and half of all is half") func course() {
    var series = TimeSeries()
    for (second, time) in [nil, Interval.milliseconds(1), nil].enumerated() {
      series.record(time, at: .seconds(Int64(second)))
    }
    series.record(.milliseconds(1), at: .zero)
    series.record(nil, at: .zero)
    var histogram = Histogram()
    histogram.record(.milliseconds(1))
    func text(_ series: TimeSeries) -> String {
      DistributionSVG(title: "t", curves: [DistributionSVG.Curve(name: "n", histogram: histogram, series: series)]).text
    }
    let lines = text(series).split(separator: "\n").filter { $0.contains("<polyline") && $0.contains("thick") }
    #expect(!lines.isEmpty)
    for line in lines { #expect(line.split(separator: ",").count > 2, "\(line)") }
    var half = TimeSeries()
    half.record(nil, at: .zero)
    half.record(.milliseconds(1), at: .zero)
    #expect(text(half).contains(">50 %<") && !text(half).contains(">100 %<"))
  }
}
