import Handshake
import Judging
import Statistics
import Timebase
import Wire

/// The live picture of targets that are watched, drawn again as a whole: pure text from what is known.
public struct WatchScreen: Sendable {
  /// What stands around the targets.
  public struct Frame: Hashable, Sendable {
    /// The time of day.
    public var now: WallTime
    /// How long the run has taken.
    public var elapsed: Interval
    /// From one probe of a target to the next.
    public var interval: Interval
    /// What a person should know beside it, such as a file that cannot be written; nil where all is well.
    public var remark: String?

    /// Whether keys are read; otherwise Ctrl-C is all there is.
    public var hasKeys = true
    /// Whether no probe is started at present.
    public var isPaused = false
    /// Whether the keys and columns are explained instead of shown.
    public var showsHelp = false

    /// A frame from its parts.
    public init(now: WallTime, elapsed: Interval, interval: Interval, remark: String? = nil) {
      (self.now, self.elapsed, self.interval, self.remark) = (now, elapsed, interval, remark)
    }
  }

  /// How it is to look; its width is the screen's.
  public let style: Style
  /// How many lines there are.
  public let rows: Int

  /// A screen of a size.
  public init(style: Style, rows: Int) {
    self.style = style
    self.rows = max(rows, 1)
  }

  /// The picture's lines, none longer than the screen is wide, and no more than it has.
  public func lines(_ targets: [WatchedTarget], _ frame: Frame) -> [String] {
    if frame.showsHelp { return help(targets, frame) }
    let columns = WatchColumns(targets, width: style.width)
    let titles = line(columns.titles.map { Cell($0, .faint) })
    // On few lines the targets have the room.
    let head = rows < 4 ? [title(targets, frame)] : [title(targets, frame)] + (rows < 8 ? [] : [""]) + [titles]
    let remark = frame.remark.map { Cell($0.printable, .bad) } ?? Cell(keys(frame), .faint)
    let foot = rows < 4 ? [] : [line([remark])]
    let room = max(rows - head.count - foot.count - 1, 0)
    let isCrowded = targets.count > room + 1
    let shown = isCrowded ? order(targets).prefix(room) : targets[...]
    var lines = head + shown.map { line(columns.cells($0, frame.now, style)) }
    if isCrowded { lines.append(line([Cell("\(targets.count - shown.count) more", .faint)])) }
    return Array((lines + foot).prefix(rows))
  }

  private func keys(_ frame: Frame) -> String {
    guard frame.hasKeys else { return "times in ms; Ctrl-C to quit" }
    return "q quit, p \(frame.isPaused ? "resume" : "pause"), r reset, ? help"
      + (style.width < 60 ? "" : "; times in ms")
  }

  /// What the keys do, and what the columns mean.
  private func help(_ targets: [WatchedTarget], _ frame: Frame) -> [String] {
    let lines = [
      "", "q     quit, with the summary", "p     pause: start no probes; p again resumes",
      "r     reset the figures on the screen", "?     this help; any key closes it", "",
      "LAST  time of the latest handshake, ms", "P50   median of the time shown, ms", "P99   99th percentile, ms",
      "MAX   maximum, ms", "LOSS  probes without an answer", "SYN   SYNs without an answer, retransmissions too",
      "SENT  probes since the start or reset",
    ]
    return Array(([title(targets, frame)] + lines.map { line([Cell($0, nil)]) }).prefix(rows))
  }

  /// Where there is not room for all, those that are not as expected come first.
  private func order(_ targets: [WatchedTarget]) -> [WatchedTarget] {
    targets.filter(isAmiss) + targets.filter { !isAmiss($0) }
  }

  private func isAmiss(_ target: WatchedTarget) -> Bool { target.isAsExpected == false }

  private func title(_ targets: [WatchedTarget], _ frame: Frame) -> String {
    let count = targets.count == 1 ? "1 target" : "\(targets.count) targets"
    let trouble = targets.count(where: isAmiss)
    var cells = [Cell("probe watch", nil), Cell("\(count) every \(frame.interval.compact)", nil)]
    if frame.isPaused { cells.append(Cell("paused", .doubtful)) }
    if trouble > 0 { cells.append(Cell("\(trouble) not as expected", .bad)) }
    cells.append(Cell("for \(frame.elapsed.roughly)", .faint))
    cells.append(Cell(frame.now.second, .faint))
    return style.fitting(cells)
  }

  /// Words side by side, cut where the screen ends.
  private func line(_ cells: [Cell]) -> String { style.line(cells) }
}

/// Which columns a screen has room for, and how wide they are.
struct WatchColumns {
  /// A column, in the order in which they stand.
  enum Kind: Int, CaseIterable {
    case target, state, lasting, last, median, slow, max, loss, syn, sent, course
  }

  private let target: Int
  private let kinds: [Kind]
  private let course: Int
  private let window: String

  /// The columns for targets: the narrower the screen, the fewer.
  init(_ targets: [WatchedTarget], width: Int) {
    target = max(6, min(targets.map(\.name.printable.columns).max() ?? 0, max(width * 3 / 10, 12)))
    var rest = width - target - 2 - WatchColumns.width(.state)
    var kinds: Set<Kind> = [.target, .state]
    let least = 10
    for kind in [Kind.last, .syn, .loss, .course, .median, .max, .slow, .sent, .lasting] {
      let need = 2 + (kind == .course ? least : WatchColumns.width(kind))
      guard rest >= need else { continue }
      rest -= need
      kinds.insert(kind)
    }
    self.kinds = Kind.allCases.filter { kinds.contains($0) }
    course = kinds.contains(.course) ? min(least + rest, WatchedTarget.intervals) : 0
    let span = targets.first.map { $0.course.length * Int64(WatchedTarget.intervals) } ?? .zero
    let minutes = span.nanoseconds / 60_000_000_000
    window = span < .seconds(3_600) ? "LAST \(minutes) MIN" : "LAST \(span.roughly.uppercased())"
  }

  private static func width(_ kind: Kind) -> Int {
    switch kind {
    case .target, .course: 0
    case .state: 11
    case .lasting, .last, .median, .slow, .max, .sent: 6
    case .loss, .syn: 4
    }
  }

  /// The columns' titles, as wide as they are.
  var titles: [String] {
    kinds.map { kind in
      switch kind {
      case .target: "TARGET".leading(target)
      case .state: "STATE".leading(WatchColumns.width(.state))
      case .lasting: "FOR".trailing(WatchColumns.width(.lasting))
      case .last: "LAST".trailing(WatchColumns.width(.last))
      case .median: "P50".trailing(WatchColumns.width(.median))
      case .slow: "P99".trailing(WatchColumns.width(.slow))
      case .max: "MAX".trailing(WatchColumns.width(.max))
      case .loss: "LOSS".trailing(WatchColumns.width(.loss))
      case .syn: "SYN".trailing(WatchColumns.width(.syn))
      case .sent: "SENT".trailing(WatchColumns.width(.sent))
      case .course: window
      }
    }
  }

  /// One target's line; percentiles and loss are those of the last minutes.
  func cells(_ watched: WatchedTarget, _ now: WallTime, _ style: Style) -> [Cell] {
    let recent = RecentTimes(watched.course)
    return kinds.map { kind in
      switch kind {
      case .target: Cell(watched.name.printable.withoutMiddle(target).leading(target))
      case .state: Cell((watched.state?.rawValue ?? "...").leading(WatchColumns.width(.state)), watched.state?.colour)
      case .lasting: Cell(watched.since.map { max(now - $0, .zero).roughly } ?? "-", nil).trailing(kind)
      case .last: Cell(watched.last?.replyMilliseconds ?? "-", nil).trailing(kind)
      case .median: Cell(recent.value(at: .p50), nil).trailing(kind)
      case .slow: Cell(recent.value(at: .p99), nil).trailing(kind)
      case .max: Cell(recent.max?.replyMilliseconds ?? "-", nil).trailing(kind)
      case .loss: Cell(recent.loss, recent.lost > 0 ? .bad : nil).trailing(kind)
      case .syn: Cell(recent.synLoss, recent.lostAttempts > 0 ? .bad : nil).trailing(kind)
      case .sent: Cell(WatchColumns.short(watched.sent), nil).trailing(kind)
      case .course: Cell(Sparkline(watched.course, width: course, isUnicode: style.isUnicode).text, nil)
      }
    }
  }

  /// A count in six columns: beyond a million in thousands.
  private static func short(_ count: Int) -> String {
    switch count {
    case ..<1_000_000: "\(count)"
    case ..<100_000_000: "\(count / 1_000)k"
    default: "\(count / 1_000_000)M"
    }
  }

  fileprivate static func width(of kind: Kind) -> Int { width(kind) }
}

extension Cell {
  fileprivate func trailing(_ kind: WatchColumns.Kind) -> Cell { trailing(WatchColumns.width(of: kind)) }
}

/// What the intervals that are kept come to.
struct RecentTimes {
  private var histogram = Histogram()
  private(set) var sent = 0
  private(set) var lost = 0
  private(set) var attempts = 0
  private(set) var lostAttempts = 0
  private(set) var max: Interval?

  init(_ course: TimeSeries) {
    for slice in course.slices {
      sent += slice.sent
      lost += slice.lost
      attempts += slice.attempts
      lostAttempts += slice.lostAttempts
      if let longest = slice.max { max = Swift.max(max ?? longest, longest) }
      histogram.merge(slice.histogram)
    }
  }

  func value(at quantile: Quantile) -> String { histogram.value(at: quantile)?.replyMilliseconds ?? "-" }

  /// In whole per cent, rounded up: what is lost is never told as nothing.
  var loss: String { RecentTimes.share(lost, of: sent) }

  /// The same of SYNs.
  var synLoss: String { RecentTimes.share(lostAttempts, of: attempts) }

  private static func share(_ lost: Int, of sent: Int) -> String {
    sent == 0 ? "-" : "\((lost * 100 + sent - 1) / sent)%"
  }
}

/// The course of a target's times in one line, the latest at the right end.
///
/// A sign stands for some neighbouring intervals, by the slowest of their probes: each step up is longer by the root of
/// two than the one below, from the fastest time in view. So what is steady looks flat, and what is eleven times as slow
/// reaches the top. Any loss shows as a cross, whatever else was answered.
struct Sparkline {
  let text: String

  private static let unicode: [Unicode.Scalar] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  private static let ascii: [Unicode.Scalar] = ["_", ".", "-", "=", "+", "*", "%", "#"]

  /// The course in at most so many signs.
  init(_ course: TimeSeries, width: Int, isUnicode: Bool) {
    let slices = course.slices
    guard width > 0, !slices.isEmpty else {
      text = ""
      return
    }
    let (marks, cross): ([Unicode.Scalar], Unicode.Scalar) =
      isUnicode ? (Sparkline.unicode, "×") : (Sparkline.ascii, "x")
    let span = (slices.count + width - 1) / width
    let least = slices.compactMap(\.max).min() ?? .zero
    // Counted from the right end, so that a sign keeps its intervals while it moves.
    var line: [Unicode.Scalar] = []
    var end = slices.count
    while end > 0 {
      let part = slices[max(end - span, 0)..<end]
      end -= span
      if part.contains(where: { $0.lost > 0 }) {
        line.append(cross)
      } else if let slowest = part.compactMap(\.max).max() {
        line.append(marks[Sparkline.level(slowest, from: least)])
      } else {
        line.append(" ")
      }
    }
    text = String(String.UnicodeScalarView(line.reversed()))
  }

  /// How many times the root of two goes between two times, at most seven.
  static func level(_ time: Interval, from least: Interval) -> Int {
    // Squares of the factors: powers of two.
    let (base, value) = (max(Double(least.nanoseconds), 1), Double(time.nanoseconds))
    let ratio = value / base
    var level = 0
    var square = 2.0
    while level < 7, ratio * ratio >= square {
      level += 1
      square *= 2
    }
    return level
  }
}

/// What changes, for people and logs.
extension TextReport {
  /// One change of state: `2026-01-02T03:04:05Z web.test:80: open -> filtered (no-response), was open for 1h02m`.
  public func change(_ change: WatchChange) -> String {
    var text = "\(change.at.second) \(change.target.printable): "
    if let from = change.from { text += style.paint(from.rawValue, from.colour) + " -> " }
    text += style.paint(change.to.rawValue, change.to.colour) + " (\(change.reason.rawValue))"
    if let from = change.from, let after = change.after { text += ", was \(from.rawValue) for \(after.roughly)" }
    if let reset = change.reset, reset.mark != nil { text += "; \(reset.subject): \(reset.words(peer: "the peer"))" }
    return text + "\n"
  }

  /// One change of address: `2026-01-02T03:04:05Z web.test:80: address 192.0.2.1 -> 192.0.2.7`.
  public func move(_ move: WatchMove) -> String {
    "\(move.at.second) \(move.target.printable): address \(move.from) -> \(move.to.address)\n"
  }
}

extension WallTime {
  /// The moment in UTC to the second: `2026-01-02T03:04:05Z`.
  var second: String { rfc3339.prefix(19) + "Z" }
}

extension Interval {
  /// In the two largest units that it has: `850ms`, `12s`, `3m07s`, `5h02m`, `12d03h`.
  var roughly: String {
    let seconds = max(nanoseconds, 0) / 1_000_000_000
    switch seconds {
    case ..<1: return "\(max(nanoseconds, 0) / 1_000_000)ms"
    case ..<60: return "\(seconds)s"
    case ..<3_600: return "\(seconds / 60)m\(padded(seconds % 60, 2))s"
    case ..<86_400: return "\(seconds / 3_600)h\(padded(seconds / 60 % 60, 2))m"
    default: return "\(seconds / 86_400)d\(padded(seconds / 3_600 % 24, 2))h"
    }
  }
}
