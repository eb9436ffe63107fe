import Statistics
import Timebase

/// Two paths compared: before and after, here and there.
///
/// Hops are aligned by their addresses: one more hop moves those behind it, and changes none of them.
public struct RouteComparison: Sendable {
  /// A hop of one, of the other, or of both.
  public struct Pair: Hashable, Sendable {
    /// The hop of the first; nil where only the second has it.
    public var first: ComparedRoute.Hop?
    /// The hop of the second; nil where only the first has it.
    public var second: ComparedRoute.Hop?

    /// Whether both answered, and no address is the same.
    public var isReaddressed: Bool {
      guard let first, let second, !first.addresses.isEmpty, !second.addresses.isEmpty else { return false }
      return !first.addresses.contains { second.addresses.contains($0) }
    }

    /// Whether one answered and the other never did, so often that it is no chance.
    public var hasFallenSilent: Bool {
      guard let first, let second, first.addresses.isEmpty != second.addresses.isEmpty else { return false }
      return answers?.isDifferent ?? false
    }

    /// How the answers that are missing differ.
    public var answers: LossDifference? {
      guard let first, let second else { return nil }
      return LossDifference(from: first.answers, to: second.answers)
    }

    /// Whether the most that it can have dropped differs: the intervals have nothing in common.
    public var losesOtherwise: Bool {
      guard let before = first?.lost, let after = second?.lost else { return false }
      return before.upper < after.lower || after.upper < before.lower
    }

    /// How the mean round-trip times differ; nil where one has too few.
    public var times: MeanDifference? {
      guard let before = first?.times, let after = second?.times else { return nil }
      return MeanDifference(from: before, to: after)
    }

    /// What only the first shows to be changed.
    public var changesOnlyFirst: [String] { ComparedRoute.Hop.only(first, second) }
    /// What only the second shows to be changed.
    public var changesOnlySecond: [String] { ComparedRoute.Hop.only(second, first) }
  }

  /// What may be ignored.
  public enum Part: String, Hashable, Sendable, CaseIterable {
    case address, loss, times
  }

  /// The first path.
  public let first: ComparedRoute
  /// The second path.
  public let second: ComparedRoute
  /// The hops, the nearest first.
  public let pairs: [Pair]
  /// How the loss of the paths themselves differs; nil where a target never answered, or loss is ignored.
  public let loss: LossDifference?
  /// How the mean round-trip times to the target differ; nil where there are too few, or times are ignored.
  public let times: MeanDifference?
  /// Identifiers of paths that only the first has.
  public let pathsOnlyFirst: [Int64]
  /// Identifiers of paths that only the second has.
  public let pathsOnlySecond: [Int64]
  /// What is not compared.
  public let ignored: Set<Part>

  /// Compares two paths.
  public init(_ first: ComparedRoute, _ second: ComparedRoute, ignoring ignored: Set<Part> = []) {
    (self.first, self.second, self.ignored) = (first, second, ignored)
    pairs = RouteComparison.align(first.hops, second.hops)
    let (own, others) = (Set(first.paths), Set(second.paths))
    pathsOnlyFirst = ignored.contains(.address) ? [] : first.paths.filter { !others.contains($0) }
    pathsOnlySecond = ignored.contains(.address) ? [] : second.paths.filter { !own.contains($0) }
    if !ignored.contains(.loss), let before = first.loss, let after = second.loss {
      loss = LossDifference(from: before, to: after)
    } else {
      loss = nil
    }
    if !ignored.contains(.times), let before = first.targetHop?.times, let after = second.targetHop?.times {
      times = MeanDifference(from: before, to: after)
    } else {
      times = nil
    }
  }

  /// Pairs in which the hops themselves differ: one is missing, its address is another, or one of both is silent.
  public var differingHops: [Pair] {
    guard !ignored.contains(.address) else { return [] }
    return pairs.filter { $0.first == nil || $0.second == nil || $0.isReaddressed || $0.hasFallenSilent }
  }

  /// Whether nothing differs that counts: hops, changes on the way, loss, and the times to the target.
  ///
  /// Times of single hops are told, and decide nothing: of many of them one always differs by chance. So it is with
  /// identifiers of paths, where a hop that did not answer makes another one.
  public var isSame: Bool {
    let hasChanged = pairs.contains { !$0.changesOnlyFirst.isEmpty || !$0.changesOnlySecond.isEmpty }
    let loses = !ignored.contains(.loss) && pairs.contains(where: \.losesOtherwise)
    let answersOtherwise = (first.loss == nil) != (second.loss == nil)
    return differingHops.isEmpty && !hasChanged && !loses && !answersOtherwise && !(loss?.isDifferent ?? false)
      && !(times?.isDifferent ?? false)
  }

  /// The alignment that costs least: a hop that is missing costs more than half of one with another address, and a hop
  /// that does not answer may be any.
  private static func align(_ first: [ComparedRoute.Hop], _ second: [ComparedRoute.Hop]) -> [Pair] {
    func cost(_ a: ComparedRoute.Hop, _ b: ComparedRoute.Hop) -> Int {
      if a.addresses.isEmpty || b.addresses.isEmpty { return a.addresses.isEmpty && b.addresses.isEmpty ? 0 : 2 }
      return a.addresses.contains { b.addresses.contains($0) } ? 0 : 7
    }
    let lone = 5
    var costs = Array(repeating: Array(repeating: 0, count: second.count + 1), count: first.count + 1)
    for a in 0...first.count {
      for b in 0...second.count where a + b > 0 {
        var best = Int.max
        if a > 0 { best = min(best, costs[a - 1][b] + lone) }
        if b > 0 { best = min(best, costs[a][b - 1] + lone) }
        if a > 0, b > 0 { best = min(best, costs[a - 1][b - 1] + cost(first[a - 1], second[b - 1])) }
        costs[a][b] = best
      }
    }
    var pairs: [Pair] = []
    var (a, b) = (first.count, second.count)
    while a > 0 || b > 0 {
      if a > 0, b > 0, costs[a][b] == costs[a - 1][b - 1] + cost(first[a - 1], second[b - 1]) {
        pairs.append(Pair(first: first[a - 1], second: second[b - 1]))
        (a, b) = (a - 1, b - 1)
      } else if a > 0, costs[a][b] == costs[a - 1][b] + lone {
        pairs.append(Pair(first: first[a - 1], second: nil))
        a -= 1
      } else {
        pairs.append(Pair(first: nil, second: second[b - 1]))
        b -= 1
      }
    }
    return pairs.reversed()
  }
}

extension ComparedRoute.Hop {
  fileprivate static func only(_ own: ComparedRoute.Hop?, _ other: ComparedRoute.Hop?) -> [String] {
    own?.changes.filter { !(other?.changes.contains($0) ?? false) } ?? []
  }
}
