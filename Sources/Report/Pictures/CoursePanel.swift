import Statistics
import Timebase

/// The median (whole line) and p99 (dashed) of each interval of a run, and below them the share that was lost.
struct CoursePanel {
  let curves: [DistributionSVG.Curve]
  let top: Double

  private static let plot = 150.0
  private static let lossPlot = 46.0

  static func height(_ curves: [DistributionSVG.Curve]) -> Double { plot + 62 + (hasLoss(curves) ? lossPlot + 26 : 0) }

  private static func hasLoss(_ curves: [DistributionSVG.Curve]) -> Bool {
    curves.contains { $0.series?.slices.contains { $0.lost > 0 } ?? false }
  }

  private var left: Double { DistributionSVG.left }
  private var right: Double { DistributionSVG.right }
  private var bottom: Double { top + 26 + CoursePanel.plot }

  /// From where to where time runs.
  private var span: (start: Double, end: Double) {
    let all = curves.compactMap(\.series)
    let start = all.map { Double($0.start.nanoseconds) }.min() ?? 0
    let end = all.map { Double($0.start.nanoseconds) + Double($0.length.nanoseconds) * Double($0.slices.count) }.max()
    return (start, max(end ?? 1, start + 1))
  }

  func write(_ svg: inout SVGWriter) {
    svg.text(
      "p50 (whole line) and p99 (dashed) over the run", at: SVGPoint(12, top + 14), "faint small")
    let slices = curves.compactMap(\.series).flatMap(\.slices)
    let least = slices.compactMap { $0.value(at: .p50) }.min()
    let greatest = slices.compactMap { $0.value(at: .p99) }.max()
    var end = bottom
    if let least, let greatest {
      let scale = Scale(from: least, to: max(greatest, least))
      svg.axis(scale, top: top + 26, bottom: bottom)
      for (index, curve) in curves.enumerated() {
        guard let series = curve.series else { continue }
        write(.p99, of: series, scale, "c\(index) thin", &svg)
        write(.p50, of: series, scale, "c\(index) thick", &svg)
      }
    }
    if CoursePanel.hasLoss(curves) {
      end = bottom + 26 + CoursePanel.lossPlot
      writeLoss(&svg, bottom: end)
    }
    writeTimes(&svg, bottom: end)
  }

  private func x(_ nanoseconds: Double) -> Double {
    let (start, end) = span
    return left + (nanoseconds - start) / (end - start) * (right - left)
  }

  /// Where an interval begins.
  private func x(_ index: Int, of series: TimeSeries) -> Double {
    x(Double(series.start.nanoseconds) + Double(index) * Double(series.length.nanoseconds))
  }

  /// A line from middle to middle; where nothing came in an interval it is broken.
  private func write(
    _ quantile: Quantile, of series: TimeSeries, _ scale: Scale, _ kind: String, _ svg: inout SVGWriter
  ) {
    var points: [SVGPoint] = []
    func end() {
      // One interval between two gaps is a short line instead of a point.
      if points.count == 1 { points = [-1.5, 1.5].map { SVGPoint(points[0].x + $0, points[0].y) } }
      if !points.isEmpty { svg.polyline(points, kind) }
      points = []
    }
    for (index, slice) in series.slices.enumerated() {
      guard let value = slice.value(at: quantile) else {
        end()
        continue
      }
      let middle = (x(index, of: series) + x(index + 1, of: series)) / 2
      points.append(SVGPoint(middle, bottom - scale.place(of: value) * CoursePanel.plot))
    }
    end()
  }

  /// A bar for every interval in which something was lost; those of several targets side by side.
  private func writeLoss(_ svg: inout SVGWriter, bottom: Double) {
    let top = bottom - CoursePanel.lossPlot
    svg.text("loss", at: SVGPoint(12, top - 4), "faint small")
    let most = curves.compactMap(\.series).flatMap(\.slices).map { CoursePanel.loss(of: $0) }.max() ?? 0
    let full = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5].first { $0 >= most } ?? 1
    for part in [0, 0.5, 1] {
      let y = bottom - part * CoursePanel.lossPlot
      svg.line(from: SVGPoint(left, y), to: SVGPoint(right, y), "grid")
      svg.text("\((part * full * 100).coordinate) %", at: SVGPoint(left - 6, y + 4), anchor: .end, "small")
    }
    for (number, curve) in curves.enumerated() {
      guard let series = curve.series else { continue }
      for (index, slice) in series.slices.enumerated() where slice.lost > 0 {
        let (from, to) = (x(index, of: series), x(index + 1, of: series))
        let width = (to - from) / Double(curves.count)
        let height = max(CoursePanel.loss(of: slice) / full * CoursePanel.lossPlot, 1)
        svg.rectangle(
          x: from + width * Double(number), y: bottom - height, width: max(width - 0.5, 0.5), height: height,
          "c\(number)-area lost")
      }
    }
    svg.line(from: SVGPoint(left, bottom), to: SVGPoint(right, bottom), "axis")
  }

  private static func loss(of slice: TimeSeries.Slice) -> Double {
    slice.sent == 0 ? 0 : Double(slice.lost) / Double(slice.sent)
  }

  private func writeTimes(_ svg: inout SVGWriter, bottom: Double) {
    let (start, end) = span
    let step = Scale.step(of: end - start)
    var time = (start / step).rounded(.up) * step
    while time <= end {
      let x = x(time)
      svg.line(from: SVGPoint(x, bottom), to: SVGPoint(x, bottom + 4), "axis")
      let name = Interval.nanoseconds(Int64(time)).sinceStart
      let half = Double(name.columns) * 3.5
      svg.text(name, at: SVGPoint(min(x, DistributionSVG.width - half - 2), bottom + 18), anchor: .middle, "small")
      time += step
    }
  }
}

extension Interval {
  /// A time on an axis that begins with the run: `12 s`, `90 s`, `5 min`, `2.5 h`.
  fileprivate var sinceStart: String {
    let seconds = nanoseconds / 1_000_000_000
    if nanoseconds < 120_000_000_000 || !seconds.isMultiple(of: 6) { return nanoseconds == 0 ? "0" : briefly() }
    let (unit, name) = seconds < 7_200 ? (60, "min") : (3_600, "h") as (Int64, String)
    let tenths = seconds * 10 / unit
    return tenths.isMultiple(of: 10) ? "\(tenths / 10) \(name)" : "\(tenths / 10).\(tenths % 10) \(name)"
  }
}
