import Statistics
import Timebase
import Wire

/// Two files of the same work, compared: before and after, here and there, or one side and the other.
public struct CaptureComparison: Sendable {
  /// Something that differs, and in how many pairs.
  public struct Difference: Hashable, Sendable {
    /// What differs: `client mss`.
    public var what: String
    /// How.
    public var how: Change
    /// In how many pairs.
    public var count: Int
    /// The first pair: its numbers in both files.
    public var example: (Int, Int)

    /// Whether both tell the same difference.
    public static func == (a: Difference, b: Difference) -> Bool { a.what == b.what && a.how == b.how }
    /// By what it tells.
    public func hash(into hasher: inout Hasher) {
      hasher.combine(what)
      hasher.combine(how)
    }
  }

  /// How something differs.
  public enum Change: Hashable, Sendable {
    /// One value, and another.
    case values(String, String)
    /// One ending, and another.
    case ends(ComparedFlow.End, ComparedFlow.End)
    /// Each pair has values of its own.
    case rewritten
    /// It was counted, and the numbers differ.
    case anotherNumber
    /// The second has it no more.
    case stripped
    /// Only the second has it.
    case added
    /// The same, and not in the same order.
    case anotherOrder
  }

  /// The times of one step on both sides.
  public struct Shift: Sendable {
    /// The step.
    public var step: String
    /// The times of the first file.
    public var first: Series
    /// The times of the second file.
    public var second: Series
    /// The median of the second by that of the first; nil where there are too few times to say.
    public var ratio: Bootstrap.Ratio?
  }

  /// What of a file could not be compared.
  public struct Gap: Hashable, Sendable {
    /// Flows beyond those that are compared.
    public var flows = 0
    /// Flows whose SYNs were cut short by the capture, in their options.
    public var cutOptions = 0
    /// What could not be read: the file is damaged, or has frames or tunnels that were not looked into.
    public var isPartlyRead = false

    /// Nothing is missing.
    public init() {}

    /// Whether everything could be compared.
    public var isNone: Bool { self == Gap() }
  }

  /// What may be said of two files.
  public enum Finding: Hashable, Sendable {
    /// Nothing differs.
    case same
    /// Something differs.
    case different
    /// Nothing differs of what was compared, and that was not all.
    case incomplete
  }

  /// Flows of both files.
  public let counts: (first: Int, second: Int)
  /// What of both files was not compared.
  public let gaps: (first: Gap, second: Gap)
  /// How many pairs were found by what: its word, and the number.
  public let matched: [(evidence: String, count: Int)]
  /// What differs, the most frequent first.
  public let differences: [Difference]
  /// Packets of connections that were seen twice and that only the first file has, and only the second.
  public let lost: (first: Int64, second: Int64)
  /// How the times of steps differ.
  public let shifts: [Shift]
  /// Whether there may be steps beyond those that are compared: only a file that was made to has so many.
  private let hasMoreSteps: Bool
  /// Flows of the first file without a counterpart, and of the second.
  public let only: (first: [ComparedFlow], second: [ComparedFlow])

  /// So few times of a step say nothing of its median.
  public static let fewest = 5

  /// What may differ, in the words in which it is told: all but options by their kind's number, `unknown-253`.
  public static let words =
    ["address", "port", "isn", "packets", "octets", "ttl", "window", "options", "end", "loss", "times"]
    + TCPOption.table.filter { $0.isModelled && !$0.isPadding }.map(\.name)

  /// Whether something that may differ is told by a word, or by that of one end, such as `client ttl`.
  public static func knows(_ word: String) -> Bool {
    let parts = word.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    guard let last = parts.last, parts.count == 1 || parts.count == 2 && ["client", "server"].contains(parts[0]) else {
      return false
    }
    let number = last.hasPrefix("unknown-") ? UInt8(last.dropFirst("unknown-".count)) : nil
    return words.contains(last) || number != nil
  }

  /// Compares the flows of two files, in the order of their numbers.
  ///
  /// What is ignored is told by its words: `ttl` of either end, `client window` of one, `times` for all medians.
  public init(
    _ first: [ComparedFlow], _ second: [ComparedFlow], gaps: (first: Gap, second: Gap) = (Gap(), Gap()),
    ignoring ignored: Set<String> = [], seed: UInt64
  ) {
    self.gaps = gaps
    let matching = FlowMatching(first, second)
    counts = (first.count, second.count)
    only = (matching.onlyFirst, matching.onlySecond)
    matched = FlowMatching.Evidence.allCases.compactMap { evidence in
      let count = matching.pairs.count { $0.evidence == evidence }
      return count > 0 ? (evidence.rawValue, count) : nil
    }
    lost = CaptureComparison.lost(matching.pairs)
    differences = CaptureComparison.differences(of: matching.pairs).filter { difference in
      !ignored.contains(difference.what) && !ignored.contains(String(difference.what.split(separator: " ").last ?? ""))
    }
    guard !ignored.contains("times") else {
      (shifts, hasMoreSteps) = ([], false)
      return
    }
    let (own, others) = (CaptureComparison.series(first), CaptureComparison.series(second))
    shifts = CaptureComparison.shifts(own, others, seed: seed)
    hasMoreSteps = max(own.count, others.count) >= CaptureComparison.stepLimit
  }

  /// Whether anything differs, the flows, what was counted, or a median; where nothing does, whether all was compared.
  public var finding: Finding {
    let isEqual =
      only.first.isEmpty && only.second.isEmpty && differences.isEmpty
      && !shifts.contains { $0.ratio?.isDifferent ?? false }
    guard isEqual else { return .different }
    // Of two files without a connection nothing was compared.
    return gaps.first.isNone && gaps.second.isNone && counts.first > 0 && !hasMoreSteps ? .same : .incomplete
  }

  /// Whether nothing differs, and all was compared.
  public var isSame: Bool { finding == .same }

  private static func lost(_ pairs: [FlowMatching.Pair]) -> (first: Int64, second: Int64) {
    var lost: (first: Int64, second: Int64) = (0, 0)
    for pair in pairs where pair.evidence.isSame {
      for (a, b) in [(pair.first.client, pair.second.client), (pair.first.server, pair.second.server)] {
        guard let a = a.packets, let b = b.packets else { continue }
        lost.first = lost.first.addingClamped(max(a.addingClamped(-b), 0))
        lost.second = lost.second.addingClamped(max(b.addingClamped(-a), 0))
      }
    }
    return lost
  }

  private static func differences(of pairs: [FlowMatching.Pair]) -> [Difference] {
    var found: [Difference] = []
    var places: [Difference: Int] = [:]
    for pair in pairs {
      for (what, how) in pair.differences {
        let difference = Difference(what: what, how: how, count: 1, example: (pair.first.number, pair.second.number))
        if let place = places[difference] {
          found[place].count += 1
        } else if found.count < limit {
          places[difference] = found.count
          found.append(difference)
        }
      }
    }
    return found.enumerated().sorted { ($1.element.count, $0.offset) < ($0.element.count, $1.offset) }.map(\.element)
  }

  /// Differences that are distinguished; a file may have been made to have more.
  private static let limit = 10_000

  /// Steps that are distinguished.
  private static let stepLimit = 32

  private static func shifts(
    _ own: [(step: String, series: Series)], _ others: [(step: String, series: Series)], seed: UInt64
  ) -> [Shift] {
    own.compactMap { step, times in
      guard let other = others.first(where: { $0.step == step })?.series else { return nil }
      let isEnough = min(times.moments.count, other.moments.count) >= fewest
      let ratio = isEnough ? Bootstrap(seed: seed).ratio(of: other.histogram, to: times.histogram, at: .p50) : nil
      return Shift(step: step, first: times, second: other, ratio: ratio)
    }
  }

  private static func series(_ flows: [ComparedFlow]) -> [(step: String, series: Series)] {
    var found: [(step: String, series: Series)] = []
    for time in flows.lazy.flatMap(\.times) {
      if let place = found.firstIndex(where: { $0.step == time.step }) {
        found[place].series.record(time.interval)
      } else if found.count < stepLimit {
        found.append((time.step, Series()))
        found[found.count - 1].series.record(time.interval)
      }
    }
    return found
  }
}

extension FlowMatching.Pair {
  /// What differs between the two, and how.
  var differences: [(what: String, how: CaptureComparison.Change)] {
    var found: [(what: String, how: CaptureComparison.Change)] = []
    func tell<Value: Equatable>(_ what: String, _ a: Value?, _ b: Value?, _ how: CaptureComparison.Change? = nil) {
      guard let a, let b, a != b else { return }
      found.append((what, how ?? .values("\(a)", "\(b)")))
    }
    if evidence.isSame {
      tell("client address", first.client.address, second.client.address)
      tell("server address", first.server.address, second.server.address)
      tell("client port", first.client.port, second.client.port, .rewritten)
      tell("server port", first.server.port, second.server.port)
    } else if evidence == .port {
      tell("server address", first.server.address, second.server.address)
    }
    for (name, a, b) in [("client", first.client, second.client), ("server", first.server, second.server)] {
      if evidence.isSame {
        tell("\(name) isn", a.isn, b.isn, .rewritten)
        tell("\(name) packets", a.packets, b.packets, .anotherNumber)
        tell("\(name) octets", a.octets, b.octets, .anotherNumber)
      }
      tell("\(name) ttl", a.hopLimit, b.hopLimit)
      tell("\(name) window", a.window, b.window)
      found += FlowMatching.Pair.options(name, a.options, b.options)
    }
    if let end = first.end, let other = second.end { tell("end", end, other, .ends(end, other)) }
    return found
  }

  /// Options of a SYN that are missing, that were added, that say something else, or stand in another order.
  private static func options(
    _ name: String, _ a: [String]?, _ b: [String]?
  ) -> [(what: String, how: CaptureComparison.Change)] {
    guard let a, let b else { return [] }
    var found: [(what: String, how: CaptureComparison.Change)] = []
    let (before, after) = (a.map(kind), b.map(kind))
    for (index, kind) in before.enumerated() {
      guard let other = after.firstIndex(of: kind) else {
        found.append(("\(name) \(kind)", .stripped))
        continue
      }
      // Clocks differ from one run to the next, and no one is to blame.
      if kind != "TS", a[index] != b[other] { found.append(("\(name) \(kind)", .values(a[index], b[other]))) }
    }
    for kind in after where !before.contains(kind) { found.append(("\(name) \(kind)", .added)) }
    if found.isEmpty, before != after { found.append(("\(name) options", .anotherOrder)) }
    return found
  }

  private static func kind(_ option: String) -> String { String(option.prefix { $0 != " " }) }
}
