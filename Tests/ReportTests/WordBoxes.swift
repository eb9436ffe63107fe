import Foundation
import Testing

@testable import Report

/// The room that the words of a picture take, as a reader of its SVG finds it.
struct WordBox: CustomStringConvertible {
  var words: String
  /// The four corners, around.
  var corners: [SVGPoint]

  var description: String { "'\(words)' at \(corners.map { "(\($0.x.coordinate) \($0.y.coordinate))" }.joined())" }

  /// The boxes of all words; `size` tells how large a class of words is written.
  static func boxes(in svg: String) throws -> [WordBox] {
    let reading = try XMLReading(svg)
    return try reading.elements.filter { $0.name == "text" }.map { element in
      func number(_ name: String) throws -> Double { try #require(Double(element.attributes[name] ?? "")) }
      let classes = (element.attributes["class"] ?? "").split(separator: " ")
      let size = classes.contains("heading") ? 14.0 : classes.contains("small") || classes.contains("state") ? 11 : 12
      let width = Double(element.text.unicodeScalars.count) * size * 0.602
      var x = try number("x")
      switch element.attributes["text-anchor"] {
      case "end": x -= width
      case "middle": x -= width / 2
      default: break
      }
      // Letters without descenders, digits above all, are what stands in these pictures.
      let y = try number("y")
      let corners = [(x, y - 0.72 * size), (x + width, y - 0.72 * size), (x + width, y + 1), (x, y + 1)]
      return WordBox(words: element.text, corners: corners.map { turned($0, by: element.matrix) })
    }
  }

  private static func turned(_ point: (Double, Double), by matrix: [Double]) -> SVGPoint {
    guard matrix.count == 6 else { return SVGPoint(point.0, point.1) }
    return SVGPoint(
      matrix[0] * point.0 + matrix[2] * point.1 + matrix[4], matrix[1] * point.0 + matrix[3] * point.1 + matrix[5])
  }

  /// Whether two boxes have room in common: no edge of either separates them.
  func overlaps(_ other: WordBox) -> Bool {
    for box in [self, other] {
      for (a, b) in zip(box.corners, box.corners.dropFirst()) {
        let normal = SVGPoint(a.y - b.y, b.x - a.x)
        let (mine, theirs) = (shadow(on: normal), other.shadow(on: normal))
        if mine.upperBound <= theirs.lowerBound || theirs.upperBound <= mine.lowerBound { return false }
      }
    }
    return true
  }

  private func shadow(on axis: SVGPoint) -> ClosedRange<Double> {
    let values = corners.map { $0.x * axis.x + $0.y * axis.y }
    return (values.min() ?? 0)...(values.max() ?? 0)
  }

  /// Whether it lies between the edges of a picture.
  func isInside(width: Double, height: Double) -> Bool {
    corners.allSatisfy { $0.x >= 0 && $0.x <= width && $0.y >= 0 && $0.y <= height }
  }
}

extension XMLReading.Element {
  /// The six numbers of the nearest group's `matrix(…)`.
  fileprivate var matrix: [Double] {
    guard let text = transform?.wholeMatch(of: /matrix\((.*)\)/)?.1 else { return [] }
    return text.split(separator: " ").compactMap { Double($0) }
  }
}
