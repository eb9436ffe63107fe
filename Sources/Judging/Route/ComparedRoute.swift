import Path
import Statistics
import Timebase
import Wire

/// A path as lines of JSON tell of it, as far as it can be compared with another.
public struct ComparedRoute: Hashable, Sendable {
  /// A hop.
  public struct Hop: Hashable, Sendable {
    /// Its time to live.
    public var ttl: Int
    /// The addresses that answered, the most frequent first.
    public var addresses: [String]
    /// Its own loss.
    public var answers: Loss
    /// Its round-trip times; nil without any.
    public var times: MeanDifference.Sample?
    /// The most that it can have dropped, with the ends of its interval; nil where that is not known.
    public var lost: RouteHop.Bound?
    /// Whether the target answered.
    public var isTarget: Bool
    /// What it shows to be changed, in words: `mss 1460 → 1400`.
    public var changes: [String]
  }

  /// The target, as given.
  public private(set) var target: String?
  /// The hops, the nearest first.
  public private(set) var hops: [Hop] = []
  /// The identifiers of its paths.
  public private(set) var paths: [Int64] = []
  /// What the path itself lost; nil where the target never answered.
  public private(set) var loss: Loss?
  /// Whether a run ended here, so that the next line is of another one.
  private var isEnded = false
  /// Whether the hops are those of the end of the run.
  private var isFinal = false
  /// Whether the hops are those of all flows: those of single ones come behind them.
  private var isSum = false

  /// Nothing read yet.
  public init() {}

  /// Whether nothing was read.
  public var isEmpty: Bool { hops.isEmpty && loss == nil }

  /// The most paths of a file that are kept.
  private static let mostPaths = 1_024

  /// Takes a line of type `hop`, `path` or `summary` of a route; of several runs in a file the last counts.
  ///
  /// - Returns: false for any other line.
  public mutating func take(_ json: JSONValue) -> Bool {
    guard json["schema"]?.integer == Int64(ComparedFlow.schema) else { return false }
    switch json["type"]?.text {
    case "hop":
      guard let hop = Hop(json) else { return false }
      begin(json["destination"]?.text)
      let isOfAll = json["flow"] == .null
      if json["final"]?.truth == true, !isFinal { (hops, isFinal, isSum) = ([], true, false) }
      if isOfAll || !isSum { put(hop) }
      isSum = isSum || isOfAll
    case "path":
      guard let id = json["path_id"]?.integer else { return false }
      begin(json["destination"]?.text)
      if paths.count < ComparedRoute.mostPaths, !paths.contains(id) { paths.append(id) }
    case "summary":
      guard json["mode"]?.text == "route" else { return false }
      begin(json["target"]?.text)
      loss = Loss(json)
      isEnded = true
    default: return false
    }
    return true
  }

  private mutating func begin(_ name: String?) {
    if isEnded { self = ComparedRoute() }
    target = name ?? target
  }

  private mutating func put(_ hop: Hop) {
    let place = hops.firstIndex { $0.ttl >= hop.ttl } ?? hops.count
    if place < hops.count, hops[place].ttl == hop.ttl { hops[place] = hop } else { hops.insert(hop, at: place) }
  }

  /// The hop of the target; nil where it never answered.
  public var targetHop: Hop? { hops.last(where: \.isTarget) }
}

extension Loss {
  fileprivate init?(_ json: JSONValue) {
    guard let sent = json["sent"]?.integer, let answered = json["answered"]?.integer, (0...sent).contains(answered),
      sent <= 1 << 48
    else { return nil }
    self.init(sent: Int(sent), received: Int(answered))
  }
}

extension ComparedRoute.Hop {
  /// The most addresses, and the most changes, of a hop that are compared.
  private static let most = 64

  fileprivate init?(_ json: JSONValue) {
    guard let ttl = json["ttl"]?.integer, (0...255).contains(ttl), let answers = Loss(json) else { return nil }
    (self.ttl, self.answers) = (Int(ttl), answers)
    let all = (json["addresses"]?.list ?? []).prefix(ComparedRoute.Hop.most).compactMap { $0["address"]?.text }
    addresses = all.isEmpty ? json["address"]?.text.map { [$0] } ?? [] : all
    isTarget = json["target"]?.truth ?? false
    if let times = json["rtt"], let mean = times["avg_ns"]?.integer, let deviation = times["stdev_ns"]?.integer,
      mean >= 0, deviation >= 0
    {
      self.times = MeanDifference.Sample(
        mean: .nanoseconds(mean), deviation: .nanoseconds(deviation), count: answers.received)
    }
    let ends = json["lost_here_interval"]?.list?.compactMap(\.fraction) ?? []
    if let ratio = json["lost_here_at_most"]?.fraction, ends.count == 2 {
      lost = RouteHop.Bound(ratio: ratio, lower: ends[0], upper: ends[1])
    }
    changes = (json["changes"]?.list ?? []).prefix(ComparedRoute.Hop.most).compactMap { change in
      guard let field = change["field"]?.text else { return nil }
      // What is another in every probe is no difference.
      if QuoteChange.Field(rawValue: field)?.variesBySegment ?? false { return field }
      return "\(field) \(ComparedRoute.Hop.word(change["from"])) → \(ComparedRoute.Hop.word(change["to"]))"
    }
  }

  private static func word(_ value: JSONValue?) -> String {
    switch value {
    case .integer(let number): "\(number)"
    case .text(let text): text
    default: "none"
    }
  }
}

extension JSONValue {
  /// A share from 0 to 1; nil for anything else.
  fileprivate var fraction: Double? {
    switch self {
    case .integer(let number): number == 0 || number == 1 ? Double(number) : nil
    case .number(let number): (0...1).contains(number) ? number : nil
    default: nil
    }
  }
}
