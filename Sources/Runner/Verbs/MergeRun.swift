import Handshake
import Judging
import Kernel
import Report
import Scan
import Wire

/// Everything that `probe merge` was asked for.
public struct MergeSettings: Sendable {
  /// What it shares with a scan: how and where results are shown.
  public var scan = ScanSettings()
  /// The files.
  public var paths: [FilePath] = []

  /// No files yet.
  public init() {}
}

/// How joining went.
public struct MergeResult: Sendable {
  /// Whether every shard is there, and came to its end.
  public var isWhole = true
  /// The signal that ended it; nil where it ended by itself.
  public var signal: Signal?
}

extension Run {
  /// Joins the results of a scan's shards.
  ///
  /// Files are read twice: once to see whether they belong together, then for their results, none of which stays.
  public static func merge(_ settings: MergeSettings) throws(RunError) -> MergeResult {
    var scan = settings.scan
    for path in settings.paths where !path.isRegularFile {
      throw .refused("\(path): not a plain file; each is read twice")
    }
    try scan.claimFiles(settings.paths.map { .read($0) })
    let session = try Session(scan.run.presentation, [])
    let (first, second) = (session.inputs(settings.paths), session.inputs(settings.paths))
    var shards = ScanShards()
    var result = MergeResult()
    var kept: [InputFile] = []
    let presenter = try ScanPresenter(scan, session)
    let sealed = try session.seal()
    for (input, again) in zip(first, second) {
      let reading = ShardReading(input.path) { (_, _) throws(Errno) in }
      result.signal = try CaptureWork.run(input, sealed, into: reading)
      if result.signal != nil { return result }
      try reading.finish()
      do throws(ScanShards.Mistake) {
        if try shards.add(reading.file) {
          kept.append(again)
        } else {
          Output.complain("\(input.path) holds what another file does; left out")
        }
      } catch {
        throw .refused(error.text)
      }
    }
    guard let identity = shards.identity else { throw .refused("no results") }
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try presenter.begin(identity) }
    for input in kept {
      let reading = ShardReading(input.path) { (result, service) throws(Errno) in
        try presenter.tell(result, service: service)
      }
      result.signal = try CaptureWork.run(input, sealed, into: reading)
      if result.signal != nil { return result }
      try reading.finish()
    }
    for mark in shards.marks { presenter.checks.add(mark) }
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try presenter.finish(shards.summary) }
    if let missing = shards.missing {
      Output.complain("no file of shard \(missing)")
      result.isWhole = false
    }
    for words in shards.incomplete {
      Output.complain(words)
      result.isWhole = false
    }
    try presenter.finishFiles()
    try session.finish()
    return result
  }
}

/// A file of a shard, line by line.
private final class ShardReading: OctetReader {
  private(set) var file: ScanShardFile
  private let path: FilePath
  private var lines = LineReader(limit: ScanRecord.longestLine)
  private let take: (ScanResult, String?) throws(Errno) -> Void

  /// Reads a file, and hands over each of its results.
  init(_ path: FilePath, _ take: @escaping (ScanResult, String?) throws(Errno) -> Void) {
    (self.path, self.take) = (path, take)
    file = ScanShardFile(name: path.text)
  }

  var hasEnough: Bool { false }

  func take(_ octets: RawSpan) throws(RunError) { for line in lines.take(octets) { try take(line) } }

  /// Takes what stands behind the last line feed: a line that a killed scan has begun is none.
  func finish() throws(RunError) {
    guard let last = lines.finish() else { return }
    Output.complain("\(path):\(last.number): the line is not whole; left out")
  }

  private func take(_ line: LineReader.Line) throws(RunError) {
    guard !line.isTooLong else {
      throw .refused("\(path):\(line.number): longer than \(ScanRecord.longestLine) bytes")
    }
    if line.octets.isEmpty { return }
    let record: ScanRecord
    do throws(ScanRecord.Mistake) { record = try file.take(line.octets) } catch {
      throw .refused("\(path):\(line.number): \(error.text)")
    }
    guard case .result(let result, let service) = record else { return }
    do throws(Errno) { try take(result, service) } catch { throw RunError(writing: error) }
  }
}
