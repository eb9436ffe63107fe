import Engines
import HTTP
import Handshake
import Judging
import Kernel
import Report
import Statistics
import Timebase
import Wire

/// The picture and the page of a run (`--svg`, `--html`), made when it is over.
final class Drawings {
  private let svg: AtomicFile?
  private let html: AtomicFile?
  private var page: HTMLPage

  /// Begins the files that were asked for; nil where none was.
  init?(_ presentation: Presentation, _ session: Session) throws(RunError) {
    guard presentation.svgPath != nil || presentation.htmlPath != nil else { return nil }
    svg = try session.file(presentation.svgPath)
    html = try session.file(presentation.htmlPath)
    page = HTMLPage(isExplained: presentation.explains)
  }

  /// Takes one result, and the requests that its connection carried.
  func take(_ record: Record, requests: [HTTPTransaction] = []) { page.add(record, requests: requests) }

  /// Draws what was taken; without any result nothing is drawn, and no file is left.
  func finish(_ summaries: [TargetSummary]) throws(RunError) {
    guard let picture = page.picture else { return }
    try svg?.finish(picture)
    if let html { try html.finish(page.text(summaries)) }
  }
}

/// The files of a benchmark: begun before anything is sent, and in their places when it is over.
final class BenchFiles {
  private let log: AtomicFile?
  private let picture: AtomicFile?
  private let names: [String]
  private let started: WallTime
  /// By target and step: what was recorded since the last line of the log.
  private var current: [[Histogram]]
  private var isBegun = false
  private var from = Interval.zero

  /// How long the interval of a line of the log is.
  private static let interval = Interval.seconds(1)

  init(_ settings: BenchSettings, names: [String], started: WallTime, _ session: Session) throws(RunError) {
    log = try session.file(settings.histogramLog)
    picture = try session.file(settings.picture)
    self.names = names
    self.started = started
    current = log == nil ? [] : names.map { _ in BenchFiles.none }
  }

  private static var none: [Histogram] { BenchResult.steps.map { _ in Histogram() } }

  /// Takes one result into the log's current interval.
  func add(_ result: BenchResult) {
    guard log != nil else { return }
    for (index, kind) in BenchResult.steps.enumerated() {
      if let measurement = result[kind] { current[result.target][index].record(measurement.interval) }
    }
  }

  /// Time has passed: a line for each step of each target, where an interval is over.
  func advance(to offset: Interval) throws(Errno) {
    if offset - from >= BenchFiles.interval { try endInterval(at: offset) }
  }

  private func endInterval(at offset: Interval) throws(Errno) {
    guard let log else { return }
    let writer = HistogramLog(started: started)
    var text = isBegun ? "" : writer.header
    isBegun = true
    for target in names.indices {
      for (index, kind) in BenchResult.steps.enumerated() where current[target][index].count > 0 {
        text += writer.line(
          current[target][index], at: from, length: offset - from, tag: "\(names[target].printable)/\(kind.rawValue)")
      }
      current[target] = BenchFiles.none
    }
    from = offset
    try log.write(text)
  }

  /// Ends the last interval and puts the files in their places.
  func commit(_ summaries: [BenchSummary], at offset: Interval) throws(RunError) {
    if let log {
      try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try endInterval(at: max(offset, from)) }
      try log.finish()
    }
    try picture?.finish(BenchFiles.picture(of: summaries))
  }

  /// Of one target its steps, of several the handshakes of each.
  private static func picture(of summaries: [BenchSummary]) -> String {
    guard let first = summaries.first else { return "" }
    var curves: [DistributionSVG.Curve] = []
    if summaries.count == 1 {
      for kind in BenchResult.steps {
        guard let series = first[kind] else { continue }
        curves.append(
          DistributionSVG.Curve(
            name: kind.rawValue, histogram: series.histogram, series: kind == .syn ? first.course : nil))
      }
    } else {
      curves = summaries.map {
        DistributionSVG.Curve(name: $0.target, histogram: $0[.syn]?.histogram ?? Histogram(), series: $0.course)
      }
    }
    let title = summaries.count == 1 ? "probe bench \(first.target)" : "probe bench: the handshakes of each target"
    return DistributionSVG(title: title, curves: curves).text
  }
}
