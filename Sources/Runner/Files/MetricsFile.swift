import Kernel
import Timebase

/// The file that Prometheus' text collector reads, written again as a whole at every interval.
final class MetricsFile {
  private let path: FilePath
  private let period: Interval
  /// What takes one document after the other, a FIFO or standard output; nil where the file is replaced.
  private var stream: AtomicFile?
  /// When it is due next.
  private(set) var due: Instant
  /// Why it could not be written the last time; nil where it could.
  private(set) var trouble: String?

  /// A file that is due a little after the probes of each interval, once a second at most: no one reads it more often.
  init(_ path: FilePath, every interval: Interval, from start: Instant) {
    self.path = path
    period = max(interval, .seconds(1))
    due = start + min(period / 2, .milliseconds(500))
  }

  /// Writes it: a reader finds the old one or the new one.
  ///
  /// Not to the disk at once: it is worth nothing after a crash.
  func write(_ document: String) throws(Errno) {
    let file: AtomicFile
    if let stream { file = stream } else { file = try AtomicFile(path) }
    if file.isStream { stream = file }
    try file.write(document)
    try file.commit(isDurable: false)
  }

  /// Writes it, and goes on where that fails; the failure is told once, unless someone else shows it.
  func refresh(_ document: @autoclosure () -> String, isSilent: Bool = false) {
    let began = SystemClock.monotonic()
    let before = trouble
    do throws(Errno) {
      try write(document())
      trouble = nil
    } catch {
      trouble = "cannot write \(path): \(error)"
    }
    if let trouble, before == nil, !isSilent { Output.complain(trouble) }
    // A file of very many targets takes its time; probing has nine tenths of it.
    let now = SystemClock.monotonic()
    due = max(due + period, now + (now - began) * 9)
  }
}
