import Judging
import Timebase
import Wire

/// The live picture of a path, drawn again as a whole: pure text from what is known.
public struct RouteScreen: Sendable {
  /// What stands around the hops.
  public struct Frame: Hashable, Sendable {
    /// The time of day.
    public var now: WallTime
    /// From one round to the next.
    public var interval: Interval
    /// Whether keys are read; otherwise Ctrl-C is all there is.
    public var hasKeys = true
    /// Whether no probe is sent at present.
    public var isPaused = false
    /// Whether the keys and columns are explained instead of shown.
    public var showsHelp = false
    /// Whether names are shown where they are known.
    public var showsNames = true
    /// What a person should know beside it; nil where all is well.
    public var remark: String?

    /// A frame from its parts.
    public init(now: WallTime, interval: Interval) { (self.now, self.interval) = (now, interval) }
  }

  /// How it is to look; its width is the screen's.
  public let style: Style
  /// How many lines there are.
  public let rows: Int

  /// A screen of a size.
  public init(style: Style, rows: Int) { (self.style, self.rows) = (style, max(rows, 1)) }

  /// The picture's lines, none longer than the screen is wide, and no more than it has.
  public func lines(_ record: RouteRecord, _ frame: Frame) -> [String] {
    if frame.showsHelp { return help(record, frame) }
    let runs = HopRun.runs(record.table.hops)
    let columns = RouteColumns(screen: record, runs, showsNames: frame.showsNames, style)
    let words = RouteWords(record: record, style: style, isLive: true)
    let head = [title(record, frame)] + (rows < 10 ? [] : [""]) + (rows < 4 ? [] : [style.line(columns.titles)])
    let foot =
      rows < 4 ? [] : [style.line([frame.remark.map { Cell($0.printable, .bad) } ?? Cell(keys(frame), .faint)])]
    let room = max(rows - head.count - foot.count, 0)
    var lines = hops(runs, columns, room)
    // What is to be said has the room that hops leave.
    var remarks = words.remarks.flatMap { remark in
      remark.text.wrapped(style.width).map { Cell($0, remark.colour) }
    }
    let rest = room - lines.count - 1
    if remarks.count > max(rest, 0) {
      remarks = Array(remarks.prefix(max(rest - 1, 0))) + (rest > 0 ? [Cell("more in the final report", .faint)] : [])
    }
    if rest > 0, !remarks.isEmpty { lines += [""] + remarks.map { style.line([$0]) } }
    return Array((head + lines + foot).prefix(rows))
  }

  /// The hops in so many lines; where there is no room for all of them, the last one still has its line.
  private func hops(_ runs: [HopRun], _ columns: RouteColumns, _ room: Int) -> [String] {
    let all = runs.map { columns.lines($0).map { style.line($0) } }
    let whole = all.flatMap(\.self)
    if whole.count <= room { return whole }
    let first = all.compactMap(\.first)
    guard first.count > room, room > 2, let last = first.last else { return Array(first.prefix(room)) }
    let hidden = first.count - (room - 1)
    return first.prefix(room - 2) + [style.line([Cell("\(hidden) more", .faint)])] + [last]
  }

  private func title(_ record: RouteRecord, _ frame: Frame) -> String {
    var cells = [Cell("probe route")] + (frame.isPaused ? [Cell("paused", .doubtful)] : [])
    let used = cells.map { $0.text.columns + 2 }.reduce(0, +)
    cells.append(Cell(record.target.printable.withoutMiddle(max(style.width - used, 8))))
    if record.target != "\(record.remote)" { cells.append(Cell("(\(record.remote.address))")) }
    cells.append(Cell("round \(max(record.table.round + 1, 0))"))
    if record.table.flows.count > 1 { cells.append(Cell("\(record.table.flows.count) flows")) }
    cells += [Cell("every \(frame.interval.compact)"), Cell("for \(record.elapsed.roughly)", .faint)]
    return style.fitting(cells + [Cell(frame.now.second, .faint)])
  }

  private func keys(_ frame: Frame) -> String {
    guard frame.hasKeys else { return "times in ms; Ctrl-C to quit" }
    return "q quit, p \(frame.isPaused ? "resume" : "pause"), r reset, n \(frame.showsNames ? "addresses" : "names"), "
      + "? help" + (style.width < 60 ? "" : "; times in ms")
  }

  /// What the keys do, and what the columns mean.
  private func help(_ record: RouteRecord, _ frame: Frame) -> [String] {
    let here = style.isUnicode ? "here≤" : "here<"
    let lines = [
      "", "q      quit, with the report", "p      pause: send no probes; p again resumes",
      "r      reset the figures", "n      names or addresses", "?      this help; any key closes it", "",
      "sent   probes to the hop", "lost   answers of the hop that are missing",
      "~      behind it: the hop limits its ICMP", "\(here)  most it can have dropped, by later hops",
      "last   time of the latest answer, ms", "avg    mean, then shortest, longest, deviation",
    ]
    return Array(([title(record, frame)] + lines.map { style.line([Cell($0)]) }).prefix(rows))
  }
}
