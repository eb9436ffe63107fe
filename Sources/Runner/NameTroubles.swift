import Report
import Timebase

/// What a person should know of the names of a run: those that cannot be looked up, and those that have moved.
struct NameTroubles {
  /// Why, by name, in the order in which it began.
  private var failing: [(host: String, line: String)] = []
  private var note: (words: String, until: Instant)?

  /// Notes that a name cannot be looked up; returns the line that says so.
  mutating func fail(_ host: String, _ cause: String) -> String {
    let line = "\(cause); its address is probed as before, and looked up again"
    clear(host)
    failing.append((host, line))
    return line
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
