import Scan
import Timebase
import Wire

/// A sender's part of a pass: every N-th word of 64 probes from where the pass is, at an N-th of the rate.
///
/// Several of them are filled by threads of their own; they share a `ScanCourse` and nothing else. Who receives sees how far
/// each is by its `stride`.
public struct ScanLane: Sendable {
  /// How far it is, for others to see.
  public let stride: ScanStride
  private let probes: ScanProbes
  private let course: ScanCourse
  private let localPort: UInt16
  private let epoch: Instant
  private let (index, count): (UInt64, UInt64)
  private var pacer: RatePacer
  private var rate: Int
  /// The word that is sent, and which of its probes are left.
  private var (word, left): (UInt64, UInt64)
  private let words: UInt64
  /// Until when nothing is sent because the receiver is behind.
  private var heldUntil: Instant?
  /// Whether words without a probe to send were passed over, and more of them may come.
  private var isPassing = false
  /// What was put into the last batch, and where that ended: published once it has left.
  private var (filled, reached): (Int, UInt64)

  /// How many words without a probe to send are passed over in one go.
  private static let mostWords = 4_096

  /// Part `index` of `count` of what a pass has from a probe on.
  init(
    _ probes: ScanProbes, _ course: ScanCourse, from local: UInt16, at next: UInt64, part index: Int, of count: Int,
    epoch: Instant, now: Instant
  ) {
    (self.probes, self.course, self.localPort, self.epoch) = (probes, course, local, epoch)
    (self.index, self.count) = (UInt64(index), UInt64(count))
    rate = course.rate
    pacer = RatePacer(rate: ScanLane.share(rate, index, of: count), from: now)
    words = course.answered.wordCount
    word = next / 64 + UInt64(index)
    left = 0
    (filled, reached) = (0, index == 0 ? next : min(word * 64, probes.size))
    stride = ScanStride(from: reached)
    load()
    if index == 0 { left &= ~(1 << (next & 63) - 1) }
  }

  /// Whether it has nothing more to send.
  public var isOver: Bool { stride.isOver }

  /// When the next packets are due; a moment that has passed where `fill` has more to look at, or to say that it is over.
  public var nextDeadline: Instant { heldUntil ?? (word < words && !isPassing ? pacer.nextDeadline : epoch) }

  /// Whether a probe is of this part, in a pass that was divided from `start` on.
  static func part(_ number: UInt64, from start: UInt64, of count: Int) -> Int {
    Int((number / 64 - start / 64) % UInt64(count))
  }

  private static func share(_ rate: Int, _ index: Int, of count: Int) -> Int {
    max(rate / count + (index < rate % count ? 1 : 0), 1)
  }

  /// Reads which probes of the word are to be asked.
  private mutating func load() {
    guard word < words else { return }
    left = ~course.answered.word(word) & course.answered.mask(word)
  }

  /// Puts what is due into a batch; what was put into the last one has left by now.
  public mutating func fill(_ batch: inout PacketBatch, at now: Instant) {
    guard !isOver else { return }
    publish()
    guard word < words, !course.isStopped else { return stride.finish() }
    heldUntil = course.isHeld ? now + .milliseconds(1) : nil
    guard heldUntil == nil else { return }
    let wanted = course.rate
    if wanted != rate {
      rate = wanted
      pacer.change(to: ScanLane.share(rate, Int(index), of: Int(count)), at: now)
    }
    let room = min(pacer.allowance(at: now), batch.vacancies)
    let timestamp = UInt32(truncatingIfNeeded: (now - epoch).nanoseconds / 1_000)
    var passed = 0
    let before = batch.count
    let (probes, localPort) = (probes, localPort)
    batch.append(
      upTo: room,
      {
        while left == 0 {
          word += count
          passed += 1
          guard word < words, passed < ScanLane.mostWords else { return nil }
          load()
        }
        let number = word << 6 | UInt64(left.trailingZeroBitCount)
        left &= left &- 1
        return number
      },
      { (number, out, start) in
        probes.write(number, from: localPort, timestamp: timestamp, into: &out, at: start)
      })
    filled = batch.count - before
    isPassing = passed >= ScanLane.mostWords
    pacer.take(filled)
    reached =
      word >= words
      ? probes.size : left == 0 ? min((word + 1) << 6, probes.size) : word << 6 | UInt64(left.trailingZeroBitCount)
  }

  private mutating func publish() {
    stride.note(next: reached, sent: filled)
    filled = 0
  }

  /// Ends it where it is: what was put into the last batch has left.
  mutating func finish() {
    publish()
    stride.finish()
  }
}
