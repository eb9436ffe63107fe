import Handshake
import Timebase

/// How much of the wait for a response is the path's, and how much the application's.
///
/// It answers "is it the network or the server?".
/// The kernel of the other host answers SYN, keep-alive probe and FIN without asking the application, so their times are
/// the path's. A response takes the path's time too; what is left is the application's.
public struct PathShare: Hashable, Sendable {
  /// The round-trip time of the path.
  public var path: Interval
  /// How long the application took.
  public var application: Interval

  /// The share of both.
  init(path: Interval, application: Interval) { (self.path, self.application) = (path, application) }

  /// The share by the medians of the steps and of what was left of the responses; nil where nothing was asked, or where
  /// the steps differ among each other by as much as the application took.
  init?(application: Interval?, _ median: (StepKind) -> Interval?) {
    guard let application, let path = PathShare.path(median) else { return nil }
    let (confirm, syn, fin) = (median(.confirm) ?? path, median(.syn) ?? path, median(.fin) ?? path)
    guard application > max(confirm, syn, fin) - min(confirm, syn, fin) else { return nil }
    self.path = path
    self.application = application
  }

  /// What is left of a response without the path's time on the same connection; nil where it has no response or no path.
  static func application(_ time: (StepKind) -> Interval?) -> Interval? {
    guard let response = time(.response), let path = path(time) else { return nil }
    return max(response - path, .zero)
  }

  /// A SYN may have been answered by a proxy; a keep-alive probe was not.
  private static func path(_ time: (StepKind) -> Interval?) -> Interval? { time(.confirm) ?? time(.syn) }
}
