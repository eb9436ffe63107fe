/// How many connections may be in flight at once: in all, and of one target.
///
/// A target whose connections last long, because it is silent or never stops sending, must not take the places of the
/// others: beyond its share its probes are left out, as soon as half of all places are taken.
public struct Room: Hashable, Sendable {
  /// In all.
  public let places: Int
  /// Of one target, once half of all places are taken.
  public let share: Int

  /// The most places of any run: each holds a port and a descriptor.
  public static let limit = 4_096

  /// The room of so many targets where the places are given.
  init(places: Int, targets: Int) {
    self.places = places
    // Rounded down, so that every target finds its share, however many others hold theirs.
    share = max(1, places / max(targets, 1))
  }

  /// Whether a target that has so many connections in flight, of so many in all, may have another.
  public func allows(_ own: Int, of all: Int) -> Bool { own < share || all < places / 2 }
}
