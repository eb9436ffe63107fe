/// How often each verdict was given.
///
/// Four numbers rather than a dictionary: the first dictionary of its kind costs a process some 35 µs of set-up,
/// which is more than a probe of a near host takes.
public struct VerdictCounts: Hashable, Sendable {
  private var open = 0
  private var refused = 0
  private var filtered = 0
  private var unreachable = 0

  /// Nothing counted yet.
  public init() {}

  /// How often a verdict was given.
  public subscript(verdict: Verdict) -> Int {
    switch verdict {
    case .open: open
    case .refused: refused
    case .filtered: filtered
    case .unreachable: unreachable
    }
  }

  /// Counts one more.
  public mutating func add(_ verdict: Verdict) {
    switch verdict {
    case .open: open += 1
    case .refused: refused += 1
    case .filtered: filtered += 1
    case .unreachable: unreachable += 1
    }
  }
}
