import CBench

/// What one call of a path costs.
struct Cost {
  var path: String
  /// The least nanoseconds a call of all rounds: what disturbs only adds.
  var nanoseconds: Double
  /// Requests for memory a call.
  var allocations: Double
}

/// Runs paths in turn, so that all of them meet the same machine.
struct Bench {
  /// One path: how often it is called in a round, and a round of it; what it returns is used.
  private struct Path {
    var name: String
    var calls: Int
    var round: (Int) -> UInt64
  }

  private var paths: [Path] = []
  /// How many rounds each path has.
  let rounds: Int

  init(rounds: Int) { self.rounds = rounds }

  /// Adds a path; the closure is one round, which makes so many calls.
  mutating func add(_ name: String, calls: Int, _ round: @escaping (Int) -> UInt64) {
    paths.append(Path(name: name, calls: calls, round: round))
  }

  /// The cost of each path, in the order in which they were added.
  func run() -> [Cost] {
    var costs = paths.map { Cost(path: $0.name, nanoseconds: .infinity, allocations: 0) }
    // The first round fills what is made once: metadata, witness tables, tables of free memory.
    for path in paths { bench_use(path.round(path.calls)) }
    for _ in 0..<rounds {
      for (index, path) in paths.enumerated() {
        let requests = bench_allocations()
        let begin = bench_now()
        let result = path.round(path.calls)
        let elapsed = bench_now() - begin
        let requested = bench_allocations() - requests
        bench_use(result)
        costs[index].nanoseconds = min(costs[index].nanoseconds, Double(elapsed) / Double(path.calls))
        costs[index].allocations = Double(requested) / Double(path.calls)
      }
    }
    return costs
  }
}
