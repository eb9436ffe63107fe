import Engines
import Judging
import Kernel
import Report
import Scan
import Timebase
import Wire

/// A scan that is gone on with: what its file holds.
public struct ScanResumption: Sendable {
  /// Where it was.
  public let state: ScanState
  /// A bit a probe: whether it was answered.
  public let bits: ScanBits

  /// The longest file that is read: the bits of the largest scan, and what comes before them.
  private static let limit = Int(ScanBits.most / 8) + (1 << 30)

  /// Reads a file of `--resume`; nil where there is none yet, or an empty one as `mktemp` makes it.
  public static func read(_ path: FilePath) throws(RunError) -> ScanResumption? {
    let octets: [UInt8]
    do throws(Errno) { octets = try File.read(path, atMost: limit) } catch {
      if error.isNoSuchFile { return nil }
      throw .unreadable(error, path)
    }
    if octets.isEmpty { return nil }
    do throws(ScanState.Mistake) {
      let (state, bits) = try ScanState.read(octets)
      return ScanResumption(state: state, bits: bits)
    } catch {
      throw .refused("--resume \(path): \(error.text); name another file")
    }
  }
}

/// Keeps where a scan is, once a second: the file of `--resume`.
///
/// Results come first: what is written here never says more than the file of results holds. The file is replaced as a whole.
/// Where that takes long, as with the bits of very many probes, it is done less often, so that it takes a twentieth of the
/// time at most.
final class ScanKeeper {
  private let path: FilePath
  private var state: ScanState
  private let before: Interval
  private let started = SystemClock.monotonic()
  private var due: Instant
  /// Whether the scan is over, so that nothing is written any more.
  private var isOver = false

  private static let period = Interval.seconds(1)
  /// The share of the time that writing may take.
  private static let share: Int64 = 20

  /// Begins to keep a scan; the state has everything that does not change.
  init(_ path: FilePath, _ state: ScanState) {
    (self.path, self.state, before) = (path, state, state.elapsed)
    due = started
  }

  /// How long earlier runs took.
  var elapsed: Interval { before }

  /// Whether it is to be written.
  func isDue(_ now: Instant) -> Bool { now >= due && !isOver }

  /// Writes where the scan is; the file of results has so many octets by now.
  func write(
    _ engine: borrowing ScanEngine, dropped: UInt32, length: UInt64, at now: Instant, isComplete: Bool = false,
    isDurable: Bool = false
  ) throws(Errno) {
    guard !isOver else { return }
    let place = engine.place(at: now)
    (state.pass, state.next, state.tally) = (place.pass, place.next, place.tally)
    state.repeats = place.repeats
    (state.elapsed, state.dropped, state.isComplete) = (before + (now - started), dropped, isComplete)
    if let file = state.file { state.file = (file.name, length) }
    isOver = isComplete
    let bits = engine.course.answered
    do throws(Errno) {
      let file = try AtomicFile(path)
      try state.write(state.header(bits), bits) { (octets) throws(Errno) in try file.write(octets) }
      try file.commit(isDurable: isDurable)
    } catch {
      var error = error
      error.file = path
      throw error
    }
    let took = SystemClock.monotonic() - now
    due = now + max(ScanKeeper.period, took * ScanKeeper.share)
  }
}
