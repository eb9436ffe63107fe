import Handshake
import Script
import Timebase
import Wire

/// What a TCP is like, as facts with the numbers that they rest on: no guess at a product's name.
public struct PeerProfile: Hashable, Sendable {
  /// One SYN, and what it was answered with.
  public struct Offer: Hashable, Sendable {
    /// The options that it offered; empty where there were none.
    public var offered: String
    /// The answer; nil where none came.
    public var answer: PlaySegment?
  }

  /// How initial sequence numbers are made.
  public enum Generator: String, Hashable, Sendable, CaseIterable {
    /// Another start for each pair of ends, and a clock that moves on (RFC 6528).
    case keyedClock = "keyed-clock"
    /// One clock for all (RFC 793).
    case clock
    /// A step for each connection, whatever the time.
    case step
    /// The same number each time.
    case constant
    /// A function of the SYN, as a SYN cookie is: see `hasCookies`.
    case cookie
    /// No order to be seen.
    case random
    /// Too few answers.
    case unknown
  }

  /// What is known of initial sequence numbers.
  public struct Numbers: Hashable, Sendable {
    /// How they are made.
    public var generator = Generator.unknown
    /// How fast they move between the same ports, per second; nil where that is no clock.
    public var slope: Double?
    /// Their standard deviation over ports, as a part of all 32-bit numbers; 0.289 is uniform.
    public var spread: Double?
    /// How many were looked at.
    public var samples = 0
  }

  /// What is known of timestamps.
  public struct Clock: Hashable, Sendable {
    /// Ticks a second, to the nearest that is in use.
    public var hertz: Int?
    /// Whether all connections have the same clock; nil where that is not known.
    public var isShared: Bool?
  }

  /// SYNs and their answers.
  public var offers: [Offer] = []
  /// Seconds between copies of a SYN-ACK that is never acknowledged.
  public var synAckGaps: [Double] = []
  /// Seconds from the first SYN-ACK to a reset; nil where none came.
  public var resetAfter: Double?
  /// For how many seconds that was watched.
  public var waited = 0
  /// Initial sequence numbers.
  public var numbers = Numbers()
  /// Timestamps; nil without any.
  public var clock: Clock?
  /// How far the ISN moved for the same SYN, for one with ISS+5000, and for one with another MSS; empty where not all
  /// were answered.
  public var cookieDifferences: [Int32] = []
  /// Octets and segments that came before any acknowledgment; nil where the service sends less than it may.
  public var initialWindow: Burst?
  /// Seconds from a segment to its retransmissions, each from the one before.
  public var retransmissionGaps: [Double] = []
  /// Milliseconds to the acknowledgment of each octet.
  public var acknowledgmentDelays: [Double] = []
  /// Time to live of the SYN-ACK and of later segments, where they differ.
  public var otherTimeToLive: UInt8?

  /// What came at once.
  public struct Burst: Hashable, Sendable {
    /// Octets of text.
    public var octets: Int
    /// The octets divided by the MSS that was offered, rounded up.
    public var segments: Int
  }

  /// A profile of what was played.
  public init(_ plays: [(of: ProfilePlay, play: Play)], waited: Int) {
    self.waited = waited
    for options in ProfilePlay.offers {
      let found = plays.first { $0.0 == .offer(options) }?.1
      offers.append(
        Offer(
          offered: options,
          answer: found?.answers.compactMap(\.segment).first { $0.segment.flags.contains([.syn, .ack]) }))
    }
    if let play = plays.first(where: { $0.0 == .withheld })?.1 { takeCopies(of: play) }
    if let play = plays.first(where: { $0.0 == .cookies })?.1 { takeCookies(play) }
    takeNumbers(plays)
    if let play = plays.first(where: { $0.0 == .clock })?.1 { takeClock(play, plays) }
    if let play = plays.first(where: { $0.0 == .unacknowledged })?.1 { takeData(play) }
    if let play = plays.first(where: { $0.0 == .octets })?.1 { takeDelays(play) }
  }

  /// The SYN-ACK with all options offered, or the best that there is.
  public var synAck: PlaySegment? { offers.last?.answer ?? offers.compactMap(\.answer).first }

  /// Whether the ISN is a function of the SYN: a SYN cookie (RFC 4987 §3.6); nil where it is not known.
  ///
  /// It contains our ISS, which tells it from a number that never changes.
  public var hasCookies: Bool? {
    guard cookieDifferences.count == 3 else { return nil }
    return cookieDifferences[0] == 0 && cookieDifferences[1] == 5_000
  }

  /// What speaks for a proxy that answers in place of the host; empty where nothing does.
  public var proxyEvidence: [String] {
    var list: [String] = []
    if let synAck, synAck.segment.wnd == 0 { list.append("window 0 in the SYN-ACK") }
    if let synAck, let otherTimeToLive, otherTimeToLive != synAck.timeToLive {
      list.append("TTL \(synAck.timeToLive) in the SYN-ACK, \(otherTimeToLive) later")
    }
    if waited >= 4, !offers.compactMap(\.answer).isEmpty, synAckGaps.isEmpty {
      list.append("no SYN-ACK retransmission in \(waited) s")
    }
    return list
  }
}

// MARK: Facts

extension PeerProfile {
  private mutating func takeCopies(of play: Play) {
    let copies = play.answers.filter { $0.segment?.segment.flags.contains([.syn, .ack]) == true }.map(\.after)
    synAckGaps = zip(copies.dropFirst(), copies).map { ($0 - $1).inSeconds }
    let reset = play.answers.first { $0.segment?.segment.flags.contains(.rst) == true }
    if let reset, let first = copies.first { resetAfter = (reset.after - first).inSeconds }
  }

  private mutating func takeNumbers(_ plays: [(of: ProfilePlay, play: Play)]) {
    let same = plays.first { $0.0 == .samePorts }?.1.synAcks ?? []
    let others = plays.filter { if case .otherPort = $0.0 { true } else { false } }.compactMap { $0.1.synAcks.first }
    numbers.samples = same.count + others.count
    guard same.count >= 4, others.count >= 8 else { return }
    let steps = zip(same.dropFirst(), same).map { (later, earlier) in
      (Double(later.seq &- earlier.seq), max((later.after - earlier.after).inSeconds, 1e-6))
    }
    let spread = Spread(others.map { Double($0.seq) }).deviation / 4_294_967_296
    numbers.spread = spread
    // A clock has the same rate at both intervals, a step the same difference.
    let rates = Spread(steps.map { $0.0 / $0.1 })
    let differences = Spread(steps.map(\.0))
    if hasCookies == true {
      numbers.generator = .cookie
    } else if steps.allSatisfy({ $0.0 == 0 }) {
      numbers.generator = .constant
    } else if differences.variation < 0.01 {
      numbers.generator = .step
    } else if rates.variation < 0.2, rates.mean < 1e9 {
      numbers.slope = rates.mean
      numbers.generator = spread > 0.15 ? .keyedClock : .clock
    } else {
      numbers.generator = .random
    }
  }

  private mutating func takeClock(_ play: Play, _ plays: [(of: ProfilePlay, play: Play)]) {
    let stamps = play.answers.compactMap { answer in answer.timestamp.map { ($0, answer.after) } }
    guard let first = stamps.first, let last = stamps.last, stamps.count >= 2 else { return }
    var clock = Clock()
    let time = (last.1 - first.1).inSeconds
    if time > 0.2 { clock.hertz = PeerProfile.usual(Double(last.0 &- first.0) / time) }
    // Other connections of the same seconds: shared clocks are at most some seconds apart.
    let others = plays.compactMap { $0.0 == .clock ? nil : $0.1.answers.first?.timestamp }
    if !others.isEmpty {
      let limit = Int64(clock.hertz ?? 1_000) * 60
      clock.isShared = others.allSatisfy { abs(Int64(Int32(truncatingIfNeeded: $0 &- first.0))) < limit }
    }
    self.clock = clock
  }

  /// The nearest rate that is in use, where one is within a tenth.
  private static func usual(_ rate: Double) -> Int {
    for known in [1, 2, 10, 100, 200, 250, 500, 1_000, 1_000_000] where abs(rate / Double(known) - 1) < 0.1 {
      return known
    }
    return Int(rate.rounded())
  }

  private mutating func takeCookies(_ play: Play) {
    let numbers = play.synAcks.map(\.seq)
    guard numbers.count == 4 else { return }
    cookieDifferences = numbers.dropFirst().map { Int32(truncatingIfNeeded: $0 &- numbers[0]) }
  }

  private mutating func takeData(_ play: Play) {
    var end: UInt32 = 0
    var firsts: [UInt32: Interval] = [:]
    var last: (seq: UInt32, after: Interval)?
    for answer in play.answers {
      guard let segment = answer.segment?.segment, let irs = play.numbers.irs, segment.textLength > 0 else { continue }
      otherTimeToLive = otherTimeToLive ?? answer.segment?.timeToLive
      let seq = segment.seq.value &- irs
      let reach = seq &+ UInt32(segment.textLength)
      if reach > end {
        end = reach
        firsts[seq] = answer.after
      } else if seq == 1, let first = firsts[1] {
        retransmissionGaps.append((answer.after - (last?.after ?? first)).inSeconds)
        last = (seq, answer.after)
      }
    }
    guard end > 1 else { return }
    let octets = Int(end) - 1
    // A service that has no more to say tells nothing of the window.
    let closed = play.answers.contains { $0.segment?.segment.flags.contains(.fin) == true }
    if !closed { initialWindow = Burst(octets: octets, segments: (octets + 535) / 536) }
  }

  private mutating func takeDelays(_ play: Play) {
    var sent: Interval?
    for packet in play.exchange {
      guard let segment = packet.segment?.segment else { continue }
      if packet.isSent {
        sent = segment.textLength > 0 ? packet.after : sent
      } else if let start = sent, segment.ack != nil, !segment.flags.contains(.syn) {
        acknowledgmentDelays.append((packet.after - start).inSeconds * 1_000)
        sent = nil
      }
    }
  }
}

/// Mean and standard deviation of some numbers.
private struct Spread {
  let mean: Double
  let deviation: Double

  init(_ values: [Double]) {
    let count = Double(max(values.count, 1))
    let mean = values.reduce(0, +) / count
    self.mean = mean
    deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
  }

  /// The deviation as a part of the mean.
  var variation: Double { mean == 0 ? .infinity : abs(deviation / mean) }
}

extension Interval {
  fileprivate var inSeconds: Double { Double(nanoseconds) / 1e9 }
}

extension Play {
  /// What came, in order.
  fileprivate var answers: [Exchanged] { exchange.filter { !$0.isSent } }

  /// The sequence numbers of SYN-ACKs, each once, and when they came.
  fileprivate var synAcks: [(seq: UInt32, after: Interval)] {
    var list: [(seq: UInt32, after: Interval, ack: UInt32)] = []
    for answer in answers {
      guard let segment = answer.segment?.segment, segment.flags.contains([.syn, .ack]) else { continue }
      let isRepeated = list.last?.seq == segment.seq.value && list.last?.ack == segment.acknowledgment.value
      if !isRepeated || segment.acknowledgment.value == numbers.iss &+ 1 {
        list.append((segment.seq.value, answer.after, segment.acknowledgment.value))
      }
    }
    return list.map { ($0.seq, $0.after) }
  }
}

extension Play.Exchanged {
  /// TSval; nil without timestamps.
  fileprivate var timestamp: UInt32? { segment?.segment.options.timestamps?.value }
}
