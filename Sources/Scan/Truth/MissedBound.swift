/// What the passes of a scan say of the targets that would answer and never did.
///
/// Asking only the unanswered again removes targets: of N that would answer, where a probe of target i is lost with
/// probability q_i, pass t brings a_t = N·E[(1−q)·q^(t−1)] answers first seen. As moments of a distribution of q these are
/// log-convex, a_t² ≤ a_{t−1}·a_{t+1}, so that from pass k on each is at least r = a_k / a_{k−1} times the one before, and
/// what passes after the k-th would bring is at least a_k·r/(1−r) = a_k² / (a_{k−1} − a_k): a lower bound, which is the
/// truth where all targets lose alike.
public struct MissedBound: Hashable, Sendable {
  /// The answers that were first seen in each pass.
  public let answers: [UInt64]
  /// How many gave no answer: no more can have been missed.
  public let unanswered: UInt64

  /// A bound from the answers first seen in each pass, and from how many gave none.
  public init(_ answers: [UInt64], unanswered: UInt64 = .max) {
    (self.answers, self.unanswered) = (answers, unanswered)
  }

  /// What it comes to.
  public enum Value: Hashable, Sendable {
    /// At least so many were missed.
    case atLeast(Double)
    /// The last pass brought as many answers as the one before, or more: nothing can be said.
    case notConverging
    /// There was one pass.
    case unknown
  }

  /// What it comes to, by the last two passes.
  public var value: Value {
    guard answers.count >= 2 else { return .unknown }
    let (before, last) = (Double(answers[answers.count - 2]), Double(answers[answers.count - 1]))
    if last == 0 || unanswered == 0 { return .atLeast(0) }
    guard before > last else { return .notConverging }
    return .atLeast(min(last * last / (before - last), Double(unanswered)))
  }

  /// Whether loss differs between targets: what remains of the last pass is clearly more than what remained of the one
  /// before, where all targets losing alike would leave the same part.
  ///
  /// Clearly: by more than three standard deviations of the two parts, each taken as a share of counted answers.
  public var differsBetweenTargets: Bool {
    guard answers.count >= 3, unanswered > 0 else { return false }
    let counts = answers.suffix(3).map { Double($0) }
    guard counts[0] > 0, counts[1] > 0, counts[2] > 0 else { return false }
    let (early, late) = (counts[1] / counts[0], counts[2] / counts[1])
    // The variance of a ratio of two Poisson counts, to first order.
    let variance = early * early * (1 / counts[1] + 1 / counts[0]) + late * late * (1 / counts[2] + 1 / counts[1])
    return late - early > 3 * variance.squareRoot()
  }
}
