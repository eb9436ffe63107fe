import Handshake
import Scan
import Timebase

/// What a file of one shard holds, counted while its lines are read; results are not kept.
public struct ScanShardFile: Sendable {
  /// What messages call it.
  public let name: String
  /// Which scan, and which part.
  public private(set) var identity: ScanIdentity?
  /// What its last summary says; nil where it has none.
  public private(set) var end: ScanSummary?
  /// What its results come to.
  private var counted: ScanTally
  /// What it marks; of very many the first.
  private(set) var marks: [ScanMark] = []
  private var results: UInt64 = 0
  private var open: UInt64 = 0
  /// How many SYNs its results took at least.
  private var transmissions: UInt64 = 0
  /// The octets of its lines, summed: files of the same have the same.
  private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

  /// The most passes that are counted.
  private static let mostPasses = 64
  /// The most marks of a file that are kept.
  private static let mostMarks = 65_536

  /// Nothing read yet.
  public init(name: String) {
    self.name = name
    counted = ScanTally(passes: ScanShardFile.mostPasses)
  }

  /// Takes a line; what was in it.
  public mutating func take(_ line: [UInt8]) throws(ScanRecord.Mistake) -> ScanRecord {
    for octet in line { hash = (hash ^ UInt64(octet)) &* 0x0000_0100_0000_01b3 }
    hash = (hash ^ 10) &* 0x0000_0100_0000_01b3
    let record = try ScanRecord(parsing: line)
    switch record {
    case .begin(let new):
      if let identity, identity != new { throw ScanRecord.Mistake(text: "another scan begins in the same file") }
      identity = new
    case .result(let result, _):
      guard let identity else {
        throw ScanRecord.Mistake(text: "a result before the line of type scan-begin; not a file of probe scan --json")
      }
      guard results < identity.size else {
        throw ScanRecord.Mistake(text: "more results than the \(identity.size) ports of shard \(identity.shard)")
      }
      results += 1
      transmissions += UInt64(result.pass)
      if result.state == .open { open += 1 }
      if result.reason == .noResponse {
        counted.unanswered += 1
      } else {
        counted.add(result.state, pass: result.pass)
      }
    case .mark(let mark): if marks.count < ScanShardFile.mostMarks { marks.append(mark) }
    case .end(let summary): end = summary
    case .other: break
    }
    return record
  }

  /// Whether every port of the part has its result here.
  public var isComplete: Bool {
    guard let end, let identity, !end.isInterrupted else { return false }
    return end.tally.answered + end.tally.unanswered == identity.size
  }

  /// What the part came to: by its summary, or where it was killed before by its results.
  var summary: ScanSummary {
    if let end { return end }
    var tally = counted
    tally.sent = transmissions
    return ScanSummary(tally: tally, passes: identity?.passes ?? 1, probes: identity?.size ?? 0, elapsed: .zero)
  }

  /// What is wrong with it as a whole; nil where nothing is.
  var fault: String? {
    guard let identity else { return "no line of type scan-begin; not a file of probe scan --json" }
    guard let end else { return nil }
    if end.probes != identity.size { return "its summary is of \(end.probes) probes, and not of \(identity.size)" }
    let told = identity.showsOpenOnly ? end.tally.count(of: .open) : end.tally.answered + end.tally.unanswered
    let found = identity.showsOpenOnly ? open : results
    return found == told ? nil : "\(found) results, and a summary of \(told): lines are missing, or doubled"
  }

  /// Whether another file holds the same lines.
  func isSame(as other: ScanShardFile) -> Bool { hash == other.hash && results == other.results }
}

/// The shards of one scan, brought together.
public struct ScanShards: Sendable {
  /// Which scan it is, as a whole.
  public private(set) var identity: ScanIdentity?
  private var files: [UInt64: ScanShardFile] = [:]
  private var first: ScanShardFile?

  /// Why files cannot be joined, in words.
  public struct Mistake: Error, Hashable, Sendable {
    /// What is wrong, in words.
    public var text: String
  }

  /// No files yet.
  public init() {}

  /// Takes a file; false where it says nothing new, as a copy of one that is here already.
  public mutating func add(_ file: ScanShardFile) throws(Mistake) -> Bool {
    if let fault = file.fault { throw Mistake(text: "\(file.name): \(fault)") }
    guard let own = file.identity else { return false }
    if let first, let old = first.identity, let difference = old.difference(from: own) {
      throw Mistake(text: "\(file.name) is of another scan than \(first.name): it has \(difference)")
    }
    if let other = files[own.shard.index] {
      guard other.isSame(as: file) else {
        throw Mistake(
          text: "\(other.name) and \(file.name) are both shard \(own.shard), with different results; leave one out")
      }
      return false
    }
    first = first ?? file
    var whole = own
    whole.shard = .whole
    identity = identity ?? whole
    files[own.shard.index] = file
    return true
  }

  /// The shards of which there is no file, as ranges: `2, 5-7 of 8`; nil where there are none.
  public var missing: String? {
    guard let count = first?.identity?.shard.count, UInt64(files.count) < count else { return nil }
    var ranges: [String] = []
    var start: UInt64 = 0
    for index in files.keys.sorted() + [count] {
      if index > start { ranges.append(index == start + 1 ? "\(index)" : "\(start + 1)-\(index)") }
      start = index + 1
    }
    return ranges.joined(separator: ", ") + " of \(count)"
  }

  /// Files of shards that did not come to their ends, with why.
  public var incomplete: [String] {
    files.sorted { $0.key < $1.key }.filter { !$0.value.isComplete }.map { (_, file) in
      let words = file.end == nil ? "has no summary: that scan was killed, or still runs" : "was interrupted"
      return "\(file.name) (shard \(file.identity?.shard ?? .whole)) \(words)"
    }
  }

  /// What all of them mark.
  public var marks: [ScanMark] { files.sorted { $0.key < $1.key }.flatMap(\.value.marks) }

  /// What all of them came to.
  public var summary: ScanSummary {
    let all = files.values.map(\.summary)
    let passes = all.map(\.passes).max() ?? 1
    var tally = ScanTally(passes: passes)
    for one in all { tally.add(one.tally) }
    var sum = ScanSummary(
      tally: tally, passes: passes, probes: identity?.probes ?? 0, elapsed: all.map(\.elapsed).max() ?? .zero)
    sum.addresses = identity?.addresses ?? 0
    sum.dropped = all.reduce(0) { UInt32(clamping: UInt64($0) + UInt64($1.dropped)) }
    for one in all {
      sum.hosts.add(one.hosts)
      sum.prefixes.add(one.prefixes)
    }
    sum.isInterrupted = tally.answered + tally.unanswered < sum.probes
    return sum
  }
}
