import Judging
import Timebase

/// What changes, for people and logs.
extension TextReport {
  /// One change of state: `2026-01-02T03:04:05Z web.test:80: open -> filtered (no-response), was open for 1h02m`.
  public func change(_ change: WatchChange) -> String {
    var text = "\(change.at.second) \(change.target.printable): "
    if let from = change.from { text += style.paint(from.rawValue, from.colour) + " -> " }
    text += style.paint(change.to.rawValue, change.to.colour) + " (\(change.reason.rawValue))"
    if let from = change.from, let after = change.after { text += ", was \(from.rawValue) for \(after.roughly)" }
    return text + "\n"
  }

  /// One change of address: `2026-01-02T03:04:05Z web.test:80: address 192.0.2.1 -> 192.0.2.7`.
  public func move(_ move: WatchMove) -> String {
    "\(move.at.second) \(move.target.printable): address \(move.from) -> \(move.to.address)\n"
  }
}

extension WallTime {
  /// The moment in UTC to the second: `2026-01-02T03:04:05Z`.
  var second: String { rfc3339.prefix(19) + "Z" }
}

extension Interval {
  /// In the two greatest units that it has: `850ms`, `12s`, `3m07s`, `5h02m`, `12d03h`.
  var roughly: String {
    let seconds = max(nanoseconds, 0) / 1_000_000_000
    switch seconds {
    case ..<1: return "\(max(nanoseconds, 0) / 1_000_000)ms"
    case ..<60: return "\(seconds)s"
    case ..<3_600: return "\(seconds / 60)m\(padded(seconds % 60, 2))s"
    case ..<86_400: return "\(seconds / 3_600)h\(padded(seconds / 60 % 60, 2))m"
    default: return "\(seconds / 86_400)d\(padded(seconds / 3_600 % 24, 2))h"
    }
  }
}
