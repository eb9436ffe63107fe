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
}
