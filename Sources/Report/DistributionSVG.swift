import Statistics
import Timebase

/// A picture of durations: what share of them stayed below which, and how they went in the course of the run.
///
/// The distribution is drawn over the logarithm of what is left (90 %, 99 %, 99.9 % are equally far apart), so that the
/// tail has its place. Below it, where the run had more than one interval, the median and p99 of each, and the share
/// that was lost.
public struct DistributionSVG: Sendable {
  /// One target, or one step of it.
  public struct Curve: Sendable {
    /// What it is called.
    public var name: String
    /// Its durations.
    public var histogram: Histogram
    /// The same in the course of the run; nil draws none.
    public var series: TimeSeries?

    /// A curve from its parts.
    public init(name: String, histogram: Histogram, series: TimeSeries? = nil) {
      self.name = name
      self.histogram = histogram
      self.series = series
    }
  }

  /// The most curves that are drawn; the name of every other one is told.
  public static let mostCurves = 6

  static let width = 640.0
  static let left = 74.0
  static let right = 626.0
  private static let colours: [(light: String, dark: String)] = [
    ("#0969da", "#4493f8"), ("#bc4c00", "#f0883e"), ("#1a7f37", "#3fb950"), ("#8250df", "#ab7df8"),
    ("#bf3989", "#f778ba"), ("#7d4e00", "#d29922"),
  ]

  let title: String
  let curves: [Curve]
  private let omitted: [String]

  /// A picture of curves; those without any duration are told of, but not drawn.
  public init(title: String, curves: [Curve]) {
    self.title = title
    let drawn = curves.filter { $0.histogram.count > 0 || ($0.series?.slices.isEmpty ?? true) == false }
    self.curves = Array(drawn.prefix(DistributionSVG.mostCurves))
    omitted =
      curves.filter { $0.histogram.count == 0 }.map { "\($0.name): no answer" }
      + drawn.dropFirst(DistributionSVG.mostCurves).map { "\($0.name): not drawn" }
  }

  /// The whole drawing, as a file has it.
  public var text: String {
    var top = 34.0
    let legend = top
    top += Double(curves.count + omitted.count) * 19 + 8
    let distribution = top
    let scale = scale
    if scale != nil { top += DistributionPanel.height }
    let course = top
    let hasCourse = curves.contains { ($0.series?.slices.count ?? 0) > 1 }
    if hasCourse { top += CoursePanel.height(curves) }
    var svg = SVGWriter(
      width: Int(DistributionSVG.width), height: Int(top) + 6, title: title, rules: DistributionSVG.rules)
    svg.words(title, x: 12, y: 22, class: "name")
    writeLegend(&svg, top: legend)
    if let scale { DistributionPanel(curves: curves, scale: scale, top: distribution).write(&svg) }
    if hasCourse { CoursePanel(curves: curves, top: course).write(&svg) }
    return svg.text
  }

  private var scale: Scale? {
    let least = curves.compactMap { $0.histogram.value(at: Quantile(0, of: 1)) }.min()
    let greatest = curves.compactMap { $0.histogram.value(at: Quantile(1, of: 1)) }.max()
    guard let least, let greatest else { return nil }
    return Scale(from: least, to: greatest)
  }

  private static let rules =
    SVGRule.common + colours.enumerated().flatMap { SVGRule.colour("c\($0)", light: $1.light, dark: $1.dark) } + [
      SVGRule(".thick", "stroke-width: 2; stroke-linejoin: round"),
      SVGRule(".thin", "stroke-width: 1.25; stroke-dasharray: 4 3"),
      SVGRule(".lost", "fill-opacity: 0.7"),
      SVGRule(".small", "font-size: 12px"),
    ]

  /// A line for each curve: its colour, its name, and the percentiles in figures.
  private func writeLegend(_ svg: inout SVGWriter, top: Double) {
    for (index, curve) in curves.enumerated() {
      let y = top + Double(index) * 19 + 10
      svg.line(through: [(12, y - 4), (32, y - 4)], ["class": "c\(index) thick"])
      svg.words(shortened(curve.name, to: 34), x: 38, y: y)
      svg.words(figures(curve), x: DistributionSVG.right, y: y, anchor: "end", class: "faint small")
    }
    for (index, words) in omitted.enumerated() {
      svg.words(shortened(words, to: 80), x: 38, y: top + Double(curves.count + index) * 19 + 10, class: "faint")
    }
  }

  private func figures(_ curve: Curve) -> String {
    var words = ["n \(curve.histogram.count)"]
    for quantile in [Quantile.p50, .p99] {
      if let value = curve.histogram.value(at: quantile) { words.append("\(quantile.words) \(value.briefly())") }
    }
    if let most = curve.histogram.value(at: Quantile(1, of: 1)) { words.append("max \(most.briefly())") }
    return words.together(by: " · ")
  }
}

/// A text of no more columns than there is room for; what is cut is told by dots.
private func shortened(_ text: String, to columns: Int) -> String {
  let text = text.printable
  return text.columns <= columns ? text : String(text.unicodeScalars.prefix(columns - 1)) + "…"
}
