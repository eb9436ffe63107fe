import Engines
import Timebase

/// By how much the probes of a run begin later than they were due at first, and when that is to be told.
struct MissedRounds {
  /// From which probe on how many rounds were added, the earliest first.
  private var list: [(sequence: Int, rounds: Int)] = []
  /// What stood before the list: results come from no earlier probe any more.
  private var forgotten = 0
  private var total = 0
  private var latest: Instant?
  private var told: Instant?

  /// More than there are connections under way at once, each of which may have been put off by itself.
  private static let limit = 2 * ConnectEngine.concurrency
  /// How long it goes without saying.
  private static let silence = Interval.seconds(60)

  /// Adds rounds from the n-th probe of each target on.
  mutating func add(_ rounds: Int, from sequence: Int) {
    total += rounds
    list.append((sequence, rounds))
    if list.count > MissedRounds.limit { forgotten += list.removeFirst().rounds }
  }

  /// How many rounds the n-th probe of each target was put off.
  func before(_ sequence: Int) -> Int { list.reduce(forgotten) { $1.sequence <= sequence ? $0 + $1.rounds : $0 } }

  /// Whether what was added last is to be told: the first, and then once a minute.
  mutating func isNews(at now: Instant) -> Bool {
    latest = now
    if let told, now - told < MissedRounds.silence { return false }
    told = now
    return true
  }

  /// What happened, and what to do.
  var words: String {
    "\(total == 1 ? "1 interval" : "\(total) intervals") went without a probe: as many as can be were "
      + "under way (with -g one), or this host was busy or asleep; use a longer -i, or a shorter -W"
  }

  /// The same while it lasts; nil where it is long ago.
  func recent(at now: Instant) -> String? { latest.flatMap { now - $0 < MissedRounds.silence ? words : nil } }
}

/// Probes that were left out because connections of their target that do not end hold its places, and when that is to be
/// told.
struct Crowding {
  private var target = ""
  private var latest: Instant?
  private var told: Instant?

  /// How long it goes without saying.
  private static let silence = Interval.seconds(60)

  /// Notes a probe of a target; says whether it is to be told: the first, and then once a minute.
  mutating func isNews(_ target: String, at now: Instant) -> Bool {
    latest = now
    self.target = target
    if let told, now - told < Crowding.silence { return false }
    told = now
    return true
  }

  /// What happened, and what to do.
  var words: String {
    "\(target): not probed while so many of its connections are still open; use a longer -i or a shorter -W".printable
  }

  /// The same while it lasts; nil where it is long ago.
  func recent(at now: Instant) -> String? { latest.flatMap { now - $0 < Crowding.silence ? words : nil } }
}
