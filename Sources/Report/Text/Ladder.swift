import Handshake
import Timebase
import Wire

/// The packets of one connection as the textbooks draw them: time, our state, the arrow, the peer's state, and
/// the step that the packet completes.
///
/// Where there is no room for the last column its words stand between the lifelines, and where there is none for these
/// the packets are a list.
public struct Ladder {
  /// What there is room for.
  private enum Layout {
    case full, narrow, list
  }

  private let outcome: Outcome
  private let style: Style
  private let glyphs: Glyphs
  private let words: PacketWords
  private let rows: [Row]
  private let folds: [LadderFold]
  /// What explains each packet; empty where that was not asked for.
  private let lessons: [[Meaning]]
  private let width: Int
  private let timeWidth: Int
  private let innerWidth: Int
  private let layout: Layout

  private static let stateWidth = 11
  private static let noteWidth = 17

  /// The ladder of an outcome's packets; runs of plain data are one line each, unless it is to be whole.
  public init(_ outcome: Outcome, style: Style = .plain, isWhole: Bool = true, isExplained: Bool = false) {
    self.outcome = outcome
    self.style = style
    glyphs = style.isUnicode ? .unicode : .ascii
    let words = PacketWords(outcome)
    let rows = Row.rows(of: outcome)
    self.words = words
    self.rows = rows
    folds =
      isWhole
      ? [] : LadderFold.folds(in: outcome, rows, PacketFate.fates(of: outcome), StepBracket.brackets(of: outcome))
    lessons = isExplained ? PacketLessons(outcome).meanings : []
    width = min(max(style.width, 24), 1_000)
    timeWidth = max(7, rows.map(\.time.count).max() ?? 0)
    // Two lifelines, and a space between neighbouring columns.
    let narrow = timeWidth + 2 * Ladder.stateWidth + 5
    let full = narrow + Ladder.noteWidth + 1
    let least = max(rows.map { (words.forms($0.entry).last?.columns ?? 0) + 5 }.max() ?? 0, isExplained ? 36 : 24)
    layout = full + min(least, 60) <= width ? .full : narrow + least <= width ? .narrow : .list
    innerWidth = max(width - (layout == .full ? full : narrow), 24)
  }

  /// The drawing, every line ended by a line feed; empty where no packet was seen.
  public var text: String {
    guard !rows.isEmpty else { return "" }
    guard layout != .list else { return list }
    var lines = header
    var states = EndStates(outcome) { $0.shortName }
    lines.append(first(states))
    for (index, row) in rows.enumerated() {
      if index == outcome.log.gap { lines.append(omission) }
      if let fold = fold(over: index) {
        if index == fold.range.lowerBound { lines.append(line(of: fold, indent: leftWidth)) }
      } else {
        lines += drawn(row, index, &states)
      }
    }
    if outcome.log.gap == rows.count { lines.append(omission) }
    return lines.map { $0.withoutTrailingSpaces + "\n" }.together(by: "")
  }

  /// The line in place of the packets that were not kept.
  private var omission: String {
    " ".leading(leftWidth) + "\(glyphs.ellipsis) \(outcome.log.omitted) more packets are not shown"
  }

  /// The fold that a packet lies in.
  private func fold(over index: Int) -> LadderFold? { folds.first { $0.range.contains(index) } }

  /// The line in place of the packets of a fold.
  private func line(of fold: LadderFold, indent: Int) -> String {
    let hint = "; -v shows them"
    let words = fold.words(within: width - indent - hint.count - 4)
    return String(" ", times: indent) + style.paint("\(glyphs.ellipsis) \(words)\(hint)", .faint)
  }

  /// Whether we are on the right: the left side is the one that opened the connection.
  private var isMirrored: Bool { outcome.mode == .listen }

  private var leftWidth: Int { timeWidth + 1 + Ladder.stateWidth + 1 }

  /// Both endpoints above their lifelines; one above the other where they would meet.
  private var header: [String] {
    let ends = (outcome.flow.local.description, outcome.flow.remote.description)
    let (local, remote) = isMirrored ? (ends.1, ends.0) : ends
    let left = local.trailing(leftWidth + 1)
    let column = min(leftWidth + 1 + innerWidth, width - remote.count)
    guard column > left.count + 1 else {
      return [local.leading(leftWidth), remote.trailing(leftWidth + innerWidth + 2)]
    }
    return [left.leading(column) + remote]
  }

  /// Where both ends stood before the first packet.
  private func first(_ states: EndStates) -> String {
    let (left, right) = isMirrored ? (states.theirs, states.ours) : (states.ours, states.theirs)
    return joined(time: "ms", left: left, inner: glyphs.empty(innerWidth), right: right, note: "")
  }

  /// One packet: the arrow's line, then what more there is to say of it.
  private func drawn(_ row: Row, _ place: Int, _ states: inout EndStates) -> [String] {
    let changed = states.take(row)
    let (left, right) = isMirrored ? (changed.theirs, changed.ours) : (changed.ours, changed.theirs)
    let isFull = layout == .full
    let inner = [arrow(row)] + options(row) + (isFull ? [] : row.notes.map(between)) + explanations(place)
    let notes = isFull ? row.notes : []
    return (0..<max(inner.count, notes.count)).map { index in
      joined(
        time: index == 0 ? row.time : "",
        left: index == 0 ? left ?? "" : "",
        inner: index < inner.count ? inner[index] : glyphs.empty(innerWidth),
        right: index == 0 ? right ?? "" : "",
        note: index < notes.count ? notes[index].text(glyphs, style) : "")
    }
  }

  private func joined(time: String, left: String, inner: String, right: String, note: String) -> String {
    [time.trailing(timeWidth), left.trailing(Ladder.stateWidth), inner, right.leading(Ladder.stateWidth), note]
      .together(by: " ")
  }

  /// A note between the lifelines.
  private func between(_ note: Note) -> String {
    let words = note.text(glyphs, style)
    let spare = innerWidth - 1 - note.text(glyphs, .plain).columns
    return glyphs.line + " " + words + String(" ", times: max(spare, 0)) + glyphs.line
  }

  private func arrow(_ row: Row) -> String {
    let forms = words.forms(row.entry)
    let label = forms.first { $0.columns + 6 <= innerWidth } ?? forms.last ?? ""
    return glyphs.arrow(
      label, width: innerWidth, sent: (row.entry.direction == .sent) != isMirrored, isDotted: row.isDotted)
  }

  private func options(_ row: Row) -> [String] {
    let indent = innerWidth < 40 ? " " : "   "
    return PacketWords.details(row.entry, width: innerWidth - indent.count - 1).map { words in
      glyphs.line + (indent + words).leading(innerWidth) + glyphs.line
    }
  }

  /// The sentences that explain a packet, and a line that is empty after them.
  private func explanations(_ place: Int) -> [String] {
    guard place < lessons.count else { return [] }
    let lines = lessons[place].flatMap { $0.lines(innerWidth - 4, isUnicode: style.isUnicode) }
    return lines.map { words in
      let rest = String(" ", times: innerWidth - 2 - words.columns)
      return glyphs.line + "  " + style.paint(words, .faint) + rest + glyphs.line
    } + [glyphs.empty(innerWidth)]
  }
}

// MARK: Without room for a picture

extension Ladder {
  /// A line or some for each packet: time, direction, what it says; below it its options, states that change, steps.
  private var list: String {
    let (ours, theirs) = (outcome.flow.local.description, outcome.flow.remote.description)
    var lines = isMirrored ? [theirs, "  to \(ours)"] : [ours, "  to \(theirs)"]
    var states = EndStates(outcome) { $0.shortName }
    for (index, row) in rows.enumerated() {
      if index == outcome.log.gap { lines.append("\(glyphs.ellipsis) \(outcome.log.omitted) more packets") }
      if let fold = fold(over: index) {
        if index == fold.range.lowerBound { lines.append(line(of: fold, indent: 0)) }
      } else {
        lines += listed(row, index, states.take(row))
      }
    }
    if outcome.log.gap == rows.count {
      lines.append("\(glyphs.ellipsis) \(outcome.log.omitted) more packets")
    }
    return lines.map { $0.withoutTrailingSpaces + "\n" }.together(by: "")
  }

  private func listed(_ row: Row, _ place: Int, _ changed: (ours: String?, theirs: String?)) -> [String] {
    let isSent = row.entry.direction == .sent
    let head = row.time.trailing(timeWidth) + (isSent ? " > " : " < ")
    let indent = String(" ", times: head.count)
    let room = max(width - head.count, 12)
    var lines = words.lines(row.entry, width: room) + PacketWords.details(row.entry, width: room)
    if let ours = changed.ours { lines.append("us \(ours)") }
    if let theirs = changed.theirs { lines.append("peer \(theirs)") }
    lines += row.notes.map { $0.text(glyphs, style) }
    if place < lessons.count {
      lines += lessons[place].flatMap { $0.lines(room, isUnicode: style.isUnicode) }.map { style.paint($0, .faint) }
    }
    return lines.enumerated().map { ($0 == 0 ? head : indent) + $1 }
  }
}

/// Where both ends of a ladder stand: named at first, and then only where they change.
struct EndStates {
  private let outcome: Outcome
  private let naming: (State) -> String
  /// What is known of our end, then of the peer's.
  private(set) var ours: String
  private(set) var theirs: String

  /// Before the first packet; `naming` spells the states.
  init(_ outcome: Outcome, naming: @escaping (State) -> String) {
    self.outcome = outcome
    self.naming = naming
    (ours, theirs) = ("?", "?")
    guard outcome.unknownBefore == nil else { return }
    theirs = outcome.mode == .listen ? naming(.closed) : outcome.peerAtHead.map(naming) ?? name(.listen)
    ours = naming(outcome.mode == .listen ? .listen : .closed)
  }

  /// What a packet made of them; nil for an end that stands where it stood.
  mutating func take(_ row: Ladder.Row) -> (ours: String?, theirs: String?) {
    let now = (ours: row.state.map(naming) ?? ours, theirs: row.peer.map { name($0) } ?? theirs)
    let changed = (ours: now.ours != ours ? now.ours : nil, theirs: now.theirs != theirs ? now.theirs : nil)
    (ours, theirs) = now
    return changed
  }

  private func name(_ peer: State) -> String { outcome.known(peer).map(naming) ?? "?" }
}
