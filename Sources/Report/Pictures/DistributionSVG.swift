import Statistics
import Timebase

/// A picture of durations: what share of them stayed below which, and how they went over the run.
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
    /// The same over the run; nil draws none.
    public var series: TimeSeries?

    /// A curve from its parts.
    public init(name: String, histogram: Histogram, series: TimeSeries? = nil) {
      self.name = name
      self.histogram = histogram
      self.series = series
    }
  }

  /// The most curves that are drawn; the name of every other one is told.
  public static let mostCurves = 4

  static let width = 640.0
  static let left = 74.0
  static let right = 626.0
  let title: String
  let curves: [Curve]
  private let omitted: [String]

  /// A picture of curves; those without any duration are told of, but not drawn.
  public init(title: String, curves: [Curve]) {
    self.title = title
    let drawn = curves.filter { $0.histogram.count > 0 || ($0.series?.slices.isEmpty ?? true) == false }
    self.curves = Array(drawn.prefix(DistributionSVG.mostCurves))
    let others =
      curves.filter { $0.histogram.count == 0 }.map { "\($0.name): no answer" }
      + drawn.dropFirst(DistributionSVG.mostCurves).map { "\($0.name): not drawn" }
    let told = others.prefix(DistributionSVG.mostCurves)
    omitted = told + (others.count > told.count ? ["and \(others.count - told.count) more"] : [])
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
    var svg = SVGWriter(width: DistributionSVG.width, height: top + 6, title: title, style: DistributionSVG.style)
    svg.text(title, at: SVGPoint(12, 22), "name")
    writeLegend(&svg, top: legend)
    if let scale { DistributionPanel(curves: curves, scale: scale, top: distribution).write(&svg) }
    if hasCourse { CoursePanel(curves: curves, top: course).write(&svg) }
    return svg.finish()
  }

  private var scale: Scale? {
    let least = curves.compactMap { $0.histogram.value(at: Quantile(0, of: 1)) }.min()
    let greatest = curves.compactMap { $0.histogram.value(at: Quantile(1, of: 1)) }.max()
    guard let least, let greatest else { return nil }
    return Scale(from: least, to: greatest)
  }

  /// A kind of line and one of areas for each curve, `c0` and `c0-area`, and what all of them share.
  private static let style = SVGStyle(
    scope: "distribution",
    [
      SVGStyle.Rule("text", fill: .ink, "font: 13px sans-serif"),
      SVGStyle.Rule(".faint", fill: .faint),
      SVGStyle.Rule(".name", "font-weight: bold"),
      SVGStyle.Rule(".small", "font-size: 12px"),
      SVGStyle.Rule(".grid", stroke: .rule, "fill: none; stroke-width: 1"),
      SVGStyle.Rule(".axis", stroke: .faint, "fill: none; stroke-width: 1"),
    ]
      + ([.accent, .second, .third, .fourth] as [SVGStyle.Colour]).enumerated().flatMap { index, colour in
        [SVGStyle.Rule(".c\(index)", stroke: colour, "fill: none"), SVGStyle.Rule(".c\(index)-area", fill: colour)]
      } + [
        SVGStyle.Rule(".thick", "stroke-width: 2; stroke-linejoin: round"),
        SVGStyle.Rule(".thin", "stroke-width: 1.25; stroke-dasharray: 4 3"),
        SVGStyle.Rule(".lost", "fill-opacity: 0.7"),
      ])

  /// A line for each curve: its colour, its name, and the percentiles in figures.
  private func writeLegend(_ svg: inout SVGWriter, top: Double) {
    for (index, curve) in curves.enumerated() {
      let y = top + Double(index) * 19 + 10
      svg.line(from: SVGPoint(12, y - 4), to: SVGPoint(32, y - 4), "c\(index) thick")
      svg.text(shortened(curve.name, to: 34), at: SVGPoint(38, y), "label")
      svg.text(figures(curve), at: SVGPoint(DistributionSVG.right, y), anchor: .end, "faint small")
    }
    for (index, words) in omitted.enumerated() {
      let y = top + Double(curves.count + index) * 19 + 10
      svg.text(shortened(words, to: 80), at: SVGPoint(38, y), "faint")
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
