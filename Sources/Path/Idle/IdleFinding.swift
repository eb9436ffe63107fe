import Timebase

/// What a search came to: how long a silent connection is remembered, who forgets it, and how.
public struct IdleFinding: Hashable, Sendable {
  /// Who forgets.
  public enum Forgetter: String, Hashable, Sendable, CaseIterable {
    /// Something between this host and the peer.
    case path
    /// The peer.
    case peer
    /// This host's own connection tracking.
    case host
    /// Nobody up to the longest silence that was tried.
    case nobody
  }

  /// How it shows.
  public enum Manner: String, Hashable, Sendable, CaseIterable {
    case silent, rst, fin, icmp
  }

  /// What this host's connection tracking forgets.
  public struct HostTracking: Hashable, Sendable {
    /// The time after which it forgets an established connection.
    public var established: Interval
    /// Whether it tracks connections at all.
    public var isTracking: Bool

    /// The time, and whether it matters.
    public init(established: Interval, isTracking: Bool) {
      (self.established, self.isTracking) = (established, isTracking)
    }
  }

  /// Who forgets; nil where that cannot be told.
  public var forgottenBy: Forgetter?
  /// How it shows; nil where nothing was forgotten.
  public var manner: Manner?
  /// The longest silence that was answered; nil before one was.
  public var alive: Interval?
  /// The shortest silence after which it was forgotten; nil where none was.
  public var dead: Interval?
  /// How the search ended; nil where it was interrupted.
  public var end: IdleSearch.End?
  /// What decided.
  public var evidence: String
  /// Known limits near the bounds: hints, and no more.
  public var hints: [KnownIdleLimit]

  /// What a search has come to, and what this host's connection tracking has to do with it.
  public init(_ search: IdleSearch, host: HostTracking?) {
    alive = search.alive == .zero ? nil : search.alive
    (dead, end) = (search.dead, search.end)
    hints = []
    evidence = search.trials.last.map(\.evidence) ?? "no trial was made"
    guard let dead else {
      if search.end == .longest { forgottenBy = .nobody }
      return
    }
    let trial = search.trials.last { $0.answer.isDead && ($0.announced ?? $0.silence) == dead }
    manner = trial.flatMap { Manner($0.answer) }
    evidence = trial?.evidence ?? ""
    forgottenBy = trial.flatMap(Forgetter.init)
    if let host, host.isTracking, forgottenBy != .peer, search.alive <= host.established,
      host.established <= dead + search.plan.resolution
    {
      forgottenBy = .host
      let seconds = Double(host.established.nanoseconds / 1_000_000) / 1_000
      let words = "this host's own connection tracking forgets after \(seconds.whole) s"
      evidence += (evidence.isEmpty ? "" : "; ") + words + " (nf_conntrack_tcp_timeout_established)"
    }
    if search.end == .found {
      hints = KnownIdleLimit.near(search.alive, dead, resolution: search.plan.resolution)
    }
  }
}

extension IdleFinding.Manner {
  fileprivate init?(_ answer: IdleTrial.Answer) {
    switch answer {
    case .silent, .refused: self = .silent
    case .rst: self = .rst
    case .fin: self = .fin
    case .icmp: self = .icmp
    case .alive, .busy, .unclear: return nil
    }
  }
}

extension IdleFinding.Forgetter {
  /// Who forgot, as far as the trial shows: nothing that is silent is the peer, as far as anyone can see.
  fileprivate init?(_ trial: IdleTrial) {
    switch (trial.answer, trial.sender) {
    case (.refused, _): self = .host
    case (.silent, _): self = .path
    case (_, .peer): self = .peer
    // The next hop's packets arrive as this host's own do: which of the two it was, the host's settings say.
    case (_, .path), (_, .host): self = .path
    default: return nil
    }
  }
}

extension Double {
  /// Without a fraction where it has none.
  fileprivate var whole: String { self == rounded() ? "\(Int64(self))" : "\(self)" }
}
