import Engines
import Handshake
import Kernel
import Report
import Timebase

/// What this host refused to send, told once for each target, and again only when it has been able to meanwhile.
struct SendErrors {
  /// Why, by target; nil where nothing was refused, or something could be sent since.
  private var causes: [Int: String] = [:]

  /// Why nothing can be sent to a target at present, in words.
  subscript(target: Int) -> String? { causes[target] }

  /// The first target in trouble; nil where none is.
  var first: Int? { causes.keys.min() }

  /// Why nothing can be sent to a target at present, as a line for standard error.
  func line(of target: Int, _ name: String) -> String { "\(name): \(causes[target] ?? "")" }

  /// Notes a refusal; returns whether it is news.
  mutating func note(_ error: RunError, of target: Int) -> Bool {
    guard causes[target] != error.cause else { return false }
    causes[target] = error.cause
    return true
  }

  /// Notes that something could be sent.
  mutating func clear(_ target: Int) {
    // Asked for every result, and mostly there is nothing: no key is looked up for that.
    if !causes.isEmpty { causes[target] = nil }
  }
}

extension RunError {
  /// What went wrong without where: for lines that begin with the target.
  var cause: String {
    if case .changed = self { return RunError.fillsIn }
    guard case .send(let errno, _) = self else { return message }
    return errno.hinted
  }
}

extension Errno {
  /// The route that forbids a destination, as the kernel tells it; nothing where there simply is none.
  ///
  /// These are the codes of `fib_props` in Linux' net/ipv4/fib_semantics.c and of `ip6_route_info_create`.
  var obstacle: Notes {
    switch name {
    case "EACCES": .routeProhibited
    case "EINVAL": .routeBlackhole
    case "EHOSTUNREACH": .routeUnreachable
    default: []
    }
  }

  /// The error, and what to do about it where that is known.
  public var hinted: String { hint.map { "\(self); \($0)" } ?? "\(self)" }
}

/// By how much the probes of a run begin later than they were due at first, and when that is to be told.
struct MissedRounds {
  /// From which probe on how many rounds were added, the earliest first.
  private var list: [(sequence: Int, rounds: Int)] = []
  /// What stood before the list: results come from no earlier probe any more.
  private var forgotten = 0
  private var total = 0
  private var latest: Instant?
  private var told: Instant?

  /// More than there are connections in flight at once, each of which may have been put off by itself.
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
    "\(total == 1 ? "1 interval" : "\(total) intervals") had no probe sent: all slots were "
      + "busy (with -g there is one), or the host was busy or suspended; use a longer -i or a shorter -W"
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
    "\(target): not probed while too many of its connections are still open; use a longer -i or a shorter -W".printable
  }

  /// The same while it lasts; nil where it is long ago.
  func recent(at now: Instant) -> String? { latest.flatMap { now - $0 < Crowding.silence ? words : nil } }
}

/// What a person should know of the names of a run: those that cannot be looked up, and those that have moved.
struct NameLookupErrors {
  /// Why, by name, in the order in which it began.
  private var failing: [(host: String, line: String)] = []
  private var note: (words: String, until: Instant)?

  /// Notes that a name cannot be looked up; returns the line that says so, nil where it has been said.
  mutating func fail(_ host: String, _ line: String) -> String? {
    let isNew = !failing.contains { $0.host == host && $0.line == line }
    clear(host)
    let isSaid = failing.contains { $0.line == line }
    failing.append((host, line))
    return isNew && !isSaid ? line : nil
  }

  /// Notes that it can be again.
  mutating func clear(_ host: String) { failing.removeAll { $0.host == host } }

  /// Notes something that is said for a minute.
  mutating func note(_ words: String, at now: Instant) { note = (words, now + .seconds(60)) }

  /// What is to be said now; nil where all is well.
  func latest(at now: Instant) -> String? {
    if let note, now < note.until { return note.words.printable }
    return failing.first?.line.printable
  }
}
