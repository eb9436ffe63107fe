import Handshake

/// Where the columns of a ladder's picture are: our margin with states, times and steps, the way between the lifelines,
/// the peer's margin with its states.
struct LadderFrame {
  /// The whole width, in units that are pixels or a little less where the picture is 600 pixels wide.
  static let width = 640.0
  /// From one line of words to the next.
  static let lineHeight = 13.0
  /// How wide a character of the words along an arrow is: all are of one width.
  static let characterWidth = 7.25
  /// How wide one of the smaller ones is.
  static let smallWidth = 6.65

  private static let edge = 10.0
  private static let stateWidth = 12 * smallWidth + 10
  private static let laneWidth = 8.0

  /// Our lifeline and the peer's, from the left.
  let ours: Double
  let theirs: Double
  /// The first bracket's line; the others follow away from the lifeline.
  let firstLane: Double
  /// The end of the brackets' words that is nearer to the lifeline.
  let stepWords: Double
  /// Which way is outwards on our side: -1 where that is to the left.
  let outwards: Double
  /// Where the lifelines begin.
  let top: Double
  /// Whether the two addresses stand one above the other.
  let isStacked: Bool

  /// The columns for an outcome: the side that opened the connection is on the left.
  init(_ outcome: Outcome, brackets: [StepBracket]) {
    let lanes = Double((brackets.map(\.lane).max() ?? -1) + 1)
    let words = Double(brackets.map(\.words.columns).max() ?? 0) * LadderFrame.smallWidth
    let steps = brackets.isEmpty ? 0 : words + 6 + lanes * LadderFrame.laneWidth + 4
    let margin = LadderFrame.edge + steps + LadderFrame.stateWidth
    let other = LadderFrame.edge + LadderFrame.stateWidth
    let isMirrored = outcome.mode == .listen
    ours = isMirrored ? LadderFrame.width - margin : margin
    theirs = isMirrored ? other : LadderFrame.width - other
    outwards = isMirrored ? 1 : -1
    firstLane = ours + outwards * (LadderFrame.stateWidth + 4)
    stepWords = firstLane + outwards * (lanes * LadderFrame.laneWidth + 4)
    let columns = outcome.flow.local.description.columns + outcome.flow.remote.description.columns
    isStacked = Double(columns + 3) * LadderFrame.characterWidth > 0.75 * LadderFrame.width
    top = isStacked ? 100 : 84
  }

  /// How many characters fit along an arrow.
  var columns: Int { Int(((theirs - ours).magnitude - 34) / LadderFrame.characterWidth) }

  /// The line of a bracket's lane.
  func lane(_ number: Int) -> Double { firstLane + outwards * Double(number) * LadderFrame.laneWidth }

  /// Words beside a lifeline, `distance` away from it: where they are anchored, and by which end.
  func beside(ours isOurs: Bool, _ distance: Double) -> (x: Double, anchor: SVGAnchor) {
    let direction = isOurs ? outwards : -outwards
    return ((isOurs ? ours : theirs) + direction * distance, direction < 0 ? .end : .start)
  }
}

/// A step with its time, from the packet that it is counted from to the one that completed it.
struct StepBracket: Hashable {
  /// The packets' places.
  var begin: Int
  var end: Int
  /// Which of the brackets beside each other it is; the first is nearest to the lifeline.
  var lane: Int
  /// `syn 0.213 ms`.
  var words: String

  /// The brackets of an outcome's steps, each over the time beside it: of those that run beside each other, the one that ends first lies outermost, so
  /// that no other is between it and its words.
  static func brackets(of outcome: Outcome) -> [StepBracket] {
    let entries = outcome.log.entries
    var brackets: [StepBracket] = []
    for step in outcome.steps {
      guard step.measurement != nil, let begin = step.begin.flatMap(outcome.log.place),
        let end = step.end.flatMap(outcome.log.place), begin < end,
        entries[end].elapsed(since: entries[begin]) == step.measurement?.interval
      else { continue }
      brackets.append(StepBracket(begin: begin, end: end, lane: 0, words: step.words))
    }
    brackets.sort { ($0.end, $1.begin) > ($1.end, $0.begin) }
    for index in brackets.indices {
      let taken = brackets[..<index].filter { $0.begin < brackets[index].end && brackets[index].begin < $0.end }
      brackets[index].lane = (0...).first { lane in !taken.contains { $0.lane == lane } } ?? 0
    }
    return brackets
  }
}
