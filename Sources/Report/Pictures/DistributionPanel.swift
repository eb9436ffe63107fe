import Statistics
import Timebase

/// Durations over the share of answers that took no longer.
struct DistributionPanel {
  let curves: [DistributionSVG.Curve]
  let scale: Scale
  let top: Double

  static let height = 286.0
  private static let plot = 224.0
  private static let shares: [(Double, String)] = [
    (0, "0 %"), (0.5, "50 %"), (0.9, "90 %"), (0.99, "99 %"), (0.999, "99.9 %"), (0.9999, "99.99 %"),
    (0.99999, "99.999 %"), (0.999999, "99.9999 %"), (0.9999999, "99.99999 %"),
  ]

  private var left: Double { DistributionSVG.left }
  private var right: Double { DistributionSVG.right }
  private var bottom: Double { top + 16 + DistributionPanel.plot }

  /// How many nines fit: the longest of n answers stands at 1 − 1/n.
  private var nines: Double {
    let most = curves.map(\.histogram.count).max() ?? 1
    return max(Double(max(most, 1)).decimalLogarithm, 1)
  }

  func write(_ svg: inout SVGWriter) {
    svg.axis(scale, top: top + 16, bottom: bottom)
    svg.text("latency", at: SVGPoint(left - 62, top + 6), "faint small")
    // Named from the right as far as the names do not touch.
    var free = right + 30
    for (share, name) in DistributionPanel.shares.reversed() {
      let x = x(at: share)
      guard x <= right + 0.5 else { continue }
      svg.line(from: SVGPoint(x, top + 16), to: SVGPoint(x, bottom), "grid")
      let room = Double(name.columns) * 7
      guard x + room / 2 <= free else { continue }
      svg.text(
        name, at: SVGPoint(min(x, DistributionSVG.width - room / 2 - 2), bottom + 17), anchor: .middle, "small")
      free = x - room / 2 - 6
    }
    svg.text("share of answers", at: SVGPoint((left + right) / 2, bottom + 34), anchor: .middle, "faint small")
    for (index, curve) in curves.enumerated() where curve.histogram.count > 0 {
      svg.polyline(points(of: curve.histogram), "c\(index) thick")
    }
  }

  private func x(at share: Double) -> Double {
    let rest = max(1 - share, 1e-12)
    return left + -rest.decimalLogarithm / nines * (right - left)
  }

  /// Steps: up to each duration where the share of those below it lies, and along to the share that it makes whole.
  private func points(of histogram: Histogram) -> [SVGPoint] {
    var points: [SVGPoint] = []
    var seen: UInt64 = 0
    let end = x(at: 1 - 1 / Double(max(histogram.count, 1)))
    histogram.eachBucket { bucket in
      let height = bottom - scale.place(of: bucket.highest) * DistributionPanel.plot
      let from = x(at: Double(seen) / Double(histogram.count))
      seen += bucket.count
      let to = min(x(at: Double(seen) / Double(histogram.count)), end)
      // What is nearer than a third of a unit would only make the file longer.
      if let last = points.last, to - last.x < 0.3, abs(last.y - height) < 0.3 { return }
      points.append(SVGPoint(min(from, end), height))
      if to - from >= 0.3 { points.append(SVGPoint(to, height)) }
    }
    // An only answer is a line of no length: it is drawn through.
    if points.count == 1 { points.append(SVGPoint(right, points[0].y)) }
    return points
  }
}

extension SVGWriter {
  /// A vertical axis at the left, its lines across, and its names.
  mutating func axis(_ scale: Scale, top: Double, bottom: Double) {
    let (left, right) = (DistributionSVG.left, DistributionSVG.right)
    for tick in scale.ticks {
      let y = bottom - scale.place(of: tick) * (bottom - top)
      line(from: SVGPoint(left, y), to: SVGPoint(right, y), "grid")
      text(tick.briefly(), at: SVGPoint(left - 6, y + 4), anchor: .end, "small")
    }
    polyline([SVGPoint(left, top), SVGPoint(left, bottom), SVGPoint(right, bottom)], "axis")
  }
}
