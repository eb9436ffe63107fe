import Report
import Timebase

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
