/// How many flows rule out that a hop has one more next hop than was found: the stopping rule of the Multipath Detection
/// Algorithm (Augustin, Friedman and Teixeira, "Multipath tracing with Paris traceroute", 2007).
///
/// If a hop spreads flows evenly over k next hops, so many flows find all of them with the given confidence.
public struct MultipathRule: Hashable, Sendable {
  /// The probability that no next hop was missed, between 0 and 1, of one hop.
  public let confidence: Double

  /// A rule; the confidence is kept between 0.5 and 0.9999.
  public init(confidence: Double = 0.95) {
    self.confidence = confidence.isNaN ? 0.95 : min(max(confidence, 0.5), 0.999_9)
  }

  /// The most next hops that are told apart.
  public static let mostNextHops = 64

  /// The flows that are needed where so many next hops are known, to rule out another one.
  public func flows(known: Int) -> Int {
    let count = min(max(known, 1), MultipathRule.mostNextHops) + 1
    // The probabilities that so many of the next hops have been seen: exact, where k·((k-1)/k)^n is only a bound.
    var seen = [Double](repeating: 0, count: count + 1)
    seen[0] = 1
    var flows = 0
    while 1 - seen[count] > 1 - confidence, flows < 1_000 {
      for number in stride(from: count, through: 1, by: -1) {
        let (stay, come) = (Double(number) / Double(count), Double(count - number + 1) / Double(count))
        seen[number] = seen[number] * stay + seen[number - 1] * come
      }
      seen[0] = 0
      flows += 1
    }
    return flows
  }

  /// Whether so many flows suffice where so many next hops are known.
  public func isMet(flows count: Int, known: Int) -> Bool { count >= flows(known: known) }
}
