import Handshake

@testable import Report

/// States are where RFC 9293 figure 5 has them, more or less.
extension StateDiagram {
  /// A place in the drawing, in its own units: 800 to the width.
  typealias Point = SVGPoint

  /// What an arrow joins.
  struct Pair: Hashable, Sendable {
    var from: State
    var to: State
  }

  /// How an arrow runs, and where the last line of its label stands.
  struct Route: Sendable {
    var pair: Pair
    var points: [Point]
    var label: Point
    var anchor = SVGAnchor.start
    var columns = 24

    init(_ from: State, _ to: State, through points: Point..., label: Point, anchor: SVGAnchor = .start) {
      pair = Pair(from: from, to: to)
      self.points = points
      self.label = label
      self.anchor = anchor
    }

    /// To CLOSED, up one of the two rails at the sides.
    init(_ from: State, endsAlong points: Point..., isLeft: Bool, label x: Double, columns: Int) {
      pair = Pair(from: from, to: .closed)
      let rail = isLeft ? StateDiagram.leftRail : StateDiagram.rightRail
      let end = StateDiagram.place(of: .closed)
      let y = points.last?.y ?? end.y
      let edge = isLeft ? end.x - StateDiagram.halfWidth : end.x + StateDiagram.halfWidth
      self.points = points + [Point(rail, y), Point(rail, end.y), Point(edge, end.y)]
      label = Point(x, y - 6)
      self.columns = columns
    }
  }

  /// Half of a state's box.
  static let halfWidth = 64.0
  static let halfHeight = 17.0
  /// Where the arrows to CLOSED run up.
  static let leftRail = 24.0
  static let rightRail = 776.0

  /// The middle of a state's box.
  static func place(of state: State) -> Point {
    switch state {
    case .closed: Point(410, 36)
    case .listen: Point(225, 130)
    case .synSent: Point(595, 130)
    case .synReceived: Point(225, 230)
    case .established: Point(410, 320)
    case .finWait1: Point(225, 410)
    case .finWait2: Point(225, 510)
    case .closing: Point(410, 510)
    case .timeWait: Point(410, 620)
    case .closeWait: Point(595, 410)
    case .lastAck: Point(595, 500)
    }
  }

  /// Where every arrow of the table runs.
  static let routes: [Route] = [
    Route(
      .closed, .listen, through: Point(370, 53), Point(370, 84), Point(225, 84), Point(225, 113), label: Point(233, 78)),
    Route(
      .closed, .synSent, through: Point(450, 53), Point(450, 84), Point(595, 84), Point(595, 113),
      label: Point(587, 78), anchor: .end),
    Route(.listen, .synReceived, through: Point(210, 147), Point(210, 213), label: Point(204, 185), anchor: .end),
    Route(.synReceived, .listen, through: Point(240, 213), Point(240, 147), label: Point(246, 185)),
    Route(
      .synSent, .synReceived, through: Point(531, 130), Point(320, 130), Point(320, 222), Point(289, 222),
      label: Point(523, 124), anchor: .end),
    Route(
      .synSent, .established, through: Point(595, 147), Point(595, 282), Point(450, 282), Point(450, 303),
      label: Point(587, 276), anchor: .end),
    Route(
      .synReceived, .established, through: Point(225, 247), Point(225, 282), Point(370, 282), Point(370, 303),
      label: Point(233, 276)),
    Route(
      .synReceived, .closeWait, through: Point(289, 238), Point(630, 238), Point(630, 393), label: Point(587, 232),
      anchor: .end),
    Route(.established, .finWait1, through: Point(346, 320), Point(225, 320), Point(225, 393), label: Point(233, 314)),
    Route(
      .established, .closeWait, through: Point(474, 320), Point(585, 320), Point(585, 393), label: Point(577, 338),
      anchor: .end),
    Route(.finWait1, .finWait2, through: Point(225, 427), Point(225, 493), label: Point(217, 465), anchor: .end),
    Route(
      .finWait1, .closing, through: Point(289, 410), Point(410, 410), Point(410, 493), label: Point(402, 404),
      anchor: .end),
    Route(
      .finWait1, .timeWait, through: Point(265, 427), Point(265, 460), Point(322, 460), Point(322, 612),
      Point(346, 612),
      label: Point(273, 454)),
    Route(.finWait2, .timeWait, through: Point(225, 527), Point(225, 628), Point(346, 628), label: Point(233, 646)),
    Route(.closing, .timeWait, through: Point(410, 527), Point(410, 603), label: Point(418, 588)),
    Route(.closeWait, .lastAck, through: Point(595, 427), Point(595, 483), label: Point(587, 459), anchor: .end),

    Route(.listen, endsAlong: Point(161, 130), isLeft: true, label: 32, columns: 19),
    Route(.synReceived, endsAlong: Point(161, 230), isLeft: true, label: 32, columns: 19),
    Route(.finWait1, endsAlong: Point(161, 410), isLeft: true, label: 32, columns: 19),
    Route(.finWait2, endsAlong: Point(161, 510), isLeft: true, label: 32, columns: 19),
    Route(.synSent, endsAlong: Point(659, 130), isLeft: false, label: 667, columns: 13),
    Route(.closeWait, endsAlong: Point(659, 410), isLeft: false, label: 667, columns: 15),
    Route(.lastAck, endsAlong: Point(659, 500), isLeft: false, label: 667, columns: 13),
    Route(
      .closing, endsAlong: Point(474, 510), Point(502, 510), Point(502, 560), isLeft: false, label: 510, columns: 24),
    Route(.timeWait, endsAlong: Point(474, 620), isLeft: false, label: 482, columns: 24),
    Route(.established, .closed, through: Point(410, 303), Point(410, 53), label: Point(418, 182)),
  ]
}
